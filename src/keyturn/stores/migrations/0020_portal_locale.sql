-- The language that whoever makes a portal session asks for its pages; without it, the customer's browser does.
ALTER TABLE key_portal_sessions ADD COLUMN locale TEXT;
