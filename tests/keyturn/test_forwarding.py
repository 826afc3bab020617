"""Forward-auth without a proxy in between: who is believed, which request is meant, and what it needs. The real proxies
are in tests/journeys/test_proxies.py."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.admission.needs import ANY_KEY, OPEN, InvalidNeed, Rules, read_rules
from keyturn.keys.model import Need, Reach
from tests.keyturn.test_server import CommandContext, open_harness

pytestmark = pytest.mark.anyio

RULES = """
[[rule]]
path = "/health"
access = "open"

[[rule]]
path = "/invoices/{id}"
methods = ["GET"]
scope = "invoices:read"

[[rule]]
path = "/invoices"
methods = ["POST"]
scope = "invoices:write"
publishable = "creates"

[[rule]]
path = "/any/*"
access = "any-key"
"""
WHERE = "/v1/forward-auth"


@pytest.fixture
async def context(tmp_path: Path, anyio_backend: object) -> Any:
    """A server with rules over paths."""
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    async with open_harness(f"sqlite:///{tmp_path / 'keys.db'}", KEYTURN_RULES=str(file)) as opened:
        yield opened


async def ask(
    context: CommandContext,
    key: str | None,
    uri: str = "/invoices/1",
    method: str = "GET",
    at: str = WHERE,
    **headers: str,
) -> httpx.Response:
    """As Caddy and Traefik do."""
    sent: Any = {"x_forwarded_method": method, "x_forwarded_uri": uri.encode(), "x_forwarded_proto": "https"} | headers
    return await context.send("GET", at, by=key, **sent)


def identity(answer: httpx.Response) -> list[str | None]:
    return [answer.headers.get(f"x-keyturn-{name}") for name in ("key-id", "project", "mode", "scopes")]


async def test_rules_say_what_each_path_needs(context: CommandContext) -> None:
    """The first that fits; where none does, nobody passes, whoever they are. All identity headers are always there, so
    that none of a client's own is left standing."""
    made = await context.key("invoices:read", "invoices:write")
    key, weak = made["key"], (await context.key())["key"]
    answer = await ask(context, key)
    assert (answer.status_code, answer.content) == (200, b"")
    assert identity(answer) == [made["id"], "default", "live", "invoices:read invoices:write"]
    assert answer.headers["ratelimit"] and answer.headers["cache-control"] == "no-store"
    assert (await ask(context, weak)).json()["code"] == "missing_scope"
    assert (await ask(context, weak, "/any/thing/at/all?x=1")).status_code == 200
    opened = await ask(context, None, "/health")
    assert opened.status_code == 200 and identity(opened) == ["", "", "", ""]
    assert (await ask(context, key, "/invoices", "POST")).status_code == 200
    public = await context.key("invoices:write", kind="publishable", origins=["https://shop.example"])
    page = await ask(context, public["key"], "/invoices", "POST", origin="https://shop.example")
    assert page.status_code == 200 and page.headers["access-control-allow-origin"] == "https://shop.example"
    for uri, method in (
        ("/invoices/1", "DELETE"),
        ("/invoices", "GET"),
        ("/invoices/", "GET"),
        ("/invoices/1/lines", "GET"),
        ("/any", "GET"),
        ("/elsewhere", "GET"),
        ("", "GET"),
        ("invoices/1", "GET"),
    ):
        answer = await ask(context, key, uri, method)
        expected = {"": (400, "forward_auth_misconfigured"), "invoices/1": (400, "invalid_request_target")}.get(
            uri, (403, "need_not_declared")
        )
        assert (answer.status_code, answer.json()["code"]) == expected, (method, uri)


