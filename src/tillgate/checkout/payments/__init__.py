"""Payments: what is owed, what was seen of it, and what follows."""
