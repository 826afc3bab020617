"""What the bench puts into a database by hand is what the store would."""

import sqlite3
from pathlib import Path

import pytest

from bench.million import seed
from keyturn.database import migrate, open_database
from keyturn.keys.listing import every_key
from keyturn.stores.sql import SqlKeyStore, migrations

pytestmark = pytest.mark.anyio


async def test_seeded_keys_are_keys(tmp_path: Path, anyio_backend: object) -> None:
    """A statement that has got another column since is noticed here, not when somebody measures next."""
    path = tmp_path / "keys.db"
    database = await open_database(f"sqlite:///{path}")
    try:
        await migrate(database, migrations(), now=0)
        seed(path, 3, project="proj_large")
        keys = await every_key(SqlKeyStore(database), "proj_large")
        assert len(keys) == 3
        assert {(key.name, key.kind.value, key.mode.value, key.parent_id) for key in keys} == {
            ("bench", "secret", "test", None)
        }
    finally:
        await database.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT COUNT(*) FROM key_secrets").fetchone() == (3,)
