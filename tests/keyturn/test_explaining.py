"""What an owner reads about a refused request: held against admission itself."""

import asyncio
import contextlib
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn import (
    Asked,
    KeyturnError,
    KeyWish,
    Kind,
    Mode,
    Need,
    Presented,
    Primary,
    Reach,
    RefusalReason,
    Refused,
    Verified,
    Verifier,
    change,
    resume,
    revoke,
    set_enabled,
    suspend,
)
from keyturn.insight.explain import Case, Do, Explanation, Outcome, Remedy, as_known, explain
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.model import REPORTABLE, KnownKey, Status, Terms
from keyturn.keys.secret import digest_of
from tests.key_harness import OFFERED, PUBLISHABLE, KeyHarness

DAY = 86_400_000
OBJECT = "cs_1"


class Wanted(NamedTuple):
    """A request and its key, as Hypothesis makes them up."""

    wish: dict[str, Any]
    state: str
    need: Need | None
    address: str | None
    origin: str | None
    app: str | None
    opened: bool | None
    secure: bool
    mode: Mode | None


bound = st.sampled_from(
    [
        {"origins": ("https://shop.example", "https://*.shop.example")},
        {"origins": tuple(f"https://{n}.example" for n in range(50))},
        {"apps": ("com.shop.app", "com.shop.other")},
        {"scopes": ()},
    ]
)
publishable = st.builds(
    lambda bound, scopes: {"kind": Kind.PUBLISHABLE, "scopes": scopes} | bound,
    bound,
    st.sampled_from([(), PUBLISHABLE]),
)
secret = st.builds(
    lambda origins, scopes: {"kind": Kind.SECRET, "origins": origins, "scopes": scopes},
    st.sampled_from([(), (), ("https://shop.example",)]),
    st.sampled_from([(), ("links:read",), OFFERED, ("*",)]),
)
more = st.fixed_dictionaries(
    {
        "mode": st.sampled_from(Mode),
        "networks": st.sampled_from([(), (), ("203.0.113.0/24",), tuple(f"10.0.0.{n}" for n in range(50))]),
        "report_only": st.frozensets(st.sampled_from(sorted(REPORTABLE)), max_size=2),
    }
)
wanted = st.builds(
    Wanted,
    st.builds(lambda kind, more: kind | more, st.one_of(publishable, secret), more),
    st.sampled_from(["active", "active", "active", "disabled", "revoked", "expired", "superseded", "suspended"]),
    st.sampled_from(
        [
            None,
            Need("links:read"),
            Need("sessions:read", Reach.OPENS),
            Need("sessions:write", Reach.CREATES),
            Need("sessions:write", Reach.OPENS),
        ]
    ),
    st.sampled_from([None, "testclient", "203.0.113.9", "::ffff:198.51.100.7", "2001:db8::1%eth0"]),
    st.sampled_from([None, "null", "https://www.shop.example", "https://evil.example", "http://evil.example"]),
    st.sampled_from([None, "com.shop.app", "com.new.app", "no app"]),
    st.sampled_from([None, True, False]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([None, None, *Mode]),
)


class Counter:
    """A key layer, a key, and somebody who does what the explanation says."""

    def __init__(self, wanted: Wanted) -> None:
        self.context = KeyHarness()
        self.wanted = wanted
        self.verifier = Verifier(
            self.context.store, Primary(self.context.store), self.context.carriers, self.context.clock, mode=wanted.mode
        )
        self.to_api: dict[str, Any] = {"address": wanted.address, "origin": wanted.origin, "app": wanted.app}
        self.secure, self.opened = wanted.secure, wanted.opened
        self.opener, self.other = new_client_secret(OBJECT), new_client_secret(OBJECT)

    async def prepare(self) -> None:
        """Make the key, and bring it into the state that is wanted."""
        context, state = self.context, self.wanted.state
        ends = context.clock.now() + DAY if state == "expired" else None
        issued = await context.issue(ends=ends, **self.wanted.wish)
        self.text, self.key_id = issued.secret.reveal(), issued.key.id
        named = {"project_id": "prj_a", "by": "user:1"}
        if state == "disabled":
            await set_enabled(context.store, context.clock, key_id=self.key_id, enabled=False, **named)
        elif state == "revoked":
            await revoke(context.store, context.clock, key_id=self.key_id, **named)
        elif state == "suspended":
            await suspend(context.store, context.clock, **named)
        elif state == "superseded":
            self.newer = await context.issuer.rotate(key_id=self.key_id, at_once=True, overlap_ms=5, **named)
        context.clock.forward(2 * DAY)

    async def ask(self) -> Verified | Refused:
        """Send the request through admission."""
        secret = self.opener if self.opened else self.other
        found = self.context.carriers.find(f"Bearer {self.text}")
        assert not isinstance(found, Refused)
        # A client secret is one object's, which has one mode; here it is said for both.
        key = await self.context.store.by_digest(found.secret.digest())
        assert key is not None
        if self.opened is not None:
            await self.context.store.keep_client_secret(
                digest_of(self.opener),
                project_id="prj_a",
                mode=key.mode.value,
                key_id=key.id,
                object_id=OBJECT,
                at=0,
            )
        carried = {"authorization": f"Bearer {self.text}"}
        if self.opened is not None:
            carried = {"api_key": self.text, "authorization": secret}
        presented = Presented(**carried, **self.to_api, secure=self.secure, object_id=OBJECT)
        return await self.verifier.verify(presented, self.wanted.need)

    async def explained(self) -> Explanation:
        key = await self.context.store.by_id("prj_a", self.key_id)
        assert key is not None
        found = self.context.carriers.find(f"Bearer {self.text}")
        assert not isinstance(found, Refused)
        number = (await self.context.store.by_digest(found.secret.digest())).secret  # type: ignore[union-attr]
        state = (await self.context.store.secrets("prj_a", self.key_id))[-number]
        asked = Asked(**self.to_api, opened=self.opened)
        return explain(
            Case(as_known(key, state), self.wanted.need, asked, self.secure, self.wanted.mode), self.context.clock.now()
        )

    async def follow(self, remedy: Remedy) -> None:
        """Do what is to be done, by the operations that an owner has."""
        context = self.context
        named = {"project_id": "prj_a", "by": "user:1"}
        if remedy.changes is not None:
            await change(
                context.store, context.clock, context.issuer, key_id=self.key_id, changes=remedy.changes, **named
            )
            return
        match remedy.do:
            case Do.USE_HTTPS:
                self.secure = True
            case Do.ENABLE:
                await set_enabled(context.store, context.clock, key_id=self.key_id, enabled=True, **named)
            case Do.RESUME_PROJECT:
                await resume(context.store, context.clock, **named)
            case Do.USE_NEWER_SECRET:
                self.text = self.newer.secret.reveal()
            case Do.CALL_FROM_NETWORK:
                self.to_api["address"] = remedy.value
            case Do.SEND_ORIGIN | Do.SEND_NO_ORIGIN:
                self.to_api["origin"] = remedy.value
            case Do.SEND_APP:
                self.to_api["app"] = remedy.value
            case Do.SEND_CLIENT_SECRET:
                self.opened = True
            case Do.USE_ANOTHER_KEY:
                assert remedy.instead is not None
                terms = msgspec.structs.asdict(remedy.instead)
                assert terms.pop("customer_quota") is None
                issued = await context.issuer.issue(KeyWish(name="another", **terms), by="user:1")
                self.text, self.key_id = issued.secret.reveal(), issued.key.id
            case _:
                raise AssertionError(remedy)


async def told_and_followed(wanted: Wanted) -> None:
    counter = Counter(wanted)
    await counter.prepare()
    decision = await counter.ask()
    told = await counter.explained()
    if isinstance(decision, Verified):
        assert (told.reason, told.remedies) == (None, ())
        # A rotation's successor may have been used for the first time just now; nothing else changed.
        outcomes = {rule.outcome for rule in told.rules}
        assert outcomes <= {Outcome.PASSED, Outcome.REPORTED}
        assert (Outcome.REPORTED in outcomes) == bool(decision.reported)
        return
    assert told.reason is decision.reason
    outcomes_in_order = [rule.outcome for rule in told.rules]
    failed = outcomes_in_order.index(Outcome.FAILED)
    assert set(outcomes_in_order[:failed]) <= {Outcome.PASSED, Outcome.REPORTED}
    assert set(outcomes_in_order[failed + 1 :]) <= {Outcome.NOT_REACHED}
    for remedy in told.remedies:
        assert isinstance(await counter.ask(), Refused)
        await counter.follow(remedy)
    assert isinstance(await counter.ask(), Verified)
    assert not any(counter.text in remedy.text or counter.opener in remedy.text for remedy in told.remedies)


@given(wanted)
@settings(max_examples=300)
def test_an_explanation_is_admissions_own_and_its_remedies_allow_the_request(wanted: Wanted) -> None:
    """The first failing rule is admission's reason. Followed one after the other by the operations that an owner has,
    the remedies let exactly that request in, and not before the last of them."""
    asyncio.run(told_and_followed(wanted))


def known(**terms: Any) -> KnownKey:
    kept: dict[str, Any] = {
        "project_id": "prj_a",
        "mode": Mode.TEST,
        "kind": Kind.SECRET,
        "scopes": frozenset({"links:read"}),
    }
    return KnownKey("key_a", Terms(**(kept | terms)), Status.ACTIVE)


@given(wanted, st.data())
@settings(max_examples=100)
def test_no_remedy_is_there_without_need(wanted: Wanted, data: st.DataObject) -> None:
    """Leave out any one of them, and the request is still refused."""

    async def without_one() -> None:
        counter = Counter(wanted)
        await counter.prepare()
        told = await counter.explained()
        if not told.remedies:
            return
        left_out = data.draw(st.integers(0, len(told.remedies) - 1))
        for place, remedy in enumerate(told.remedies):
            if place != left_out:
                with contextlib.suppress(KeyturnError):  # such as a revoked key, or a scope before its binding
                    await counter.follow(remedy)
        assert isinstance(await counter.ask(), Refused)

    asyncio.run(without_one())


@pytest.mark.parametrize(
    ("key", "need", "asked", "do", "value"),
    [
        (known(), Need("links:write"), {}, Do.ADD_SCOPE, "links:write"),
        (
            known(kind=Kind.PUBLISHABLE, origins=("https://a.example",)),
            None,
            {"origin": "https://b.example"},
            Do.ADD_ORIGIN,
            "https://b.example",
        ),
        (known(kind=Kind.PUBLISHABLE, origins=("https://a.example",)), None, {}, Do.SEND_ORIGIN, "https://a.example"),
        (known(kind=Kind.PUBLISHABLE, apps=("com.a.b",)), None, {"app": "com.c.d"}, Do.ADD_APP, "com.c.d"),
        (known(kind=Kind.PUBLISHABLE, apps=("com.a.b",)), None, {}, Do.SEND_APP, "com.a.b"),
        (known(networks=("10.0.0.0/8",)), None, {"address": "203.0.113.9"}, Do.ADD_NETWORK, "203.0.113.9/32"),
        (known(kind=Kind.PUBLISHABLE), Need("links:read"), {}, Do.USE_ANOTHER_KEY, None),
        (known(), None, {}, None, None),
    ],
)
def test_the_smallest_change_is_named(
    key: KnownKey, need: Need | None, asked: dict[str, str], do: Do | None, value: str | None
) -> None:
    """One thing to do, with the very scope, origin, app or network that it is about."""
    told = explain(Case(key, need, Asked(**asked)), 0)
    if do is None:
        assert told.remedies == ()
        return
    (remedy,) = told.remedies
    assert (remedy.do, remedy.value) == (do, value)
    assert value is None or value in remedy.text


def test_a_rule_says_what_was_seen_and_what_the_key_allows() -> None:
    """In the order of admission, each with its outcome; what only reports says so."""
    key = known(networks=("10.0.0.0/8",), report_only=frozenset({"address_not_allowed"}))
    told = explain(Case(key, Need("links:write"), Asked(address="203.0.113.9")), 0)
    rules = {rule.name: (rule.outcome.value, rule.seen, rule.allowed) for rule in told.rules}
    assert list(rules) == [
        "transport",
        "status",
        "expiry",
        "secret",
        "project",
        "mode",
        "network",
        "origin",
        "app",
        "kind",
        "client_secret",
        "scope",
    ]
    assert rules["transport"] == ("passed", "https", "https")
    assert rules["network"] == ("reported", "203.0.113.9", "10.0.0.0/8")
    assert rules["kind"] == ("passed", "a secret key", "secret keys")
    assert rules["scope"] == ("failed", "links:read", "links:write")
    assert told.reason is RefusalReason.SCOPE_MISSING
