-- Money was seen for a payment and went away again, so that it waits for money as before: its transactions are looked
-- for though it has none that counts.
ALTER TABLE payments ADD COLUMN reopened BOOLEAN NOT NULL DEFAULT FALSE;

-- What was left detected without money, with no clock that would have ended it, waits from now on.
UPDATE payments SET state = 'awaiting', reopened = TRUE
WHERE state = 'detected' AND NOT EXISTS (
    SELECT 1 FROM transactions t WHERE t.payment_id = payments.id AND t.dropped_at IS NULL AND t.kind <> 'refund'
);
UPDATE orders SET status = 'open'
WHERE status = 'processing' AND session_id IN (SELECT session_id FROM payments WHERE reopened);
UPDATE checkout_sessions SET status = 'pending'
WHERE status = 'detected' AND id IN (SELECT session_id FROM payments WHERE reopened);
