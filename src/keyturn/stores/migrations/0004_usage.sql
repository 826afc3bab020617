-- How often each key was used a day (UTC, counted from 1970-01-01), by what became of the request and the scope it needed.
CREATE TABLE key_usage (
    key_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    -- 'allowed', 'rate_limited', or why it was refused.
    outcome TEXT NOT NULL,
    -- 1: it would have been refused for that, had the restriction not only been reported.
    reported BIGINT NOT NULL CHECK (reported IN (0, 1)),
    scope TEXT NOT NULL,
    project_id TEXT NOT NULL,
    requests BIGINT NOT NULL,
    PRIMARY KEY (key_id, day, outcome, reported, scope)
);
CREATE INDEX key_usage_by_project ON key_usage (project_id, day);
CREATE INDEX key_usage_by_day ON key_usage (day);
