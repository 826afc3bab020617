"""Secrets that must be readable again, such as webhook signing secrets, are sealed before they are stored.

Fernet (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec) from the cryptography package. The
instance's key lives beside the database or in ``TILLGATE_SECRET_KEY``, never in it: a stolen dump opens nothing.
"""

import base64
import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from keyturn.database import Database, Transaction

KEY_FILE = "secret.key"


class SealingError(Exception):
    """The instance's key is missing, malformed, or not the one that this database was sealed with."""


class Sealer:
    """Seals and opens short texts with the instance's key."""

    __slots__ = ("_fernet", "fingerprint")

    def __init__(self, key: str) -> None:
        """
        Raises:
            SealingError: the key is not 32 bytes in URL-safe base 64.
        """
        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise SealingError(
                "the instance's secret key must be 32 random bytes in URL-safe base 64; "
                "make one with: tillgate doctor --new-secret-key"
            ) from error
        self.fingerprint = hashlib.sha256(b"tillgate instance key\0" + key.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return f"Sealer({self.fingerprint})"

    def seal(self, text: str) -> str:
        """The sealed text, fit for a row."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again.

        Raises:
            SealingError: it was sealed with another key, or was changed.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise SealingError("this was sealed with another secret key, or was changed") from error


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


def _put_in_place(path: Path, text: str) -> None:
    handle, beside = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
    finally:
        os.unlink(beside)


async def claim(database: Database, sealer: Sealer) -> None:
    """Bind the database to the key at first use, and refuse another key afterwards.

    Raises:
        SealingError: the database belongs to another key.
    """

    async def operation(tx: Transaction) -> str:
        await tx.execute(
            "INSERT INTO instance_facts (name, value) VALUES ('sealing_key', $1) ON CONFLICT DO NOTHING",
            sealer.fingerprint,
        )
        row = await tx.fetch_one("SELECT value FROM instance_facts WHERE name = 'sealing_key'")
        return str(row["value"]) if row is not None else ""

    bound = await database.write(operation)
    if bound != sealer.fingerprint:
        raise SealingError(
            f"this database was sealed with the secret key {bound}, but the key given is {sealer.fingerprint}: "
            "restore TILLGATE_SECRET_KEY, or the file secret.key of the data directory"
        )
