-- How networks and their nodes stand, for whoever runs the installation.
-- When the final block was last another one: a tag that stands still is seen by it.
ALTER TABLE watched_chains ADD COLUMN final_at BIGINT;
-- What is concluded now was told by one node alone.
ALTER TABLE watched_chains ADD COLUMN single_source BOOLEAN NOT NULL DEFAULT FALSE;

-- What each node was asked and how it answered. Processes add to the sums, which never go down.
CREATE TABLE watched_nodes (
    chain_id BIGINT NOT NULL,
    -- Its URL as it may be shown: two URLs of one host are one line.
    node TEXT NOT NULL,
    -- None: it told no head when it was last asked.
    head_number BIGINT,
    answered_at BIGINT,
    failed_at BIGINT,
    failure TEXT,
    calls BIGINT NOT NULL,
    received_bytes BIGINT NOT NULL,
    errors_away BIGINT NOT NULL,
    errors_limited BIGINT NOT NULL,
    errors_too_much BIGINT NOT NULL,
    errors_refused BIGINT NOT NULL,
    errors_malformed BIGINT NOT NULL,
    PRIMARY KEY (chain_id, node)
);
