-- How far each network was read: everything up to its final block is concluded. One watcher at a time writes, under a
-- lease; each of its changes names the version that it was made from.
CREATE TABLE watched_chains (
    chain_id BIGINT PRIMARY KEY,
    version BIGINT NOT NULL,
    final_number BIGINT,
    final_hash TEXT,
    final_parent_hash TEXT,
    final_mined_at BIGINT,
    -- The slow round over every address: the heights that it reads, and the last address that was done.
    sweep_first BIGINT,
    sweep_last BIGINT,
    sweep_after TEXT,
    head_number BIGINT,
    trouble TEXT,
    trouble_since BIGINT,
    looked_at BIGINT,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Blocks that were read above the final one, and some below, by which a deep reorganisation finds where it began.
CREATE TABLE watched_blocks (
    chain_id BIGINT NOT NULL REFERENCES watched_chains (chain_id),
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    parent_hash TEXT NOT NULL,
    mined_at BIGINT NOT NULL,
    PRIMARY KEY (chain_id, number)
);

-- Transfers of tokens from and to addresses of ours: written down when seen, and told to the checkout afterwards.
CREATE TABLE chain_transfers (
    id TEXT PRIMARY KEY,
    chain_id BIGINT NOT NULL REFERENCES watched_chains (chain_id),
    tx_hash TEXT NOT NULL,
    -- Its place among the logs of the transaction's receipt.
    ordinal BIGINT NOT NULL,
    -- A transaction that is mined again may move something else at the same place: that is another transfer.
    generation BIGINT NOT NULL,
    token TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    amount_atomic TEXT NOT NULL,
    block_number BIGINT NOT NULL,
    block_hash TEXT NOT NULL,
    block_mined_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('seen', 'final', 'orphaned')),
    single_source BOOLEAN NOT NULL,
    doubt TEXT,
    seen_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- The checkout knows what is up to its `told`; a higher revision is still to be told.
    revision BIGINT NOT NULL,
    told BIGINT NOT NULL,
    told_height BIGINT NOT NULL,
    payment_id TEXT,
    UNIQUE (chain_id, tx_hash, ordinal, generation)
);
CREATE INDEX chain_transfers_by_height ON chain_transfers (chain_id, block_number);
CREATE INDEX chain_transfers_to ON chain_transfers (recipient, token, chain_id, id);
CREATE INDEX chain_transfers_from ON chain_transfers (sender, token, chain_id, id);
CREATE INDEX chain_transfers_untold ON chain_transfers (chain_id, recipient, id) WHERE told < revision;
CREATE INDEX chain_transfers_seen ON chain_transfers (chain_id, recipient, id) WHERE state = 'seen';

-- The addresses of live payments, as they stand in logs.
CREATE INDEX payments_live_by_address ON payments (LOWER(address)) WHERE rail = 'evm';
CREATE INDEX payments_live_lately ON payments (created_at) WHERE rail = 'evm';
