-- What Crossmint's language keeps of an order that was made in it: recipient, payment method, locale, the quote's hour,
-- and how its items were named. Everything else is the order's own. Whoever changes it holds the session's row.
CREATE TABLE crossmint_orders (
    order_id TEXT PRIMARY KEY REFERENCES orders (id),
    document TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
