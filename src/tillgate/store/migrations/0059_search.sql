-- The words of customers' names and e-mail addresses, by whose beginnings they are found; in hexadecimal, which is in
-- one order whatever a database thinks of letters.
CREATE TABLE customer_words (
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    project_id TEXT NOT NULL REFERENCES projects (id),
    livemode BOOLEAN NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (customer_id, word)
);
CREATE INDEX customer_words_by_word ON customer_words (project_id, livemode, word, customer_id);

-- Whether a customer's words are there. Those of earlier customers are written by a job, or with their next change.
ALTER TABLE customers ADD COLUMN indexed BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX customers_to_index ON customers (id) WHERE NOT indexed;

CREATE INDEX transactions_by_hash ON transactions (project_id, livemode, tx_hash, id) WHERE tx_hash IS NOT NULL;
CREATE INDEX unassigned_transfers_by_hash ON unassigned_transfers (project_id, livemode, tx_hash, id);

-- Of several codes with one word, that which is on, or the newest: in the order in which they are preferred. Without it
-- SQLite walked all of a project's codes until one had the word.
CREATE INDEX promotion_codes_by_word_on ON promotion_codes (project_id, livemode, word, active, id);
