"""A running server whose live payments come on a real node: network, token and wallet are set up as an operator and a
merchant do it, and all else is the server's own background work."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from keyturn.database import Database, open_database
from tests.makers import Counter, rows
from tests.rails.evm.anvil import Anvil
from tests.rails.evm.test_extended_keys import SEED_1, VECTORS
from tests.running import RunningServer
from tests.shop import Shop, eventually, open_shop
from tillgate.base.clock import Clock, SystemClock
from tillgate.rails.evm import jobs
from tillgate.rails.evm.extended_keys import parse_extended_key
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.operations import NewNetwork, NewToken
from tillgate.rails.evm.wallets import operations as wallets
from tillgate.rails.evm.wallets.model import READ_AHEAD
from tillgate.store.sealing import Sealer, key_from

CONFIRMATIONS = 7
ATOMIC = 10**6
KEYS = [parse_extended_key(VECTORS[SEED_1, path]) for path in ("m/0'/1/2'", "m/0'/1/2'/2")]


class Operated(NamedTuple):
    """The data of a server that is not running, or of one that is, with what its operator needs to change it."""

    database: Database
    sealer: Sealer
    clock: Clock
    project_id: str


async def add_network(
    shop: Shop | Operated, anvil: Anvil, second: str = "EUR", name: str = "anvil", confirmations: int = CONFIRMATIONS
) -> None:
    """Name anvil's chain, with a dollar token and one of a second currency."""
    now = shop.clock.now()
    asked = await networks.ask(
        NewNetwork(name, [anvil.url], chain_id=anvil.chain_id, confirmations=confirmations), now, dev=True
    )
    await shop.database.write(lambda tx: networks.add(tx, shop.sealer, asked))
    for address, currency, symbol in ((anvil.token, "USD", "TUSD"), (anvil.other_token, second, "TEUR")):
        token = await networks.ask_token(shop.database, shop.sealer, NewToken(name, address, currency, symbol))
        await shop.database.write(lambda tx, token=token: networks.add_token(tx, token, now))  # type: ignore[misc]


async def accept(shop: Shop | Operated, address: str, *, accepted: bool = True, name: str = "anvil") -> None:
    """Let the project take a token, or take it no longer."""
    now = shop.clock.now()
    await shop.database.write(
        lambda tx: networks.accept(tx, shop.project_id, name, address, accepted=accepted, now=now)
    )


async def set_wallet(shop: Shop | Counter | Operated, project_id: str, key: int = 0) -> None:
    """Set and confirm a project's wallet."""
    now, extended = shop.clock.now(), KEYS[key]
    await shop.database.write(lambda tx: wallets.propose(tx, shop.sealer, project_id, extended, now))
    await shop.database.write(lambda tx: wallets.confirm(tx, shop.sealer, project_id, extended.fingerprint, None, now))


async def read_ahead(shop: Shop | Counter | Operated) -> None:
    """What the server does each minute."""
    [kind] = [one for one in jobs.kinds(shop.database, shop.sealer, shop.clock) if one.name == READ_AHEAD]
    await kind.run(None)  # type: ignore[arg-type]


async def is_watched(shop: Shop) -> None:
    """Wait until a watcher has begun."""

    async def begun() -> bool:
        found = await rows(
            shop.database,
            "SELECT 1 FROM watched_chains WHERE final_number IS NOT NULL AND looked_at IS NOT NULL "
            "AND head_number IS NOT NULL",
        )
        return bool(found)

    await eventually(begun)


@contextlib.asynccontextmanager
async def live_shop(
    data: Path, database_url: str, anvil: Anvil, second: str = "EUR", **more: Any
) -> AsyncIterator[Shop]:
    """A shop that can be paid on anvil's chain."""
    async with open_shop(data, database_url, **more) as shop:
        await add_network(shop, anvil, second)
        await accept(shop, anvil.token)
        if second == "USD":
            await accept(shop, anvil.other_token)
        await set_wallet(shop, shop.project_id)
        await read_ahead(shop)
        await is_watched(shop)
        yield shop


@contextlib.asynccontextmanager
async def operated_server(
    server: RunningServer, *chains: Anvil, second: str = "EUR", confirmations: int = CONFIRMATIONS
) -> AsyncIterator[Operated]:
    """A server with one project, not started yet, that can be paid on each of these chains."""
    project_id = server.project()
    url = server.database[3] if len(server.database) > 2 else f"sqlite:///{server.data / 'tillgate.db'}"
    database = await open_database(url)
    try:
        operated = Operated(database, Sealer(key_from(server.data)), SystemClock(), project_id)
        for number, anvil in enumerate(chains):
            name = f"anvil-{number}"
            await add_network(operated, anvil, second, name, confirmations)
            await accept(operated, anvil.token, name=name)
            if second == "USD":
                await accept(operated, anvil.other_token, name=name)
        await set_wallet(operated, project_id)
        await read_ahead(operated)
        yield operated
    finally:
        await database.close()


async def opened(client: httpx.AsyncClient, value: str = "50.00", **more: Any) -> dict[str, Any]:
    """A new live session."""
    answer = await client.post("/checkout_sessions", json={"amount": {"value": value, "currency": "USD"}, **more})
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session


async def reaches(client: httpx.AsyncClient, session: dict[str, Any], status: str) -> dict[str, Any]:
    """The session as soon as it has a status."""

    async def there() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"/checkout_sessions/{session['id']}")).json()
        return found if found["status"] == status else None

    found: dict[str, Any] = await eventually(there)
    return found
