"""What can go wrong between an operation and its database.

StoreError
├── UniqueViolation    a row with this key is already there
├── DatabaseMissing    there is no database there, or it is none of ours
├── StoreUnavailable   the database cannot be reached, is closed, or stayed locked
├── StrayAwait         an operation awaited something that is not its transaction
├── MigrationError     the schema cannot be brought to what this code expects
└── BackupError        a backup cannot be written, read or put into this database
"""


class StoreError(Exception):
    """Root of this package's errors."""


class UniqueViolation(StoreError):
    """A row with the same unique key is already there."""


class StoreUnavailable(StoreError):
    """The database cannot be reached, is closed, or stayed locked for too long."""


class DatabaseMissing(StoreError):
    """There is no database at that place, or one that holds nothing of ours; the message names it."""


class StrayAwait(StoreError):
    """An operation awaited something that is not its transaction.

    A write is run to its end inside one commit, so a network call or a sleep in it would hold up
    everybody else. Do it before or after the transaction.
    """


class BackupError(StoreError):
    """A backup cannot be written, read or put into this database; the message says why and what to do."""


class MigrationError(StoreError):
    """The schema cannot be brought to what this code expects; the message says why and what to do."""
