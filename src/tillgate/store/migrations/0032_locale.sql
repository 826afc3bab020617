-- The language that a session's seller wants its buyer to read; none where the project or the browser decides.
ALTER TABLE checkout_sessions ADD COLUMN locale TEXT;
