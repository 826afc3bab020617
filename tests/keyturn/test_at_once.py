"""The way without waiting, for a key that is remembered: it answers what the way through the store answers."""

import asyncio
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn import FORMATS, Kind, Limiter, Mode, Presented, Refused
from keyturn.admission.layer import Admitted, Caller, KeyLayer, RateLimited
from keyturn.keys.issuing import KeyWish
from keyturn.keys.model import Need, Reach
from keyturn.keys.revoking import revoke, set_enabled, suspend
from keyturn.limiting.gcra import Limit
from keyturn.stores.memory import MemoryKeyStore
from tests.key_harness import OFFERED, PUBLISHABLE
from tests.keyturn.test_explaining import more, publishable, secret
from tests.makers import StillClock

DAY = 86_400_000
CALLER = Caller("/somewhere", "agent/1")


class Sent(NamedTuple):
    """A request, with ``{key}`` where the key's text goes."""

    authorization: str | None
    api_key: str | None
    path: str
    query_string: str
    address: str | None
    origin: str | None
    app: str | None
    secure: bool
    need: Any
    limited: bool


sent = st.builds(
    Sent,
    st.sampled_from(
        ["Bearer {key}"] * 6
        + ["bearer {key}", "Bearer {key} ", "Bearer  {key}", "Basic {key}", "Bearer {key}x", "Bearer ", "Bearer é{key}"]
        + ["Bearer " + "x" * 600, None]
    ),
    st.sampled_from([None] * 6 + ["{key}", ""]),
    st.sampled_from(["", "/invoices/inv_1", "/a/{key}"]),
    st.sampled_from(["", "limit=1_0", "key={key}", "key=sk_live_" + "a" * 32]),
    st.sampled_from([None, "testclient", "203.0.113.9", "2001:db8::1%eth0"]),
    st.sampled_from([None, "null", "https://www.shop.example", "https://evil.example"]),
    st.sampled_from([None, "com.shop.app", "com.new.app"]),
    st.sampled_from([True] * 6 + [False]),
    st.sampled_from(
        [
            None,
            Need("links:read"),
            Need("sessions:write", Reach.CREATES),
            Need("sessions:read", Reach.OPENS),
            (Need("links:read"), Need("sessions:read")),
        ]
    ),
    st.booleans(),
)
states = st.sampled_from(["active"] * 5 + ["disabled", "revoked", "expired", "superseded", "suspended"])
limits = st.sampled_from([None, Limit(1, 2), Limit(1, 4), Limit(100, 200)])


def layer_over(store: MemoryKeyStore, clock: StillClock, own: Limit | None, visitors: Limit | None) -> KeyLayer:
    return KeyLayer(
        store,
        scopes=OFFERED,
        publishable=PUBLISHABLE,
        clock=clock,
        limit=own,
        visitor_limit=visitors,
        limiter=Limiter(lambda: 0),
        visitors=Limiter(lambda: 0),
        formats=FORMATS,
    )


def told(decision: Admitted | RateLimited | Refused) -> tuple[Any, ...]:
    """All that a caller or an owner can see of a decision."""
    key = decision.key
    common = (type(decision).__name__, key)
    if isinstance(decision, Refused):
        return (*common, decision.reason, decision.need, decision.hint, decision.exposed)
    if isinstance(decision, RateLimited):
        return (*common, decision.allowance, decision.by_visitor)
    return (*common, decision.allowance, decision.reported)


async def both_ways(
    wish: dict[str, Any], state: str, own: Limit | None, visitors: Limit | None, child: bool, requests: list[Sent]
) -> int:
    """How many of the requests were answered at once."""
    store, clock = MemoryKeyStore(), StillClock()
    quick, slow = layer_over(store, clock, own, visitors), layer_over(store, clock, own, visitors)
    named = {"project_id": "prj_a", "by": "user:1"}
    parent = None
    if child:
        maker = KeyWish(project_id="prj_a", name="maker", mode=wish["mode"], scopes=("*",), limit=Limit(1, 3))
        parent = (await quick.issuer.issue(maker, by="user:1")).key
        wish = wish | {"limit": Limit(1, 3), "report_only": frozenset()}
    ends = clock.now() + DAY if state == "expired" else None
    made = await quick.issuer.issue(
        KeyWish(project_id="prj_a", name="one", expires_at=ends, parent=parent, **wish), by="user:1"
    )
    text, key_id = made.secret.reveal(), made.key.id
    if state == "superseded":
        newer = await quick.issuer.rotate(key_id=key_id, at_once=False, overlap_ms=5, **named)
        # Its first use ends the older one's time.
        await quick.admit(Presented(authorization=f"Bearer {newer.secret.reveal()}"), None)
        await slow.admit(Presented(authorization=f"Bearer {newer.secret.reveal()}"), None)
    # What is remembered is what was read while the key was as it is now.
    if state == "disabled":
        await set_enabled(store, clock, key_id=key_id, enabled=False, **named)
    elif state == "revoked":
        await revoke(store, clock, key_id=key_id, **named)
    elif state == "suspended":
        await suspend(store, clock, **named)
    await quick.gate.renew()
    await quick.gate.find(made.secret.digest())
    clock.forward(2 * DAY)
    at_once = 0
    for one in requests:
        filled = {
            name: value.replace("{key}", text)
            for name, value in one._asdict().items()
            if isinstance(value, str) and name not in ("origin", "app", "address")
        }
        presented = Presented(
            authorization=filled.get("authorization"),
            api_key=filled.get("api_key"),
            path=filled["path"],
            query_string=filled["query_string"],
            address=one.address,
            origin=one.origin,
            app=one.app,
            secure=one.secure,
        )
        assert slow.admit_now(presented, one.need, CALLER, limited=one.limited) is None
        before = quick.gate.recalls(made.secret.digest())
        decision = quick.admit_now(presented, one.need, CALLER, limited=one.limited)
        if decision is not None:
            assert before
            at_once += 1
        else:
            decision = await quick.admit(presented, one.need, CALLER, limited=one.limited)
        assert told(decision) == told(await slow.admit(presented, one.need, CALLER, limited=one.limited)), one
        assert quick.outcomes == slow.outcomes
        assert tallied(quick) == tallied(slow)
    return at_once


