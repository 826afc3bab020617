"""A running shop for each test that asks for one."""

from tests.shop import sqlite_shop

__all__ = ["sqlite_shop"]
