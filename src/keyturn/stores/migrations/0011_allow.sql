-- What a publishable key may do beyond what the application lets every one do, in the application's own words.
ALTER TABLE api_keys ADD COLUMN allow TEXT NOT NULL DEFAULT '';
