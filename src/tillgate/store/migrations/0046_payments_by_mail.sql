-- Payments by mail that wait for their merchant are few among all others.
CREATE INDEX payments_by_mail ON payments (project_id, livemode, state, id) WHERE rail = 'manual';
