"""Attacks on really running servers, counted; see ``python -m attacks --help``."""
