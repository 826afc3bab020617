"""A project with a treasury, on a real node: offered once the contract is there, paid, swept by a stranger, proved, and
recovered from code and treasury alone."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.test_readme import shell_blocks
from tests.makers import rows
from tests.rails.evm.anvil import HOME, Anvil, installed_anvil, running_anvil
from tests.rails.evm.live_shop import (
    ATOMIC,
    CONFIRMATIONS,
    accept,
    add_network,
    is_watched,
    opened,
    reaches,
    read_ahead,
)
from tests.running import clean_environment
from tests.shop import eventually, open_shop
from tillgate.checkout.settlement import records as settlement
from tillgate.rails.evm import watching
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.proving import prove
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import new_treasury
from tillgate.rails.evm.treasury.sweeping import plan
from tillgate.rails.evm.wallets import operations as wallets
from tillgate.rails.evm.wallets import records as wallet_records

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

TREASURY = "0x" + "7e" * 20


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil("--gas-limit", "30000000") as node:
        node.mine(CONFIRMATIONS)
        yield node


@pytest.fixture
def npm_alone() -> dict[str, str]:
    """An environment in which npm alone brings the node, out of what it has kept of scripts/anvil.sh where it can."""
    installed_anvil()
    environment = clean_environment()
    assert shutil.which("anvil", path=environment["PATH"]) is None, "another anvil would be run"
    return environment | {"npm_config_prefer_offline": "true"}


def sent(anvil: Anvil, to: str, data: str) -> None:
    """Let a stranger send a transaction."""
    stranger = anvil.ask("eth_accounts")[1]
    asked = {"from": stranger, "to": to, "data": data, "gas": hex(25_000_000)}
    name = anvil.ask("eth_sendTransaction", asked)
    anvil.mine()
    assert anvil.ask("eth_getTransactionReceipt", name)["status"] == "0x1"


async def test_a_treasury_is_paid_swept_and_proved(
    anvil: Anvil, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is offered before the contract is on the chain; two payments are moved by one transaction of a stranger;
    the books have it, and agree with the chain before and after."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    async with open_shop(tmp_path, database_url) as shop:
        await add_network(shop, anvil)
        await accept(shop, anvil.token)
        source, now = new_treasury(TREASURY), shop.clock.now()
        made = await shop.database.write(
            lambda tx: wallets.propose_treasury(tx, shop.sealer, shop.project_id, source, None, now)
        )
        assert made.recovery_code == source.recovery_code
        await shop.database.write(
            lambda tx: wallets.confirm(
                tx, shop.sealer, shop.project_id, source.fingerprint, source.recovery_code[-5:].lower(), now
            )
        )
        await read_ahead(shop)
        await is_watched(shop)
        client = await shop.client(mode="live")
        price = {"amount": {"value": "50.00", "currency": "USD"}}
        refused = await client.post("/checkout_sessions", json=price)
        assert refused.status_code == 409 and refused.json()["error"]["code"] == "live_mode_not_configured"
        assert "tillgate wallets factory" in refused.json()["error"]["message"]
        sent(anvil, contract.DEPLOYER, contract.deploying_call())
        await read_ahead(shop)

        sessions = [await opened(client) for _ in range(3)]
        assert [one["address"] for one in sessions] == source.addresses(0, 3)
        anvil.pay_all([(one["address"], 50 * ATOMIC) for one in sessions[:2]])
        anvil.mine(CONFIRMATIONS + 1)
        for one in sessions[:2]:
            await reaches(client, one, "paid")

        async def agrees() -> None:
            [proof] = [one async for one in prove(shop.database, shop.sealer, settlement.every)]
            assert (proof.difference_count, proof.unanswered) == (0, None)

        await agrees()
        wallet = await shop.database.read(lambda tx: wallet_records.current(tx, shop.project_id))
        [network] = await shop.database.read(networks.every)
        assert wallet is not None
        found = await plan(shop.database, wallet, network)
        [token] = found.tokens
        assert [one.address for one in found.lying] == source.addresses(0, 2)
        assert (found.total_atomic(token), found.next_index) == (100 * ATOMIC, None)
        assert (await plan(shop.database, wallet, network, least=51)).lying == []
        left = await plan(shop.database, wallet, network, without=[source.addresses(0, 1)[0]])
        assert [one.address_index for one in left.lying] == [1]
        sent(
            anvil,
            contract.factory(),
            contract.flushing_call(TREASURY, [source.salt(one.address_index) for one in found.lying], [token.address]),
        )
        anvil.mine(CONFIRMATIONS + 1)

        async def swept() -> bool:
            out = await rows(
                shop.database,
                "SELECT sender FROM chain_transfers WHERE state = 'final' AND recipient = $1",
                TREASURY,
            )
            return len(out) == 2

        await eventually(swept)
        assert (await plan(shop.database, wallet, network)).lying == []
        assert anvil.received([TREASURY]) == {TREASURY: 100 * ATOMIC}
        await agrees()
        for one in sessions[:2]:
            assert (await client.get(f"/checkout_sessions/{one['id']}")).json()["status"] == "paid"


def test_everything_is_recovered_from_code_and_treasury_alone(anvil: Anvil) -> None:
    """Without any database: the example finds what lies at the addresses and prints the call that moves it."""
    source = new_treasury(TREASURY)
    sent(anvil, contract.DEPLOYER, contract.deploying_call())
    addresses = source.addresses(0, 70)
    anvil.pay_all([(addresses[2], 5), (addresses[45], 6)])
    # The coin as well, where nothing else lies.
    coin = {"from": anvil.account, "to": addresses[46], "value": "0x7", "gas": hex(21_000)}
    anvil.ask("eth_sendTransaction", coin)
    anvil.mine()
    told = subprocess.run(
        [
            *(sys.executable, HOME / "examples/recover/recover.py", "--treasury", TREASURY),
            *("--rpc", anvil.url, "--token", anvil.token, "--gap", "50"),
        ],
        input=f"{source.recovery_code}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    found = json.loads(told)
    assert [(one["index"], one["address"]) for one in found["addresses"]] == [
        (index, addresses[index]) for index in (2, 45, 46)
    ]
    assert source.recovery_code not in told
    sent(anvil, found["calls"][0]["to"], found["calls"][0]["data"])
    assert anvil.received([TREASURY]) == {TREASURY: 11}
    assert int(anvil.ask("eth_getBalance", TREASURY, "latest"), 16) == 7


def test_the_live_demo_runs_to_its_end(npm_alone: dict[str, str]) -> None:
    """docs/live.md's first command, where npm brings the node: from a network to the proof, through a reorganisation
    and a sweep."""
    [block] = shell_blocks("docs/live.md", "")
    command = block.split()
    assert command == ["tillgate", "demo", "--live"]
    done = subprocess.run(
        [sys.executable, "-m", "tillgate.cli", *command[1:]],
        env=npm_alone,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    assert "npm brings the node" in done.stdout
    assert "the session is pending" in done.stdout and "The books and the chains agree." in done.stdout


def test_the_live_demo_says_what_it_needs(tmp_path: Path) -> None:
    """Without npm and without a node it ends with a sentence."""
    done = subprocess.run(
        [sys.executable, "-m", "tillgate.cli", "demo", "--live"],
        env={**clean_environment(), "PATH": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "npm" in done.stderr and "Traceback" not in done.stderr
