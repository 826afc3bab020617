"""Keyturn over HTTP: server, middleware, forward-auth, and how a refusal is worded."""
