"""The stores that ship keep the public contract: the one in memory, and the SQL one on both databases."""

from collections.abc import AsyncIterator

import pytest

from keyturn import KeyStore
from keyturn.database import migrate, open_database
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.sql import SqlKeyStore, migrations, note_expiry_emitted
from keyturn.testing.contract import StoreContract, act, key, put

pytestmark = pytest.mark.anyio


class TestKeyStore(StoreContract):
    """What anybody's store must pass."""

    @pytest.fixture(params=["memory", "sqlite", "postgres"])
    async def store(self, request: pytest.FixtureRequest, anyio_backend: object) -> AsyncIterator[KeyStore]:
        """An empty store."""
        if request.param == "memory":
            yield MemoryKeyStore()
            return
        if request.param == "postgres":
            url = request.getfixturevalue("postgres_database_url")
        else:
            url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'keys.db'}"
        database = await open_database(url)
        try:
            await migrate(database, migrations(), now=0)
            yield SqlKeyStore(database)
        finally:
            await database.close()


async def test_the_owner_of_an_expiring_key_is_notified_once_for_each_number_of_days(database_url: str) -> None:
    """For 14, 3 and 0 days each; again when the expiry was moved."""
    database = await open_database(database_url)
    try:
        await migrate(database, migrations(), now=0)
        store = SqlKeyStore(database)
        await put(store, key("a", expires_at=2_000))

        async def told(days: int) -> bool:
            return await database.write(lambda tx: note_expiry_emitted(tx, "key_a", days))

        for days in (14, 3, 0):
            assert len(await store.expiring(2_000, days, 10)) == 1
            assert await told(days) is True
            assert await told(days) is False
            assert await store.expiring(2_000, days, 10) == []
        assert await told(14) is False
        await store.change(key("a", expires_at=4_000), act(1_500), {})
        assert len(await store.expiring(4_000, 14, 10)) == 1
    finally:
        await database.close()
