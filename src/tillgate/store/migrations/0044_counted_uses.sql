-- Whether a session that had failed was counted as a use of its payment link: its money can be accepted, reversed by its
-- chain and accepted again, and is one purchase. One that was paid is counted by the edge that leads there, once.
ALTER TABLE checkout_sessions ADD COLUMN counts_for_link BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE checkout_sessions SET counts_for_link = TRUE WHERE status = 'failed' AND link_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM payments p WHERE p.session_id = checkout_sessions.id AND p.decision = 'accepted');
