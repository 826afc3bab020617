"""What is done about exposed keys: at admission, by somebody's report, and never to a key that a report cannot hurt."""

import pytest

from keyturn import (
    FORMATS,
    NATIVE,
    Act,
    Carriers,
    Gate,
    Issued,
    Issuer,
    KeyParser,
    KeyWish,
    Kind,
    Mode,
    Presented,
    RefusalReason,
    Refused,
    Status,
    Verified,
    Verifier,
    generate,
    revoke,
)
from keyturn.admission.origins import answer_headers
from keyturn.keys.listing import every_key
from keyturn.leaks.responding import HOUR_MS, NOTICED_MAX, Alert, Leak, LeakResponder, LeakResponse, LeakRules, Seen
from keyturn.stores.memory import MemoryKeyStore
from tests.makers import StillClock

pytestmark = pytest.mark.anyio

LIVE, TEST = Mode.LIVE, Mode.TEST


class CountingStore(MemoryKeyStore):
    """Counts look-ups."""

    looked_up = 0

    async def by_digest(self, digest):  # type: ignore[no-untyped-def]
        self.looked_up += 1
        return await super().by_digest(digest)


class House:
    """Admission, the leak responder, and keys."""

    def __init__(self, **rules: object) -> None:
        self.clock = StillClock()
        self.store = CountingStore()
        self.issuer = Issuer(self.store, self.clock, ["links:read"], publishable=["links:read"])
        self.alerts: list[Alert] = []
        self.failures: list[Exception] = []
        parser = KeyParser(FORMATS.values())
        self.gate = Gate(self.store, "gate")
        self.verifier = Verifier(self.store, self.gate, Carriers(parser), self.clock)
        self.context = LeakResponder(
            self.store,
            self.clock,
            parser,
            LeakRules(**rules),  # type: ignore[arg-type]
            alert=self.alerts.append,
            failed=self.failures.append,
        )

    async def key(self, mode: Mode = LIVE, **more: object) -> Issued:
        wish = KeyWish(project_id="prj_a", mode=mode, name="a", **more)  # type: ignore[arg-type]
        return await self.issuer.issue(wish, by="user:1")

    async def present(self, issued: Issued, seen: Seen | None = None, **how: object) -> Verified | Refused:
        """A request with the key, and what admission does about it."""
        text = issued.secret.reveal()
        how = {"authorization": f"Bearer {text}"} | how
        decision = await self.verifier.verify(Presented(**how), None)  # type: ignore[arg-type]
        if isinstance(decision, Refused):
            self.context.noticed(decision, seen or Seen())
        await self.context.process_pending()
        return decision

    async def in_url(self, issued: Issued) -> Verified | Refused:
        return await self.present(issued, authorization=None, query_string=f"key={issued.secret.reveal()}")

    async def now(self, issued: Issued):  # type: ignore[no-untyped-def]
        return await self.store.by_id("prj_a", issued.key.id)

    def told(self) -> list[str]:
        return [alert.what for alert in self.alerts]


@pytest.mark.parametrize("mode", [LIVE, TEST])
async def test_a_secret_key_on_the_wire_is_noted_and_goes_on(mode: Mode) -> None:
    """In clear text or in a URL: noted once, with how; without quarantine the key stays what it is."""
    house = House()
    wired, linked = await house.key(mode), await house.key(mode)
    for _ in range(3):
        await house.present(wired, secure=False)
        await house.in_url(linked)
    assert (await house.now(wired)).exposed_how == "arrived in clear text"
    assert (await house.now(linked)).exposed_how == "arrived in a URL"
    assert {(await house.now(one)).status for one in (wired, linked)} == {Status.ACTIVE}
    assert house.told() == ["keys.exposed"] * 2
    assert [line.action for line in await house.store.audit(0, 9)][2:] == ["key.exposed"] * 2


async def test_a_publishable_key_is_in_everybodys_hands_anyway() -> None:
    """It is refused in clear text as every key is, and that is all."""
    house = House(quarantine=True)
    key = await house.key(kind=Kind.PUBLISHABLE, scopes=["links:read"], origins=["https://a.example"])
    assert isinstance(await house.present(key, secure=False), Refused)
    assert (await house.now(key)).exposed_at is None
    assert house.alerts == []


