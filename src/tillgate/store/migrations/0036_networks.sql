-- The networks that the operator has named, each with the nodes that are asked. Their URLs may hold secrets.
CREATE TABLE networks (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    chain_id BIGINT NOT NULL UNIQUE,
    genesis_hash TEXT,
    rpc_urls_sealed TEXT NOT NULL,
    finality TEXT NOT NULL CHECK (finality IN ('safe', 'finalized', 'depth')),
    -- How deep a block lies that is taken for final: by itself, or where the tag is not known.
    confirmations BIGINT NOT NULL,
    exchange_label TEXT NOT NULL,
    coin TEXT NOT NULL,
    explorer TEXT,
    is_testnet BOOLEAN NOT NULL,
    -- What its nodes were found to be when they were named: all of them together.
    block_ms BIGINT NOT NULL,
    range_blocks_max BIGINT NOT NULL,
    topics_max BIGINT NOT NULL,
    takes_batches BOOLEAN NOT NULL,
    paused_at BIGINT,
    -- Since when it is in use without a pause: addresses that were looked at before were not looked at on it.
    joined_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Tokens that can be taken. Decimals are read once and pinned: a contract that says something else later is not offered.
CREATE TABLE tokens (
    chain_id BIGINT NOT NULL REFERENCES networks (chain_id),
    address TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals BIGINT NOT NULL,
    currency TEXT NOT NULL,
    -- In the catalogue: projects take it unless they say otherwise. Others are taken only where a project names them.
    is_verified BOOLEAN NOT NULL,
    compared_at BIGINT NOT NULL,
    -- Since when its contract says other decimals.
    changed_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (chain_id, address)
);

CREATE TABLE accepted_tokens (
    project_id TEXT NOT NULL REFERENCES projects (id),
    chain_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    is_accepted BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, chain_id, address),
    FOREIGN KEY (chain_id, address) REFERENCES tokens (chain_id, address)
);
