"""What narrows a key: networks, a pace of its own, a switch; written and refused in the caller's words."""

import pytest

from keyturn import (
    NATIVE,
    InvalidExpiry,
    InvalidLimit,
    InvalidNetwork,
    InvalidScope,
    Issuer,
    Key,
    KeyChanges,
    KeyIsRevoked,
    KeyNotFound,
    Limit,
    Mode,
    Status,
    change,
    checked_limit,
    parse_rate,
    revoke,
    set_enabled,
)
from keyturn.restrictions import checked_networks, is_within
from keyturn.stores.memory import MemoryKeyStore


class Still:
    """A clock that stands."""

    def now(self) -> int:
        return 1_000


OFFERED = ("links:read", "links:write")


@pytest.fixture
async def kept(anyio_backend: object) -> tuple[MemoryKeyStore, Key]:
    """A store with one key."""
    store = MemoryKeyStore()
    issued = await Issuer(store, NATIVE, Still(), OFFERED).issue(
        project_id="prj_a", mode=Mode.TEST, name="a", scopes=["links:read"], by="user:1"
    )
    return store, issued.key


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("203.0.113.0", True),
        ("203.0.113.255", True),
        ("203.0.114.0", False),
        ("::ffff:203.0.113.5", True),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("2001:db9::1", False),
        ("", False),
        (None, False),
        ("testclient", False),
    ],
)
def test_an_address_lies_in_a_network_or_it_does_not(address: str | None, within: bool) -> None:
    """IPv4, IPv6 and IPv4 inside of IPv6; what is no address lies nowhere, so a bound key fails closed."""
    assert is_within(address, ("203.0.113.0/24", "2001:db8::/32")) is within


def test_a_single_address_is_a_network_of_one() -> None:
    """And the same network twice is one."""
    assert checked_networks(["203.0.113.7", " 203.0.113.7/32 "]) == ("203.0.113.7/32",)


@pytest.mark.parametrize("text", ["203.0.113.7/24", "example.com", "", "203.0.113.0/33", "1.2.3"])
def test_what_is_no_network_is_refused(text: str) -> None:
    """Bits beyond the prefix are a typo, not a wish."""
    with pytest.raises(InvalidNetwork, match=r"203\.0\.113\.0/24"):
        checked_networks([text])


@pytest.mark.parametrize(("text", "per_second"), [("5/s", 5.0), ("300/m", 5.0), ("1800/h", 0.5), ("7", 7.0)])
def test_a_rate_is_written_by_second_minute_or_hour(text: str, per_second: float) -> None:
    """A plain number is by the second."""
    assert parse_rate(text) == per_second


@pytest.mark.parametrize("text", ["", "5/d", "-1/s", "1e9", "5 per second"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """The error shows how it is written."""
    with pytest.raises(InvalidLimit, match="5/s"):
        parse_rate(text)


@pytest.mark.parametrize(("per_second", "burst"), [(0.0, 5), (-1.0, 5), (5.0, 0), (float("nan"), 5), (2e6, 5)])
def test_a_pace_that_makes_no_sense_is_refused(per_second: float, burst: int) -> None:
    """Neither nothing nor everything."""
    with pytest.raises(InvalidLimit):
        checked_limit(per_second, burst)


@pytest.mark.anyio
async def test_a_change_that_is_wrong_changes_nothing(kept: tuple[MemoryKeyStore, Key]) -> None:
    """One wrong field, and the others stay too."""
    store, key = kept
    wrong: list[tuple[type[Exception], KeyChanges]] = [
        (InvalidScope, KeyChanges(name="b", scopes=["links:fly"])),
        (InvalidExpiry, KeyChanges(name="b", expires_at=1_000)),
        (InvalidNetwork, KeyChanges(name="b", networks=["nowhere"])),
        (InvalidLimit, KeyChanges(name="b", limit=Limit(0, 0))),
    ]
    for error, changes in wrong:
        with pytest.raises(error):
            await change(store, Still(), OFFERED, project_id="prj_a", key_id=key.id, changes=changes)
        assert await store.by_id("prj_a", key.id) == key


@pytest.mark.anyio
async def test_a_revoked_key_cannot_be_changed_or_enabled(kept: tuple[MemoryKeyStore, Key]) -> None:
    """Gone is gone, and the error says so."""
    store, key = kept
    off = await set_enabled(store, Still(), project_id="prj_a", key_id=key.id, enabled=False, by="user:1")
    assert off.status is Status.DISABLED
    await revoke(store, Still(), project_id="prj_a", key_id=key.id, by="user:1")
    with pytest.raises(KeyIsRevoked):
        await set_enabled(store, Still(), project_id="prj_a", key_id=key.id, enabled=True, by="user:1")
    with pytest.raises(KeyIsRevoked):
        await change(store, Still(), OFFERED, project_id="prj_a", key_id=key.id, changes=KeyChanges(name="b"))


@pytest.mark.anyio
async def test_another_projects_key_is_not_there(kept: tuple[MemoryKeyStore, Key]) -> None:
    """With its id in hand, a stranger finds nothing to change."""
    store, key = kept
    with pytest.raises(KeyNotFound):
        await change(store, Still(), OFFERED, project_id="prj_b", key_id=key.id, changes=KeyChanges(name="b"))
    with pytest.raises(KeyNotFound):
        await set_enabled(store, Still(), project_id="prj_b", key_id=key.id, enabled=False, by="user:1")
