"""Exchange rates: what a price in one currency is in a token that is worth another."""
