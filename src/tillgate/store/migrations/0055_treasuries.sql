-- A wallet's addresses are the children of an extended public key, or belong to a contract that can move their money to
-- one address only, its treasury.
ALTER TABLE wallets RENAME COLUMN xpub_sealed TO source_sealed;
ALTER TABLE wallets ADD COLUMN treasury TEXT;
-- The networks on which the treasury has code, as a JSON list of chain ids: it takes money nowhere else. NULL: it is an
-- account without code, which is the same on every network.
ALTER TABLE wallets ADD COLUMN treasury_chains TEXT;
CREATE INDEX wallets_of_treasury ON wallets (project_id, treasury) WHERE treasury IS NOT NULL;

-- Since when the contract that makes a treasury's addresses is known to be on a network. NULL: nothing is offered there
-- to a project that has a treasury.
ALTER TABLE networks ADD COLUMN factory_seen_at BIGINT;
