"""Wallets: where live money goes, and which address comes next."""
