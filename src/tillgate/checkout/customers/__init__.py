"""Customers: buyers whom the merchant knows by an address or a reference of their own."""