async def test_a_path_that_two_servers_may_read_in_two_ways_passes_nowhere(context: CommandContext) -> None:
    """Dots, doubled or encoded slashes and what is encoded twice: a rule for one path never admits to another. What is
    merely encoded is read as what it says. The refusal says what is wrong, and does not repeat it."""
    key = (await context.key("invoices:read"))["key"]
    for path in (
        "/any/../invoices/1", "/any/./x", "/any//x", "/any/..", "/any/%2e%2e/invoices", "/any/%2E%2E/x", "/any/..%2fx",
        "/any/a%2Fb", "/any/a%5cb", "/any/%252e%252e/x", "/any/x%00", "/any/x%0a", "/any/x%7f", "/any/%ff",
        "/any/%c0%af", "/any/%", "/any/%zz", "/any/%u002f", "/any/x%20", "/any/%20x", "/any/x%c2%a0", "/any/..;/x",
        "/any/;/x", "/any/;x", "//any/x",
    ):  # fmt: skip
        told = (await ask(context, key, path)).json()
        assert (told["status"], told["code"]) == (400, "invalid_request_target"), path
        assert path not in told["detail"] and told["detail"].endswith(".")
    weak = (await context.key())["key"]
    for path in (
        "/any/%69nvoices",
        "/any/%7euser/a%2ezip",
        "/any/%C3%BC",
        "/any/a%20b",
        "/any/[x]|'{}",
        "/any/x;y=1",
    ):
        assert (await ask(context, weak, path)).status_code == 200, path
    assert (await ask(context, weak, "/invoices/%31")).json()["code"] == "missing_scope"
    # Express compares before it decodes: to it these are not what the rules name.
    for path in ("/%61ny/x", "/%69nvoices/1", "/%69nvoice%73/1"):
        assert (await ask(context, key, path)).json()["code"] == "invalid_request_target", path


async def test_what_is_no_request_target_passes_nowhere(context: CommandContext) -> None:
    """A fragment, a control character, a space, a byte beyond ASCII, in path or query: one server refuses that, and the
    next reads a part of it. So it is refused also where the proxy's configuration says what is needed."""
    key = (await context.key("invoices:write"))["key"]
    for at in (WHERE, f"{WHERE}?scope=invoices:write"):
        for uri in (
            "/any/x#", "/any/x#/../y", "/any/x?y#z", "/any/x y", "/any/x\ty", "/any/x\x01", "/any/x\x7f", "/any/ü",
            "/any/x?y=ü",
        ):  # fmt: skip
            refused = await ask(context, key, uri, at=at)
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request_target"), uri
    assert (await ask(context, key, "/any/a\\b")).json()["code"] == "invalid_request_target"


WALKED = """
[[rule]]
path = "/admin"
scope = "invoices:write"

[[rule]]
path = "/{page}"
access = "open"

[[rule]]
path = "/any/*"
access = "any-key"
"""


async def test_every_reading_of_a_path_needs_the_same(tmp_path: Path, anyio_backend: object) -> None:
    """Without regard to case, to a slash at the end, or to parameters, /admin is still /admin: where readings lead to
    different needs, nobody passes. Case and slash count where the rules say that they do; parameters never."""
    file = tmp_path / "rules.toml"
    settings = {"KEYTURN_RULES": str(file)}
    for flags, strict in (("", False), ("case_matters = true\ntrailing_slash_matters = true\n", True)):
        file.write_text(flags + WALKED)
        async with open_harness(f"sqlite:///{tmp_path / 'keys.db'}", **settings) as context:
            for path in ("/about", "/About", "/about;x=1", "/%61bout", "/about%23", "/about%3fx"):
                assert (await ask(context, None, path)).status_code == 200, path
            assert (await ask(context, None, "/admin")).status_code == 401
            for path in ("/Admin", "/%41dmin", "/ADMI\u004e"):
                assert (await ask(context, None, path)).status_code == (200 if strict else 400), path
            assert (await ask(context, None, "/about/")).status_code == 403, "no rule has it"
            assert (await ask(context, None, "/any/")).status_code == (401 if strict else 400)
            for path in (
                "/admin;",
                "/admin;x",
                "/admin;x/",
                "/admin%3bx",
                "/admin;a;b",
                "/admin%23",
                "/admin%3fx",
                "/%61dmin",
            ):
                assert (await ask(context, None, path)).status_code in (400, 403), path


