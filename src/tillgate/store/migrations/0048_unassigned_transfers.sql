-- Money at an address of a project that fits no payment: a person assigns it to an order, or says that it went back.
CREATE TABLE unassigned_transfers (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    chain_id BIGINT NOT NULL,
    tx_hash TEXT NOT NULL,
    -- As its rail names it, for ever.
    ordinal BIGINT NOT NULL,
    network TEXT NOT NULL,
    asset TEXT NOT NULL,
    symbol TEXT NOT NULL,
    asset_decimals BIGINT NOT NULL,
    -- The currency that one unit is worth one unit of; none where nothing is known of the token.
    currency TEXT,
    amount_atomic TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    block_number BIGINT NOT NULL,
    block_hash TEXT NOT NULL,
    block_mined_at BIGINT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('token_not_offered', 'network_not_offered', 'no_session')),
    status TEXT NOT NULL CHECK (status IN ('confirming', 'unassigned', 'assigned', 'returned', 'orphaned')),
    doubted BOOLEAN NOT NULL,
    -- The order of whoever was given that address.
    suggested_order_id TEXT REFERENCES orders (id),
    decision TEXT CHECK (decision IN ('assigned', 'returned')),
    order_id TEXT REFERENCES orders (id),
    note TEXT,
    decided_at BIGINT,
    -- When its event was written; it is told once.
    told_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (chain_id, tx_hash, ordinal)
);
CREATE INDEX unassigned_transfers_newest ON unassigned_transfers (project_id, livemode, id);
CREATE INDEX unassigned_transfers_by_status ON unassigned_transfers (project_id, livemode, status, id);
CREATE INDEX unassigned_transfers_by_order ON unassigned_transfers (order_id);
CREATE INDEX unassigned_transfers_by_suggested ON unassigned_transfers (suggested_order_id);

-- The balance of an address does not cover such a transfer, so that a person has to look at it.
ALTER TABLE transactions ADD COLUMN doubted BOOLEAN NOT NULL DEFAULT FALSE;
-- The digits of an asset that its payment was not offered in; a person has assigned such a transfer.
ALTER TABLE transactions ADD COLUMN asset_decimals BIGINT;

-- The slow round reads addresses that nobody was given, too.
CREATE INDEX wallet_addresses_lower ON wallet_addresses (LOWER(address));
