"""What every store of requests promises: the one in memory, and the SQL one on both databases."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from keyturn import Mode, Need, Reach
from keyturn.database import Database, migrate, open_database
from keyturn.insight.logged import Answered, Cursor, Hour, LoggedRequest, RequestFilter
from keyturn.insight.usage import DAY_MS, HOUR_MS
from keyturn.stores.ports import RequestStore
from keyturn.stores.requests import MemoryRequests, SqlRequests
from keyturn.stores.sql import migrations

pytestmark = pytest.mark.anyio

ALL = RequestFilter()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, anyio_backend: object) -> AsyncIterator[RequestStore]:
    """An empty store."""
    if request.param == "memory":
        yield MemoryRequests()
        return
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database_url")
    else:
        url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'keys.db'}"
    database = await open_database(url)
    try:
        await migrate(database, migrations(), now=0)
        yield SqlRequests(database)
    finally:
        await database.close()


def line(id: str, at: int = 1_000, **more: Any) -> LoggedRequest:
    kept: dict[str, Any] = {
        "id": f"req_{id}",
        "at": at,
        "project_id": "prj_a",
        "mode": Mode.TEST,
        "key_id": "key_a",
        "secret": 1,
        "method": "GET",
        "path": "/links/{id}",
        "status": 200,
        "duration_us": 420,
    }
    return LoggedRequest(**(kept | more))


async def ids(store: RequestStore, wanted: RequestFilter = ALL, before: Cursor | None = None, limit: int = 100) -> str:
    page = await store.requests("prj_a", wanted, before, limit)
    return " ".join(one.id.removeprefix("req_") for one in page.requests)


async def test_a_request_is_read_as_it_was_kept(store: RequestStore) -> None:
    """Every field, also those that most requests leave empty; by its id only for its own project."""
    full = line(
        "full",
        mode=Mode.LIVE,
        secret=2,
        object_id="cs_1",
        refusal="origin_not_allowed",
        error="conflict",
        scope="sessions:read",
        reach=Reach.OPENS,
        network="203.0.113.0/24",
        origin="https://shop.example",
        app="com.example.app",
        opened=False,
        agent='curl/8 "quoted" \\ é 漢 🙂',
        reported=("scope_missing", "address_not_allowed"),
    )
    await store.add_requests([line("bare"), full], {})
    assert await store.request("prj_a", "req_full") == full
    assert await store.request("prj_a", "req_bare") == line("bare")
    assert await store.request("prj_b", "req_full") is None
    assert await store.requests("prj_a", RequestFilter(request_id="req_full"), None, 10) == ([full], None)
    assert await store.requests("prj_b", RequestFilter(request_id="req_full"), None, 10) == ([], None)
    assert await store.requests("prj_a", RequestFilter(request_id="req_full", key_id="key_b"), None, 10) == ([], None)


async def test_pages_go_from_the_newest_to_the_oldest_and_miss_none(store: RequestStore) -> None:
    """Also where many were answered in the same millisecond, and while more come in."""
    await store.add_requests([line(f"{n:02}", at=1_000 + n // 4) for n in range(20)], {})
    await store.add_requests([line("x", at=5_000, project_id="prj_b")], {})
    for wanted in (ALL, RequestFilter(status=2), RequestFilter(key_id="key_a")):
        found: list[str] = []
        page = await store.requests("prj_a", wanted, Cursor(8_000, ""), 3)
        while True:
            assert len(page.requests) <= 3
            found += [one.id for one in page.requests]
            if page.next is None:
                break
            await store.add_requests([line(f"new{len(found)}", at=9_000)], {})
            page = await store.requests("prj_a", wanted, Cursor.parse(str(page.next)), 3)
        assert found == [f"req_{n:02}" for n in range(19, -1, -1)]


async def test_each_filter_leaves_what_fits(store: RequestStore) -> None:
    """By key, mode, status and its class, refusal, path and time; and all at once."""
    await store.add_requests(
        [
            line("a", 1_000),
            line("b", 2_000, key_id="key_b", status=403, refusal="scope_missing"),
            line("c", 3_000, status=404, path="/links", error="not_found"),
            line("d", 4_000, mode=Mode.LIVE, status=401, refusal="revoked"),
            line("e", 5_000, status=503, error="unavailable"),
        ],
        {},
    )
    wanted = {
        "e d c b a": ALL,
        "b": RequestFilter(key_id="key_b"),
        "d": RequestFilter(mode=Mode.LIVE),
        "c": RequestFilter(status=404),
        "d c b": RequestFilter(status=4),
        "e": RequestFilter(status=5),
        "d b": RequestFilter(refused=True),
        "e d c": RequestFilter(since=3_000),
        "e d a": RequestFilter(key_id="key_a", path="/links/{id}"),
        "": RequestFilter(status=200, refused=True),
    }
    assert {name: await ids(store, one) for name, one in wanted.items()} == {name: name for name in wanted}
    assert await ids(store, RequestFilter(refusal="revoked", key_id="key_a", status=4, since=4_000)) == "d"
    assert await ids(store, RequestFilter(key_id="key_a"), Cursor(4_000, "req_d"), 1) == "c"


async def test_no_page_looks_at_more_than_it_may(database: Database) -> None:
    """A filter that fits nothing reads a bounded number of lines for each page, and says where to go on; in the end all
    that fits was found, once. What failed is found without a look at what went well."""
    store = SqlRequests(database, scanned_max=10)
    await store.add_requests(
        [
            line(
                f"{n:03}",
                at=1_000 + n // 2,
                path="/rare" if n % 37 == 0 else "/often",
                status=403 if n % 37 == 0 else 200,
                refusal="revoked" if n % 37 == 0 else None,
            )
            for n in range(150)
        ],
        {},
    )
    rare = [f"req_{n:03}" for n in (148, 111, 74, 37, 0)]

    async def pages(wanted: RequestFilter) -> tuple[int, list[str]]:
        found, before, number = [], None, 0
        while True:
            page = await store.requests("prj_a", wanted, before, 2)
            number += 1
            found += [one.id for one in page.requests]
            if page.next is None:
                return number, found
            before = page.next

    for wanted in (RequestFilter(path="/rare"), RequestFilter(path="/rare", key_id="key_a")):
        number, found = await pages(wanted)
        assert found == rare
        assert number == 16
    for wanted in (RequestFilter(refused=True), RequestFilter(refusal="revoked"), RequestFilter(status=4)):
        assert await pages(wanted) == (3, rare)


async def test_a_line_that_is_written_twice_stands_there_once(store: RequestStore) -> None:
    """A write whose answer got lost is tried again; the line is the first one, and the rest is written."""
    await store.add_requests([line("a"), line("b")], {})
    await store.add_requests([line("a", status=500), line("c")], {})
    assert await ids(store) == "c b a"
    found = await store.request("prj_a", "req_a")
    assert found is not None
    assert found.status == 200


async def test_what_was_dropped_adds_up(store: RequestStore) -> None:
    """By project and day, from as many processes as there are."""
    both = {("prj_a", 10): 2, ("prj_b", 10): 3}
    await asyncio.gather(
        *(store.add_requests([], dict(sorted(both.items(), reverse=turn % 2 == 0))) for turn in range(8))
    )
    await store.add_requests([], {("prj_a", 11): 5})
    assert await store.dropped("prj_a", 0) == {10: 16, 11: 5}
    assert await store.dropped("prj_a", 11) == {11: 5}
    assert await store.dropped("prj_b", 0) == {10: 24}


async def test_hours_add_up(store: RequestStore) -> None:
    """By project, mode and hour, from as many processes as there are; they are forgotten with what is older."""
    a, live, b = Hour("prj_a", Mode.TEST, 480), Hour("prj_a", Mode.LIVE, 480), Hour("prj_b", Mode.TEST, 480)
    counted = {a: Answered(5, 1, 1), live: Answered(2), b: Answered(1)}
    await asyncio.gather(*(store.add_hours(dict(sorted(counted.items(), reverse=turn % 2 == 0))) for turn in range(4)))
    await store.add_hours({a._replace(hour=481): Answered(1, 1, 0)})
    assert await store.by_hour("prj_a", Mode.TEST, 0) == {480: Answered(20, 4, 4), 481: Answered(1, 1, 0)}
    assert await store.by_hour("prj_a", Mode.LIVE, 480) == {480: Answered(8)}
    assert await store.by_hour("prj_a", Mode.TEST, 482) == {}
    await store.forget_requests(481 * HOUR_MS, 10)
    assert await store.by_hour("prj_a", Mode.TEST, 0) == {481: Answered(1, 1, 0)}


async def test_the_oldest_are_forgotten_first_a_batch_at_a_time(store: RequestStore) -> None:
    """Of all projects; what was dropped on days that are gone goes with the last of them."""
    day = 20 * DAY_MS
    old = [line(f"{n}", at=day - 10 + n, project_id="prj_a" if n % 2 else "prj_b") for n in range(10)]
    await store.add_requests([*old, line("young", at=day)], {("prj_a", 19): 1, ("prj_a", 20): 1})
    assert await store.forget_requests(day, 4) == 4
    assert await ids(store) == "young 9 7 5"
    assert [await store.forget_requests(day, 4) for _ in range(3)] == [4, 2, 0]
    assert await ids(store) == "young"
    assert await store.dropped("prj_a", 0) == {20: 1}


async def test_nothing_may_be_written(store: RequestStore) -> None:
    """An empty buffer is no error."""
    await store.add_requests([], {})
    assert await ids(store) == ""


@pytest.mark.parametrize("text", ["", "1", "1.", ".req_a", "x.req_a", "-1.req_a", f"{10**16}.req_a", "1." + "x" * 200])
def test_a_cursor_that_no_page_gave_is_refused(text: str) -> None:
    """Bad input is an error of its own, and never a query."""
    with pytest.raises(ValueError, match="no cursor"):
        Cursor.parse(text)


def test_a_line_has_what_it_takes_to_judge_it_again() -> None:
    """The need, and what was shown, as admission takes them; the address is the first one of its network."""
    one = line("a", scope="links:read", reach=Reach.CREATES, network="2001:db8:7::/48", origin="https://a.example")
    assert one.need == Need("links:read", Reach.CREATES)
    several = msgspec.structs.replace(one, scope="links:read orders:read")
    assert several.need == (Need("links:read", Reach.CREATES), Need("orders:read"))
    assert (one.asked.address, one.asked.origin, one.asked.opened) == ("2001:db8:7::", "https://a.example", None)
    bare = msgspec.structs.replace(one, scope=None, network=None)
    assert (bare.need, bare.asked.address) == (None, None)
