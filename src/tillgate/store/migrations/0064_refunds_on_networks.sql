-- The transfer by which a merchant has sent a refund. Each movement of a transaction sends one refund, whosever it is.
CREATE TABLE refund_transfers (
    refund_id TEXT PRIMARY KEY REFERENCES refunds (id),
    chain_id BIGINT NOT NULL,
    tx_hash TEXT NOT NULL,
    -- Its place among the logs of the receipt; -1 for the network's own coin.
    place BIGINT NOT NULL,
    -- NULL since a reorganisation has removed its block.
    block_number BIGINT,
    block_hash TEXT,
    block_mined_at BIGINT,
    claimed_at BIGINT NOT NULL,
    -- Since when it is in no block.
    gone_at BIGINT,
    -- When it was found to be final; it is looked at again for a while.
    final_at BIGINT,
    UNIQUE (chain_id, tx_hash, place)
);
CREATE INDEX refund_transfers_final ON refund_transfers (final_at, refund_id) WHERE final_at IS NOT NULL;

-- Links with which a buyer says where a refund goes, each once.
CREATE TABLE refund_links (
    refund_id TEXT PRIMARY KEY REFERENCES refunds (id),
    token_digest TEXT NOT NULL UNIQUE,
    tries BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX refund_links_by_end ON refund_links (expires_at);

-- It had succeeded, and a reorganisation undid that: its credit note stands.
ALTER TABLE refunds ADD COLUMN reorged BOOLEAN NOT NULL DEFAULT FALSE;
-- When its buyer confirmed the destination.
ALTER TABLE refunds ADD COLUMN confirmed_at BIGINT;
