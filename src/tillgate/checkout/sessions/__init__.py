"""Checkout sessions: one buyer's visit, its price, its clock and the outcome of it."""
