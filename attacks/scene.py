"""What is attacked: a running server with two projects, one of which is the victim's."""

import asyncio
import contextlib
import html
import json
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import httpx

from keyturn.database import open_database
from tests.makers import stray_transfer
from tests.running import EVERY_SCOPE, OWNER_EMAIL, OWNER_PASSWORD, RunningServer

T = TypeVar("T")

ORIGIN: Final = "https://shop.example"
HERE: Final = "127.0.0.1"
# However small the part that is run, as many attempts of each list are made.
LEAST: Final = 2
ANSWER_BYTES_MAX: Final = 1_000_000


@dataclass
class Project:
    """A project and the credentials that its owner has; ``ids`` by the noun that paths have for them."""

    id: str
    test: str
    live: str
    publishable: str
    ids: dict[str, str] = field(default_factory=dict)
    client_secret: str = ""

    @property
    def keys(self) -> Mapping[str, str]:
        return {"test": self.test, "live": self.live, "publishable": self.publishable}


@dataclass
class Scene:
    """One running server of Tillgate.

    Attributes:
        part: how much of each attack's attempts is made, from 0 to 1.
    """

    name: str
    server: RunningServer
    random: Random
    part: float
    folder: Path
    victim: Project
    intruder: Project

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def port(self) -> int:
        return self.server.port

    def some(self, of: Sequence[T]) -> list[T]:
        """As many of these attempts as are made in this run."""
        count = min(len(of), max(LEAST, ceil(len(of) * self.part)))
        return self.random.sample(list(of), count)

    def times(self, count: int) -> int:
        """How many of ``count`` attempts that differ in nothing but chance are made."""
        return max(LEAST, ceil(count * self.part))

    @contextlib.contextmanager
    def browser(self, address: str = HERE) -> Iterator[httpx.Client]:
        """A browser without a screen whose forms come from this origin, and where it comes from."""
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(
            base_url=self.url, headers={"Origin": self.url}, transport=transport, timeout=30, trust_env=False
        ) as client:
            yield client

    @contextlib.contextmanager
    def owner(self) -> Iterator[tuple[httpx.Client, str]]:
        """The owner's browser, looking at the victim's project, and the token that its forms carry."""
        with self.browser() as client:
            fields = {"email": OWNER_EMAIL, "password": OWNER_PASSWORD}
            signed_in = client.post("/dashboard/sign-in", data=fields)
            assert signed_in.status_code == 303, signed_in.text
            token = csrf_of(client.get("/dashboard").text)
            client.post(f"/dashboard/projects/{self.victim.id}/switch", data={"csrf": token})
            yield client, csrf_of(client.get("/dashboard").text)

    def wire(self, request: bytes, *, address: str = HERE, close: bool = False, seconds: float = 20) -> bytes:
        """All that comes back for these bytes on a connection of their own.

        Args:
            close: we send nothing more, and say so.
        """
        return exchange(self.port, request, address=address, close=close, seconds=seconds)

    def healthy(self) -> bool:
        """Whether others are answered."""
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=20, trust_env=False).status_code == 200
        return False


def exchange(port: int, request: bytes, *, address: str = HERE, close: bool = False, seconds: float = 20) -> bytes:
    """All that a server on this port answers to these bytes, until it has no more to say."""
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection((HERE, port), seconds, (address, 0)) as connection:
        connection.sendall(request)
        if close:
            connection.shutdown(socket.SHUT_WR)
        while len(answer) < ANSWER_BYTES_MAX and (part := connection.recv(65_536)):
            answer += part
    return answer


def statuses_of(answer: bytes) -> list[int]:
    """The statuses of all answers in what came back on a connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", answer)]


def csrf_of(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]{1,200})"', page)
    assert found is not None, html.unescape(page)[:400]
    return found[1]


def same_but_for_ids(answer: httpx.Response, *ids: str) -> str:
    """An answer's text without ids, by which an absent object's and a forbidden one's answers are compared."""
    text = answer.text
    for one in ids:
        text = text.replace(one, "ID")
    return re.sub(r"req_[0-9A-Za-z]{1,40}", "REQ", text)


