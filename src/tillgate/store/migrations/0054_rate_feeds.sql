-- Contracts that say what a currency, or a token, is worth. What they said last is kept beside them.
CREATE TABLE rate_feeds (
    chain_id BIGINT NOT NULL REFERENCES networks (chain_id),
    address TEXT NOT NULL,
    -- A currency; or the symbol of a token, of which the feed says whether it is worth its currency.
    base TEXT NOT NULL,
    quote TEXT NOT NULL,
    -- Read once and pinned.
    decimals BIGINT NOT NULL,
    age_ms_max BIGINT NOT NULL,
    -- Says whether the network's sequencer is up; None where it has none.
    uptime_address TEXT,
    -- Between these a token is worth its currency.
    low TEXT,
    high TEXT,
    -- The last price that was believed, a far one that was seen once, and why the last answer was not believed.
    value TEXT,
    as_of BIGINT,
    waiting TEXT,
    trouble TEXT,
    read_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (chain_id, address),
    UNIQUE (base, quote)
);

-- Why its source cannot be believed now.
ALTER TABLE rates ADD COLUMN trouble TEXT;
