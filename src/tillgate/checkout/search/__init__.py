"""Search: what a text that a person has at hand leads to."""