def made_project(server: RunningServer, name: str) -> Project:
    """A new project with a key of each kind."""
    id = server.project(name)
    form = ["keys", "create", "--name", "page", "--mode", "test", "--kind", "publishable", "--scope", "sessions:write"]
    publishable = json.loads(server.cli(*form, "--origin", ORIGIN, "--project", id, "--json"))["key"]
    test = server.key(EVERY_SCOPE, "test", id)
    return Project(id, test, server.key(EVERY_SCOPE, "live", id), publishable)


def furnished(server: RunningServer, project: Project, receiver: str) -> None:
    """Make an object of every kind in a project, so that each can be asked for."""
    with server.client(project.test) as client:

        def made(path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
            answer = client.post(path, json=body) if body is not None else client.post(path)
            assert answer.status_code < 300, (path, answer.text)
            return dict(answer.json())

        ids = project.ids
        hook = made("/webhook_endpoints", {"url": f"{receiver}/in", "events": ["*"]})
        ids["webhook_endpoints"] = hook["id"]
        ids["test_clocks"] = made("/test_clocks", {"name": "time"})["id"]
        ids["products"] = made("/products", {"name": "Hat", "price": "20.00"})["id"]
        ids["customers"] = made("/customers", {"email": "ada@example.com", "name": "Ada"})["id"]
        coupon = {"name": "Spring", "discountType": "percentage", "discountPercentage": "10"}
        ids["coupons"] = made("/coupons", coupon)["id"]
        code = {"code": f"SPRING{project.id[-6:]}".upper(), "couponId": ids["coupons"]}
        ids["promotion_codes"] = made("/promotion_codes", code)["id"]
        link = {"title": "Pro plan", "fiatAmount": "49.00", "allowPromotionCodes": True}
        ids["payment_links"] = made("/payment_links", link)["id"]
        sale = {
            "lineItems": [{"productId": ids["products"], "quantity": 2}],
            "currency": "USD",
            "promotionCode": code["code"],
            "customerId": ids["customers"],
        }
        session = made("/checkout_sessions", sale)
        made(f"/checkout_sessions/{session['id']}/simulate", {"outcome": "paid"})
        ids["checkout_sessions"] = session["id"]
        for noun in ("orders", "payments", "transactions", "redemptions", "events"):
            ids[noun] = client.get(f"/{noun}").json()["data"][0]["id"]
        refund = {"paymentId": ids["payments"], "reason": "requested_by_customer", "amount": "1.00"}
        ids["refunds"] = made("/refunds", refund)["id"]
        deliveries = client.get(f"/webhook_endpoints/{hook['id']}/deliveries").json()["data"]
        ids["webhook_deliveries"] = deliveries[0]["id"]


async def _stray_transfer(url: str, project_id: str) -> str:
    database = await open_database(url)
    try:
        return await stray_transfer(database, project_id, livemode=False)
    finally:
        await database.close()


@contextlib.contextmanager
def tillgate_scene(
    name: str, folder: Path, database_url: str | None, receiver: str, part: float, seed: int
) -> Iterator[Scene]:
    """A running Tillgate with a victim's and an intruder's project."""
    folder.mkdir(parents=True)
    server = RunningServer(folder / "data", database_url)
    server.start()
    try:
        server.owner()
        victim, intruder = made_project(server, "The victim's shop"), made_project(server, "The intruder's shop")
        for project in (victim, intruder):
            furnished(server, project, receiver)
            # There is no chain here: it is written down as a watcher would have. A hash is the chain's, nobody's own.
            url = database_url or f"sqlite:///{folder / 'data' / 'tillgate.db'}"
            project.ids["unassigned_transfers"] = asyncio.run(_stray_transfer(url, project.id))
            project.ids["transfers"] = f"0x{'ab' * 32}"
        yield Scene(name, server, Random(seed), part, folder, victim, intruder)
    finally:
        server.stop()
