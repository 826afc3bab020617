"""Operations over SQLite and PostgreSQL: one SQL dialect, one transaction each, durable when answered.

Keyturn and Tillgate both stand on it and it knows neither.
"""

from unitofwork.errors import (
    MigrationError,
    StoreError,
    StoreUnavailable,
    StrayAwait,
    UniqueViolation,
)
from unitofwork.migrations import Migration, migrate, migrations_of, pending
from unitofwork.opening import open_database
from unitofwork.ports import Both, Database, Dialect, Operation, Row, Transaction, with_list

__all__ = [
    "Both",
    "Database",
    "Dialect",
    "Migration",
    "MigrationError",
    "Operation",
    "Row",
    "StoreError",
    "StoreUnavailable",
    "StrayAwait",
    "Transaction",
    "UniqueViolation",
    "migrate",
    "migrations_of",
    "open_database",
    "pending",
    "with_list",
]
