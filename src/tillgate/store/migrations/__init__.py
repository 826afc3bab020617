"""Tillgate's tables, step by step."""
