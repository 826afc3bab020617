-- A payment link may cost nothing, end at an instant, or end once so many of its sessions are complete. A column's CHECK
-- goes with the column.
ALTER TABLE payment_links ADD COLUMN price_minor BIGINT NOT NULL DEFAULT 0 CHECK (price_minor >= 0);
UPDATE payment_links SET price_minor = amount_minor;
ALTER TABLE payment_links DROP COLUMN amount_minor;
ALTER TABLE payment_links RENAME COLUMN price_minor TO amount_minor;
ALTER TABLE payment_links ADD COLUMN expires_at BIGINT;
ALTER TABLE payment_links ADD COLUMN completed_sessions_max BIGINT CHECK (completed_sessions_max > 0);
ALTER TABLE payment_links ADD COLUMN completed_sessions BIGINT NOT NULL DEFAULT 0 CHECK (completed_sessions >= 0);
UPDATE payment_links SET completed_sessions =
    (SELECT COUNT(*) FROM checkout_sessions s WHERE s.link_id = payment_links.id AND s.status IN ('paid', 'paid_late'));

-- So may a product. Its CHECKs name several columns, so the table is made again.
CREATE TABLE products_again (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    pricing TEXT NOT NULL CHECK (pricing IN ('fixed', 'buyer')),
    currency TEXT NOT NULL,
    price_minor BIGINT CHECK (price_minor >= 0),
    price_min_minor BIGINT CHECK (price_min_minor >= 0),
    price_max_minor BIGINT CHECK (price_max_minor > 0),
    active BOOLEAN NOT NULL,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (pricing = 'buyer' OR (price_minor IS NOT NULL AND price_min_minor IS NULL AND price_max_minor IS NULL)),
    CHECK (price_min_minor <= price_max_minor)
);
INSERT INTO products_again
    SELECT id, project_id, livemode, name, description, pricing, currency, price_minor, price_min_minor, price_max_minor,
        active, metadata, created_at, updated_at
    FROM products;
DROP TABLE products;
ALTER TABLE products_again RENAME TO products;
CREATE INDEX products_newest ON products (project_id, livemode, id);
CREATE INDEX products_by_active ON products (project_id, livemode, active, id);

-- Whether a refund's rail was asked to send it: then money may be on its way.
ALTER TABLE refunds ADD COLUMN asked BOOLEAN NOT NULL DEFAULT FALSE;

-- What somebody who is not the merchant calls an order, and whether its customer is only who the buyer said they are.
ALTER TABLE orders ADD COLUMN client_reference_id TEXT;
ALTER TABLE orders ADD COLUMN customer_stated BOOLEAN NOT NULL DEFAULT FALSE;
