-- A total may be zero: such an order is complete without a payment. A column's CHECK goes with the column.
ALTER TABLE checkout_sessions ADD COLUMN price_minor BIGINT NOT NULL DEFAULT 0 CHECK (price_minor >= 0);
UPDATE checkout_sessions SET price_minor = amount_minor;
ALTER TABLE checkout_sessions DROP COLUMN amount_minor;
ALTER TABLE checkout_sessions RENAME COLUMN price_minor TO amount_minor;
ALTER TABLE orders ADD COLUMN price_minor BIGINT NOT NULL DEFAULT 0 CHECK (price_minor >= 0);
UPDATE orders SET price_minor = total_minor;
ALTER TABLE orders DROP COLUMN total_minor;
ALTER TABLE orders RENAME COLUMN price_minor TO total_minor;
