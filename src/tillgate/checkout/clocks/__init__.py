"""Test clocks: what lets a test session's time run out at once."""
