"""``tillgate doctor --prove`` and ``tillgate transfers explain`` from a shell, against a real node."""

import json
from pathlib import Path

import pytest

from keyturn.database import open_database
from tests.makers import execute
from tests.rails.evm.anvil import CHAIN_ID, running_anvil
from tests.rails.evm.watching import CONFIRMATIONS, watching_over
from tests.running import run_cli
from tillgate.base.clock import SystemClock
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks.operations import NewNetwork, NewToken
from tillgate.rails.evm.rpc import NodeUrl
from tillgate.store.sealing import Sealer, key_from

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_books_are_proved_and_a_transfer_explained(tmp_path: Path) -> None:
    """Status 0 where all agrees, 1 where something differs, 3 where a node could not be asked; no secret is shown."""
    data = ("--data", str(tmp_path))
    run_cli("projects", "create", "--name", "Shop", *data)
    assert "There are no networks" in run_cli("doctor", "--prove", *data)
    sealer, now = Sealer(key_from(tmp_path)), SystemClock().now()
    database = await open_database(f"sqlite:///{tmp_path}/tillgate.db")
    with running_anvil() as anvil:
        anvil.mine(CONFIRMATIONS)
        shop = await watching_over(database, anvil.token, [anvil.url])
        await shop.look()
        new = NewNetwork("anvil", [anvil.url], chain_id=CHAIN_ID, confirmations=CONFIRMATIONS)
        asked = await operations.ask(new, now, dev=True)
        await database.write(lambda tx: operations.add(tx, sealer, asked))
        token = await operations.ask_token(database, sealer, NewToken("anvil", anvil.token, "USD", "TUSD"))
        await database.write(lambda tx: operations.add_token(tx, token, now))
        session = await shop.counter.session("50.00")
        sent = anvil.pay(session.payment.terms.address, session.payment.terms.amount_atomic)
        anvil.mine(CONFIRMATIONS)
        await shop.look()

        told = run_cli("doctor", "--prove", *data)
        assert f"anvil (chain {CHAIN_ID}), block" in told
        assert "compared 1 transfers with their receipts, and 1 balances" in told
        assert "The books and the chains agree." in told

        explained = json.loads(run_cli("transfers", "explain", sent, "--project", session.project_id, "--json", *data))
        (movement,) = explained["networks"][0]["movements"]
        assert (movement["verdict"], movement["paymentId"]) == ("counted", session.payment.id)
        assert movement["singleSource"] is True, "this network has one node"
        words = run_cli("transfers", "explain", sent, "--project", session.project_id, *data)
        assert "50 TUSD to 0x" in words and "There is nothing to do. Reported by one node alone." in words
        refused = run_cli("transfers", "explain", "0x12", "--project", session.project_id, *data, status=1)
        assert "64 hexadecimal digits" in refused

        await execute(database, "UPDATE chain_transfers SET amount_atomic = '1'")
        run_cli("doctor", "--prove", *data, status=1)
        gone = asked._replace(urls=[NodeUrl("http://127.0.0.1:1/s3cr3t")])
        await database.write(lambda tx: operations.add(tx, sealer, gone))
        assert "s3cr3t" not in run_cli("doctor", "--prove", "--json", *data, status=3)
        await shop.close()
    await database.close()
