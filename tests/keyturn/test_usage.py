"""Noting how keys are used: counted once, by what came of it, and never in the way of anything else."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import (
    Count,
    Kind,
    KnownKey,
    Mode,
    Need,
    Reach,
    RefusalReason,
    Refused,
    Status,
    Usage,
    Use,
    Verified,
    revoke,
    set_enabled,
)
from keyturn.admission.carriers import without_keys
from keyturn.database import Database
from keyturn.insight import usage as of_usage
from keyturn.insight.usage import DAY_MS
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.model import Terms
from keyturn.keys.secret import FORMATS, generate
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.usage import MemoryUsage, SqlUsage
from tests.key_harness import KeyHarness, bearer

pytestmark = pytest.mark.anyio

READ, WRITE = Need("links:read"), Need("links:write")
OPENS, CREATES = Need("sessions:read", Reach.OPENS), Need("sessions:write", Reach.CREATES)


def known(name: str = "a", kind: Kind = Kind.SECRET) -> KnownKey:
    terms = Terms(project_id="prj_a", mode=Mode.TEST, kind=kind, scopes=frozenset({"links:read"}))
    return KnownKey(f"key_{name}", terms, Status.ACTIVE)


def count(key: str, day: int, outcome: str, scope: str = "links:read", reported: bool = False) -> Count:
    return Count(f"key_{key}", day, outcome, reported, scope, "prj_a")


async def written(usage: Usage) -> dict[Count, int]:
    store = MemoryUsage()
    await usage.flush(MemoryKeyStore(), store)
    return await store.counts("prj_a", None, 0)


async def test_each_request_is_counted_by_what_came_of_it() -> None:
    """Admitted by a scope, refused for a reason, rate limited: each under its own name, on its own day."""
    usage, late = Usage(), Use(DAY_MS - 1)
    usage.allowed(Verified(known()), READ, late)
    usage.allowed(Verified(known()), READ, late)
    usage.allowed(Verified(known()), WRITE, late)
    usage.allowed(Verified(known()), None, late)
    usage.allowed(Verified(known()), READ, Use(DAY_MS))
    usage.refused(Refused(RefusalReason.SCOPE_MISSING, known()), WRITE, DAY_MS - 1)
    usage.refused(Refused(RefusalReason.REVOKED, known("b")), None, DAY_MS - 1)
    usage.rate_limited(known(), READ, late)
    assert await written(usage) == {
        count("a", 0, "allowed"): 2,
        count("a", 0, "allowed", "links:write"): 1,
        count("a", 0, "allowed", ""): 1,
        count("a", 1, "allowed"): 1,
        count("a", 0, "scope_missing", "links:write"): 1,
        count("b", 0, "revoked", ""): 1,
        count("a", 0, "rate_limited"): 1,
    }


async def test_the_refusal_of_an_unknown_key_is_not_counted() -> None:
    """Whoever holds no key could fill the table at will."""
    usage = Usage()
    usage.refused(Refused(RefusalReason.UNKNOWN), READ, 0)
    assert await written(usage) == {}


async def test_what_a_trial_would_have_refused_is_counted_beside_what_happened() -> None:
    """A restriction that is only reported lets the request in; how many it would have cost can be read."""
    usage = Usage()
    reported = (RefusalReason.ADDRESS_NOT_ALLOWED, RefusalReason.SCOPE_MISSING)
    usage.allowed(Verified(known(), reported), WRITE, Use(0))
    assert await written(usage) == {
        count("a", 0, "allowed", "links:write"): 1,
        count("a", 0, "address_not_allowed", "links:write", reported=True): 1,
        count("a", 0, "scope_missing", "links:write", reported=True): 1,
    }


async def test_a_client_secret_exercises_no_scope() -> None:
    """What a publishable key opens with an object's client secret proves no need of a scope; what it creates does."""
    usage, key = Usage(), known(kind=Kind.PUBLISHABLE)
    usage.allowed(Verified(key), OPENS, Use(0))
    usage.allowed(Verified(key), CREATES, Use(0))
    usage.allowed(Verified(known("b")), OPENS, Use(0))  # a secret key has come by its scope
    assert await written(usage) == {
        count("a", 0, "allowed", ""): 1,
        count("a", 0, "allowed", "sessions:write"): 1,
        count("b", 0, "allowed", "sessions:read"): 1,
    }


class Moody(MemoryUsage):
    """Fails as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = 0
        self.sizes: list[int] = []

    async def add_counts(self, counts: Mapping[Count, int]) -> None:
        self.sizes.append(len(counts))
        if self.fails:
            self.fails -= 1
            raise OSError
        await super().add_counts(counts)


NOTES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.sampled_from(["allowed", "rate_limited", "revoked"])),
        st.integers(0, 2),  # a flush, in which the store fails that often
    ),
    max_size=60,
)


@given(NOTES)
def test_however_the_store_fails_each_request_is_counted_once(notes: list[object]) -> None:
    """What was not written is written later, what was written is not written again; whatever comes in between."""

    async def play() -> tuple[dict[Count, int], Counter[Count]]:
        usage, store, keys, expected = Usage(), Moody(), MemoryKeyStore(), Counter[Count]()
        for note in [*notes, 0]:
            if isinstance(note, int):
                store.fails = note
                with contextlib.suppress(OSError):
                    await usage.flush(keys, store)
                store.fails = 0
                continue
            assert isinstance(note, tuple)
            name, day, outcome = note
            at = day * DAY_MS
            match outcome:
                case "allowed":
                    usage.allowed(Verified(known(name)), READ, Use(at))
                case "rate_limited":
                    usage.rate_limited(known(name), READ, Use(at))
                case _:
                    usage.refused(Refused(RefusalReason.REVOKED, known(name)), READ, at)
            expected[count(name, day, outcome)] += 1
        return await store.counts("prj_a", None, 0), expected

    found, expected = asyncio.run(play())
    assert found == dict(expected)


async def test_many_rows_are_written_a_few_hundred_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One write holds up nobody for long, and what was written before one fails is not written again."""
    monkeypatch.setattr(of_usage, "ROWS_A_WRITE", 10)
    usage, store = Usage(), Moody()
    for number in range(25):
        usage.allowed(Verified(known(f"{number:02}")), READ, Use(0))
    await usage.flush(MemoryKeyStore(), store)
    assert store.sizes == [10, 10, 5]
    assert set((await store.counts("prj_a", None, 0)).values()) == {1}


