-- What one unit of a currency is worth in another: of one project, or of the installation where project_id is empty. A
-- pair has one rate, in the direction in which it was said.
CREATE TABLE rates (
    project_id TEXT NOT NULL,
    base TEXT NOT NULL,
    quote TEXT NOT NULL,
    -- An exact decimal.
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    as_of BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    PRIMARY KEY (project_id, base, quote)
);
