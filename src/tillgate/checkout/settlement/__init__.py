"""Settlement: money meets sessions, and what follows from it."""
