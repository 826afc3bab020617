"""Who sent a request, and how, as the one function for it reads what proxies say; and that each way in asks it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from keyturn.admission.layer import KeyLayer
from keyturn.admission.needs import ANY_KEY
from keyturn.http.asgi import KeyturnMiddleware
from keyturn.http.forwarding import FORWARD_PATH
from keyturn.http.proxies import LOOPBACK, Client, Networks, Transport, client_of
from keyturn.http.server import KeyturnServer
from keyturn.keys.issuing import KeyWish
from keyturn.keys.model import Kind, Mode
from keyturn.leaks.responding import HOUR_MS, LeakRules
from keyturn.settings import Settings
from keyturn.stores.memory import MemoryKeyStore
from keyturn.testing import MovableClock

PROXIES = Networks(("10.0.0.0/8", *LOOPBACK))
TLS, CLEAR, UNKNOWN = Transport.TLS, Transport.CLEAR, Transport.UNKNOWN
# From the connection's other end, X-Forwarded-For and X-Forwarded-Proto: the client's address and its transport.
READINGS = [
    ("203.0.113.7", "http", None, None, "203.0.113.7", CLEAR),
    ("203.0.113.7", "https", None, None, "203.0.113.7", TLS),
    ("203.0.113.7", "http", "198.51.100.1", "https", "203.0.113.7", CLEAR),  # anybody can say that
    ("203.0.113.7", "https", "198.51.100.1", "http", "203.0.113.7", TLS),
    ("10.0.0.1", "http", None, None, "10.0.0.1", UNKNOWN),  # a proxy that forwards nothing, or that machine itself
    ("10.0.0.1", "https", None, None, "10.0.0.1", TLS),
    ("10.0.0.1", "http", "203.0.113.7", None, "203.0.113.7", UNKNOWN),
    ("10.0.0.1", "http", "203.0.113.7", "https", "203.0.113.7", TLS),
    ("10.0.0.1", "https", "203.0.113.7", "http", "203.0.113.7", CLEAR),  # TLS only from the proxy on
    ("10.0.0.1", "http", "203.0.113.7", "HTTPS", "203.0.113.7", TLS),
    ("10.0.0.1", "http", "203.0.113.7", "wss", "203.0.113.7", TLS),
    ("10.0.0.1", "http", "203.0.113.7", "", "203.0.113.7", UNKNOWN),
    ("10.0.0.1", "http", "203.0.113.7", "on", "203.0.113.7", UNKNOWN),
    # Through two: each adds an address and a scheme.
    ("10.0.0.1", "http", "203.0.113.7, 127.0.0.1", "https, https", "203.0.113.7", TLS),
    ("10.0.0.1", "http", "203.0.113.7, 127.0.0.1", "https,http", "203.0.113.7", TLS),
    ("10.0.0.1", "http", "203.0.113.7, 127.0.0.1", "http, https", "203.0.113.7", UNKNOWN),
    ("10.0.0.1", "http", "203.0.113.7, 127.0.0.1", "http, http", "203.0.113.7", CLEAR),
    ("10.0.0.1", "http", "203.0.113.7, 127.0.0.1", "https", "203.0.113.7", TLS),
    # What a client has put before it changes nothing.
    ("10.0.0.1", "http", "1.2.3.4, 203.0.113.7, 10.0.0.2", "https, http, https", "203.0.113.7", UNKNOWN),
    ("10.0.0.1", "http", "1.2.3.4, 203.0.113.7, 10.0.0.2", "http, https, http", "203.0.113.7", TLS),
    ("10.0.0.1", "http", "1.2.3.4, 203.0.113.7, 10.0.0.2", "https, http", "203.0.113.7", TLS),
    ("10.0.0.1", "http", "203.0.113.7", "https, http", "203.0.113.7", UNKNOWN),
    ("10.0.0.1", "http", "203.0.113.7", "http, https", "203.0.113.7", UNKNOWN),  # or one proxy adds no address
    ("10.0.0.1", "http", None, "http, https", "10.0.0.1", UNKNOWN),
    ("10.0.0.1", "http", None, "https, https", "10.0.0.1", TLS),
    # A list that ends too soon says something only if all of it says the same.
    ("10.0.0.1", "http", "203.0.113.7, 10.0.0.3, 10.0.0.2", "https, https", "203.0.113.7", TLS),
    ("10.0.0.1", "http", "203.0.113.7, 10.0.0.3, 10.0.0.2", "https, http", "203.0.113.7", UNKNOWN),
    ("10.0.0.1", "http", "nonsense, 10.0.0.2", "https, http", None, TLS),
    ("10.0.0.1", "http", "10.0.0.9, 10.0.0.2", "https, http", "10.0.0.9", TLS),
    ("10.0.0.1", "http", "[2001:db8::1]:443, 10.0.0.2:80", "https, http", "2001:db8::1", TLS),
    ("10.0.0.1", "http", "203.0.113.7," * 5_000 + "203.0.113.7", "http," * 5_000 + "https", "203.0.113.7", TLS),
]


@pytest.mark.parametrize(("peer", "scheme", "hops", "schemes", "address", "transport"), READINGS)
def test_the_scheme_is_read_where_the_client_stands(
    peer: str, scheme: str, hops: str | None, schemes: str | None, address: str | None, transport: Transport
) -> None:
    """TLS, clear text, or not known; and the address at the same place."""
    found = client_of(peer, scheme, hops, schemes, PROXIES)
    assert (found.address, found.transport) == (address, transport)


def test_plain_http_is_allowed_from_addresses_that_are_the_clients() -> None:
    """A proxy that says that its client came over http, but not from where, does not lend it its own address."""
    here = Networks(LOOPBACK)

    def secure(hops: str | None, schemes: str | None) -> bool:
        return client_of("127.0.0.1", "http", hops, schemes, PROXIES).is_secure(here)

    assert secure(None, None) and secure("127.0.0.1", "http") and secure("127.0.0.1", None)
    assert not secure(None, "http") and not secure("203.0.113.7", None) and not secure("203.0.113.7", "http")
    assert Client(None, UNKNOWN).is_secure(here) is False


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _middleware(layer: KeyLayer) -> Any:
    return KeyturnMiddleware(_nothing, keys=layer, needs={FORWARD_PATH: ANY_KEY}, trusted_proxies=PROXIES.ranges)


def _forward_auth(layer: KeyLayer) -> Any:
    return KeyturnServer(layer, Settings(trusted_proxies=PROXIES, plain_http_from=Networks(())))


@pytest.mark.anyio
@pytest.mark.parametrize("build", [_middleware, _forward_auth])
async def test_only_what_came_in_clear_text_for_certain_is_quarantined(build: Callable[[KeyLayer], Any]) -> None:
    """Where proxies do not say with one voice how a key came, it is refused, and goes on working elsewhere."""
    clock = MovableClock()
    layer = KeyLayer(
        MemoryKeyStore(), scopes=["invoices:read"], clock=clock, leak_rules=LeakRules(quarantine=True), limit=None
    )
    wish = KeyWish(project_id="prj_a", mode=Mode.LIVE, name="test", kind=Kind.SECRET, scopes=["invoices:read"])
    secret = (await layer.issuer.issue(wish, by="operator:test")).secret.reveal()
    app = build(layer)

    async def status(schemes: str | None, hops: str | None = "203.0.113.7, 127.0.0.1") -> int:
        sent = {"Authorization": f"Bearer {secret}", "X-Original-URI": "/", "X-Original-Method": "GET"}
        sent |= {"X-Forwarded-Proto": schemes} if schemes else {}
        sent |= {"X-Forwarded-For": hops} if hops else {}
        transport = httpx.ASGITransport(app, client=("10.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            answer = await client.get(f"{FORWARD_PATH}?access=any-key", headers=sent)
        await layer.leaks.process_pending()
        return answer.status_code

    assert await status("https, https") == 200
    for schemes, hops in (("http, https", "203.0.113.7, 127.0.0.1"), ("https, http", "203.0.113.7"), (None, None)):
        assert await status(schemes, hops) == 403
        clock.forward(HOUR_MS)
    assert await status("https, https") == 200, "not quarantined"
    assert await status("http") == 403
    assert await status("https, https") == 401
