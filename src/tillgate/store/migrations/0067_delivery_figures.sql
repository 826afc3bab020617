-- The outcome of an endpoint's attempts, summed up by days (UTC, counted from 1970): what its page shows. Without a
-- reference, so that whoever writes here waits for nobody who deletes the endpoint; that takes these rows along.
CREATE TABLE delivery_figures (
    endpoint_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    -- Attempts that failed, the last one included.
    failed BIGINT NOT NULL,
    -- Deliveries that were given up.
    abandoned BIGINT NOT NULL,
    PRIMARY KEY (endpoint_id, day)
);
