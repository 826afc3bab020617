"""What restricts a key: networks, a rate limit of its own, being disabled; refused in the caller's words."""

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
    parse_limit,
    parse_rate,
    revoke,
    set_enabled,
)
from keyturn.keys.listing import every_key
from keyturn.keys.restrictions import (
    APP_LENGTH_MAX,
    APPS_MAX,
    BURST_MAX,
    NETWORKS_MAX,
    ORIGIN_LENGTH_MAX,
    ORIGINS_MAX,
    PER_SECOND_MAX,
    checked_apps,
    checked_expiry,
    checked_networks,
    checked_origins,
    coarse,
    is_origin_among,
    is_within,
)
from keyturn.limiting.gcra import PER_SECOND_MIN
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


@pytest.mark.parametrize(
    ("text", "per_second"), [("5/s", 5.0), ("300/m", 5.0), ("1800/h", 0.5), ("8640/d", 0.1), ("7", 7.0)]
)
def test_a_rate_is_written_by_its_unit(text: str, per_second: float) -> None:
    """A plain number is by the second."""
    assert parse_rate(text) == per_second


@pytest.mark.parametrize("text", ["", "5/w", "-1/s", "1e9", "5 per second"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    """The error shows how it is written."""
    with pytest.raises(InvalidLimit, match="5/s"):
        parse_rate(text)


@pytest.mark.parametrize(
    ("rate", "burst", "words", "window"),
    [
        ("6/m", None, "6 a minute, 6 at once", 60),
        ("300/m", None, "300 a minute, 300 at once", 60),
        ("5/s", None, "5 a second, 5 at once", 1),
        ("5/s", 10, "5 a second, 10 at once", 2),
        ("6/m", 1, "6 a minute, 1 at once", 10),
        ("1000/h", None, "1000 an hour, 1000 at once", 3_600),
        ("100/d", None, "100 a day, 100 at once", 86_400),
        ("7/d", 3, "7 a day, 3 at once", 37_028),
        ("0.5/s", None, "30 a minute, 1 at once", 2),
        ("1.5/s", 2, "90 a minute, 2 at once", 1),
    ],
)
def test_a_limit_means_what_its_rate_says(rate: str, burst: int | None, words: str, window: int) -> None:
    """As many at once as the rate counts, unless told otherwise; and it is told in that unit again."""
    limit = parse_limit(rate, burst)
    assert (str(limit), int(limit.window_seconds + 0.001)) == (words, window)


@pytest.mark.parametrize(("per_second", "burst"), [(0.0, 5), (-1.0, 5), (5.0, 0), (float("nan"), 5), (2e6, 5)])
def test_a_rate_that_makes_no_sense_is_refused(per_second: float, burst: int) -> None:
    """Neither nothing nor everything."""
    with pytest.raises(InvalidLimit):
        checked_limit(per_second, burst)


@pytest.mark.parametrize(
    ("per_second", "burst"),
    [(PER_SECOND_MIN, 1), (PER_SECOND_MAX, BURST_MAX), (5.0, 1), (0.5, 20)],
)
def test_a_limit_is_taken_up_to_its_bounds(per_second: float, burst: int) -> None:
    """Both bounds are allowed, and what was given is what is enforced."""
    assert checked_limit(per_second, burst) == Limit(per_second, burst)


@pytest.mark.parametrize(
    ("per_second", "burst", "reason"),
    [
        (PER_SECOND_MIN / 2, 1, "a rate is above 0 and at most 1000000 a second"),
        (PER_SECOND_MAX * 1.001, 1, "a rate is above 0 and at most 1000000 a second"),
        (1.0, 0, "a burst is 1 to 10000000"),
        (1.0, BURST_MAX + 1, "a burst is 1 to 10000000"),
    ],
)
def test_a_limit_beyond_its_bounds_is_refused_with_them(per_second: float, burst: int, reason: str) -> None:
    """The message names the bounds of the part that is wrong."""
    with pytest.raises(InvalidLimit, match=f"^{reason}$"):
        checked_limit(per_second, burst)


def test_a_rate_is_at_most_forty_characters() -> None:
    """Longer text is refused before any pattern looks at it."""
    longest = " " * 37 + "5/s"
    assert parse_rate(longest) == 5.0
    with pytest.raises(InvalidLimit):
        parse_rate(" " + longest)


@pytest.mark.parametrize("port", [0, 1, 2, 443, 65_534, 65_535, 65_536, 99_999])
def test_an_origin_has_a_port_that_exists(port: int) -> None:
    """1 to 65535; another one is refused with these bounds."""
    origin = f"https://shop.example:{port}"
    if 1 <= port <= 65_535:
        assert checked_origins([origin])[0].startswith("https://shop.example")
        return
    with pytest.raises(InvalidOrigin, match="a port is 1 to 65535"):
        checked_origins([origin])


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("shop.example", "is no web origin: expected scheme, host and perhaps a port, such as https://shop.example"),
        ("https://[::zz]", "is no web origin|this is no IPv6 address"),
        ("https://[1:2:3]", "is no web origin|this is no IPv6 address"),
        ("http://shop.example", "plain http is for development on this machine only .*; use https"),
        ("https://*.com", "covers every site under com, a public suffix; use your own domain"),
        ("https://*.co.uk", "covers every site under co.uk, a public suffix; use your own domain"),
    ],
)
def test_an_origin_that_cannot_be_bound_is_refused_with_the_reason(origin: str, reason: str) -> None:
    """What was wrong, and what to write instead."""
    with pytest.raises(InvalidOrigin, match=reason):
        checked_origins([origin])


def test_origins_and_apps_are_taken_up_to_their_length() -> None:
    """One character more is refused before any pattern looks at it."""
    label, scheme = "a" * 50, "https://"
    origin = (scheme + ".".join([label] * 6))[: ORIGIN_LENGTH_MAX - 4] + ".dev"
    assert len(origin) == ORIGIN_LENGTH_MAX
    assert checked_origins([origin]) == (origin,)
    with pytest.raises(InvalidOrigin):
        checked_origins([origin.replace("https://", "https://b")])
    app = ("com." + ("a" * 50 + ".") * 10)[: APP_LENGTH_MAX - 2] + "aa"
    assert checked_apps([app]) == (app,)
    with pytest.raises(InvalidApp, match=r"such as com\.yourcompany\.yourapp$"):
        checked_apps([app + "a"])


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", None),
        (None, None),
        ("testclient", None),
    ],
)
def test_an_address_is_kept_by_its_network(address: str | None, kept: str | None) -> None:
    """IPv4 by its /24, IPv6 by its /48, without its zone; what is no address is not kept."""
    assert coarse(address) == kept


def test_an_expiry_lies_in_the_future_and_can_be_written() -> None:
    """None is no expiry; an instant that has passed, or that no date can be written for, is refused."""
    assert checked_expiry(None, 1_000) is None
    assert checked_expiry(1_001, 1_000) == 1_001
    with pytest.raises(InvalidExpiry, match=r"^a key's expiry must lie in the future$"):
        checked_expiry(1_000, 1_000)
    with pytest.raises(InvalidExpiry, match=r"^a key's expiry must lie in the future, or be left out$"):
        checked_expiry(999, 1_000, ", or be left out")
    with pytest.raises(InvalidExpiry, match=r"^a key's expiry: "):
        checked_expiry(10**18, 1_000)


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
def test_an_origin_matches_exactly_or_by_one_open_label(origin: str | None, among: bool) -> None:
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
