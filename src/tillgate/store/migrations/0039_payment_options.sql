-- What a payment on networks can be paid in: every option as it was offered, and the chains of all, in order. Both are
-- empty where the terms of the payment are the only ones.
ALTER TABLE payments ADD COLUMN options TEXT;
ALTER TABLE payments ADD COLUMN networks TEXT;

-- Each combination of chains that was ever offered: a session ends when all of its own were looked at.
CREATE TABLE offered_networks (
    networks TEXT PRIMARY KEY
);
