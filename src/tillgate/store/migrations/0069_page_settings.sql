-- The pages that a version is set on, as JSON; empty where its source alone says.
ALTER TABLE template_versions ADD COLUMN page TEXT NOT NULL DEFAULT '{}';
