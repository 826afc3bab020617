"""Operations over SQLite and PostgreSQL: one SQL dialect, one transaction each, durable when answered.

Keyturn and Tillgate both stand on it and it knows neither.
"""

from keyturn.database.errors import (
    BackupError,
    DatabaseMissing,
    MigrationError,
    StoreError,
    StoreUnavailable,
    StrayAwait,
    UniqueViolation,
)
from keyturn.database.high_water import HighWater, Mark
from keyturn.database.migrations import Migration, migrate, migrations_of, pending, require_schema
from keyturn.database.opening import open_database, require_file
from keyturn.database.ports import (
    SOON_SECONDS,
    Both,
    Database,
    Dialect,
    Operation,
    Row,
    Transaction,
    Trouble,
    with_list,
)
from keyturn.database.watching import StoreWatch

__all__ = [
    "SOON_SECONDS",
    "BackupError",
    "Both",
    "Database",
    "DatabaseMissing",
    "Dialect",
    "HighWater",
    "Mark",
    "Migration",
    "MigrationError",
    "Operation",
    "Row",
    "StoreError",
    "StoreUnavailable",
    "StoreWatch",
    "StrayAwait",
    "Transaction",
    "Trouble",
    "UniqueViolation",
    "migrate",
    "migrations_of",
    "open_database",
    "pending",
    "require_file",
    "require_schema",
    "with_list",
]
