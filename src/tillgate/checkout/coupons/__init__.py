"""Coupons: what is taken off, until when and how often."""
