-- How many requests a key may make in a calendar month, and how many all keys of a customer may make together.
ALTER TABLE api_keys ADD COLUMN monthly_quota BIGINT;
CREATE TABLE key_customer_quotas (
    project_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    external_id TEXT NOT NULL,
    monthly_quota BIGINT NOT NULL,
    PRIMARY KEY (project_id, mode, external_id)
);

-- What was used of quotas, by what they are counted for (a key's id, or project, mode and external id) and by month
-- (year times twelve, and the month from zero).
CREATE TABLE key_quota_uses (
    subject TEXT NOT NULL,
    month BIGINT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (subject, month)
);
CREATE INDEX key_quota_uses_by_month ON key_quota_uses (month);
