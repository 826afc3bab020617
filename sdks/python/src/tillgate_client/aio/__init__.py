"""The asynchronous client. `scripts/client_sync.py` makes the synchronous one from these files."""
