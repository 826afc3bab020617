-- The addresses at which a network's own coin is asked for, lower case. Coin leaves no log: their transactions and their
-- balances are read.
CREATE TABLE coin_addresses (
    chain_id BIGINT NOT NULL,
    address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (chain_id, address)
);
