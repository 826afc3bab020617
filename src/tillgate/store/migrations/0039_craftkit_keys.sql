-- A CraftKit key can do what its document says, whatever it was given. Publishable ones do nothing by a scope.
UPDATE api_keys SET scopes = 'renders:read renders:write templates:read' WHERE format = 'craftkit' AND kind = 'secret';
UPDATE api_keys SET scopes = '' WHERE format = 'craftkit' AND kind = 'publishable';
