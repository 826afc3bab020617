"""A shop that is watched on a real chain, which its operator has set up as a network with a token."""

from collections.abc import AsyncIterator, Iterator

import pytest

from keyturn.database import Database
from tests.rails.evm.anvil import CHAIN_ID, Anvil, running_anvil
from tests.rails.evm.watching import CONFIRMATIONS, Watching, watching_over
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.operations import NewNetwork, NewToken


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
async def shop(database: Database, anvil: Anvil) -> AsyncIterator[Watching]:
    opened = await watching_over(database, anvil.token, [anvil.url])
    await opened.look()
    sealer, now = opened.counter.sealer, opened.counter.clock.now()
    new = NewNetwork("anvil", [anvil.url], chain_id=CHAIN_ID, confirmations=CONFIRMATIONS)
    asked = await operations.ask(new, now, dev=True)
    await database.write(lambda tx: operations.add(tx, sealer, asked))
    token = await operations.ask_token(database, sealer, NewToken("anvil", anvil.token, "USD", "TUSD"))
    await database.write(lambda tx: operations.add_token(tx, token, now))
    yield opened
    await opened.close()
