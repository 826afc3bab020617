"""Networks and tokens: what the operator has named, and what is known of it."""
