"""Payment tokens: what a shopper has approved once, and orders are made with later."""
