-- A movement is named by its rail; a transaction hash stands beside that name, and only where there is one.
ALTER TABLE transactions RENAME COLUMN tx_hash TO reference;
ALTER TABLE transactions ADD COLUMN tx_hash TEXT;
-- What came, and where its chain wrote it down: the block's time says whether it was in time.
ALTER TABLE transactions ADD COLUMN asset TEXT;
ALTER TABLE transactions ADD COLUMN block_number BIGINT;
ALTER TABLE transactions ADD COLUMN block_hash TEXT;
ALTER TABLE transactions ADD COLUMN block_mined_at BIGINT;
ALTER TABLE transactions ADD COLUMN confirmations BIGINT NOT NULL DEFAULT 0;
UPDATE transactions SET
    tx_hash = CASE kind WHEN 'refund' THEN sent_as ELSE reference END,
    asset = (SELECT p.asset FROM payments p WHERE p.id = transactions.payment_id);
ALTER TABLE transactions DROP COLUMN sent_as;

-- Money came for what had ended: it was canceled, had failed, or had been given back in full.
ALTER TABLE payments ADD COLUMN unexpected BOOLEAN NOT NULL DEFAULT FALSE;

-- The next address of a project's wallet.
CREATE TABLE address_indexes (
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    wallet TEXT NOT NULL,
    next_index BIGINT NOT NULL,
    PRIMARY KEY (project_id, livemode, wallet)
);

-- A claimed reference ends with the clock.
UPDATE orders SET claimed_reference = NULL WHERE status = 'expired';

-- Dust is worth less than the smallest unit of any currency, and can be given back all the same.
CREATE TABLE refunds_again (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    payment_id TEXT NOT NULL REFERENCES payments (id),
    order_id TEXT NOT NULL REFERENCES orders (id),
    transaction_id TEXT NOT NULL REFERENCES transactions (id),
    status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed', 'canceled')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    destination TEXT,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
INSERT INTO refunds_again (id, project_id, livemode, payment_id, order_id, transaction_id, status, amount_minor,
    currency, reason, destination, metadata, created_at, updated_at)
SELECT id, project_id, livemode, payment_id, order_id, transaction_id, status, amount_minor, currency, reason,
    destination, metadata, created_at, updated_at FROM refunds;
DROP TABLE refunds;
ALTER TABLE refunds_again RENAME TO refunds;
CREATE INDEX refunds_newest ON refunds (project_id, livemode, id);
CREATE INDEX refunds_by_payment ON refunds (payment_id, id);
CREATE INDEX refunds_by_order ON refunds (order_id, id);
CREATE INDEX refunds_by_status ON refunds (project_id, livemode, status, id);
