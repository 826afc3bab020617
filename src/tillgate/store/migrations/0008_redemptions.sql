-- A coupon's place that a session holds, took or gave back. What its code asks of customers is kept with it, so that
-- their other sessions can be looked at without the code.
CREATE TABLE redemptions (
    session_id TEXT PRIMARY KEY REFERENCES checkout_sessions (id),
    coupon_id TEXT NOT NULL REFERENCES coupons (id),
    promotion_code_id TEXT REFERENCES promotion_codes (id),
    customer_id TEXT REFERENCES customers (id),
    first_time_transaction BOOLEAN NOT NULL,
    one_per_customer BOOLEAN NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('reserved', 'redeemed', 'released')),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX redemptions_by_customer ON redemptions (customer_id, status) WHERE customer_id IS NOT NULL;
