-- Devices that somebody has signed in from, so that nobody is locked out by what others try from elsewhere. What is kept
-- is a digest, and lets nobody in.
CREATE TABLE known_devices (
    token_digest TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (token_digest, user_id)
);

CREATE INDEX known_devices_by_user ON known_devices (user_id, used_at);
