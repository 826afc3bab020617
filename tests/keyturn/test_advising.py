"""What a key's use tells its owner."""

from typing import Any

import pytest

from keyturn import (
    EVERY_SCOPE,
    Issued,
    KeyChanges,
    KeyIsRevoked,
    KeyNotFound,
    Kind,
    RefusalReason,
    Refused,
    Usage,
    Use,
    Verified,
    change,
    revoke,
    set_enabled,
)
from keyturn.insight.advice import (
    SEEN_LATE_MS,
    Day,
    rotation_proof,
    unused_keys,
    unused_scopes,
    usage_of_key,
)
from keyturn.insight.usage import DAY_MS
from keyturn.keys.model import Need
from keyturn.stores.usage import MemoryUsage
from tests.key_harness import KeyHarness, bearer

pytestmark = pytest.mark.anyio


class Watched(KeyHarness):
    """A key layer whose use is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.usage, self.counts = Usage(), MemoryUsage()

    async def use(self, authorization: str, scope: str | None = "links:read", **more: Any) -> Verified | Refused:
        """A request as admission handles it, written down at once."""
        need = Need(scope) if scope is not None else None
        decision = await self.verify(authorization, need, **more)
        if isinstance(decision, Verified):
            self.usage.allowed(decision, need, Use(self.clock.at, more.get("address"), "curl/8", f"/{scope}"))
        else:
            self.usage.refused(decision, need, self.clock.at)
        await self.usage.flush(self.store, self.counts)
        return decision

    async def advice(self, issued: Issued, days: int = 30) -> Any:
        return await unused_scopes(
            self.store, self.counts, self.clock, project_id="prj_a", key_id=issued.key.id, days=days
        )

    async def proof(self, issued: Issued) -> Any:
        return await rotation_proof(self.store, self.clock, project_id="prj_a", key_id=issued.key.id)


@pytest.fixture
def context() -> Watched:
    return Watched()


async def test_days_outcomes_and_scopes_of_a_key(context: Watched) -> None:
    """Every day stands there, also the quiet ones, and today last; refusals count by their reason."""
    issued, other = await context.issue("links:read"), await context.issue()
    await context.use(bearer(issued))
    context.clock.forward(2 * DAY_MS)
    await context.use(bearer(issued))
    await context.use(bearer(issued))
    await context.use(bearer(issued), "links:write")
    await context.use(bearer(issued), None)
    await context.use(bearer(other), "sessions:read")
    found = await usage_of_key(context.counts, context.clock, project_id="prj_a", key_id=issued.key.id, days=3)
    today = context.clock.at // DAY_MS
    assert found.days == (Day(today - 2, 1), Day(today - 1), Day(today, 3, 0, 1))
    assert found.outcomes == {"allowed": 4, "scope_missing": 1}
    assert found.scopes == {"links:read": 3}
    assert (found.requests, found.reported) == (5, {})
    for project_id, key_id, requests in (("prj_a", other.key.id, 1), ("prj_b", issued.key.id, 0)):
        found = await usage_of_key(context.counts, context.clock, project_id=project_id, key_id=key_id, days=3)
        assert found.requests == requests


async def test_scopes_that_were_never_used_can_be_removed(context: Watched) -> None:
    """What let nobody in for thirty days is named; the one click leaves exactly the others, and takes nothing away from
    what works."""
    issued = await context.issue("links:read", "links:write", "sessions:read")
    for _ in range(31):
        await context.use(bearer(issued))
        context.clock.forward(DAY_MS)
    await context.use(bearer(issued), "sessions:write")  # refused: no use of a scope
    advice = await context.advice(issued)
    assert (advice.exercised, advice.unused) == (("links:read",), ("links:write", "sessions:read"))
    assert (advice.kept, advice.enough) == (("links:read",), True)
    successor = await context.issuer.issue(advice.successor, by="user:1")
    assert successor.key.scopes == {"links:read"}
    changed = await change(
        context.store,
        context.clock,
        context.issuer,
        project_id="prj_a",
        key_id=issued.key.id,
        changes=advice.changes,
        by="user:1",
    )
    assert changed.key.scopes == {"links:read"}
    assert isinstance(await context.use(bearer(issued)), Verified)
    assert isinstance(await context.use(bearer(successor)), Verified)
    assert (await context.advice(issued)).unused == ()


async def test_a_key_that_may_do_everything_is_shown_what_it_needed(context: Watched) -> None:
    """``*`` becomes the scopes that were exercised."""
    issued = await context.issue(EVERY_SCOPE)
    await context.use(bearer(issued), "links:read")
    await context.use(bearer(issued), "sessions:write")
    context.clock.forward(10 * DAY_MS)
    advice = await context.advice(issued, days=10)
    assert (advice.unused, advice.kept) == ((EVERY_SCOPE,), ("links:read", "sessions:write"))


async def test_a_scope_that_was_given_lately_has_not_had_its_time(context: Watched) -> None:
    """Nobody is advised to remove what they granted last week; a month later they are."""
    issued = await context.issue("links:read")
    await context.use(bearer(issued))
    context.clock.forward(29 * DAY_MS)
    wider = KeyChanges(scopes=["links:read", "links:write"])
    await change(
        context.store,
        context.clock,
        context.issuer,
        project_id="prj_a",
        key_id=issued.key.id,
        changes=wider,
        by="user:1",
    )
    await context.use(bearer(issued))
    context.clock.forward(DAY_MS)
    assert (await context.advice(issued)).unused == ()
    context.clock.forward(30 * DAY_MS)
    await context.use(bearer(issued))
    assert (await context.advice(issued)).unused == ("links:write",)


async def test_nothing_is_advised_before_a_week_was_watched(context: Watched) -> None:
    """On the sixth day there is no advice yet, whatever number of days is asked about; on the seventh it is not."""
    issued = await context.issue("links:read", "links:write")
    await context.use(bearer(issued))
    context.clock.forward(6 * DAY_MS)
    assert [(await context.advice(issued, days)).unused for days in (1, 30)] == [(), ()]
    context.clock.forward(DAY_MS)
    assert [(await context.advice(issued, days)).unused for days in (1, 30)] == [("links:write",)] * 2


async def test_a_key_is_never_advised_to_lose_its_last_scope(context: Watched) -> None:
    """What is left to a key that nobody uses is not for its scopes to say; nor is ``*`` spared down to nothing."""
    busy, idle, everything = (
        await context.issue("links:read"),
        await context.issue("links:read", "links:write"),
        await context.issue(EVERY_SCOPE),
    )
    await context.use(bearer(busy))
    context.clock.forward(40 * DAY_MS)
    for issued in (busy, idle, everything):
        advice = await context.advice(issued)
        assert (advice.unused, set(advice.kept)) == ((), set(issued.key.scopes))


async def test_a_scope_that_a_refused_request_wanted_is_needed(context: Watched) -> None:
    """A request that another rule refused, such as its network, would have needed its scopes all the same."""
    issued = await context.issue("links:read", "links:write", "sessions:read", networks=["203.0.113.0/24"])
    await context.use(bearer(issued), address="203.0.113.7")
    context.clock.forward(10 * DAY_MS)
    refused = await context.use(bearer(issued), "links:write", address="192.0.2.1")
    assert isinstance(refused, Refused) and refused.reason is RefusalReason.ADDRESS_NOT_ALLOWED
    assert (await context.advice(issued)).unused == ("sessions:read",)


async def test_what_was_not_watched_for_long_enough_is_said_so(context: Watched) -> None:
    """A young key, and counting that has only begun, prove nothing yet."""
    old = await context.issue()
    context.clock.forward(100 * DAY_MS)
    young = await context.issue()
    await context.use(bearer(young))
    assert [(await context.advice(one)).enough for one in (old, young)] == [False, False]
    context.clock.forward(30 * DAY_MS)
    assert [(await context.advice(one)).enough for one in (old, young)] == [True, True]


async def test_advice_is_for_ones_own_keys_that_are_alive(context: Watched) -> None:
    """Of another project's key, or a revoked one, there is nothing to say."""
    issued = await context.issue()
    with pytest.raises(KeyNotFound):
        await unused_scopes(context.store, context.counts, context.clock, project_id="prj_b", key_id=issued.key.id)
    with pytest.raises(KeyNotFound):
        await rotation_proof(context.store, context.clock, project_id="prj_b", key_id=issued.key.id)
    await revoke(context.store, context.clock, project_id="prj_a", key_id=issued.key.id, by="user:1")
    with pytest.raises(KeyIsRevoked):
        await context.advice(issued)
    with pytest.raises(KeyIsRevoked):
        await context.proof(issued)