async def test_a_key_in_the_url_is_reported(context: CommandContext, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the path or the query, whether or not a rule fits, whatever else is presented; its owner hears of it."""
    made = await context.key("invoices:read")
    key = made["key"]
    told: list[str] = []
    monkeypatch.setattr(context.layer.leaks, "noticed", lambda refusal, _: told.append(refusal.key.id))
    nowhere = f"/no/rule/{key}"
    for uri in (f"/invoices/{key}", f"/invoices/1?key={key}", nowhere, f"/any//{key}", f"/any/x#{key}"):
        for by in (None, key):
            answer = await ask(context, by, uri)
            assert (answer.status_code, answer.json().get("reason")) == (401, "key_in_url"), uri
            assert key not in answer.text
    assert told == [made["id"]] * 10
    # What only looks like one admits nobody.
    assert (await ask(context, key, "/no/rule/ck_live_0123456789abcdef")).status_code in (401, 403)
    by_envoy = await context.send("GET", f"{WHERE}/invoices/{key}", by=None, x_forwarded_proto="https")
    assert by_envoy.json()["reason"] == "key_in_url"


async def test_all_scopes_of_a_key_fit_into_an_answers_head(tmp_path: Path, anyio_backend: object) -> None:
    """Beyond 2,000 characters the rest of them is left out, and that is said; each that is named is whole."""
    scopes = [f"resource_{number:03}_of_much:administer" for number in range(151)]
    url = f"sqlite:///{tmp_path / 'keys.db'}"
    async with open_harness(url, KEYTURN_SCOPES=" ".join(scopes), KEYTURN_PUBLISHABLE_SCOPES="") as context:
        few, many = await context.key(*scopes[:5]), await context.key(*scopes)
        at = f"{WHERE}?scope={scopes[150]}"
        assert identity(await ask(context, few["key"], at=f"{WHERE}?access=any-key"))[3] == " ".join(scopes[:5])
        answer = await ask(context, many["key"], at=at)
        assert answer.status_code == 200
        assert sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) < 3_000
        *named, last = (identity(answer)[3] or "").split(" ")
        assert last == "..." and named == scopes[: len(named)] and 50 < len(named) < 151


async def test_the_proxys_configuration_may_say_what_is_needed(context: CommandContext) -> None:
    """``scope=``, ``publishable=`` and ``access=any-key``; a mistake there is said, and lets nobody in."""
    key, weak = (await context.key("invoices:write"))["key"], (await context.key())["key"]
    assert (await ask(context, key, "/any//where/../x", at=f"{WHERE}?scope=invoices:write")).status_code == 200
    assert (await ask(context, key, at=f"{WHERE}?scope=invoices:read")).json()["code"] == "missing_scope"
    assert (await ask(context, weak, "/x", at=f"{WHERE}?access=any-key")).status_code == 200
    assert (await ask(context, None, "/x", at=f"{WHERE}?access=any-key")).status_code == 401
    # Caddy hands a client's query on where its own configuration has none.
    for parameters in ("access=any-key", "scope=invoices:write"):
        answer = await ask(context, weak, f"/x?{parameters}", at=f"{WHERE}?{parameters}")
        assert (answer.status_code, answer.json()["code"]) == (400, "forward_auth_misconfigured")
        assert (await ask(context, key, "/any/x?scope=no:such", at=f"{WHERE}?{parameters}")).status_code == 200
    for parameters in (
        "scope=no:such", "scope=", "scop=invoices:read", "scope=invoices:read&scope=invoices:write", "access=open",
        "access=any-key&scope=invoices:read", "scope=invoices:read&publishable=perhaps",
    ):  # fmt: skip
        answer = await ask(context, key, at=f"{WHERE}?{parameters}")
        assert (answer.status_code, answer.json()["code"]) == (400, "forward_auth_misconfigured"), parameters


async def test_only_one_request_can_be_meant(context: CommandContext) -> None:
    """nginx's headers or Caddy's and Traefik's; both only where they agree, and never none. Below the prefix it is
    Envoy's own path, whatever a client says."""
    key = (await context.key("invoices:read"))["key"]
    nginx = {"x_original_method": "GET", "x_original_uri": "/invoices/1", "x_forwarded_proto": "https"}
    assert (await context.send("GET", WHERE, by=key, **nginx)).status_code == 200
    assert (await ask(context, key, **nginx)).status_code == 200, "they agree"
    for other in ({"x_original_uri": "/any/x"}, {"x_original_method": "POST"}):
        answer = await ask(context, key, **(nginx | other))
        assert (answer.status_code, answer.json()["code"]) == (403, "ambiguous_request"), other
    for half in ({"x_original_uri": "/health"}, {"x_forwarded_method": "GET"}, {}):
        answer = await context.send("GET", WHERE, by=key, **half)
        assert (answer.status_code, answer.json()["code"]) == (400, "forward_auth_misconfigured")
    # Envoy.
    spoofed = {"x_forwarded_uri": "/health", "x_forwarded_method": "GET", "x_forwarded_proto": "https"}
    for path, status in (
        ("/invoices/1", 200),
        ("/health", 200),
        (";scope=invoices:read/whatever", 200),
        (";scope=invoices:write/whatever", 403),
        ("/;scope=invoices:read/x", 400),
        ("/any/%2e%2e/invoices/1", 400),
    ):
        assert (await context.send("GET", f"{WHERE}{path}", by=key, **spoofed)).status_code == status, path
    assert (await context.send("POST", f"{WHERE}/invoices/1", by=key, **spoofed)).status_code == 403
    in_url = await context.send("GET", f"{WHERE}/invoices/1?key={key}", by=None, **spoofed)
    assert in_url.json()["reason"] == "key_in_url"


async def test_ingress_nginx_names_a_url(context: CommandContext) -> None:
    """Its path and query are meant, and its scheme is the client's where no header says it. The client chooses the
    host, so what can be none is refused."""
    key = (await context.key("invoices:read"))["key"]

    async def asked(url: str, by: str | None = key, **headers: str) -> httpx.Response:
        sent = {"x_original_method": "GET", "x_original_url": url, "x_forwarded_for": "203.0.113.7"} | headers
        return await context.send("GET", WHERE, by=by, **sent)

    assert (await asked("https://api.example/invoices/1")).status_code == 200
    assert (await asked("https://api.example:8443/invoices/1?x=https://evil/health")).status_code == 200
    assert (await asked("https://[::1]:8443/health", None)).status_code == 200
    assert (await asked("http://api.example/invoices/1")).json()["code"] == "https_required"
    assert (await asked("http://api.example/invoices/1", x_forwarded_proto="https")).status_code == 200
    assert (await asked(f"https://api.example/invoices/1?key={key}", None)).json()["reason"] == "key_in_url"
    for url in ("https://evil?/health/invoices/1", "https://evil#/health", "https://a@b/health", "ftp://api/health",
                "https:///health", "https://api\\health"):  # fmt: skip
        assert (await asked(url)).json()["code"] == "invalid_request_target", url
    refused = await asked("https://api.example/invoices/1", None)
    assert refused.headers["x-keyturn-problem"].encode("ascii") == refused.content
    assert (await asked("https://api.example/invoices/1", x_original_uri="/invoices/1")).status_code == 403, "no scheme"
    both = await asked("https://api.example/invoices/1", x_original_uri="/health")
    assert (both.status_code, both.json()["code"]) == (403, "ambiguous_request")


async def test_preflights_that_are_not_ours_are_left_to_the_application(context: CommandContext) -> None:
    """Of origins that no key is for, and of what the rules say is open, where the proxy's configuration says so: with
    nobody's identity. Nothing else passes by looking like one."""
    page = "https://shop.example"
    await context.key("invoices:read", origins=[page])

    async def asked(at: str, origin: str, path: str = "/invoices/1", **more: str) -> httpx.Response:
        sent = {"x_forwarded_method": "OPTIONS", "x_forwarded_uri": path, "x_forwarded_proto": "https"}
        wanted = {"origin": origin, "access_control_request_method": "GET"}
        return await context.send("GET", at, by=None, **(sent | wanted | more))

    left = f"{WHERE}?preflight=application"
    answered = await asked(left, page)
    assert (answered.status_code, answered.headers["access-control-allow-origin"]) == (204, page)
    assert identity(answered) == ["", "", "", ""]
    for origin, path in (("https://other.example", "/invoices/1"), (page, "/health")):
        answer = await asked(left, origin, path)
        assert (answer.status_code, identity(answer)) == (200, ["", "", "", ""]), origin
        assert "access-control-allow-origin" not in answer.headers
        only = await asked(f"{WHERE}?preflight=only", origin, path)
        assert (only.status_code, only.json()["code"]) == (404, "preflight_not_answered")
    # As another method, or where the configuration does not say so, it is a request like any other.
    assert (await asked(WHERE, "https://other.example")).json()["code"] == "need_not_declared"
    assert (await asked(left, "https://other.example", x_forwarded_method="GET")).status_code == 401
    # A client's own header beside the proxy's makes none, nor does one below Envoy's prefix.
    two = await asked(left, "https://other.example", x_original_method="GET", x_original_uri="/invoices/1")
    assert (two.status_code, two.json()["code"]) == (403, "ambiguous_request")
    envoy = await asked(f"{WHERE};scope=invoices:read&preflight=application/invoices/1", "https://other.example")
    assert (envoy.status_code, envoy.json()["reason"]) == (401, "missing")
    disguised = await context.send(
        "OPTIONS", left, by=None, origin="https://other.example", access_control_request_method="GET",
        **{"x.keyturn.project": "x"},
    )  # fmt: skip
    assert disguised.json()["code"] == "ambiguous_request"
    assert (await asked(f"{WHERE}?preflight=all", page)).json()["code"] == "forward_auth_misconfigured"
    stated = await asked(f"{WHERE}?scope=invoices:read&preflight=application", "https://other.example")
    assert stated.status_code == 200


# What each proxy sends of its own accord, beside the client's headers, as its published configuration or source has it.
INGRESS_NGINX = {
    "x_request_id": "5d41402abc4b2a76b9719d911017c592", "x_original_url": "https://api.example/invoices/1?page=2",
    "x_original_method": "GET", "x_sent_from": "nginx-ingress-controller", "x_real_ip": "203.0.113.7",
    "x_forwarded_for": "203.0.113.7", "x_auth_request_redirect": "/invoices/1?page=2",
}  # fmt: skip
TRAEFIK = {
    "x_forwarded_method": "GET", "x_forwarded_proto": "https", "x_forwarded_host": "api.example",
    "x_forwarded_uri": "/invoices/1?page=2", "x_forwarded_for": "203.0.113.7", "x_forwarded_port": "443",
    "x_forwarded_server": "traefik-7d9f", "x_real_ip": "203.0.113.7",
}  # fmt: skip


@pytest.mark.parametrize("proxy", [INGRESS_NGINX, TRAEFIK], ids=["ingress-nginx", "traefik"])
async def test_a_proxys_own_headers_are_read_as_it_sends_them(context: CommandContext, proxy: dict[str, str]) -> None:
    """Alone, and behind others that add their addresses: the client is who came to the first of the trusted ones."""
    bound = (await context.key("invoices:read", networks=["203.0.113.0/24"]))["key"]
    assert (await context.send("GET", WHERE, by=bound, **proxy)).status_code == 200
    for hops, passes in (
        ("203.0.113.7, 127.0.0.1, 127.0.0.2", True),
        ("198.51.100.1, 203.0.113.7, 127.0.0.1", True),
        ("203.0.113.7, 198.51.100.1, 127.0.0.1", False),
    ):
        answer = await context.send("GET", WHERE, by=bound, **(proxy | {"x_forwarded_for": hops}))
        assert (answer.status_code == 200) is passes, hops
    other = await context.send("GET", WHERE, by=(await context.key())["key"], **proxy)
    assert (other.status_code, other.json()["code"]) == (403, "missing_scope")
    assert (await context.send("GET", WHERE, by=None, **proxy)).json()["reason"] == "missing"


async def test_only_a_trusted_proxy_is_believed(context: CommandContext, tmp_path: Path) -> None:
    """From elsewhere there is no answer; the client is the right-most address that is no proxy's own; http is refused,
    and so is a key that is bound to a network where the proxy names something that is no address."""
    bound = (await context.key("invoices:read", networks=["203.0.113.0/24"]))["key"]
    key = (await context.key("invoices:read"))["key"]
    answer = await context.send("GET", WHERE, by=key, peer="198.51.100.9", x_forwarded_proto="https")
    assert (answer.status_code, answer.json()["code"]) == (403, "proxy_not_trusted")
    for forwarded_for, passes in (
        ("203.0.113.7", True),
        ("203.0.113.7, 127.0.0.1", True),
        ("203.0.113.7, 198.51.100.1", False),
        ("198.51.100.1, 203.0.113.7:4711", True),
        ("203.0.113.7, nonsense", False),
        ("203.0.113.7, ", False),
    ):
        answer = await ask(context, bound, x_forwarded_for=forwarded_for)
        assert (answer.status_code == 200) is passes, forwarded_for
    for schemes, hops, passes in (
        ("https, https", "203.0.113.7, 127.0.0.1", True),
        ("https, http", "203.0.113.7, 127.0.0.1", True),
        ("HTTPS , http", "203.0.113.7, 127.0.0.1", True),
        ("http, https", "203.0.113.7, 127.0.0.1", False),
        ("https, http", "203.0.113.7", False),
        ("http, https", "203.0.113.7", False),
        ("https, https", "203.0.113.7", True),
        ("https, ", "203.0.113.7, 127.0.0.1", True),
        (", https", "203.0.113.7, 127.0.0.1", False),
    ):
        answer = await ask(context, key, x_forwarded_proto=schemes, x_forwarded_for=hops)
        assert (answer.status_code == 200) is passes, (schemes, hops)
    away = {"x_forwarded_for": "203.0.113.7", "x_forwarded_proto": "http"}
    assert (await ask(context, key, **away)).json()["code"] == "https_required"
    assert (await ask(context, key, **(away | {"x_forwarded_for": "127.0.0.1"}))).status_code == 200
    url = f"sqlite:///{tmp_path / 'other.db'}"
    async with open_harness(
        url, KEYTURN_TRUSTED_PROXIES="10.0.0.0/8 2001:db8::/32", KEYTURN_PLAIN_HTTP_FROM=""
    ) as other:
        assert (await ask(other, key, at=f"{WHERE}?access=any-key")).json()["code"] == "proxy_not_trusted"
        inside = await other.send(
            "GET", f"{WHERE}?access=any-key", None, None, "10.1.2.3",
            x_forwarded_method="GET", x_forwarded_uri="/", x_forwarded_proto="https",
        )  # fmt: skip
        assert inside.status_code == 401


async def test_a_preflight_is_answered_for_registered_origins_only(context: CommandContext) -> None:
    """Without a key and never with credentials. One that the proxy asks about as any other request needs a key."""
    await context.key("invoices:write", kind="publishable", origins=["https://*.shop.example"])
    asking = {"access_control_request_method": "POST"}
    known = await context.send("OPTIONS", WHERE, by=None, origin="https://eu.shop.example", **asking)
    assert known.status_code == 204 and known.headers["access-control-allow-origin"] == "https://eu.shop.example"
    assert "POST" in known.headers["access-control-allow-methods"] and known.headers["vary"] == "Origin"
    assert "access-control-allow-credentials" not in known.headers and "content-length" not in known.headers
    unknown = await context.send("OPTIONS", WHERE, by=None, origin="https://evil.example", **asking)
    assert unknown.status_code == 204 and "access-control-allow-origin" not in unknown.headers
    assert (await ask(context, None, method="OPTIONS")).status_code == 403


async def test_what_nginx_cannot_hand_on_is_in_a_header(context: CommandContext) -> None:
    """The whole refusal as ASCII, for nginx alone."""
    nginx = {"x_original_method": "GET", "x_original_uri": "/invoices/1", "x_forwarded_proto": "https"}
    answer = await context.send("GET", WHERE, by=None, **nginx)
    assert answer.headers["x-keyturn-problem"].encode("ascii") == answer.content
    assert "x-keyturn-problem" not in (await ask(context, None)).headers


def test_rules_are_read_in_their_order(tmp_path: Path) -> None:
    """As a mapping in code or as a file: the same rules."""
    rules = Rules({"GET /a": "a:read", "/a": ANY_KEY, "POST /b/*": Need("b:write", Reach.CREATES), "/c/{id}/d": OPEN})
    assert rules("GET", "/a") == rules("HEAD", "/a") == Need("a:read")
    assert rules("POST", "/a") is ANY_KEY
    assert rules("POST", "/b/x/y") == Need("b:write", Reach.CREATES) and rules("POST", "/b") is None
    assert rules("GET", "/c/1/d") is OPEN and rules("GET", "/c//d") is None and rules("GET", "/c/1/2/d") is None
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    assert read_rules(file)("GET", "/invoices/1") == Need("invoices:read")
    assert read_rules(file)("POST", "/invoices") == Need("invoices:write", Reach.CREATES)


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "[[rule]]\nscope = 'a:b'",
        "[[rule]]\npath = '/a'",
        "[[rule]]\npath = '/a'\nscope = 'a'",
        "[[rule]]\npath = 'a'\nscope = 'a:b'",
        "[[rule]]\npath = '/a*'\nscope = 'a:b'",
        "[[rule]]\npath = '/a'\nscope = 'a:b'\naccess = 'open'",
        "[[rule]]\npath = '/a'\naccess = 'ajar'",
        "[[rule]]\npath = '/a'\nscope = 'a:b'\nmethods = 'GET'",
        "[[rule]]\npath = '/a'\nscope = 'a:b'\nmethods = ['get']",
        "[[rule]]\npath = '/a'\nscope = 'a:b'\npublishable = 'yes'",
        "[[rule]]\npath = '/a'\nscope = 'a:b'\nscopes = []",
        "case_matters = 'yes'\n[[rule]]\npath = '/a'\nscope = 'a:b'",
        "case_counts = true\n[[rule]]\npath = '/a'\nscope = 'a:b'",
        "[[rule]]\npath = '/a//b'\nscope = 'a:b'",
        "[[rule]]\npath = '/a%20b'\nscope = 'a:b'",
        "[[rule]]\npath = '/a;b'\nscope = 'a:b'",
        "[[rule]]\npath = '/a/../b'\nscope = 'a:b'",
        "[[rule",
    ],
)
def test_rules_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    """A mistake in the file keeps the server from starting, instead of leaving a path open."""
    file = tmp_path / "rules.toml"
    file.write_text(text)
    with pytest.raises(InvalidNeed):
        read_rules(file)
