-- How the keys are written that were made elsewhere and came here as hashes. While there is none, a text without a
-- checksum of ours is refused without a look at the database.
CREATE TABLE key_forms (
    prefix TEXT NOT NULL,
    length_min BIGINT NOT NULL,
    length_max BIGINT NOT NULL,
    imported_at BIGINT NOT NULL,
    PRIMARY KEY (prefix, length_min, length_max)
);
