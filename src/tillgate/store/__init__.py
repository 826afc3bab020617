"""Tillgate's database: its schema, and the sealing of what must be readable again."""

from keyturn.database import Database, Migration, Row, Transaction, migrations_of
from tillgate.store.sealing import Sealer, SealingError

__all__ = ["Database", "Row", "Sealer", "SealingError", "Transaction", "migrations"]


def migrations() -> list[Migration]:
    """The steps that make and change Tillgate's tables."""
    return migrations_of("tillgate", "tillgate.store")
