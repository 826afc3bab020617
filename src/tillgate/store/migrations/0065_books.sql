-- What a project's payments come to in its books: how much was sold, received and given back, and by how much the
-- balances moved, summed up by quarters of an hour and by days of UTC. Whoever writes here holds the row of the
-- project's last event number, as with payment_figures.
CREATE TABLE book_figures (
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    -- 1 for a quarter of an hour, 96 for a day.
    span BIGINT NOT NULL,
    -- The quarter of an hour since 1970 that it begins with.
    quarter BIGINT NOT NULL,
    currency TEXT NOT NULL,
    network TEXT NOT NULL,
    orders BIGINT NOT NULL,
    goods_minor BIGINT NOT NULL,
    discounts_minor BIGINT NOT NULL,
    tax_minor BIGINT NOT NULL,
    shipping_minor BIGINT NOT NULL,
    difference_minor BIGINT NOT NULL,
    refunds BIGINT NOT NULL,
    received_minor BIGINT NOT NULL,
    refunded_minor BIGINT NOT NULL,
    -- Changes of balances: added up from the beginning, they are the balance.
    review_minor BIGINT NOT NULL,
    owed_minor BIGINT NOT NULL,
    PRIMARY KEY (project_id, livemode, span, quarter, currency, network)
);

-- Whether a payment is in them. Earlier ones are booked by a job, or before their next change.
ALTER TABLE payments ADD COLUMN booked BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX payments_to_book ON payments (project_id, livemode, id) WHERE NOT booked;
