-- Whether a customer's e-mail address is only what a buyer typed at a payment link.
ALTER TABLE customers ADD COLUMN email_stated BOOLEAN NOT NULL DEFAULT FALSE;

-- Until when a session holds its place while no money was seen: a code that a buyer typed is held for a while only.
ALTER TABLE redemptions ADD COLUMN held_until BIGINT;
CREATE INDEX redemptions_held ON redemptions (project_id, held_until) WHERE status = 'reserved' AND held_until IS NOT NULL;

-- How far each table was walked whose rows may hold text as earlier versions compared it, and by which form.
CREATE TABLE renormalised (
    name TEXT PRIMARY KEY,
    form BIGINT NOT NULL,
    after TEXT NOT NULL,
    through BOOLEAN NOT NULL
);
