-- Whether a logged request came over TLS, so that an explanation says how it came; NULL where that was not kept.
ALTER TABLE key_requests ADD COLUMN secure BIGINT;
