"""Refunds: money that a merchant gives back, never more than came."""
