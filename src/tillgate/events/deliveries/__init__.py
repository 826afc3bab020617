"""One event on its way to one endpoint: rows first, then attempts, then the log of them."""
