-- Refunds are found by whose order they give back, and by its reference. An order never changes either, and has any
-- number of refunds: their list has its own order.
ALTER TABLE refunds ADD COLUMN customer_id TEXT;
ALTER TABLE refunds ADD COLUMN reference TEXT;
UPDATE refunds SET
    customer_id = (SELECT o.customer_id FROM orders o WHERE o.id = refunds.order_id),
    reference = (SELECT o.reference FROM orders o WHERE o.id = refunds.order_id);
CREATE INDEX refunds_by_customer ON refunds (project_id, livemode, customer_id, id) WHERE customer_id IS NOT NULL;
CREATE INDEX refunds_by_reference ON refunds (project_id, livemode, reference, id) WHERE reference IS NOT NULL;
