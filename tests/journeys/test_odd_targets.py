"""Path rules in front of real servers: behind each proxy, as the guide sets it up, and before each kind of upstream, no
spelling of a path gets an answer that the rule of that path refuses."""

import contextlib
import http.client
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.journeys.test_proxies import config, made
from tests.keyturn.test_serving import ROOT, serving
from tests.parts import running_caddy, running_envoy, running_nginx
from tests.running import free_port
from tests.upstreams import UPSTREAMS

pytestmark = pytest.mark.slow

# For a longer look than CI takes: TILLGATE_ODD_TARGETS=20000 pytest tests/journeys/test_odd_targets.py
TARGETS = int(os.environ.get("TILLGATE_ODD_TARGETS", "300"))
SEED = os.environ.get("TILLGATE_ODD_TARGETS_SEED", "targets")
PROXIES = {"nginx": running_nginx, "caddy": running_caddy, "envoy": running_envoy}
SCOPES = ("admin:all", "invoices:read", "invoices:export")
RULES = """
[[rule]]
path = "/health"
access = "open"

[[rule]]
path = "/admin"
scope = "admin:all"

[[rule]]
path = "/invoices"
scope = "invoices:read"

[[rule]]
path = "/invoices/export"
scope = "invoices:export"

[[rule]]
path = "/invoices/{id}"
scope = "invoices:read"

[[rule]]
path = "/files/*"
access = "any-key"

[[rule]]
path = "/{page}"
access = "open"
"""
# What each may be answered by. A request that no handler takes is nobody's business.
OPEN = {b"health", b"page", b"none"}
READER = OPEN | {b"invoices", b"invoice", b"files"}

PROTECTED = (b"/admin", b"/invoices/export", b"/invoices")
ODD = (
    b"#", b"#/", b"#x", b"?", b"?#", b"??", b"/", b"//", b"/.", b"/./", b"/..", b"/../", b"/;/", b";", b";x", b";x=1",
    b";/", b"%23", b"%3f", b"%3F", b"%2f", b"%2F", b"%5c", b"%5C", b"\\", b"/\\", b"%3b", b"%3bx", b"%20", b"%09",
    b"%00", b"%0a", b"%0d", b"%0d%0a", b"%7f", b"%ff", b"%c0%af", b"%c0%ae", b"%e0%80%af", b"%252f", b"%252e", b"%25",
    b"%", b"%2", b"%zz", b"%u002f", b"%2e", b"%2e%2e", b"/%2e/", b"/%2e%2e/", b"..;/", b"/..;/", b"/.;/", b".", b"..",
    b"\t", b"\x00", b"\x01", b"\x0b", b"\x0c", b"\x1f", b"\x7f", b"\x80", b"\x85", b"\xa0", b"\xff", b"\xef\xbc\x8f",
    b"\xe2\x80\x8b", b"\xef\xbb\xbf", b"%c2%a0", b"%c2%85", b"%e2%80%8b", b"%ef%bc%8f", b"%e2%81%84", b"%ef%bb%bf",
    b" ", b"*", b"~", b"+", b"&", b"@", b":", b"!", b"|", b"^", b"`", b"'", b'"', b"<", b">", b"[", b"]", b"{", b"}",
    b".json", b"/index.html", b"%2ejson",
)  # fmt: skip
BEFORE = (
    b"/health/..", b"/health/../", b"/health/%2e%2e", b"/health/..%2f", b"/health;/..", b"/health/;/..",
    b"/files/x/../..", b"/files/%2e%2e", b"/files/..", b"/files/..;", b"/files/..%5c", b"/files/x/..;/..;",
    b"/files//..", b"/files/.%2e", b"/health#", b"/health?", b"/health%23/..", b"/health%3f/..", b"/page/..", b"/.",
    b"/;", b"/%2e", b"/%2f", b"/%5c", b"//", b"/\\", b"http://127.0.0.1", b"HTTP://127.0.0.1:80", b"https://127.0.0.1",
    b"http://127.0.0.1/health/..", b"//127.0.0.1", b"///127.0.0.1", b"127.0.0.1:80", b"http:", b"http:/",
    b"/http://127.0.0.1", b"/x:", b"x:",
)  # fmt: skip


class Sent(NamedTuple):
    """A request target, and whether a key for reading invoices comes with it."""

    target: bytes
    by_reader: bool


