"""The buffer before the request log: what it keeps when there is too much, and what it never keeps."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from keyturn import Mode
from keyturn.insight import request_log as of_log
from keyturn.insight.logged import LoggedRequest, RequestFilter
from keyturn.insight.request_log import (
    BUFFERED_MAX,
    FAILURES_OF_KEY,
    PROJECT_A_SECOND,
    PROJECT_AT_ONCE,
    SUCCESSES_A_SECOND,
    SUCCESSES_AT_ONCE,
    RequestLog,
)
from keyturn.insight.retention import forget
from keyturn.insight.usage import DAY_MS
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.secret import FORMATS, generate
from keyturn.stores.ports import Count
from keyturn.stores.requests import MemoryRequests
from keyturn.stores.usage import MemoryUsage
from tests.contracts.test_request_store import line

pytestmark = pytest.mark.anyio

ALL = RequestFilter()


class Moody(MemoryRequests):
    """Fails as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = 0
        self.sizes: list[int] = []

    async def add_requests(self, requests: Sequence[LoggedRequest], dropped: Mapping[tuple[str, int], int]) -> None:
        self.sizes.append(len(requests))
        if self.fails:
            self.fails -= 1
            raise OSError
        await super().add_requests(requests, dropped)


class CommandContext:
    """A log, and requests for it with ids of their own."""

    def __init__(self) -> None:
        self.not_kept: list[int] = []
        self.log, self.store, self.number = RequestLog(count_dropped=self.not_kept.append), Moody(), 0

    def come(self, times: int, at: int = 0, *, failed: bool = False, **more: Any) -> int:
        """Requests at this instant; how many of them were noted."""
        noted = 0
        for _ in range(times):
            self.number += 1
            one = line(f"{self.number:06}", at, status=403 if failed else 200, **more)
            if self.log.has_room(one.project_id, one.key_id, at * 1_000_000, failed):
                self.log.note(one)
                noted += 1
        return noted

    async def flush(self, now: int = 0) -> None:
        await self.log.flush(self.store, now)

    async def kept(self, project: str = "prj_a") -> list[LoggedRequest]:
        return (await self.store.requests(project, ALL, None, 1_000_000)).requests


@pytest.fixture
def context() -> CommandContext:
    return CommandContext()


async def test_successes_are_kept_up_to_a_budget(context: CommandContext) -> None:
    """A burst at once, and a rate after that. What goes beyond is counted and shown; no project's traffic hides
    another's."""
    assert context.come(1_000) == PROJECT_AT_ONCE
    assert context.come(1_000, project_id="prj_b") == SUCCESSES_AT_ONCE - PROJECT_AT_ONCE
    assert context.come(1_000, project_id="prj_c") == 0
    assert context.come(1_000, 999) == 0
    assert context.come(1_000, 1_000) == PROJECT_A_SECOND
    assert context.come(1_000, 1_000, project_id="prj_c") == SUCCESSES_A_SECOND - PROJECT_A_SECOND
    assert context.come(1_000, 3_500) == 2 * PROJECT_A_SECOND
    await context.flush()
    kept, dropped = await context.kept(), await context.store.dropped("prj_a", 0)
    assert len(kept) == PROJECT_AT_ONCE + 3 * PROJECT_A_SECOND
    assert dropped == {0: 4_000 - len(kept)}
    assert await context.store.dropped("prj_c", 0) == {0: 2_000 - SUCCESSES_A_SECOND + PROJECT_A_SECOND}
    assert sum(context.not_kept) == 7_000 - sum([len(await context.kept(name)) for name in ("prj_a", "prj_b", "prj_c")])


