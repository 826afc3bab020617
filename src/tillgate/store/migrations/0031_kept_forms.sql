-- The object as the API shows it, beside the row that it is made of; what may be read of it says its first bytes. Rows
-- that have none yet are shown the long way.
ALTER TABLE checkout_sessions ADD COLUMN kept BYTEA;
ALTER TABLE orders ADD COLUMN kept BYTEA;
ALTER TABLE payments ADD COLUMN kept BYTEA;
ALTER TABLE payment_links ADD COLUMN kept BYTEA;
ALTER TABLE products ADD COLUMN kept BYTEA;
ALTER TABLE customers ADD COLUMN kept BYTEA;
