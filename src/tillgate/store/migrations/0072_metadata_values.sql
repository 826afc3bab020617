-- The values of objects' metadata, as digests of the text that is compared, by which search finds the objects. Those of
-- earlier versions are written by a job. No reference to the objects, which are of several tables and never deleted.
CREATE TABLE metadata_values (
    object_id TEXT NOT NULL,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (object_id, value)
);
CREATE INDEX metadata_values_by_value ON metadata_values (project_id, livemode, value, object_id);
