"""What every store of counts promises: the one in memory, and the SQL one on both databases."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from keyturn import Count, UsageStore
from keyturn.database import migrate, open_database
from keyturn.stores.sql import migrations
from keyturn.stores.usage import MemoryUsage, SqlUsage

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, anyio_backend: object) -> AsyncIterator[UsageStore]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryUsage()
        return
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database_url")
    else:
        url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'keys.db'}"
    database = await open_database(url)
    try:
        await migrate(database, migrations(), now=0)
        yield SqlUsage(database)
    finally:
        await database.close()


def count(key: str = "a", day: int = 100, outcome: str = "allowed", **more: object) -> Count:
    kept = {"reported": False, "scope": "links:read", "project_id": "prj_a"} | more
    return Count(f"key_{key}", day, outcome, **kept)  # type: ignore[arg-type]


async def test_counts_add_up(store: UsageStore) -> None:
    """What is counted of the same is added; everything that makes it another is kept apart."""
    first = {
        count(): 2,
        count(scope="links:write"): 3,
        count(outcome="scope_missing"): 5,
        count(outcome="scope_missing", reported=True): 7,
        count(day=101): 11,
        count("b"): 13,
    }
    await store.add_counts(first)
    await store.add_counts({count(): 17, count("c", scope=""): 1})
    assert await store.counts("prj_a", "key_a", 0) == {one: n for one, n in first.items() if one != count("b")} | {
        count(): 19
    }
    assert await store.counts("prj_a", "key_b", 0) == {count("b"): 13}
    assert await store.counts("prj_a", "key_c", 0) == {count("c", scope=""): 1}
    assert await store.counts("prj_a", "key_a", 101) == {count(day=101): 11}


async def test_a_project_sees_its_own_keys_only(store: UsageStore) -> None:
    """Another project's key is as good as unknown, also by its id."""
    await store.add_counts({count(): 1, count("x", project_id="prj_b"): 1})
    assert await store.counts("prj_a", "key_a", 0) == {count(): 1}
    assert await store.counts("prj_b", "key_a", 0) == {}
    assert await store.counts("prj_a", "key_x", 0) == {}


async def test_processes_that_count_at_the_same_time_lose_nothing(store: UsageStore) -> None:
    """Twenty writers of overlapping rows, each in another order: the sums are right, and nobody waits in a circle."""
    keys = [f"{letter}" for letter in "abcdefgh"]
    batches = [{count(key): 1 for key in (keys if turn % 2 else keys[::-1])} for turn in range(20)]
    await asyncio.gather(*(store.add_counts(batch) for batch in batches))
    for key in keys:
        assert await store.counts("prj_a", f"key_{key}", 0) == {count(key): 20}


async def test_old_days_are_forgotten_a_batch_at_a_time(store: UsageStore) -> None:
    """Never more rows at once than were asked for, and none that is young enough."""
    await store.add_counts({count(day=day): 1 for day in range(90, 105)})
    assert await store.counted_since() == 90
    forgotten = [await store.forget_counts(100, 4) for _ in range(4)]
    assert forgotten == [4, 4, 2, 0]
    assert await store.counts("prj_a", "key_a", 0) == {count(day=day): 1 for day in range(100, 105)}
    assert await store.counted_since() == 100


async def test_nothing_is_known_at_first(store: UsageStore) -> None:
    """An empty store says so."""
    assert await store.counted_since() is None
    assert await store.counts("prj_a", "key_a", 0) == {}
    await store.add_counts({})
    assert await store.forget_counts(1_000_000, 10) == 0


async def test_the_traffic_of_several_keys_is_summed_by_day(store: UsageStore) -> None:
    """Admitted and not, of the keys that are asked for and this project alone; what was only reported, or counted for
    a further scope, counts for nothing."""
    await store.add_counts(
        {
            count(): 2,
            count(scope="links:write"): 3,
            count(outcome="scope_missing"): 5,
            count(outcome="rate_limited"): 1,
            count(outcome="scope_missing", reported=True): 7,
            count(outcome="allowed_too"): 7,
            count(outcome="wanted_too"): 7,
            count(day=99): 7,
            count("b", day=101): 11,
            count("c"): 7,
            count("d", project_id="prj_b"): 7,
        }
    )
    found = await store.traffic("prj_a", ["key_a", "key_b", "key_d", "key_none"], 100)
    assert found == {("key_a", 100): (5, 6), ("key_b", 101): (11, 0)}
    assert await store.traffic("prj_a", [], 100) == {}
