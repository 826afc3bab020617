"""A running shop for each test that asks for one, on either database where it asks for that."""

from tests.databases import database_url
from tests.shop import sqlite_shop

__all__ = ["database_url", "sqlite_shop"]
