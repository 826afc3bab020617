"""Exposed keys: found, reported, ended."""
