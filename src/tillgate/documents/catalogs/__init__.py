"""Catalogs: the variables that a partner's sessions may use."""
