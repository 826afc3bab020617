-- What is amiss with a network, from when it is first seen until it is over, so that people are alerted to it once.
CREATE TABLE network_alarms (
    chain_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    -- What of the network it is about: a token's address, or a block; empty for the whole.
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    -- The last project whose people were alerted, while that is under way.
    told_after TEXT NOT NULL DEFAULT '',
    -- When all were; None until then.
    told_at BIGINT,
    PRIMARY KEY (chain_id, kind, subject)
);
