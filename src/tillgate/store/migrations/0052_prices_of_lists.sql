-- Orders, payments and refunds are found by their currency, and by an exact amount of it.
CREATE INDEX orders_by_currency ON orders (project_id, livemode, currency, id);
CREATE INDEX orders_by_amount ON orders (project_id, livemode, currency, total_minor, id);
CREATE INDEX payments_by_currency ON payments (project_id, livemode, currency, id);
CREATE INDEX payments_by_amount ON payments (project_id, livemode, currency, amount_minor, id);
CREATE INDEX refunds_by_currency ON refunds (project_id, livemode, currency, id);
CREATE INDEX refunds_by_amount ON refunds (project_id, livemode, currency, amount_minor, id);

-- What is to be fulfilled: paid, and not handed over.
CREATE INDEX orders_to_fulfil ON orders (project_id, livemode, status, fulfillment, id);
