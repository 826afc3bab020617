"""The sweep of an extended key on a real node: planned here, signed where there is no network, sent, booked, proved."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_readme import shell_blocks
from tests.rails.evm.anvil import HOME, MNEMONIC, Anvil, running_anvil
from tests.rails.evm.live_shop import ATOMIC, Operated, operated_server
from tests.rails.evm.test_extended_keys import XPRV
from tests.running import RunningServer, clean_environment
from tests.shop import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

EXAMPLE = HOME / "examples/sweep_offline"
SIGNER = HOME / ".venv/signer/bin/python"
CONFIRMATIONS = 3
# Where the merchant wants the money.
SAVINGS = "0x" + "5a" * 20


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    if not SIGNER.exists():
        pytest.skip(f"{SIGNER.relative_to(HOME)} is not there (scripts/signer.sh)")
    with running_anvil() as node:
        node.mine(CONFIRMATIONS)
        yield node


def run(program: Path, script: str, *arguments: object, typed: str = "", status: int = 0) -> str:
    """One of the two scripts as somebody runs it; what it prints, or its error where it fails."""
    done = subprocess.run(
        [program, EXAMPLE / script, *map(str, arguments)],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
    )
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


async def test_a_plan_is_signed_without_a_network_sent_booked_and_proved(anvil: Anvil, tmp_path: Path) -> None:
    """Two addresses with money and one with too little; the gas that they lack is named and sent; other keys and
    another destination sign nothing; what was sent is in the books, and agrees with the chain."""
    server = RunningServer(tmp_path / "data")
    async with operated_server(server, anvil, confirmations=CONFIRMATIONS) as shop:
        server.start()
        try:
            await swept(server, shop, anvil, tmp_path)
        finally:
            server.stop()


async def swept(server: RunningServer, shop: Operated, anvil: Anvil, tmp_path: Path) -> None:
    with server.client(server.key(mode="live")) as api:
        price = {"amount": {"value": "50.00", "currency": "USD"}}
        sessions = [api.post("/checkout_sessions", json=price).json() for _ in range(3)]
        anvil.pay_all(
            [(one["address"], amount) for one, amount in zip(sessions, (50 * ATOMIC, 50 * ATOMIC, 9), strict=True)]
        )
        anvil.mine(CONFIRMATIONS + 1)

        async def paid() -> bool:
            return all(api.get(f"/checkout_sessions/{one['id']}").json()["status"] == "paid" for one in sessions[:2])

        await eventually(paid)
    files = plan, table, signed, keys = [tmp_path / name for name in ("plan.json", "plan.csv", "signed.json", "keys")]
    asked = ("wallets", "sweep", "--network", "anvil-0", "--to", SAVINGS)
    # As docs/live.md has the three commands.
    *_, planning, signing, sending = (one.split() for one in shell_blocks("docs/live.md", "Treasury"))
    assert planning[:3] == ["tillgate", "wallets", "sweep"]
    assert [planning[at] for at in (3, 5, 7, 9)] == ["--network", "--to", "--plan", "--csv"]
    assert signing[1:] == ["examples/sweep_offline/sign.py", "plan.json", ">", "signed.json"]
    assert [sending[at] for at in (1, 2, 4)] == ["examples/sweep_offline/broadcast.py", "--rpc", "signed.json"]
    told = server.cli(*asked, "--plan", str(plan), "--csv", str(table))
    assert "Together 100 TUSD" in told and "0.000009 TUSD at 1 addresses" in told
    assert "2 addresses have too little ETH to send" in told
    planned = json.loads(plan.read_text())
    assert [one["address"] for one in planned["transfers"]] == [one["address"] for one in sessions[:2]]
    assert len(table.read_text().splitlines()) == 3
    for one in planned["funding"]:
        gas = {"from": anvil.account, "to": one["address"], "value": hex(int(one["missingWei"]))}
        anvil.ask("eth_sendTransaction", gas)
    anvil.mine()

    keys.write_text(MNEMONIC)
    assert "not this wallet's" in run(SIGNER, "sign.py", plan, "--keys", keys, typed=SAVINGS, status=1)
    keys.write_text(XPRV)
    assert "nothing was signed" in run(SIGNER, "sign.py", plan, "--keys", keys, typed="ffffff", status=1)
    signed.write_text(run(SIGNER, "sign.py", plan, "--keys", keys, typed=SAVINGS[-6:].lower()))
    assert XPRV not in signed.read_text()
    assert run(Path(sys.executable), "broadcast.py", "--rpc", anvil.url, signed).count("  sent\n") == 2
    anvil.mine(CONFIRMATIONS + 1)
    assert run(Path(sys.executable), "broadcast.py", "--rpc", anvil.url, signed).count("was sent before") == 2
    assert anvil.received([SAVINGS]) == {SAVINGS: 100 * ATOMIC}

    async def booked() -> bool:
        left: dict[str, Any] = json.loads(server.cli(*asked, "--json"))
        return not left["addresses"] and not left["leftOut"]

    await eventually(booked)
    assert "agree" in server.cli("doctor", "--prove")
    assert all(XPRV not in one.read_text() for one in files[:3])


def test_a_recovery_phrase_signs_as_the_wallet_would(anvil: Anvil, tmp_path: Path) -> None:
    """The address of m/44'/60'/0'/0/1 of a phrase is the one that a node has for it, and its transfer is mined."""
    sender = anvil.ask("eth_accounts")[1]
    address = "0x" + sender[2:]
    anvil.send("mint(address,uint256)", sender, 7)
    anvil.mine()
    keys, plan, signed = tmp_path / "phrase", tmp_path / "plan.json", tmp_path / "signed.json"
    keys.write_text(f"  {MNEMONIC}\n")
    transfer = {
        "index": 1,
        "path": "0/1",
        "address": address,
        "nonce": 0,
        "token": anvil.token,
        "symbol": "TUSD",
        "amount": "0.000007",
        "amountAtomic": "7",
        "gas": 100_000,
    }
    made = {
        "kind": "tillgate-sweep",
        "version": 1,
        "network": "anvil",
        "chainId": anvil.chain_id,
        "coin": "ETH",
        "to": SAVINGS,
        "maxFeePerGas": str(10**10),
        "maxPriorityFeePerGas": "1",
        "transfers": [transfer],
    }
    plan.write_text(json.dumps(made))
    signed.write_text(run(SIGNER, "sign.py", plan, "--keys", keys, "--yes"))
    run(Path(sys.executable), "broadcast.py", "--rpc", anvil.url, signed)
    anvil.mine()
    assert anvil.received([SAVINGS]) == {SAVINGS: 7}
    plan.write_text(json.dumps(made | {"version": 2}))
    assert "expected tillgate-sweep, version 1" in run(SIGNER, "sign.py", plan, "--keys", keys, "--yes", status=1)
