-- Where live money goes. A wallet is an extended public key; its identity is that of the addresses which follow from it,
-- and no two projects share one.
CREATE TABLE wallets (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    fingerprint TEXT NOT NULL UNIQUE,
    xpub_sealed TEXT NOT NULL,
    next_index BIGINT NOT NULL DEFAULT 0,
    -- Serves new sessions. Earlier ones are watched on.
    is_current BOOLEAN NOT NULL DEFAULT FALSE,
    confirmed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX wallets_of_project ON wallets (project_id, id);
CREATE UNIQUE INDEX wallets_current ON wallets (project_id) WHERE is_current;
-- One is set and waits for its confirmation at a time.
CREATE UNIQUE INDEX wallets_unconfirmed ON wallets (project_id) WHERE confirmed_at IS NULL;

-- The addresses of wallets, a little ahead of what is given out: each was looked at on every network first.
CREATE TABLE wallet_addresses (
    wallet_id TEXT NOT NULL REFERENCES wallets (id),
    address_index BIGINT NOT NULL,
    address TEXT NOT NULL UNIQUE,
    -- Since when it is known to be fresh: no transaction, no code and no balance anywhere. None: not looked at.
    fresh_at BIGINT,
    -- Somebody else has used it: it is never given out.
    used_at BIGINT,
    payment_id TEXT,
    given_at BIGINT,
    PRIMARY KEY (wallet_id, address_index)
);
