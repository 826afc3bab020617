-- An address has one account with a password: whoever signs in by it names no project.
CREATE UNIQUE INDEX shoppers_with_password ON shoppers (email) WHERE password <> '';

-- What a shopper who has signed in shows with each call, as a digest; a few for each shopper at most.
CREATE TABLE shopper_tokens (
    digest TEXT PRIMARY KEY,
    shopper_id TEXT NOT NULL REFERENCES shoppers (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX shopper_tokens_newest ON shopper_tokens (shopper_id, created_at, digest);

-- How far somebody has come at the page of a payment token: one row a token, however many try. Whoever changes it holds
-- the token's row.
CREATE TABLE payment_token_visits (
    token_id TEXT PRIMARY KEY REFERENCES payment_tokens (id),
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    verified_at BIGINT
);