async def test_keys_that_nobody_used_for_ninety_days(context: Watched) -> None:
    """Those used or made since, disabled, revoked, expired and canaries are not among them; the longest unused is
    first."""
    names = ("never", "once", "busy", "off", "gone", "ended", "canary")
    keys = {name: await context.issue(name=name, canary=name == "canary") for name in names if name != "ended"}
    await context.issue(name="ended", ends=context.clock.at + DAY_MS)
    context.clock.forward(DAY_MS)
    await context.use(bearer(keys["once"]))
    who = {"project_id": "prj_a", "by": "user:1"}
    await set_enabled(context.store, context.clock, key_id=keys["off"].key.id, enabled=False, **who)  # type: ignore[arg-type]
    await revoke(context.store, context.clock, key_id=keys["gone"].key.id, **who)  # type: ignore[arg-type]
    context.clock.forward(90 * DAY_MS - 1)
    await context.use(bearer(keys["busy"]))
    await context.issue(name="young")

    async def idle() -> list[str]:
        return [key.name for key in await unused_keys(context.store, context.clock, project_id="prj_a")]

    assert await idle() == ["never"]
    context.clock.forward(1)
    assert await idle() == ["never", "once"]


# The zero-traffic proof of a rotation.


async def test_it_is_safe_to_revoke_only_once_nobody_uses_an_earlier_secret(context: Watched) -> None:
    """Who still uses the old one is shown; each use of it sets the quiet time back to nothing, uses of the new one do
    not; and what another process may not have written down yet is waited for."""
    issued = await context.issue()
    await context.use(bearer(issued), address="203.0.113.7")
    rotated = await context.issuer.rotate(
        project_id="prj_a", key_id=issued.key.id, by="user:1", overlap_ms=30 * DAY_MS, at_once=True
    )
    context.clock.forward(DAY_MS)
    await context.use(bearer(issued), address="203.0.113.7")
    last = context.clock.at
    proof = await context.proof(issued)
    assert (proof.newest.number, [one.number for one in proof.earlier]) == (2, [1])
    old = proof.earlier[0]
    assert (old.last_used_at, old.last_used_address, old.last_used_agent) == (last, "203.0.113.0/24", "curl/8")
    assert old.last_used_path == "/links:read"
    assert proof.quiet_since == last
    assert not proof.safe_to_revoke(0)
    for _ in range(7):
        context.clock.forward(DAY_MS)
        await context.use(bearer(rotated))
    assert not (await context.proof(issued)).safe_to_revoke(7 * DAY_MS)
    context.clock.forward(SEEN_LATE_MS)
    assert (await context.proof(issued)).safe_to_revoke(7 * DAY_MS)
    await context.use(bearer(issued))
    assert not (await context.proof(issued)).safe_to_revoke(DAY_MS)


