-- A payment becomes an object of its own: what it is for, how it is captured, what was authorised and let go of, and
-- what the merchant decided. Amounts are minor units of its currency.
ALTER TABLE payments ADD COLUMN project_id TEXT REFERENCES projects (id);
ALTER TABLE payments ADD COLUMN livemode BOOLEAN;
ALTER TABLE payments ADD COLUMN order_id TEXT;
ALTER TABLE payments ADD COLUMN state TEXT;
ALTER TABLE payments ADD COLUMN amount_minor BIGINT;
ALTER TABLE payments ADD COLUMN currency TEXT;
ALTER TABLE payments ADD COLUMN capture_method TEXT;
ALTER TABLE payments ADD COLUMN authorized_minor BIGINT;
ALTER TABLE payments ADD COLUMN authorized_at BIGINT;
ALTER TABLE payments ADD COLUMN lapses_at BIGINT;
ALTER TABLE payments ADD COLUMN released_minor BIGINT;
ALTER TABLE payments ADD COLUMN release_reason TEXT;
ALTER TABLE payments ADD COLUMN decline_code TEXT;
ALTER TABLE payments ADD COLUMN declined_at BIGINT;
ALTER TABLE payments ADD COLUMN decision TEXT;
ALTER TABLE payments ADD COLUMN metadata TEXT;
ALTER TABLE payments ADD COLUMN updated_at BIGINT;

UPDATE payments SET
    project_id = (SELECT o.project_id FROM orders o WHERE o.session_id = payments.session_id),
    livemode = (SELECT o.livemode FROM orders o WHERE o.session_id = payments.session_id),
    order_id = (SELECT o.id FROM orders o WHERE o.session_id = payments.session_id),
    state = (SELECT CASE o.status WHEN 'open' THEN 'awaiting' WHEN 'processing' THEN 'detected'
        WHEN 'paid' THEN 'succeeded' WHEN 'canceled' THEN 'failed' ELSE o.status END
        FROM orders o WHERE o.session_id = payments.session_id),
    amount_minor = (SELECT o.total_minor FROM orders o WHERE o.session_id = payments.session_id),
    currency = (SELECT o.currency FROM orders o WHERE o.session_id = payments.session_id),
    capture_method = 'automatic',
    updated_at = created_at;

CREATE INDEX payments_newest ON payments (project_id, livemode, id);
CREATE INDEX payments_by_state ON payments (project_id, livemode, state, id);
CREATE INDEX payments_to_lapse ON payments (lapses_at) WHERE state = 'requires_capture';

-- Money also goes out, and what was seen may be taken away again: then it is kept, but does not count.
ALTER TABLE transactions ADD COLUMN project_id TEXT REFERENCES projects (id);
ALTER TABLE transactions ADD COLUMN livemode BOOLEAN;
ALTER TABLE transactions ADD COLUMN kind TEXT;
ALTER TABLE transactions ADD COLUMN value_minor BIGINT;
ALTER TABLE transactions ADD COLUMN dropped_at BIGINT;
-- One transaction of a chain may send several refunds.
ALTER TABLE transactions ADD COLUMN sent_as TEXT;

UPDATE transactions SET
    kind = 'transfer',
    project_id = (SELECT p.project_id FROM payments p WHERE p.id = transactions.payment_id),
    livemode = (SELECT p.livemode FROM payments p WHERE p.id = transactions.payment_id);

CREATE INDEX transactions_newest ON transactions (project_id, livemode, id);

-- Money that a merchant gives back. Its movement is the transaction that is named by it.
CREATE TABLE refunds (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    order_id TEXT NOT NULL REFERENCES orders (id),
    transaction_id TEXT NOT NULL REFERENCES transactions (id),
    status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'canceled')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    destination TEXT,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX refunds_newest ON refunds (project_id, livemode, id);
CREATE INDEX refunds_by_payment ON refunds (payment_id, id);
CREATE INDEX refunds_by_order ON refunds (order_id, id);
