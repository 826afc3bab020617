"""Promotion codes: what buyers type to get a coupon."""
