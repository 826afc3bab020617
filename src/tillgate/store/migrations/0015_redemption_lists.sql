-- Redemptions are listed: by themselves, and by what they are of. One is named after its session, of which there is one.
ALTER TABLE redemptions ADD COLUMN project_id TEXT REFERENCES projects (id);
ALTER TABLE redemptions ADD COLUMN livemode BOOLEAN;

UPDATE redemptions SET
    project_id = (SELECT s.project_id FROM checkout_sessions s WHERE s.id = redemptions.session_id),
    livemode = (SELECT s.livemode FROM checkout_sessions s WHERE s.id = redemptions.session_id);

CREATE INDEX redemptions_newest ON redemptions (project_id, livemode, session_id);
CREATE INDEX redemptions_by_status ON redemptions (project_id, livemode, status, session_id);
CREATE INDEX redemptions_by_coupon ON redemptions (coupon_id, session_id);
CREATE INDEX redemptions_by_promotion_code ON redemptions (promotion_code_id, session_id)
    WHERE promotion_code_id IS NOT NULL;
CREATE INDEX redemptions_of_customer ON redemptions (customer_id, session_id) WHERE customer_id IS NOT NULL;