async def test_memory_is_bounded_while_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a store that is down, keys beyond the bound are not counted; those that are, go on being counted."""
    monkeypatch.setattr(of_usage, "BUFFERED_MAX", 10)
    usage, store = Usage(), Moody()
    for turn in range(5):
        for number in range(20):
            usage.allowed(Verified(known(f"{number:02}")), READ, Use(0))
        if turn == 2:
            store.fails = 1
            with pytest.raises(OSError):
                await usage.flush(MemoryKeyStore(), store)
    await usage.flush(MemoryKeyStore(), store)
    found = await store.counts("prj_a", None, 0)
    assert len(found) == 10
    assert set(found.values()) == {3}  # before the failure; after it there is no room but for what waits


async def test_a_flush_that_is_cancelled_counts_nothing_twice() -> None:
    """At shutdown the task that writes is cancelled in the middle, and the last flush writes the rest."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    class Slow(MemoryUsage):
        async def add_counts(self, counts: Mapping[Count, int]) -> None:
            begun.set()
            await go_on.wait()
            await super().add_counts(counts)

    usage, store = Usage(), Slow()
    usage.allowed(Verified(known()), READ, Use(0))
    flushing = asyncio.create_task(usage.flush(MemoryKeyStore(), store))
    await begun.wait()
    flushing.cancel()
    usage.allowed(Verified(known()), READ, Use(0))
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await flushing
    await usage.flush(MemoryKeyStore(), store)
    assert await store.counts("prj_a", None, 0) == {count("a", 0, "allowed"): 2}


# Beside what others do to the key.


@pytest.fixture
async def context(database: Database) -> AsyncIterator[KeyHarness]:
    yield KeyHarness(SqlKeyStore(database))


async def test_writing_usage_changes_nothing_else_of_a_key(context: KeyHarness, database: Database) -> None:
    """While uses and counts are written, a key is disabled, enabled and revoked: it is what was done to it, and nothing
    of it but its last use is what it was not."""
    usage, counts = Usage(), SqlUsage(database)
    issued = await context.issue()
    key_id = issued.key.id
    decision = await context.verify(bearer(issued))
    assert isinstance(decision, Verified)

    async def use(times: int) -> None:
        for _ in range(times):
            context.clock.forward(1)
            usage.allowed(decision, READ, Use(context.clock.at, "203.0.113.9", "curl/8", "/links"))
            await usage.flush(context.store, counts)

    switching = {"project_id": "prj_a", "key_id": key_id, "by": "user:1"}
    await asyncio.gather(use(8), set_enabled(context.store, context.clock, **switching, enabled=False), use(8))  # type: ignore[arg-type]
    await asyncio.gather(use(8), set_enabled(context.store, context.clock, **switching, enabled=True), use(8))  # type: ignore[arg-type]
    await asyncio.gather(use(8), revoke(context.store, context.clock, **switching), use(8))  # type: ignore[arg-type]
    await use(1)
    key = await context.store.by_id("prj_a", key_id)
    assert key is not None
    assert key == msgspec.structs.replace(
        issued.key,
        status=Status.REVOKED,
        revoked_at=key.revoked_at,
        revoked_by="user:1",
        last_used_at=context.clock.at,
    )
    assert await context.reason(bearer(issued)) is RefusalReason.REVOKED
    assert sum((await counts.counts("prj_a", key_id, 0)).values()) == 49


@pytest.mark.spec("crypto-checkout R17", "crypto-checkout R65")
async def test_nothing_of_a_secret_is_in_any_row(context: KeyHarness, database: Database, tmp_path: Path) -> None:
    """A key and a client secret that a client put into its user agent and its path are cut out before they are kept, in
    every format, whole and cut short."""
    usage, counts = Usage(), SqlUsage(database)
    planted = [generate(form, kind, Mode.LIVE).reveal() for form in FORMATS.values() for kind in form.kinds]
    planted.append(new_client_secret("cs_01jabc"))
    texts = [*planted, *(text[:-3] for text in planted[:-1])]
    for number, text in enumerate(texts):
        issued = await context.issue(name=f"key {number}")
        decision = await context.verify(bearer(issued))
        assert isinstance(decision, Verified)
        # The second stands where the cut is.
        agent, path = f"tool/1 ({text})", f"/links/{'x' * (185 - number % 30)}{text}"
        usage.allowed(decision, READ, Use(context.clock.at, "203.0.113.9", agent, path))
        await usage.flush(context.store, counts)
        state = (await context.store.secrets("prj_a", issued.key.id))[0]
        assert state.last_used_agent == "tool/1 (…)"
        kept = (state.last_used_path or "") + (state.last_used_agent or "")
        secret = text[text.rindex("_") + 1 :]
        assert not any(secret[at : at + 8] in kept for at in range(len(secret) - 8))


@given(st.text(max_size=300))
def test_a_text_without_keys_stays_as_it_is(text: str) -> None:
    """Cleaning takes out what looks like a key, and touches nothing else."""
    cleaned = without_keys(text)
    assert without_keys(cleaned) == cleaned
    if "…" not in cleaned:
        assert cleaned == text
