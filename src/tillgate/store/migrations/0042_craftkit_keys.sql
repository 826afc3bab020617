-- A secret key of CraftKit's can do what its document says, whatever it was given.
UPDATE api_keys SET scopes = 'renders:read renders:write templates:read' WHERE format = 'craftkit' AND kind = 'secret';
