"""Shoppers: who signs up at a test checkout, and pays an order in instalments."""
