"""``decide``: pure, total, and in the promised order."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn import (
    Asked,
    Key,
    Kind,
    KnownKey,
    Mode,
    Need,
    Reach,
    RefusalReason,
    Refused,
    Status,
    Verified,
    decide,
    is_scope_name,
)
from keyturn.keys.model import REPORTABLE, Terms

NOW = 1_000_000
SCOPES = ("links:read", "links:write", "sessions:read")


def key(
    status: Status = Status.ACTIVE,
    expires_at: int | None = None,
    scopes: frozenset[str] = frozenset({"links:read"}),
    *,
    ends_at: int | None = None,
    project_suspended: bool = False,
    **terms: Any,
) -> KnownKey:
    kept = {"project_id": "prj_a", "mode": Mode.TEST, "kind": Kind.SECRET} | terms
    return KnownKey(
        "key_a",
        Terms(scopes=scopes, **kept),
        status,
        expires_at,
        ends_at=ends_at,
        project_suspended=project_suspended,
    )


WILD = "https://*.shop.example"
statuses = st.sampled_from(Status)
expiries = st.none() | st.integers(NOW - 2, NOW + 2) | st.integers(0, 2 * NOW)
scopes = st.frozensets(st.sampled_from((*SCOPES, "*")))
reaches = st.sampled_from(Reach)
needs = st.none() | st.builds(Need, st.sampled_from((*SCOPES, "sessions:write")), reaches)
networks = st.sampled_from([(), ("203.0.113.0/24",), ("198.51.100.7/32", "2001:db8::/32")])
asked = st.builds(
    Asked,
    address=st.sampled_from(
        [None, "203.0.113.9", "198.51.100.7", "2001:db8::1", "::ffff:203.0.113.9", "not an address"]
    ),
    origin=st.sampled_from([None, "null", "https://shop.example", "https://www.shop.example", "https://evil.example"]),
    app=st.sampled_from([None, "", "com.shop.app", "com.evil.app"]),
    opened=st.sampled_from([None, True, False]),
)
# Both at once cannot be made, and are refused where an app is missing all the same.
bound = st.sampled_from(
    [
        {},
        {"origins": ("https://shop.example",)},
        {"origins": (WILD,)},
        {"apps": ("com.shop.app",)},
    ]
)
keys = st.none() | st.builds(
    lambda bound, **more: key(**more, **bound),
    bound,
    status=statuses,
    expires_at=expiries,
    ends_at=expiries,
    project_suspended=st.booleans(),
    scopes=scopes,
    networks=networks,
    kind=st.sampled_from(Kind),
    mode=st.sampled_from(Mode),
    report_only=st.frozensets(st.sampled_from(sorted(REPORTABLE))),
)


def within(address: str | None, allowed: tuple[str, ...]) -> bool:
    """Told again for the few networks and addresses of this test."""
    home = {
        "203.0.113.9": "203.0.113.0/24",
        "::ffff:203.0.113.9": "203.0.113.0/24",
        "198.51.100.7": "198.51.100.7/32",
        "2001:db8::1": "2001:db8::/32",
    }
    return not allowed or home.get(address or "") in allowed


def in_place(known: KnownKey, asked: Asked) -> bool:
    """Told again for the few origins and apps of this test."""
    terms = known.terms
    if terms.apps:
        return asked.app == "com.shop.app"
    if terms.kind is Kind.SECRET and (not terms.origins or asked.origin is None):
        return True
    home = {"https://shop.example": "https://shop.example", "https://www.shop.example": WILD}
    return home.get(asked.origin or "") in terms.origins


def reasons_against(known: KnownKey | None, need: Need | None, asked: Asked, mode: Mode | None) -> list[RefusalReason]:
    """All that speaks against a request, in the promised order."""
    if known is None:
        return [RefusalReason.UNKNOWN]
    terms = known.terms
    public = terms.kind is Kind.PUBLISHABLE
    opens = public and need is not None and need.publishable is Reach.OPENS
    conditions = [
        (RefusalReason.REVOKED, known.status is Status.REVOKED),
        (RefusalReason.DISABLED, known.status is Status.DISABLED),
        (RefusalReason.EXPIRED, known.expires_at is not None and known.expires_at <= NOW),
        (RefusalReason.SUPERSEDED, known.ends_at is not None and known.ends_at <= NOW),
        (RefusalReason.PROJECT_SUSPENDED, known.project_suspended),
        (RefusalReason.WRONG_MODE, mode not in (None, terms.mode)),
        (RefusalReason.ADDRESS_NOT_ALLOWED, not within(asked.address, terms.networks)),
        (RefusalReason.ORIGIN_NOT_ALLOWED, not terms.apps and not in_place(known, asked)),
        (RefusalReason.APP_NOT_ALLOWED, bool(terms.apps) and not in_place(known, asked)),
        (RefusalReason.SECRET_KEY_REQUIRED, public and need is not None and need.publishable is Reach.NEVER),
        (RefusalReason.CLIENT_SECRET_MISSING, opens and asked.opened is None),
        (RefusalReason.CLIENT_SECRET_WRONG, opens and asked.opened is False),
        (
            RefusalReason.SCOPE_MISSING,
            need is not None and not opens and need.scope not in terms.scopes and "*" not in terms.scopes,
        ),
    ]
    return [reason for reason, holds in conditions if holds]


@given(keys, needs, asked, st.none() | st.sampled_from(Mode))
@settings(max_examples=500)
def test_the_first_reason_that_holds_is_the_answer(
    known: KnownKey | None, need: Need | None, asked: Asked, mode: Mode | None
) -> None:
    """Status, expiry, project, mode, network, origin or app, kind, client secret, scope: told again here, as a list of
    conditions. What is only reported refuses nothing, and is told with the answer, all of it."""
    against = reasons_against(known, need, asked, mode)
    spared = [reason for reason in against if known is not None and reason in known.terms.report_only]
    refusing = [reason for reason in against if reason not in spared]
    decision = decide(known, need, NOW, asked, mode=mode)
    match decision:
        case Verified():
            assert refusing == []
            assert decision.key is known
            assert list(decision.reported) == spared
        case Refused():
            assert decision.reason is refusing[0]
            assert decision.key is known
            about_need = {
                RefusalReason.SECRET_KEY_REQUIRED,
                RefusalReason.CLIENT_SECRET_MISSING,
                RefusalReason.CLIENT_SECRET_WRONG,
                RefusalReason.SCOPE_MISSING,
            }
            assert (decision.need is not None) == (decision.reason in about_need)


def test_every_combination_has_its_answer() -> None:
    """The same without chance: status × expiry × scope × need, each combination once."""
    verified = 0
    for status, expires_at, granted, need in itertools.product(
        Status,
        (None, NOW - 1, NOW, NOW + 1),
        (frozenset[str](), frozenset({"links:read"}), frozenset(SCOPES)),
        (None, Need("links:read"), Need("links:write")),
    ):
        decision = decide(key(status, expires_at, granted), need, NOW)
        if isinstance(decision, Verified):
            verified += 1
            assert status is Status.ACTIVE
            assert expires_at in (None, NOW + 1)
            assert need is None or need.scope in granted
    assert verified == 2 * (1 + 2 + 3)


@pytest.mark.parametrize(("expires_at", "allowed"), [(NOW - 1, False), (NOW, False), (NOW + 1, True), (None, True)])
def test_a_key_ends_at_its_expiry_to_the_millisecond(expires_at: int | None, allowed: bool) -> None:
    """From that instant on it is refused."""
    assert isinstance(decide(key(expires_at=expires_at), None, NOW), Verified) is allowed


@pytest.mark.spec("crypto-checkout R36", "crypto-checkout R37")
@pytest.mark.parametrize("resource", ["links", "sessions", "webhooks", "customers"])
def test_reading_and_writing_are_two_scopes(resource: str) -> None:
    """R36, R37: neither implies the other, whichever resource."""
    read, write = f"{resource}:read", f"{resource}:write"
    for granted, needed in ((read, write), (write, read)):
        refused = decide(key(scopes=frozenset({granted})), Need(needed), NOW)
        assert isinstance(refused, Refused)
        assert refused.reason is RefusalReason.SCOPE_MISSING
        assert refused.need == Need(needed)
    assert isinstance(decide(key(scopes=frozenset({read, write})), Need(read), NOW), Verified)


@pytest.mark.spec("crypto-checkout R25")
def test_a_scope_is_a_resource_and_an_action() -> None:
    """R25: ``resource:action`` in lower case, nothing else."""
    assert all(is_scope_name(name) for name in ("links:read", "customers:write", "webhook_endpoints:test2"))
    wrong = (
        "",
        "links",
        "links:",
        ":read",
        "links:read:all",
        "Links:read",
        "links:read\n",
        "links read",
        "*",
        "lïnks:read",
    )
    assert not any(is_scope_name(name) for name in wrong)


def test_a_key_that_may_nothing_may_nothing() -> None:
    """A key without scopes is admitted where no scope is asked for, and nowhere else."""
    empty = key(scopes=frozenset())
    assert isinstance(decide(empty, None, NOW), Verified)
    assert all(isinstance(decide(empty, Need(scope), NOW), Refused) for scope in SCOPES)


def test_a_star_is_every_scope_and_no_part_of_one() -> None:
    """``*`` that was chosen stands for all there is; within a scope it has no meaning."""
    assert all(isinstance(decide(key(scopes=frozenset({"*"})), Need(scope), NOW), Verified) for scope in SCOPES)
    for half in ("links:*", "*:read", "links"):
        assert isinstance(decide(key(scopes=frozenset({half})), Need("links:read"), NOW), Refused)


def test_a_publishable_key_reaches_what_endpoints_say_and_no_more() -> None:
    """By default nothing at all, whatever its scopes; to an opened object without any."""
    public = key(scopes=frozenset({"sessions:read"}), kind=Kind.PUBLISHABLE, origins=("https://shop.example",))
    home, opened = Asked(origin="https://shop.example"), Asked(origin="https://shop.example", opened=True)
    assert decide(public, Need("sessions:read"), NOW, opened).reason is RefusalReason.SECRET_KEY_REQUIRED  # type: ignore[union-attr]
    assert isinstance(decide(public, Need("sessions:read", Reach.CREATES), NOW, home), Verified)
    assert isinstance(decide(public, Need("links:read", Reach.OPENS), NOW, opened), Verified)
    assert isinstance(decide(public, Need("links:read", Reach.OPENS), NOW, home), Refused)


def test_a_key_is_frozen() -> None:
    """Nobody widens a key that is in hand, neither admission's nor its owner's."""
    with pytest.raises(AttributeError):
        key().terms.scopes = frozenset(SCOPES)  # type: ignore[misc]
    owned = Key(
        id="key_a",
        project_id="prj_a",
        mode=Mode.TEST,
        name="a",
        format="native",
        prefix="ck_test_abcdef",
        last_four="wxyz",
        scopes=frozenset({"links:read"}),
        status=Status.ACTIVE,
        created_at=0,
        created_by="user:1",
    )
    with pytest.raises(AttributeError):
        owned.scopes = frozenset(SCOPES)  # type: ignore[misc]
    assert owned.terms == key().terms
