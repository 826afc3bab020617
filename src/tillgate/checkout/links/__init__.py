"""Payment links: a price with an address of its own, for any number of buyers."""
