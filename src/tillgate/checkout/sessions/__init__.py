"""Checkout sessions: one buyer's visit, its price, its clock and what became of it."""
