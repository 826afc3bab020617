"""The key tables, step by step."""
