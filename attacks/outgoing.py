"""Attacks by way of what the server sends: webhooks to neighbours."""

import asyncio
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx

from attacks.scene import Scene
from attacks.tally import Attack, Tally
from tests.nameserver import name_server
from tests.receiver import Receiver
from tests.running import EVERY_SCOPE, RunningServer
from tillgate.events.deliveries.guard import AddressGuard, guarded_transport
from tillgate.events.deliveries.names import Names


@contextmanager
def _neighbour() -> Iterator[Receiver]:
    """A service of this machine that nobody outside may reach; it keeps what reaches it."""
    made = Receiver()
    try:
        yield made
    finally:
        made.close()


def forms_of(address: str) -> list[str]:
    """Ways to spell an IPv4 address in a URL that some library reads as that address."""
    number = int(ipaddress.ip_address(address))
    a, b, c, d = (number >> shift & 255 for shift in (24, 16, 8, 0))
    return [
        address, str(number), hex(number), f"0{number:o}", f"{a}.{number & 0xFFFFFF}", f"{a}.{b}.{number & 0xFFFF}",
        f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"[::ffff:{address}]", f"[::{address}]", f"[64:ff9b::{address}]",
        f"[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::]",
        f"[::ffff:0:{address}]", f"{address}.", f"%31{address[1:]}", f"{address}%00.evil.example",
        "\u2460" + address[1:], address.replace(".", "\u3002"), address.replace(".", "%2e"),
        f"evil.example@{address}", f"{address}#@evil.example", f"{address}\\@evil.example",
    ]  # fmt: skip


NAMES: Final = (
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[fe80::1]",
    "[fd00:ec2::254]", "[::1%25lo]", "0", "0.0.0.0", "", ".", "..", "metadata.google.internal.", "[", "[]",
    "[::ffff:7f00:1]",
)  # fmt: skip
SCHEMES: Final = (
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "ftp://127.0.0.1/",
    "dict://127.0.0.1:11211/",
    "data:,x",
    "javascript:1",
    "unix:/run/x.sock",
    "jar:https://a!/",
    "//127.0.0.1/",
    "http://127.0.0.1/",
    "https:127.0.0.1",
    "https:///127.0.0.1",
)


def _port(neighbour: Receiver) -> int:
    return urlsplit(neighbour.url).port or 0


def neighbours(scene: Scene, tally: Tally) -> None:
    """Endpoints at every spelling of this machine, its networks and metadata services: none is taken, or reached."""
    folder = scene.folder / "closed"
    server = RunningServer(folder, dev=False)
    with _neighbour() as neighbour:
        server.start(TILLGATE_PUBLIC_URL="https://pay.example", TILLGATE_TRUSTED_PROXIES="127.0.0.1")
        try:
            _aimed(scene, server, neighbour, tally)
        finally:
            server.stop()
        tally.attempt(not neighbour.received, neighbour.received)


def _aimed(scene: Scene, server: RunningServer, neighbour: Receiver, tally: Tally) -> None:
    server.project()
    addresses = ("127.0.0.1", "127.8.8.8", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1")
    hosts = [form for address in addresses for form in forms_of(address)] + list(NAMES)
    urls = [f"https://{host}:{_port(neighbour)}/in" for host in hosts] + list(SCHEMES)
    with server.client(server.key(EVERY_SCOPE)) as client:
        client.headers["X-Forwarded-Proto"] = "https"
        right = client.post("/webhook_endpoints", json={"url": "https://hooks.merchant.example/in", "events": ["*"]})
        tally.control(right.status_code == 201, right.text)
        for url in scene.some(urls):
            for method, path in (("POST", "/webhook_endpoints"), ("PATCH", f"/webhook_endpoints/{right.json()['id']}")):
                body = {"url": url} | ({"events": ["*"]} if method == "POST" else {})
                answer = client.request(method, path, json=body)
                if answer.status_code < 300:
                    # A name may be anybody's; what counts is where it leads when it is connected to.
                    client.post(f"/webhook_endpoints/{answer.json()['id']}/test")
                    if method == "POST":
                        client.delete(f"/webhook_endpoints/{answer.json()['id']}")
                tally.attempt(
                    answer.status_code == 400 or (answer.status_code < 300 and "localhost" in url.lower()),
                    (method, url, answer.status_code),
                )


def rebound_names(scene: Scene, tally: Tally) -> None:
    """Names that are at a public address when they are looked up and at this machine's in the next moment."""
    with _neighbour() as neighbour:
        asyncio.run(_rebound(scene, neighbour, tally))
        tally.attempt(not neighbour.received, neighbour.received)


async def _rebound(scene: Scene, neighbour: Receiver, tally: Tally) -> None:
    async with name_server() as server:
        for number in range(scene.times(20)):
            name = f"rebinding{number}.test"
            server.changing[name] = ["127.0.0.1", "203.0.113.1"] if number % 2 else ["169.254.169.254", "127.0.0.1"]
            transport = guarded_transport(AddressGuard(), Names([server.address]))
            async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=5) as client:
                try:
                    answer = await client.post(f"http://{name}:{_port(neighbour)}/")
                    tally.attempt(False, (name, answer.status_code))
                except httpx.HTTPError:
                    tally.attempt(True, name)
            tally.control(server.asked[name] >= 1, (name, "was looked up"))


ATTACKS: Final = (
    Attack("webhooks to neighbours", neighbours),
    Attack("names that change their address", rebound_names),
)
