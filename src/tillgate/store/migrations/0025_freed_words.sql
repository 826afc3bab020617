-- A promotion code that is switched off frees its word for another. What is claimed stays unique in code_folded: the
-- word while the code is on, the code's own id while it is off. What buyers type is looked for in word.
ALTER TABLE promotion_codes ADD COLUMN word TEXT NOT NULL DEFAULT '';
UPDATE promotion_codes SET word = code_folded;
UPDATE promotion_codes SET code_folded = id WHERE NOT active;
CREATE INDEX promotion_codes_by_word ON promotion_codes (project_id, livemode, word, id);

-- An order that was given back in full frees its reference, as an expired or canceled one does.
UPDATE orders SET claimed_reference = NULL WHERE status = 'refunded';