def odd_targets(count: int) -> list[Sent]:
    """Spellings of protected paths: each oddity once at each place of each path, then several at once."""
    chosen = random.Random(SEED)
    single = [part + path for path in PROTECTED for part in BEFORE]
    for path in PROTECTED:
        last = path.rindex(b"/") + 1
        middle = (last + len(path)) // 2
        for at in (0, 1, last, middle, len(path)):
            single += [path[:at] + one + path[at:] for one in ODD]
        single += [path[:at] + b"%%%02x" % path[at] + path[at + 1 :] for at in range(1, len(path))]
        single += [
            path.upper(),
            path.title(),
            path.upper() + b"/",
            path.replace(b"i", b"\xc4\xb0").replace(b"I", b"\xc4\xb1"),
        ]
    chosen.shuffle(single)
    targets = single[:count]
    while len(targets) < count:
        text = bytearray(chosen.choice(PROTECTED))
        for _ in range(chosen.randint(1, 4)):
            match chosen.randrange(4):
                case 0:
                    at = chosen.randrange(len(text) + 1)
                    text[at:at] = chosen.choice(ODD)
                case 1:
                    text[0:0] = chosen.choice(BEFORE)
                case 2:
                    at = chosen.randrange(len(text))
                    text[at : at + 1] = b"%%%02x" % text[at]
                case _:
                    at = chosen.randrange(len(text))
                    text[at : at + 1] = text[at : at + 1].swapcase()
        targets.append(bytes(text))
    return [Sent(target, chosen.random() < 0.5) for target in targets]


def answered(port: int, sent: Sent, key: str) -> tuple[int, bytes | None]:
    """The status, and the handler that a target led to; None where the proxy or Keyturn answered."""
    head = b"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" % sent.target
    if sent.by_reader:
        head += f"Authorization: Bearer {key}\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head + b"\r\n")
        # Not until the end of the connection: after a 400 Envoy waits a second with that.
        with http.client.HTTPResponse(connection, method="GET") as answer:
            answer.begin()
            body = answer.read()
    return answer.status, body.removeprefix(b"handler=") if body.startswith(b"handler=") else None


@pytest.fixture(scope="module")
def keyturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A started server with rules over paths, to be spoken to as root."""
    folder = tmp_path_factory.mktemp("keyturn")
    rules = folder / "rules.toml"
    rules.write_text(RULES)
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": " ".join(SCOPES), "KEYTURN_RULES": str(rules)}
    settings["KEYTURN_RATE_PER_SECOND"] = "0"
    with (
        serving(f"sqlite:///{folder / 'keys.db'}", folder, **settings) as (url, _),
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ROOT}"}, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize("upstream", list(UPSTREAMS))
@pytest.mark.parametrize("proxy", list(PROXIES))
def test_no_spelling_of_a_path_gets_around_its_rule(
    proxy: str, upstream: str, tmp_path: Path, keyturn: httpx.Client
) -> None:
    """Whatever reaches the upstream is what the client may reach there; the documented spellings do."""
    port = free_port()
    reader, exporter = made(keyturn, "invoices:read")["key"], made(keyturn, *SCOPES)["key"]
    with contextlib.ExitStack() as stack:
        text = config(proxy, keyturn.base_url.port or 0, stack.enter_context(UPSTREAMS[upstream]()), port)
        # As the guide says it for rules.
        text = text.replace("?scope=invoices:read", "?" if proxy == "caddy" else "").replace(";scope=invoices:read", "")
        # It ends before the upstream, and its connections with it.
        stack.enter_context(PROXIES[proxy](text, port, tmp_path))
        for target, key, expected in (
            (b"/health", None, (200, b"health")),
            (b"/admin?access=any-key", reader, (403, None)),
            (b"/about?x=1", None, (200, b"page")),
            (b"/admin", None, (401, None)),
            (b"/admin", reader, (403, None)),
            (b"/admin", exporter, (200, b"admin")),
            (b"/invoices/export", reader, (403, None)),
            (b"/invoices/export?x=%65", exporter, (200, b"export")),
            (b"/invoices/7", reader, (200, b"invoice")),
            (b"/files/a/b%20c", reader, (200, b"files")),
            (b"/invoices/a%40b.example%23c", reader, (200, b"invoice")),
        ):
            assert answered(port, Sent(target, key is not None), key or "") == expected, target
        let_through = 0
        for sent in odd_targets(TARGETS):
            status, handler = answered(port, sent, reader)
            assert handler is None or handler in (READER if sent.by_reader else OPEN), (sent, status, handler)
            assert status < 500 or handler is not None, (sent, status)
            let_through += handler is not None
        assert let_through > 5, "what is harmless is let through"
