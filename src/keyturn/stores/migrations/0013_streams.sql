-- How many open answers (server-sent events, web sockets) a gate ended as it acted upon the changes after one epoch and up
-- to the one it has seen.
ALTER TABLE key_gates ADD COLUMN ended_after BIGINT NOT NULL DEFAULT 0;
ALTER TABLE key_gates ADD COLUMN streams_ended BIGINT NOT NULL DEFAULT 0;
