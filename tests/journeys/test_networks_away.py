"""Nodes are stopped and started again: what is offered meanwhile, and what readiness, metrics and the operator's page
say of it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.chain import StandIn, served
from tests.dashboard.conftest import Owner, owner_of
from tests.makers import rows
from tests.rails.evm.live_shop import read_ahead, set_wallet
from tests.shop import Shop, eventually, open_shop
from tillgate.rails.evm import rpc, standing, watching, worker
from tillgate.rails.evm.networks.catalogue import catalogue
from tillgate.rails.evm.rail import AWAY_MS

pytestmark = pytest.mark.anyio

HASH = "0x" + "12" * 32
PRICE = {"amount": {"value": "50.00", "currency": "USD"}}


class Stoppable:
    """A node that can be stopped, and started again where it was."""

    def __init__(self, name: str) -> None:
        known = catalogue()[name]
        self.node = StandIn(known.chain_id, genesis=known.genesis)
        self.node.decimals = {one.address.lower(): one.decimals for one in known.tokens}
        self._running = contextlib.ExitStack()
        self.start()

    @property
    def host(self) -> str:
        return urlsplit(self.node.url).netloc

    def start(self) -> None:
        port = urlsplit(self.node.url).port or 0
        self._running.enter_context(served(self.node, port))

    def stop(self) -> None:
        self._running.close()


@pytest.fixture
def base() -> Iterator[Stoppable]:
    node = Stoppable("base")
    yield node
    node.stop()


@pytest.fixture
def polygon() -> Iterator[Stoppable]:
    node = Stoppable("polygon")
    yield node
    node.stop()


class Looking:
    """Whoever runs the installation, and a merchant with a live key."""

    def __init__(self, shop: Shop, owner: Owner, live: httpx.AsyncClient, link: str) -> None:
        self.shop, self.owner, self.live, self.link = shop, owner, live, link

    async def offers(self, *names: str) -> None:
        """Wait until a new live session is offered these networks; without any, until it is 503."""

        async def are() -> bool:
            # A visit of a link costs no address, however often it is asked for.
            answer = await self.live.post("/checkout_sessions", json={"linkId": self.link})
            assert answer.status_code in (201, 503), answer.text
            return {one["network"] for one in answer.json().get("paymentOptions", ())} == set(names)

        await eventually(are)

    async def ready(self, **behind: str) -> None:
        """Wait until `readyz` says that these networks are behind; it is 200 whatever they are."""

        async def told() -> bool:
            answer = await self.owner.http.get("/readyz")
            assert answer.status_code == 200
            report: dict[str, Any] = answer.json()
            return report == {"status": "ok"} | ({"networks": behind} if behind else {})

        await eventually(told)

    async def metrics(self) -> str:
        answer = await self.owner.http.get("/metrics")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def time_passes(self, down: Stoppable) -> None:
        """Its watcher has noticed that a node is down, and as long goes by as it takes to call the network away."""
        query = "SELECT 1 FROM watched_chains WHERE chain_id = $1 AND trouble = 'no_node'"
        await eventually(lambda: rows(self.shop.database, query, down.node.chain_id))
        self.shop.clock.ahead_ms += AWAY_MS


async def test_a_network_whose_nodes_are_away_is_left_out_and_comes_back(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, base: Stoppable, polygon: Stoppable
) -> None:
    """Its offers vanish and the others stay; new live sessions are 503 only when none is left; the API and test mode
    answer as ever. `readyz` stays 200 and names it; its errors are counted by host; no page holds a secret."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(worker, "LEASE_MS", 400)
    monkeypatch.setattr(standing, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(rpc, "REST_SECONDS_MAX", 0.05)
    async with open_shop(tmp_path, database_url) as shop, owner_of(shop) as owner:
        for name, one in (("base", base), ("polygon", polygon)):
            added = await owner.send("/networks", name=name, urls=f"{one.node.url}\n")
            assert added.status_code == 201, added.text
            assert "It is watched within seconds" in added.text and "USDC (USD)" in added.text
            assert "s3cr3t" not in added.text
        await set_wallet(shop, shop.project_id)
        await read_ahead(shop)
        test = await shop.client()
        live = await shop.client(mode="live")
        link = await live.post("/payment_links", json={"title": "Course", "fiatAmount": "50.00"})
        look = Looking(shop, owner, live, link.json()["id"])

        await look.ready()
        await look.offers("base", "polygon")
        assert (await live.post("/checkout_sessions", json=PRICE)).json()["address"].startswith("0x")
        told = await look.metrics()
        assert 'tillgate_network_state{network="base",state="in_step"} 1.0' in told
        assert 'tillgate_network_head_block{network="base"} 5000.0' in told
        assert f'tillgate_network_node_lag_blocks{{network="base",node="{base.host}"}} 0.0' in told
        assert 'tillgate_network_single_source{network="polygon"} 1.0' in told
        unknown = (await live.get(f"/transfers/{HASH}")).json()
        assert {one["name"]: one["found"] for one in unknown["networks"]} == {"base": "unknown", "polygon": "unknown"}

        base.stop()
        await look.time_passes(base)
        await look.ready(base="away")
        await look.offers("polygon")
        failed = f'tillgate_network_node_errors_total{{network="base",node="{base.host}",reason="away"}}'
        told = await look.metrics()
        [line] = [one for one in told.splitlines() if one.startswith(failed)]
        assert float(line.rpartition(" ")[2]) > 0
        assert 'tillgate_network_state{network="base",state="away"} 1.0' in told

        async def shown() -> bool:
            page = await owner.page("/networks")
            assert "s3cr3t" not in page + told
            return all(words in page for words in ("No node answers.", "does not answer", "Errors: away"))

        await eventually(shown)

        polygon.stop()
        await look.time_passes(polygon)
        await look.ready(base="away", polygon="away")
        await look.offers()
        assert (await test.post("/checkout_sessions", json=PRICE)).status_code == 201
        refused = await live.get(f"/transfers/{HASH}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
        assert "Not answered: Polygon, Base. Try again later." in refused.json()["error"]["message"]

        for one in (base, polygon):
            one.start()
        await look.ready()
        await look.offers("base", "polygon")
