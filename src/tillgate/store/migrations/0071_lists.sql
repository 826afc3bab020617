-- Sessions are found by their currency, and by an exact amount of it; the second is also the order in which a list is
-- sorted by amounts.
CREATE INDEX checkout_sessions_by_currency ON checkout_sessions (project_id, livemode, currency, id);
CREATE INDEX checkout_sessions_by_amount ON checkout_sessions (project_id, livemode, currency, amount_minor, id);

-- Those who were erased are not listed, and the index alone says who they are.
DROP INDEX customers_newest;
CREATE INDEX customers_newest ON customers (project_id, livemode, id, erased_at);
