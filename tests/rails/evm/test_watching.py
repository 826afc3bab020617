"""Networks that an operator names are watched without a restart, and paused ones go on to be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest

from keyturn.database import Database
from tests.makers import rows
from tests.rails.evm.anvil import CHAIN_ID, Anvil, running_anvil
from tests.rails.evm.watching import CONFIRMATIONS, Watching, watching_over
from tests.shop import eventually
from tillgate.base.clock import SystemClock
from tillgate.checkout.settlement.watching import LivePayments
from tillgate.rails.evm import watching
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.operations import NewNetwork, NewToken

pytestmark = pytest.mark.anyio


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
async def shop(database: Database, anvil: Anvil, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watching]:
    """A checkout with the watchers of a server, and no network yet."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    opened = await watching_over(database, anvil.token, [])
    watchers = watching.ChainWatchers(
        database, opened.counter.sealer, SystemClock(), LivePayments(opened.counter.context)
    )
    task = asyncio.create_task(watchers.run())
    yield opened
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_network_is_watched_from_when_it_is_named_also_while_it_is_paused(anvil: Anvil, shop: Watching) -> None:
    """No restart: the payment is seen after the network and its token were added, and one for what was offered before a
    pause is seen after it."""
    database, sealer = shop.counter.database, shop.counter.sealer
    now = SystemClock().now()
    new = NewNetwork("anvil", [anvil.url], chain_id=CHAIN_ID, confirmations=CONFIRMATIONS)
    asked = await operations.ask(new, now, dev=True)
    await database.write(lambda tx: operations.add(tx, sealer, asked))
    token = await operations.ask_token(database, sealer, NewToken("anvil", anvil.token, "USD", "TUSD"))
    await database.write(lambda tx: operations.add_token(tx, token, now))

    async def begun() -> bool:
        found = await rows(database, "SELECT final_number FROM watched_chains WHERE final_number IS NOT NULL")
        return bool(found)

    await eventually(begun)
    session, other = await shop.counter.session("50.00"), await shop.counter.session("60.00")
    anvil.pay(session.payment.terms.address, session.payment.terms.amount_atomic)
    anvil.mine(CONFIRMATIONS)

    async def is_paid() -> bool:
        return await shop.status(session) == "paid"

    await eventually(is_paid)
    await database.write(lambda tx: operations.pause(tx, "anvil", now))

    anvil.pay(other.payment.terms.address, other.payment.terms.amount_atomic)
    anvil.mine(CONFIRMATIONS)

    async def is_paid_too() -> bool:
        return await shop.status(other) == "paid"

    await eventually(is_paid_too)
