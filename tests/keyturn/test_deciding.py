"""``decide``: pure, total, and in the promised order."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import Key, Mode, Need, RefusalReason, Refused, Status, Verified, decide, is_scope_name

NOW = 1_000_000
SCOPES = ("links:read", "links:write", "sessions:read")


def key(
    status: Status = Status.ACTIVE,
    expires_at: int | None = None,
    scopes: frozenset[str] = frozenset({"links:read"}),
    last_used_at: int | None = None,
    networks: tuple[str, ...] = (),
) -> Key:
    return Key(
        id="key_a",
        project_id="prj_a",
        mode=Mode.TEST,
        name="a",
        format="native",
        prefix="ck_test_abcdef",
        last_four="wxyz",
        scopes=scopes,
        status=status,
        created_at=0,
        created_by="user:1",
        expires_at=expires_at,
        last_used_at=last_used_at,
        networks=networks,
    )


statuses = st.sampled_from(Status)
expiries = st.none() | st.integers(NOW - 2, NOW + 2) | st.integers(0, 2 * NOW)
scopes = st.frozensets(st.sampled_from(SCOPES))
needs = st.none() | st.sampled_from([Need(scope) for scope in (*SCOPES, "sessions:write")])
networks = st.sampled_from([(), ("203.0.113.0/24",), ("198.51.100.7/32", "2001:db8::/32")])
addresses = st.sampled_from(
    [None, "203.0.113.9", "198.51.100.7", "2001:db8::1", "::ffff:203.0.113.9", "not an address"]
)
keys = st.none() | st.builds(
    key, status=statuses, expires_at=expiries, scopes=scopes, last_used_at=expiries, networks=networks
)


def within(address: str | None, allowed: tuple[str, ...]) -> bool:
    """Told anew for the few networks and addresses of this test."""
    home = {
        "203.0.113.9": "203.0.113.0/24",
        "::ffff:203.0.113.9": "203.0.113.0/24",
        "198.51.100.7": "198.51.100.7/32",
        "2001:db8::1": "2001:db8::/32",
    }
    return not allowed or home.get(address or "") in allowed


@given(keys, needs, addresses)
def test_the_first_reason_that_holds_is_the_answer(known: Key | None, need: Need | None, address: str | None) -> None:
    """Unknown, revoked or disabled, expired, the network, the scope: told anew here, as a list of conditions."""
    reasons = []
    if known is None:
        reasons.append(RefusalReason.UNKNOWN)
    else:
        if known.status is Status.REVOKED:
            reasons.append(RefusalReason.REVOKED)
        if known.status is Status.DISABLED:
            reasons.append(RefusalReason.DISABLED)
        if known.expires_at is not None and known.expires_at <= NOW:
            reasons.append(RefusalReason.EXPIRED)
        if not within(address, known.networks):
            reasons.append(RefusalReason.ADDRESS_NOT_ALLOWED)
        if need is not None and need.scope not in known.scopes:
            reasons.append(RefusalReason.SCOPE_MISSING)
    decision = decide(known, need, NOW, address=address)
    match decision:
        case Verified():
            assert reasons == []
            assert decision.key is known
        case Refused():
            assert decision.reason is reasons[0]
            assert decision.key is known
            assert (decision.need is not None) == (decision.reason is RefusalReason.SCOPE_MISSING)


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
    """A key without scopes is let in where no scope is asked for, and nowhere else. No wildcard hides in it."""
    empty = key(scopes=frozenset())
    assert isinstance(decide(empty, None, NOW), Verified)
    assert all(isinstance(decide(empty, Need(scope), NOW), Refused) for scope in SCOPES)
    assert isinstance(decide(key(scopes=frozenset({"*"})), Need("links:read"), NOW), Refused)


def test_a_key_is_frozen() -> None:
    """Nobody widens a key that is in hand."""
    with pytest.raises(AttributeError):
        key().scopes = frozenset(SCOPES)  # type: ignore[misc]
    assert msgspec.structs.asdict(key())["status"] is Status.ACTIVE
