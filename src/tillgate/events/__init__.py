"""Events: what happened, in order and for good, and its way to whoever wants to know."""
