-- The whole text of a project's standing publishable keys, which anybody may hold and which are shown at any time. Of every
-- other key, secret ones above all, nothing but the digest is kept.
ALTER TABLE key_secrets ADD COLUMN public_text TEXT;
