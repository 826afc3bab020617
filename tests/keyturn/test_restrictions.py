"""What narrows a key: networks, a pace of its own, a switch; written and refused in the caller's words."""

import pytest

from keyturn import (
    InvalidApp,
    InvalidExpiry,
    InvalidKind,
    InvalidLimit,
    InvalidNetwork,
    InvalidOrigin,
    InvalidScope,
    Key,
    KeyChanges,
    KeyIsRevoked,
    KeyNotFound,
    Limit,
    Status,
    change,
    checked_limit,
    parse_rate,
    revoke,
    set_enabled,
)
from keyturn.keys.listing import every_key
from keyturn.keys.restrictions import (
    APPS_MAX,
    NETWORKS_MAX,
    ORIGINS_MAX,
    checked_apps,
    checked_networks,
    checked_origins,
    coarse,
    is_origin_among,
    is_within,
)
from tests.key_harness import KeyHarness


@pytest.fixture
def context() -> KeyHarness:
    return KeyHarness()


@pytest.fixture
async def key(context: KeyHarness, anyio_backend: object) -> Key:
    """One key of the harness."""
    return (await context.issue("links:read")).key


async def changed(context: KeyHarness, key_id: str, *, project: str = "prj_a", **changes: object) -> Key:
    """A key after a change, as the owner of the project makes it."""
    done = await change(
        context.store,
        context.clock,
        context.issuer,
        project_id=project,
        key_id=key_id,
        changes=KeyChanges(**changes),  # type: ignore[arg-type]
        by="user:1",
    )
    return done.key


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
async def test_a_change_that_is_wrong_changes_nothing(context: KeyHarness, key: Key) -> None:
    """One wrong field, and the others stay too."""
    wrong: list[tuple[type[Exception], dict[str, object]]] = [
        (InvalidScope, {"scopes": ["links:fly"]}),
        (InvalidExpiry, {"expires_at": context.clock.at}),
        (InvalidNetwork, {"networks": ["nowhere"]}),
        (InvalidOrigin, {"origins": ["shop.example"]}),
        (InvalidApp, {"apps": ["My App"]}),
        (InvalidLimit, {"limit": Limit(0, 0)}),
        (InvalidKind, {"report_only": ["revoked"]}),
        (InvalidKind, {"apps": ["com.yourcompany.yourapp"]}),
    ]
    for error, changes in wrong:
        with pytest.raises(error):
            await changed(context, key.id, name="b", **changes)
        assert await context.store.by_id("prj_a", key.id) == key
    assert len(await context.store.audit(0, 100)) == 1


@pytest.mark.anyio
async def test_a_key_is_made_of_what_is_right_or_not_at_all(context: KeyHarness) -> None:
    """What no change may write, no creation may either."""
    wrong: list[tuple[type[Exception], dict[str, object]]] = [
        (InvalidNetwork, {"networks": ["nowhere"]}),
        (InvalidOrigin, {"origins": ["http://shop.example"]}),
        (InvalidApp, {"apps": [""]}),
        (InvalidLimit, {"limit": Limit(0, 0)}),
        (InvalidLimit, {"limit": Limit(float("nan"), 1)}),
        (InvalidKind, {"report_only": ["expired"]}),
        (InvalidKind, {"format": "paypal"}),
    ]
    for error, wish in wrong:
        with pytest.raises(error):
            await context.issue(**wish)  # type: ignore[arg-type]
    assert await every_key(context.store, "prj_a") == []


@pytest.mark.anyio
async def test_a_revoked_key_cannot_be_changed_or_enabled(context: KeyHarness, key: Key) -> None:
    """Gone is gone, and the error says so."""
    off = await set_enabled(context.store, context.clock, project_id="prj_a", key_id=key.id, enabled=False, by="user:1")
    assert off.key.status is Status.DISABLED
    await revoke(context.store, context.clock, project_id="prj_a", key_id=key.id, by="user:1")
    with pytest.raises(KeyIsRevoked):
        await set_enabled(context.store, context.clock, project_id="prj_a", key_id=key.id, enabled=True, by="user:1")
    with pytest.raises(KeyIsRevoked):
        await changed(context, key.id, name="b")


@pytest.mark.anyio
async def test_another_projects_key_is_not_there(context: KeyHarness, key: Key) -> None:
    """With its id in hand, a stranger finds nothing to change."""
    with pytest.raises(KeyNotFound):
        await changed(context, key.id, project="prj_b", name="b")
    with pytest.raises(KeyNotFound):
        await set_enabled(context.store, context.clock, project_id="prj_b", key_id=key.id, enabled=False, by="user:1")


@pytest.mark.anyio
async def test_a_change_is_written_down_with_what_was_and_what_is(context: KeyHarness, key: Key) -> None:
    """Who changed it, from what to what; what was not named stays."""
    after = await changed(context, key.id, scopes=["links:read", "links:write"], networks=["203.0.113.7"])
    assert after == await context.store.by_id("prj_a", key.id)
    assert (after.name, after.scopes, after.networks) == (key.name, {"links:read", "links:write"}, ("203.0.113.7/32",))
    entry = (await context.store.audit_of("prj_a", key.id, None, 1))[0]
    assert (entry.action, entry.actor) == ("key.changed", "user:1")
    assert entry.detail == {
        "scopes": {"from": ["links:read"], "to": ["links:read", "links:write"]},
        "networks": {"from": [], "to": ["203.0.113.7/32"]},
    }


