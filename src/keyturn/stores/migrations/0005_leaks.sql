-- When the owner was last told that somebody had used a canary: once an hour at most.
ALTER TABLE api_keys ADD COLUMN canary_told_at BIGINT;

-- Keys that were disabled because they had arrived in clear text: so many an hour, and no more.
CREATE TABLE key_quarantines (
    at BIGINT NOT NULL,
    key_id TEXT NOT NULL
);
CREATE INDEX key_quarantines_by_instant ON key_quarantines (at);
