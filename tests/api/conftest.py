"""The whole application in this process, for every test of the API."""

from tests.shop import shop, sqlite_shop

__all__ = ["shop", "sqlite_shop"]
