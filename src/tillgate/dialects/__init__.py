"""The other languages that are spoken here, each a value over the same operations."""