async def test_refusals_are_kept_whatever_succeeds(context: CommandContext) -> None:
    """However busy a server is, a refusal has its line; but one key that hammers fills no disk and hides no other."""
    for second in range(BUFFERED_MAX // 2 // PROJECT_A_SECOND):
        context.come(PROJECT_A_SECOND, second * 1_000)
    assert context.come(100_000, failed=True, key_id="key_hammers") == FAILURES_OF_KEY
    assert context.come(1, failed=True, key_id="key_other") == 1
    assert context.come(1, 10**9) == 0  # the half for successes is full
    await context.flush()
    assert context.come(1, failed=True, key_id="key_hammers") == 1


async def test_the_buffer_is_bounded(context: CommandContext) -> None:
    """Also by keys that all fail."""
    noted = sum(context.come(1, failed=True, key_id=f"key_{number}") for number in range(BUFFERED_MAX + 100))
    assert noted == BUFFERED_MAX


async def test_a_store_that_fails_loses_nothing_that_there_is_room_for(
    context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines wait for the next flush, in their order, each kept once; what there is no room for is counted."""
    monkeypatch.setattr(of_log, "ROWS_A_WRITE", 10)
    monkeypatch.setattr(of_log, "BUFFERED_MAX", 20)
    context.come(10_000, failed=True, key_id="key_x")
    for number in range(25):
        context.come(1, failed=True, key_id=f"key_{number}")
    context.store.fails = 1
    with pytest.raises(OSError):
        await context.flush()
    await context.flush()
    kept = await context.kept()
    assert len(kept) == len({one.id for one in kept}) == 20
    assert await context.store.dropped("prj_a", 0) == {0: 10_025 - 20}
    assert context.store.sizes == [10, 10, 10]


async def test_a_flush_that_is_cancelled_ends_what_it_has_begun(context: CommandContext) -> None:
    """At shutdown, what is being written is written, and counted as dropped no second time."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(MemoryRequests):
        async def add_requests(self, *given: Any) -> None:
            begun.set()
            await go_on.wait()
            await super().add_requests(*given)

    store = Slow()
    context.come(PROJECT_AT_ONCE + 1)
    flushing = asyncio.create_task(context.log.flush(store, 0))
    await begun.wait()
    flushing.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await flushing
    await context.log.flush(store, 0)
    assert len((await store.requests("prj_a", ALL, None, 1_000)).requests) == PROJECT_AT_ONCE
    assert await store.dropped("prj_a", 0) == {0: 1}


@pytest.mark.spec("crypto-checkout R65")
async def test_no_line_holds_a_secret(context: CommandContext) -> None:
    """Wherever a client puts a key or a client secret, it is cut out; texts are no longer than makes sense."""
    planted = [generate(form, kind, Mode.LIVE).reveal() for form in FORMATS.values() for kind in form.kinds]
    planted.append(new_client_secret("cs_01jabc"))
    for text in planted:
        fields = dict.fromkeys(("method", "path", "object_id", "origin", "app", "agent"), f"{text} {text}")
        context.come(1, failed=True, key_id=f"key_{len(text)}", **fields)
    long = dict.fromkeys(("path", "app", "agent", "origin"), "\0" + "é" * 9_999)
    context.come(1, failed=True, key_id="key_long", **long)
    await context.flush()
    kept = await context.kept()
    assert len(kept) == len(planted) + 1
    for one in kept:
        for text in planted:
            secret = text[text.rindex("_") + 1 :]
            assert not any(secret[at : at + 8] in repr(one) for at in range(len(secret) - 8))
        assert max(len(text or "") for text in (one.path, one.app, one.agent, one.origin)) <= 300


async def test_an_address_is_kept_by_its_network_unless_it_was_refused_itself(context: CommandContext) -> None:
    """Enough to know a server by, too little for a person; only where the key's networks refuse an address is it kept,
    because the owner has to know which one to allow."""
    for at, (address, refusal) in enumerate(
        [
            ("203.0.113.77", None),
            ("203.0.113.77", "scope_missing"),
            ("203.0.113.77", "address_not_allowed"),
            ("2001:db8:7:8::9", None),
            ("::ffff:203.0.113.77", "address_not_allowed"),
            ("no address", "address_not_allowed"),
            (None, None),
        ]
    ):
        context.come(1, at, failed=True, key_id=f"key_{at}", network=address, refusal=refusal)
    await context.flush()
    assert [one.network for one in reversed(await context.kept())] == [
        "203.0.113.0/24",
        "203.0.113.0/24",
        "203.0.113.77/32",
        "2001:db8:7::/48",
        "203.0.113.77/32",
        None,
        None,
    ]


async def test_what_is_old_is_forgotten(context: CommandContext) -> None:
    """Requests after the configured days, none of them with 0; counts after 400 days."""
    usage, now = MemoryUsage(), 1_000 * DAY_MS
    for days in (0, 13, 14, 15):
        context.come(1, now - days * DAY_MS, failed=True)
    await context.flush()
    await usage.add_counts({Count("key_a", 1_000 - days, "allowed", False, "", "prj_a"): 1 for days in (0, 400, 401)})
    assert await forget(usage, context.store, now, request_days=14) == 2
    assert len(await context.kept()) == 3
    assert [one.day for one in await usage.counts("prj_a", None, 0)] == [600, 1_000]
    assert await forget(usage, context.store, now + 1, request_days=0) == 3
