-- What was promised for which price. Made in the transaction of its session, and outlives it: the session is a
-- visit, the order can be paid late. Its lines and discounts never change, so they are one JSON text each; amounts
-- in them and beside them are minor units of its currency.
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    session_id TEXT NOT NULL UNIQUE REFERENCES checkout_sessions (id),
    customer_id TEXT REFERENCES customers (id),
    status TEXT NOT NULL CHECK (status IN
        ('open', 'processing', 'review', 'paid', 'refunded', 'expired', 'canceled')),
    fulfillment TEXT NOT NULL CHECK (fulfillment IN ('unfulfilled', 'fulfilled')),
    reference TEXT,
    unique_reference BOOLEAN NOT NULL,
    claimed_reference TEXT,
    currency TEXT NOT NULL,
    line_items TEXT NOT NULL,
    discounts TEXT,
    shipping_minor BIGINT NOT NULL CHECK (shipping_minor >= 0),
    total_minor BIGINT NOT NULL CHECK (total_minor > 0),
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX orders_newest ON orders (project_id, livemode, id);
CREATE INDEX orders_by_status ON orders (project_id, livemode, status, id);
CREATE INDEX orders_by_reference ON orders (project_id, livemode, reference, id) WHERE reference IS NOT NULL;
CREATE INDEX orders_by_customer ON orders (customer_id, id) WHERE customer_id IS NOT NULL;
-- A reference that is to be unique is claimed; an order that came to nothing lets go of it and never claims it again.
CREATE UNIQUE INDEX orders_claimed_reference ON orders (project_id, livemode, claimed_reference)
    WHERE claimed_reference IS NOT NULL;

-- Sessions from before there were orders get theirs.
INSERT INTO orders (id, project_id, livemode, session_id, status, fulfillment, unique_reference, currency, line_items,
    shipping_minor, total_minor, metadata, created_at, updated_at)
SELECT 'ord_' || substr(id, 4), project_id, livemode, id,
    CASE status WHEN 'pending' THEN 'open' WHEN 'detected' THEN 'processing' WHEN 'underpaid' THEN 'review'
        WHEN 'overpaid' THEN 'review' WHEN 'paid_late' THEN 'paid' WHEN 'failed' THEN 'canceled' ELSE status END,
    'unfulfilled', FALSE, currency,
    '[{"id":"li_' || substr(id, 4) || '","kind":"product","name":"Payment","quantity":1,"unit_minor":' || amount_minor
        || ',"product_id":null}]',
    0, amount_minor, metadata, created_at, updated_at
FROM checkout_sessions;
