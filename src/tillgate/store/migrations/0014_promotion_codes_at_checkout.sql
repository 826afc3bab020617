-- Whether the buyer may type a promotion code on the checkout's page.
ALTER TABLE payment_links ADD COLUMN allow_promotion_codes BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE checkout_sessions ADD COLUMN allow_promotion_codes BOOLEAN NOT NULL DEFAULT FALSE;