async def test_quarantine_disables_live_keys_until_its_breaker_opens() -> None:
    """Live keys that came in clear text are disabled and refused from then on, test keys only noted. After five an hour
    there are alerts only, so that a proxy that ends TLS before the last hop cannot switch everything off."""
    house = House(quarantine=True)
    test = await house.key(TEST)
    keys = [await house.key() for _ in range(7)]
    for key in (test, *keys):
        await house.present(key, secure=False)
    assert [(await house.now(key)).status for key in keys] == [Status.DISABLED] * 5 + [Status.ACTIVE] * 2
    assert (await house.now(test)).status is Status.ACTIVE
    assert (await house.now(keys[0])).disabled_reason == "arrived in clear text"
    assert (await house.now(keys[0])).disabled_by == "system:leak-desk"
    assert house.told().count("keys.quarantined") == 5
    assert house.told().count("keys.quarantine_held_back") == 2
    decision = await house.present(keys[0])
    assert isinstance(decision, Refused) and decision.reason is RefusalReason.DISABLED
    # A flood with those that were held back is no flood of alerts; after the hour it is their turn.
    before = len(house.alerts)
    for _ in range(5):
        await house.present(keys[6], secure=False)
    assert len(house.alerts) == before
    house.clock.forward(HOUR_MS)
    await house.present(keys[6], secure=False)
    assert (await house.now(keys[6])).status is Status.DISABLED


async def test_a_key_that_was_enabled_again_is_quarantined_again() -> None:
    """An owner who switches it on without mending the client has it switched off again."""
    house = House(quarantine=True)
    key = await house.key()
    for _ in range(2):
        await house.present(key, secure=False)
        assert (await house.now(key)).status is Status.DISABLED
        await house.store.set_enabled("prj_a", key.key.id, Act(house.clock.now(), "user:1"), enabled=True)


async def test_a_canary_is_refused_as_unknown_and_its_owner_is_notified() -> None:
    """The same refusal as for a key that never was, wherever it is carried and from whatever origin; it is not answered
    from the cache, which would be quicker; and one alert an hour says who it was, keys in the path masked."""
    house = House()
    canary = await house.key(canary=True, scopes=["*"])
    never = Issued(canary.key, generate(NATIVE, Kind.SECRET, LIVE))
    path = f"GET /api/v1/{never.secret.reveal()}"
    seen = Seen("203.0.113.9", "curl/8", path)
    await house.gate.renew()
    for how in ({}, {"origin": "https://a.example"}, {"secure": False}):
        mine, none = await house.present(canary, seen, **how), await house.present(never, seen, **how)
        assert isinstance(mine, Refused) and isinstance(none, Refused)
        assert (mine.reason, mine.hint) == (none.reason, none.hint)
    assert (await house.in_url(canary)).reason is RefusalReason.KEY_IN_URL  # type: ignore[union-attr]
    assert house.gate.holds_lease and house.gate.remembered == 0
    [alert] = house.alerts
    assert (alert.what, alert.key_id) == ("keys.canary_used", canary.key.id)
    assert alert.detail == {"address": "203.0.113.9", "agent": "curl/8", "path": "GET /api/v1/…"}
    house.clock.forward(HOUR_MS)
    await house.present(canary, seen)
    assert house.told() == ["keys.canary_used"] * 2
    assert (await house.now(canary)).exposed_at is None


async def test_a_publishable_canary_is_not_revealed_by_its_cors_headers() -> None:
    """A browser's page learns no more of it than of a key that never was."""
    house = House()
    key = await house.key(kind=Kind.PUBLISHABLE, canary=True, scopes=["links:read"], origins=["https://a.example"])
    decision = await house.present(key, origin="https://a.example")
    assert isinstance(decision, Refused) and decision.key is not None
    assert answer_headers("https://a.example", decision.key) == answer_headers("https://a.example", None)


async def test_reporting_a_leak_never_delays_admission() -> None:
    """What waits is bounded, and a failing store is reported and tried again with the next request."""
    house = House()
    key = await house.key()
    refused = Refused(RefusalReason.INSECURE, await house.store.by_digest(key.secret.digest()))  # type: ignore[no-untyped-call]

    async def broken(*_: object) -> bool:
        raise OSError("no store")

    house.store.note_exposure, whole = broken, house.store.note_exposure  # type: ignore[assignment, method-assign]
    house.context.noticed(refused, Seen())
    await house.context.process_pending()
    assert [str(error) for error in house.failures] == ["no store"]
    house.store.note_exposure = whole  # type: ignore[method-assign]
    house.context.noticed(refused, Seen())
    await house.context.process_pending()
    assert (await house.now(key)).exposed_at is not None
    for _ in range(NOTICED_MAX + 5):
        one = await house.key()
        house.context.noticed(Refused(RefusalReason.INSECURE, await house.store.by_digest(one.secret.digest())), Seen())  # type: ignore[no-untyped-call]
    await house.context.process_pending()
    noted = [key for key in await every_key(house.store, "prj_a") if key.exposed_at is not None]
    assert len(noted) == NOTICED_MAX + 1


