# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""The synchronous client."""
