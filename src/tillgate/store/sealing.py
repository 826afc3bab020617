"""Secrets that must be readable again, such as webhook signing secrets, are sealed before they are stored.

Fernet (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec) from the cryptography package. The
instance's key lives beside the database or in ``TILLGATE_SECRET_KEY``, never in it: a stolen dump opens nothing.

There may be several keys: the first one seals, each of them opens. So a key is changed while servers run: give both,
:func:`reseal` what the old one sealed, then give the new one alone. The columns that hold sealed texts are found by
their names, which end in ``_sealed``.
"""

import base64
import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cryptography.fernet import Fernet, InvalidToken

from keyturn.database import Database, Transaction
from keyturn.database.shape import Table
from tillgate.base.invariants import present

KEY_FILE = "secret.key"
KEYS_MAX: Final = 4
SEALED_END: Final = "_sealed"
RESEALED_AT_ONCE: Final = 100

_SEPARATORS: Final = re.compile(r"[,\s]+")

_BOUND_KEY: Final = "sealing_key"
_NEXT_KEY: Final = "sealing_key_next"
_BIND_FIRST: Final = "INSERT INTO instance_facts (name, value) VALUES ('sealing_key', $1) ON CONFLICT DO NOTHING"
_SET_FACT: Final = (
    "INSERT INTO instance_facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)
_FORGET_FACT: Final = "DELETE FROM instance_facts WHERE name = $1"


class SealingError(Exception):
    """The instance's key is missing, malformed, or not the one that this database was sealed with."""


class Sealer:
    """Seals short texts with the instance's key and opens them with any of its keys.

    Attributes:
        fingerprint: of the key that seals.
    """

    __slots__ = ("_fernets", "_fingerprints", "fingerprint")

    def __init__(self, keys: str) -> None:
        """
        Args:
            keys: one key, or several, separated by commas or white space; the first one seals.

        Raises:
            SealingError: one is not 32 bytes in URL-safe base 64, or there are too many.
        """
        found = _SEPARATORS.split(keys.strip())
        if len(found) > KEYS_MAX:
            raise SealingError(f"there may be {KEYS_MAX} secret keys at most: finish one rotation before the next")
        try:
            self._fernets = [Fernet(key) for key in found]
        except ValueError as error:
            raise SealingError(
                "the instance's secret key must be 32 random bytes in URL-safe base 64; "
                "make one with: tillgate doctor --new-secret-key"
            ) from error
        self._fingerprints = [_fingerprint(key) for key in found]
        self.fingerprint = self._fingerprints[0]

    @property
    def has_several(self) -> bool:
        """Whether a rotation is under way, as far as this process was told."""
        return len(self._fernets) > 1

    def knows(self, fingerprint: str) -> bool:
        """Whether the key with this fingerprint is among its keys."""
        return fingerprint in self._fingerprints

    def __repr__(self) -> str:
        return f"Sealer({self.fingerprint})"

    def seal(self, text: str) -> str:
        """The sealed text, fit for a row."""
        return self._fernets[0].encrypt(text.encode()).decode()

    def is_current(self, sealed: str) -> bool:
        """Whether this was sealed by the key that seals now."""
        try:
            self._fernets[0].decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def open(self, sealed: str) -> str:
        """The text again.

        Raises:
            SealingError: it was sealed with another key, or was changed.
        """
        for fernet in self._fernets:
            with contextlib.suppress(InvalidToken):
                return fernet.decrypt(sealed.encode()).decode()
        raise SealingError("this was sealed with another secret key, or was changed")


def _fingerprint(key: str) -> str:
    return hashlib.sha256(b"tillgate instance key\0" + key.encode()).hexdigest()[:16]


def new_key() -> str:
    """A fresh instance key: 32 random bytes in URL-safe base 64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def key_from(data: Path) -> str:
    """The key in the data directory; made, readable by its owner only, where there is none yet.

    The file is put in its place whole: nobody who starts at the same moment, or after a crash, reads a part of it.

    Raises:
        SealingError: the file cannot be made or read, or holds something else.
    """
    path = data / KEY_FILE
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _put_in_place(path, new_key() + "\n")
        return path.read_text("ascii").strip()
    except UnicodeDecodeError as error:
        raise SealingError(f"{path} does not hold a secret key; restore it from your backup") from error
    except OSError as error:
        raise SealingError(f"cannot use {path}: {error.strerror or error}") from error


def keep_keys(data: Path, keys: Sequence[str]) -> None:
    """Keep these keys, the one that seals first, in place of those in the data directory.

    Raises:
        SealingError: the file cannot be written.
    """
    path = data / KEY_FILE
    try:
        _put_in_place(path, "".join(f"{key}\n" for key in keys), replace=True)
    except OSError as error:
        raise SealingError(f"cannot write {path}: {error.strerror or error}") from error


def split_keys(keys: str) -> list[str]:
    """The keys in a setting or a file, the one that seals first."""
    return _SEPARATORS.split(keys.strip())


def _put_in_place(path: Path, text: str, *, replace: bool = False) -> None:
    handle, beside = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(beside, path)
        else:
            with contextlib.suppress(FileExistsError):
                os.link(beside, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)


async def claim(database: Database, sealer: Sealer) -> None:
    """Bind the database to the key at first use, and refuse another key afterwards.

    With several keys, the one that seals is noted as the next one, so that nobody starts without it any more.

    Raises:
        SealingError: the database belongs to another key, or a rotation to another one is under way.
    """

    async def operation(tx: Transaction) -> tuple[str, str | None]:
        await tx.execute(_BIND_FIRST, sealer.fingerprint)
        bound = present(await bound_key(tx), "the fingerprint of the secret key")
        coming = await _fact(tx, _NEXT_KEY)
        known = sealer.knows(bound) and (coming is None or sealer.knows(coming))
        if known and sealer.fingerprint not in (bound, coming):
            await tx.execute(_SET_FACT, _NEXT_KEY, sealer.fingerprint)
        return bound, coming

    bound, coming = await database.write(operation)
    if not sealer.knows(bound):
        raise SealingError(
            f"this database was sealed with the secret key {bound}, but the key given is {sealer.fingerprint}: "
            "restore TILLGATE_SECRET_KEY, or the file secret.key of the data directory"
        )
    if coming is not None and not sealer.knows(coming):
        raise SealingError(
            f"the secret key is being changed from {bound} to {coming}, and {coming} is not given: give both, "
            "separated by a comma, until tillgate secret-key rotate has finished"
        )


class SealedColumn(NamedTuple):
    """Where sealed texts are. The table's primary key is ``id``."""

    table: str
    column: str


class Resealed(NamedTuple):
    """What a rotation came to.

    Attributes:
        resealed: how many texts the current key has sealed again.
        lost: how many no key opens; of those, where a replacement was given, another text is sealed now.
        finished: whether the database belongs to the current key alone.
    """

    resealed: int
    lost: int
    finished: bool


def sealed_columns(tables: Iterable[Table]) -> list[SealedColumn]:
    """Every column that holds sealed texts, by its name."""
    return [
        SealedColumn(table.name, column.name)
        for table in tables
        for column in table.columns
        if column.name.endswith(SEALED_END)
    ]


async def has_started_with(database: Database, sealer: Sealer) -> bool:
    """Whether a server has started with the key that seals here."""

    async def operation(tx: Transaction) -> bool:
        return sealer.fingerprint in (await bound_key(tx), await _fact(tx, _NEXT_KEY))

    return await database.read(operation)


async def reseal(
    database: Database, sealer: Sealer, columns: Iterable[SealedColumn], replacement: Callable[[], str] | None = None
) -> Resealed:
    """Seal everything with the key that seals now, a batch at a time, then bind the database to it.

    It may be ended at any moment and begun again, and servers that were given both keys go on meanwhile.

    Args:
        replacement: makes a text for one that no key opens. Without, such texts stay, and the database stays bound to
            the key before.
    """
    resealed = lost = 0
    for column in columns:
        done, unreadable = await _reseal_column(database, sealer, column, replacement)
        resealed += done
        lost += unreadable
    if lost and replacement is None:
        return Resealed(resealed, lost, finished=False)

    async def bind(tx: Transaction) -> None:
        await tx.execute(_SET_FACT, _BOUND_KEY, sealer.fingerprint)
        await tx.execute(_FORGET_FACT, _NEXT_KEY)

    await database.write(bind)
    return Resealed(resealed, lost, finished=True)


async def _reseal_column(
    database: Database, sealer: Sealer, column: SealedColumn, replacement: Callable[[], str] | None
) -> tuple[int, int]:
    table, name = column
    page = (
        f"SELECT id, {name} AS sealed FROM {table} "  # noqa: S608 — the schema's own names
        f"WHERE id > $1 AND {name} IS NOT NULL ORDER BY id LIMIT {RESEALED_AT_ONCE}"
    )
    change = f"UPDATE {table} SET {name} = $1 WHERE id = $2 AND {name} = $3"  # noqa: S608 — the schema's own names
    resealed = lost = 0
    after = ""
    while True:

        async def batch(tx: Transaction, after: str = after) -> tuple[str | None, int, int]:
            rows = await tx.fetch_all(page, after)
            done = unreadable = 0
            for row in rows:
                if sealer.is_current(row["sealed"]):
                    continue
                try:
                    text = sealer.open(row["sealed"])
                except SealingError:
                    unreadable += 1
                    if replacement is None:
                        continue
                    text = replacement()
                # Whoever changes it meanwhile seals with a key that this rotation gave, and is found by the next one.
                done += await tx.execute(change, sealer.seal(text), row["id"], row["sealed"])
            return rows[-1]["id"] if rows else None, done, unreadable

        last, done, unreadable = await database.write(batch)
        resealed += done
        lost += unreadable
        if last is None:
            return resealed, lost
        after = last


async def bound_key(tx: Transaction) -> str | None:
    """The fingerprint of the key that a database belongs to; None before its first start."""
    return await _fact(tx, _BOUND_KEY)


async def _fact(tx: Transaction, name: str) -> str | None:
    row = await tx.fetch_one("SELECT value FROM instance_facts WHERE name = $1", name)
    return str(row["value"]) if row is not None else None
