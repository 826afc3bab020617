-- What only Smartpay's language knows of an order, a capture or a refund: customer and shipping as they came, how items
-- were described, references, and which capture a refund gives back. Everything else is the object's own. Whoever
-- changes it holds the session's row.
CREATE TABLE smartpay_documents (
    object_id TEXT PRIMARY KEY,
    document TEXT NOT NULL
);