async def test_a_secret_that_was_never_used_is_not_safe_at_once(context: Watched) -> None:
    """A minute after it was made nobody can know that it will not be missed."""
    issued = await context.issue()
    await context.issuer.rotate(
        project_id="prj_a", key_id=issued.key.id, by="user:1", overlap_ms=30 * DAY_MS, at_once=True
    )
    assert not (await context.proof(issued)).safe_to_revoke(DAY_MS)
    context.clock.forward(DAY_MS + SEEN_LATE_MS)
    assert (await context.proof(issued)).safe_to_revoke(DAY_MS)


async def test_without_an_earlier_secret_there_is_nothing_to_revoke(context: Watched) -> None:
    """A key that was not rotated, one whose successor waits, and one whose earlier secrets have ended."""
    issued = await context.issue()
    context.clock.forward(100 * DAY_MS)
    proof = await context.proof(issued)
    assert (proof.newest, proof.earlier, proof.waiting, proof.safe_to_revoke(0)) == (None, (), None, False)
    await context.issuer.rotate(project_id="prj_a", key_id=issued.key.id, by="user:1", overlap_ms=DAY_MS)
    waiting = await context.proof(issued)
    assert (waiting.waiting.number, waiting.earlier, waiting.safe_to_revoke(0)) == (2, (), False)


async def test_a_trial_of_a_restriction_says_what_it_would_cost(context: Watched) -> None:
    """A key's new origin list is only reported: its page goes on working, and the count says who would not."""
    issued = await context.issue(
        kind=Kind.PUBLISHABLE, origins=["https://shop.example"], report_only=["origin_not_allowed"]
    )
    for origin in ("https://shop.example", "https://old.example", None):
        assert isinstance(await context.use(bearer(issued), None, origin=origin), Verified)
    found = await usage_of_key(context.counts, context.clock, project_id="prj_a", key_id=issued.key.id)
    assert found.reported == {RefusalReason.ORIGIN_NOT_ALLOWED.value: 2}
    assert found.outcomes == {"allowed": 3}
