-- What a merchant sells: for one price, or for what the buyer gives within bounds.
CREATE TABLE products (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    pricing TEXT NOT NULL CHECK (pricing IN ('fixed', 'buyer')),
    currency TEXT NOT NULL,
    price_minor BIGINT CHECK (price_minor > 0),
    price_min_minor BIGINT CHECK (price_min_minor > 0),
    price_max_minor BIGINT CHECK (price_max_minor > 0),
    active BOOLEAN NOT NULL,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (pricing = 'buyer' OR (price_minor IS NOT NULL AND price_min_minor IS NULL AND price_max_minor IS NULL)),
    CHECK (price_min_minor <= price_max_minor)
);

CREATE INDEX products_newest ON products (project_id, livemode, id);

-- What is taken off: an amount of one currency, or a percentage in hundredths of a percent. reserved counts the
-- sessions that hold a redemption and may still be paid, redeemed those that were.
CREATE TABLE coupons (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    amount_minor BIGINT CHECK (amount_minor > 0),
    currency TEXT,
    percentage_hundredths BIGINT CHECK (percentage_hundredths BETWEEN 1 AND 10000),
    expires_at BIGINT,
    redemptions_max BIGINT CHECK (redemptions_max > 0),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    redeemed BIGINT NOT NULL CHECK (redeemed >= 0),
    active BOOLEAN NOT NULL,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((amount_minor IS NULL) = (currency IS NULL)),
    CHECK ((amount_minor IS NULL) <> (percentage_hundredths IS NULL))
);

CREATE INDEX coupons_newest ON coupons (project_id, livemode, id);

-- What buyers type to get a coupon, and under which conditions. code_folded is the code as it is compared.
CREATE TABLE promotion_codes (
    id TEXT PRIMARY KEY,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    coupon_id TEXT NOT NULL REFERENCES coupons (id),
    code TEXT NOT NULL,
    code_folded TEXT NOT NULL,
    first_time_transaction BOOLEAN NOT NULL,
    one_per_customer BOOLEAN NOT NULL,
    minimum_minor BIGINT CHECK (minimum_minor > 0),
    currency TEXT,
    expires_at BIGINT,
    redemptions_max BIGINT CHECK (redemptions_max > 0),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    redeemed BIGINT NOT NULL CHECK (redeemed >= 0),
    active BOOLEAN NOT NULL,
    metadata TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (project_id, livemode, code_folded),
    CHECK ((minimum_minor IS NULL) = (currency IS NULL))
);

CREATE INDEX promotion_codes_newest ON promotion_codes (project_id, livemode, id);
CREATE INDEX promotion_codes_by_coupon ON promotion_codes (coupon_id, id);