def tallied(layer: KeyLayer) -> Any:
    """What was counted, and when and whence the key was used last."""
    tallies = layer.usage._tallies
    return (
        {key: (one.day, one.allowed, one.others) for key, one in tallies.items()},
        layer.usage.last_used._used,
    )


@given(
    st.builds(lambda kind, rest: kind | rest, st.one_of(publishable, secret), more),
    states,
    limits,
    limits,
    st.booleans(),
    st.lists(sent, min_size=1, max_size=6),
)
@settings(max_examples=300)
def test_both_ways_answer_alike(
    wish: dict[str, Any], state: str, own: Limit | None, visitors: Limit | None, child: bool, requests: list[Sent]
) -> None:
    """For every key, need and request: the decision, what is left of the limits, the counts and the last use."""
    if child and (wish["kind"] is Kind.PUBLISHABLE or wish["scopes"] == ("*",)):
        child = False
    asyncio.run(both_ways(wish, state, own, visitors, child, requests))


PLAIN = Sent("Bearer {key}", None, "", "", "203.0.113.9", None, None, True, Need("links:read"), True)
WISH: dict[str, Any] = {"kind": Kind.SECRET, "mode": Mode.TEST, "scopes": OFFERED}


@pytest.mark.parametrize(
    ("request_", "at_once"),
    [
        (PLAIN, True),
        (PLAIN._replace(need=Need("links:write")), True),
        (PLAIN._replace(query_string="key={key}"), False),
        (PLAIN._replace(path="/a/{key}"), False),
        (PLAIN._replace(secure=False), False),
        (PLAIN._replace(api_key="{key}"), False),
        (PLAIN._replace(authorization="Basic {key}"), False),
        (PLAIN._replace(authorization="Bearer {key}é"), False),
        (PLAIN._replace(authorization=None), False),
    ],
)
def test_what_is_answered_at_once(request_: Sent, at_once: bool) -> None:
    """A remembered key as Bearer, alone and over TLS; nothing else."""
    assert asyncio.run(both_ways(WISH, "active", None, None, False, [request_])) == at_once


def test_nothing_is_answered_at_once_without_a_lease() -> None:
    """Where the lease has run out, the store is asked."""

    async def asked() -> None:
        now = 0
        store, clock = MemoryKeyStore(), StillClock()
        layer = layer_over(store, clock, None, None)
        layer.gate._monotonic_ns = lambda: now
        made = await layer.issuer.issue(KeyWish(project_id="prj_a", name="one", **WISH), by="user:1")
        presented = Presented(authorization=f"Bearer {made.secret.reveal()}")
        await layer.gate.renew()
        assert isinstance(await layer.admit(presented, None), Admitted)
        assert isinstance(layer.admit_now(presented, None), Admitted)
        now = 2_000_000_000
        assert layer.admit_now(presented, None) is None

    asyncio.run(asked())


@pytest.mark.parametrize(
    ("wish", "own", "visitors", "child"),
    [
        (WISH, Limit(1, 2), None, False),
        (WISH, None, None, True),
        (
            {"kind": Kind.PUBLISHABLE, "mode": Mode.TEST, "scopes": (), "origins": ("https://www.shop.example",)},
            Limit(1, 6),
            Limit(1, 2),
            False,
        ),
    ],
    ids=["its own limit", "its maker's limit", "the visitor's limit"],
)
def test_limits_hold_at_once(wish: dict[str, Any], own: Limit | None, visitors: Limit | None, child: bool) -> None:
    """The key's own, its maker's and each visitor's refuse the same requests both ways."""
    request = PLAIN._replace(need=None, origin="https://www.shop.example" if "origins" in wish else None)
    assert asyncio.run(both_ways(wish, "active", own, visitors, child, [request] * 5)) == 5
