-- What a merchant calls a product. A product in test mode and its twin in live mode have the same one, and in each mode
-- no other has it.
ALTER TABLE products ADD COLUMN reference TEXT;
CREATE UNIQUE INDEX products_by_reference ON products (project_id, livemode, reference);
