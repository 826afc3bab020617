"""Rotation: a key's second secret, the time in which both work, and the end of the first."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from keyturn import (
    Gate,
    InvalidExpiry,
    KeyIsRevoked,
    KeyNotFound,
    RefusalReason,
    RotationPending,
    Status,
    Use,
    Verified,
    revoke,
    set_enabled,
)
from keyturn.database import Database
from keyturn.keys.issuing import OVERLAP_MAX_MS
from keyturn.stores.sql import SqlKeyStore
from tests.key_harness import KeyHarness, bearer

pytestmark = pytest.mark.anyio

HOUR_MS = 3_600_000
NAMED = {"project_id": "prj_a", "by": "user:1"}


@pytest.fixture
def context() -> KeyHarness:
    return KeyHarness()


async def actions(context: KeyHarness, key_id: str) -> list[str]:
    return [line.action for line in reversed(await context.store.audit_of("prj_a", key_id, None, 100))]


async def test_a_rotation_overlaps_from_its_first_use(context: KeyHarness) -> None:
    """The new secret waits as long as it likes while the old one works; from its first use both work for the overlap,
    and then the old one is told that it was rotated. The key's id and rights are what they were."""
    issued = await context.issue("links:read", networks=["127.0.0.1"])
    new = await context.issuer.rotate(key_id=issued.key.id, overlap_ms=HOUR_MS, **NAMED)
    assert (new.key.id, new.key.terms) == (issued.key.id, issued.key.terms)
    assert new.secret.reveal() != issued.secret.reveal()
    context.clock.forward(100 * HOUR_MS)
    assert await context.reason(bearer(issued), address="127.0.0.1") is None
    # What is refused is no use.
    assert await context.reason(bearer(new), address="8.8.8.8") is RefusalReason.ADDRESS_NOT_ALLOWED
    assert [one.waits for one in await context.store.secrets("prj_a", issued.key.id)] == [True, False]

    first_used = context.clock.at
    verified = await context.verify(bearer(new), address="127.0.0.1")
    assert isinstance(verified, Verified)
    assert (verified.key.id, verified.key.secret) == (issued.key.id, 2)
    states = await context.store.secrets("prj_a", issued.key.id)
    assert [(one.active_at, one.ends_at) for one in states] == [
        (first_used, None),
        (issued.key.created_at, first_used + HOUR_MS),
    ]
    context.clock.forward(HOUR_MS - 1)
    assert await context.reason(bearer(issued), address="127.0.0.1") is None
    context.clock.forward(1)
    assert await context.reason(bearer(issued), address="127.0.0.1") is RefusalReason.SUPERSEDED
    assert await context.reason(bearer(new), address="127.0.0.1") is None
    assert await actions(context, issued.key.id) == ["key.created", "key.rotated", "key.rotation_activated"]


async def test_a_rotation_without_overlap_ends_the_old_secret_at_once(context: KeyHarness) -> None:
    """For a secret that has leaked: by the time this returns it is refused, by clocks that are behind as well."""
    issued = await context.issue()
    new = await context.issuer.rotate(key_id=issued.key.id, overlap_ms=0, at_once=True, **NAMED)
    context.clock.forward(-HOUR_MS)
    assert await context.reason(bearer(issued)) is RefusalReason.SUPERSEDED
    assert await context.reason(bearer(new)) is None
    assert new.receipt.epoch is not None


async def test_a_rotation_is_withdrawn_as_long_as_nobody_used_it(context: KeyHarness) -> None:
    """The new secret was never good for anything then, and another rotation can be made."""
    issued = await context.issue()
    lost = await context.issuer.rotate(key_id=issued.key.id, **NAMED)
    with pytest.raises(RotationPending):
        await context.issuer.rotate(key_id=issued.key.id, **NAMED)
    receipt = await context.issuer.withdraw_rotation(key_id=issued.key.id, **NAMED)
    assert receipt.epoch is not None
    with pytest.raises(RotationPending):
        await context.issuer.withdraw_rotation(key_id=issued.key.id, **NAMED)
    context.clock.forward(-HOUR_MS)
    assert await context.reason(bearer(lost)) is RefusalReason.SUPERSEDED
    assert await context.reason(bearer(issued)) is None
    new = await context.issuer.rotate(key_id=issued.key.id, **NAMED)
    assert await context.reason(bearer(lost)) is RefusalReason.SUPERSEDED
    assert [one.waits for one in await context.store.secrets("prj_a", issued.key.id)] == [True, False, False]
    assert await context.reason(bearer(new)) is None
    with pytest.raises(RotationPending):
        await context.issuer.withdraw_rotation(key_id=issued.key.id, **NAMED)


async def test_a_rotation_is_finished_before_its_overlap_is_over(context: KeyHarness) -> None:
    """Once nobody uses the old secret any more; who still does can be seen, with when, whence, by what and for what."""
    issued = await context.issue()
    new = await context.issuer.rotate(key_id=issued.key.id, overlap_ms=HOUR_MS, **NAMED)
    # Before the new secret is in use there is nothing to finish: that would leave the key without one.
    assert (await context.issuer.finish_rotation(key_id=issued.key.id, **NAMED)).epoch is None
    assert await context.reason(bearer(issued)) is None
    assert await context.reason(bearer(new)) is None
    context.last_used.note(issued.key.id, 1, Use(context.clock.at, "203.0.113.77", "old-worker/1.0", "/payment_links"))
    await context.last_used.flush(context.store)
    old = (await context.store.secrets("prj_a", issued.key.id))[1]
    assert (old.last_used_at, old.last_used_address) == (context.clock.at, "203.0.113.0/24")
    assert (old.last_used_agent, old.last_used_path) == ("old-worker/1.0", "/payment_links")
    receipt = await context.issuer.finish_rotation(key_id=issued.key.id, **NAMED)
    assert receipt.epoch is not None
    assert await context.reason(bearer(issued)) is RefusalReason.SUPERSEDED
    assert await context.reason(bearer(new)) is None
    assert (await context.issuer.finish_rotation(key_id=issued.key.id, **NAMED)).epoch is None


