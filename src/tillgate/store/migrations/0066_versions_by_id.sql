-- A version of a template by one column, by which the erasing of a customer walks them.
ALTER TABLE template_versions ADD COLUMN id TEXT;
UPDATE template_versions SET id = template_id || ':' || number;
CREATE UNIQUE INDEX template_versions_by_id ON template_versions (id);
