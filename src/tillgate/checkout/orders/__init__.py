"""Orders: what was promised for which price, and what came of it."""