async def test_a_key_can_be_rotated_again_and_again(context: KeyHarness) -> None:
    """Each secret ends by its own successor's overlap; the list shows them all, newest first."""
    issued = await context.issue()
    texts = [bearer(issued)]
    for _ in range(3):
        texts.append(bearer(await context.issuer.rotate(key_id=issued.key.id, overlap_ms=HOUR_MS, **NAMED)))
        assert await context.reason(texts[-1]) is None
        context.clock.forward(HOUR_MS // 2)
    superseded = RefusalReason.SUPERSEDED
    assert [await context.reason(text) for text in texts] == [superseded, superseded, None, None]
    states = await context.store.secrets("prj_a", issued.key.id)
    assert [one.number for one in states] == [4, 3, 2, 1]
    key = await context.store.by_id("prj_a", issued.key.id)
    assert key is not None and texts[-1].endswith(key.last_four) and key.prefix in texts[-1]


async def test_what_ends_a_key_ends_all_its_secrets(context: KeyHarness) -> None:
    """Disabled and revoked are the key's, not one secret's; the one that waits never comes into use."""
    issued = await context.issue()
    second = await context.issuer.rotate(key_id=issued.key.id, **NAMED)
    assert await context.reason(bearer(second)) is None
    third = await context.issuer.rotate(key_id=issued.key.id, **NAMED)
    await set_enabled(context.store, context.clock, key_id=issued.key.id, enabled=False, **NAMED)
    assert {await context.reason(bearer(one)) for one in (issued, second, third)} == {RefusalReason.DISABLED}
    await set_enabled(context.store, context.clock, key_id=issued.key.id, enabled=True, **NAMED)
    await revoke(context.store, context.clock, key_id=issued.key.id, **NAMED)
    assert {await context.reason(bearer(one)) for one in (issued, second, third)} == {RefusalReason.REVOKED}
    key = await context.store.by_id("prj_a", issued.key.id)
    assert key is not None and key.status is Status.REVOKED
    assert "key.rotation_activated" not in (await actions(context, issued.key.id))[4:]


async def test_a_rotation_that_cannot_be_is_refused(context: KeyHarness) -> None:
    """A key that is gone or not there; an overlap that is none."""
    issued = await context.issue()
    for overlap_ms in (-1, OVERLAP_MAX_MS + 1):
        with pytest.raises(InvalidExpiry):
            await context.issuer.rotate(key_id=issued.key.id, overlap_ms=overlap_ms, **NAMED)
    with pytest.raises(KeyNotFound):
        await context.issuer.rotate(key_id=issued.key.id, project_id="prj_b", by="user:thief")
    await revoke(context.store, context.clock, key_id=issued.key.id, **NAMED)
    for refused in (context.issuer.rotate, context.issuer.withdraw_rotation, context.issuer.finish_rotation):
        with pytest.raises(KeyIsRevoked):
            await refused(key_id=issued.key.id, **NAMED)  # type: ignore[operator]
    assert len(await context.store.secrets("prj_a", issued.key.id)) == 1


# Over gates that remember, on both databases.


@contextlib.asynccontextmanager
async def remembering(database: Database, name: str) -> AsyncIterator[KeyHarness]:
    """A key layer that answers from its cache under a lease, as a server process does."""
    store = SqlKeyStore(database)
    gate = Gate(store, name)
    running = asyncio.create_task(gate.run())
    try:
        yield KeyHarness(store, gate)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_first_use_in_many_places_at_once_counts_once(database: Database) -> None:
    """Forty requests with the new secret at two gates: all are admitted, one set it going, and the overlap has one end
    that no later request moves."""
    async with remembering(database, "one") as here, remembering(database, "two") as there:
        issued = await here.issue()
        there.clock = here.clock
        assert [await context.reason(bearer(issued)) for context in (here, there) for _ in range(3)] == [None] * 6
        new = await here.issuer.rotate(key_id=issued.key.id, overlap_ms=HOUR_MS, **NAMED)
        reasons = await asyncio.gather(*(context.reason(bearer(new)) for context in (here, there) for _ in range(20)))
        assert reasons == [None] * 40
        assert (await actions(here, issued.key.id)).count("key.rotation_activated") == 1
        end = (await here.store.secrets("prj_a", issued.key.id))[1].ends_at
        assert end == here.clock.at + HOUR_MS
        here.clock.forward(1_000)
        assert [await context.reason(bearer(one)) for context in (here, there) for one in (issued, new)] == [None] * 4
        assert (await here.store.secrets("prj_a", issued.key.id))[1].ends_at == end


async def test_a_finished_rotation_is_finished_at_every_gate(database: Database) -> None:
    """Both gates remember the old secret; when finishing returns, both refuse it, and both know the new one."""
    async with remembering(database, "one") as here, remembering(database, "two") as there:
        issued = await here.issue()
        new = await here.issuer.rotate(key_id=issued.key.id, overlap_ms=HOUR_MS, **NAMED)
        for _ in range(3):
            assert [await context.reason(bearer(one)) for context in (here, there) for one in (issued, new)] == [
                None
            ] * 4
        await there.issuer.finish_rotation(key_id=issued.key.id, **NAMED)
        assert [await context.reason(bearer(issued)) for context in (here, there)] == [RefusalReason.SUPERSEDED] * 2
        assert [await context.reason(bearer(new)) for context in (here, there)] == [None] * 2