# Origins.


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example/", "https://shop.example"),
        (" HTTPS://Shop.Example ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://localhost", "http://localhost"),
        ("http://localhost:80", "http://localhost"),
        ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[0:0:0:0:0:0:0:1]:3000", "http://[::1]:3000"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://203.0.113.7:8443", "https://203.0.113.7:8443"),
    ],
)
def test_an_origin_is_kept_as_a_browser_sends_it(text: str, kept: str) -> None:
    """Scheme, host in lower case, and the port unless it is the scheme's own (RFC 6454, 6.2)."""
    assert checked_origins([text]) == (kept,)
    assert checked_origins([text, kept]) == (kept,)
    if "*" not in kept:
        assert is_origin_among(kept, (kept,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "null",
        "shop.example",
        "//shop.example",
        "ftp://shop.example",
        "https://",
        "https://shop.example/checkout",
        "https://shop.example?x",
        "https://shop.example#x",
        "https://user@shop.example",
        "https://shop.example:0",
        "https://shop.example:65536",
        "https://shop.example:port",
        "https://*",
        "https://*.com",
        "https://*.co.uk",
        "https://*.CO.UK:8443",
        "https://*.github.io",
        "https://*.kawasaki.jp",
        "https://*.xn--p1ai",
        "https://*.*.shop.example",
        "https://shop.*.example",
        "https://*shop.example",
        "https://-shop.example",
        "https://shop..example",
        "https://bücher.example",
        "https://shop.example https://evil.example",
        "https://shop.example\nhttps://evil.example",
        "https://[::1",
        "https://[::g]",
        "https://[fe80::1%25eth0]",
        "http://shop.example",
        "http://192.168.1.10:3000",
        "http://*.localhost:3000",
        "http://localhost.evil.example",
        "javascript:alert(1)",
        "https://" + "a" * 64 + ".example",
    ],
)
def test_what_is_no_origin_is_refused_in_words(text: str) -> None:
    """No path, no name beyond ASCII, plain http from this machine alone, no star over what anybody may register."""
    with pytest.raises(InvalidOrigin) as refused:
        checked_origins(["https://good.example", text])
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("origin", "among"),
    [
        ("https://shop.example", True),
        ("https://www.shop.example", True),
        ("https://a-1.shop.example", True),
        ("http://localhost:3000", True),
        ("https://deep.www.shop.example", False),
        ("https://shop.example:8443", False),
        ("https://www.shop.example:8443", False),
        ("http://shop.example", False),
        ("http://www.shop.example", False),
        ("https://evilshop.example", False),
        ("https://.shop.example", False),
        ("https://shop.example.evil.example", False),
        ("https://shop.example/", False),
        ("https://SHOP.example", False),
        ("http://localhost:3001", False),
        ("http://localhost", False),
        ("http://127.0.0.1:3000", False),
        ("https://localhost:3000", False),
        ("null", False),
        ("", False),
        (None, False),
    ],
)
def test_an_origin_is_let_in_exactly_or_by_one_open_label(origin: str | None, among: bool) -> None:
    """Scheme, host and port all count; the star stands for one label, neither none nor two."""
    assert is_origin_among(origin, ("https://shop.example", "https://*.shop.example", "http://localhost:3000")) is among


def test_a_star_does_not_open_the_name_below_it() -> None:
    """``https://*.shop.example`` is not ``https://shop.example``."""
    assert not is_origin_among("https://shop.example", ("https://*.shop.example",))


# Apps.


def test_an_app_is_a_bundle_identifier_or_a_package_name() -> None:
    """As they are written on iOS and Android, each once, their case kept."""
    apps = ["com.yourcompany.yourapp", " com.YourCompany.your-app ", "com.yourcompany.yourapp", "a.b"]
    assert checked_apps(apps) == ("com.yourcompany.yourapp", "com.YourCompany.your-app", "a.b")


@pytest.mark.parametrize(
    "text", ["", "app", "com..app", ".com.app", "com.app.", "1com.app", "com app", "com.a\npp", "cöm.app", "*", "com.*"]
)
def test_what_is_no_app_is_refused_in_words(text: str) -> None:
    """The error shows how one is written."""
    with pytest.raises(InvalidApp, match=r"com\.yourcompany\.yourapp"):
        checked_apps([text])


def test_there_is_a_bound_to_every_list() -> None:
    """Fifty of each, and no more."""
    checked_networks([f"10.0.0.{n}" for n in range(NETWORKS_MAX)])
    checked_origins([f"https://{n}.example" for n in range(ORIGINS_MAX)])
    checked_apps([f"com.app{n}" for n in range(APPS_MAX)])
    with pytest.raises(InvalidNetwork, match="50"):
        checked_networks([f"10.0.0.{n}" for n in range(NETWORKS_MAX + 1)])
    with pytest.raises(InvalidOrigin, match="50"):
        checked_origins([f"https://{n}.example" for n in range(ORIGINS_MAX + 1)])
    with pytest.raises(InvalidApp, match="50"):
        checked_apps([f"com.app{n}" for n in range(APPS_MAX + 1)])


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_kept_coarsely(address: str | None, kept: str | None) -> None:
    """An IPv4 /24 or an IPv6 /48 tells a server, not a person."""
    assert coarse(address) == kept