async def test_reported_keys_end_and_junk_costs_no_look() -> None:
    """Secret keys of both modes, each once, however often they stand in the report; what has no checksum, no known
    digest, or is publishable is left alone."""
    house = House()
    live, test = await house.key(), await house.key(TEST)
    public = await house.key(kind=Kind.PUBLISHABLE, scopes=["links:read"], origins=["https://a.example"])
    text = live.secret.reveal()
    never = generate(NATIVE, Kind.SECRET, LIVE).reveal()
    given = [text, text, test.secret.reveal(), public.secret.reveal(), never, text[:-1], "", "x" * 10_000, "é\0"]
    ours = await house.context.reported(
        [Leak(one, f"on a wall: {text}") for one in given], response=LeakResponse.REVOKE, test_too=True
    )
    assert ours == [True, True, True, False, False, False, False, False, False]
    assert house.store.looked_up == 5
    assert {(await house.now(one)).status for one in (live, test)} == {Status.REVOKED}
    assert (await house.now(live)).revoked_reason == "on a wall: …"
    assert (await house.now(public)).status is Status.ACTIVE
    actions = [line.action for line in await house.store.audit(3, 99)]
    assert actions == ["key.exposed", "key.revoked"] * 2


@pytest.mark.parametrize(
    ("response", "status"),
    [
        (LeakResponse.REVOKE, Status.REVOKED),
        (LeakResponse.DISABLE, Status.DISABLED),
        (LeakResponse.ALERT, Status.ACTIVE),
    ],
)
async def test_a_partners_find_is_answered_as_the_installation_says(response: LeakResponse, status: Status) -> None:
    """A live key is revoked, disabled or only reported; a test key is always only reported. Both are noted."""
    house = House(response=response)
    live, test = await house.key(), await house.key(TEST)
    assert await house.context.reported([Leak(one.secret.reveal(), "in public") for one in (live, test)]) == [
        True,
        True,
    ]
    assert ((await house.now(live)).status, (await house.now(test)).status) == (status, Status.ACTIVE)
    assert all([(await house.now(one)).exposed_how == "in public" for one in (live, test)])
    assert house.told() == ["keys.exposed"] * (2 if response is LeakResponse.ALERT else 1)


async def test_an_old_secret_that_leaks_takes_the_new_one_not_with_it() -> None:
    """During a rotation's overlap only the old secret ends; one that had ended is no news at all."""
    house = House()
    first = await house.key()
    second = await house.issuer.rotate(project_id="prj_a", key_id=first.key.id, by="user:1", at_once=True)
    await house.context.reported([Leak(first.secret.reveal(), "in public")])
    old, new = await house.present(first), await house.present(Issued(second.key, second.secret))
    assert isinstance(old, Refused) and old.reason is RefusalReason.SUPERSEDED
    assert isinstance(new, Verified)
    lines = await house.store.audit(0, 99)
    assert await house.context.reported([Leak(first.secret.reveal(), "in public again")]) == [True]
    assert await house.store.audit(0, 99) == lines


async def test_what_a_leaked_key_had_created_stays_and_is_reported() -> None:
    """Its owner may depend on those keys, and a thief may have made them: somebody has to look, so the alert says how
    many there are. Ending them later takes the key's id only."""
    house = House()
    leaked = await house.key()
    children = [await house.key(parent=leaked.key) for _ in range(2)]
    await house.context.reported([Leak(leaked.secret.reveal(), "in public")])
    assert [(alert.what, alert.detail) for alert in house.alerts] == [
        ("keys.exposed_had_made_others", {"keys": "2"}),
    ]
    assert {(await house.now(one)).status for one in children} == {Status.ACTIVE}
    await revoke(house.store, house.clock, project_id="prj_a", key_id=leaked.key.id, by="user:1", tree=True)
    assert {(await house.now(one)).status for one in children} == {Status.REVOKED}


async def test_a_canary_that_is_found_is_reported_and_stays() -> None:
    """Its place was found, which its owner wants to know; it goes on watching."""
    house = House()
    canary = await house.key(canary=True)
    assert await house.context.reported([Leak(canary.secret.reveal(), "in public")], test_too=True) == [True]
    assert house.told() == ["keys.canary_used"]
    assert (await house.now(canary)).status is Status.ACTIVE
