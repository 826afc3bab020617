-- What an owner looks for is mostly what went wrong; it is found without a look at all that went well.
CREATE INDEX key_requests_failed ON key_requests (project_id, at) WHERE status >= 400;
