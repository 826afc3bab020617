-- Publishable keys no longer set the price unless that is allowed on the key. Those that there are go on as they were, so
-- that no shop stops taking payments by an upgrade; the dashboard and the command line mark them.
UPDATE api_keys SET allow = 'amount discount shipping tax' WHERE kind = 'publishable' AND status <> 'revoked';
