-- Each filter of a list is answered from an index that ends in the order of the list; a test looks at all of them.
CREATE INDEX orders_by_fulfillment ON orders (project_id, livemode, fulfillment, id);
CREATE INDEX refunds_by_status ON refunds (project_id, livemode, status, id);
CREATE INDEX transactions_by_kind ON transactions (project_id, livemode, kind, id);
CREATE INDEX products_by_active ON products (project_id, livemode, active, id);
CREATE INDEX coupons_by_active ON coupons (project_id, livemode, active, id);
CREATE INDEX promotion_codes_by_active ON promotion_codes (project_id, livemode, active, id);
CREATE INDEX payment_links_by_archived ON payment_links (project_id, livemode, (archived_at IS NOT NULL), id);

-- A payment's transactions are listed by id; that they are also summed up in order of time needs no index of its own.
DROP INDEX transactions_by_payment;
CREATE INDEX transactions_by_payment ON transactions (payment_id, id);

-- Like all that serve a list, it begins with project and mode: SQLite took the index of the whole list for as good.
DROP INDEX promotion_codes_by_coupon;
CREATE INDEX promotion_codes_by_coupon ON promotion_codes (project_id, livemode, coupon_id, id);
