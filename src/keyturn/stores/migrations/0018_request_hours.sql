-- How many requests a project's keys of a mode sent in each hour (UTC, counted from 1970), also those that were not kept.
CREATE TABLE key_request_hours (
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    hour BIGINT NOT NULL,
    requests BIGINT NOT NULL,
    -- Of them, those that were answered with 4xx, and with 5xx.
    client_errors BIGINT NOT NULL,
    server_errors BIGINT NOT NULL,
    PRIMARY KEY (project_id, mode, hour)
);
CREATE INDEX key_request_hours_by_hour ON key_request_hours (hour);
