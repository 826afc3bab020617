-- When the merchant, or the buyer's own app, called a session off. Its state is `failed`, as it is documented.
ALTER TABLE checkout_sessions ADD COLUMN canceled_at BIGINT;
