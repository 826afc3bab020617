"""The three guides of docs/live.md by which a treasury's sweep is sent, each tried on a real node with what the makers
of such wallets publish: the call moves the money, and the wallet shows what the guide says."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rails.evm.anvil import CHAIN_ID, HOME, MNEMONIC, running_anvil
from tests.rails.evm.treasury.test_contract import TREASURY, Chain
from tillgate.rails.evm.addresses import keccak256, parse_address
from tillgate.rails.evm.networks.model import Finality, Limits, Network, Token
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import Treasury, new_treasury
from tillgate.rails.evm.treasury.rehearsing import gas_limit_of
from tillgate.rails.evm.treasury.sweeping import AddressBalance, Plan, call_of, safe_batch

pytestmark = pytest.mark.slow

FOLDER = HOME / "tests/wallets"
NETWORK = Network(
    "net_01k00000000000000000000000", "anvil", "Anvil", CHAIN_ID, None, Finality.DEPTH, 3, "Anvil", "ETH", None, True,
    Limits(2_000, 10_000, 500, True), None, 1, 1, 1,
)  # fmt: skip


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    if not (FOLDER / "node_modules/.installed-from").exists():
        pytest.skip("the libraries of wallets are not installed (scripts/wallets.sh)")
    with running_anvil("--gas-limit", "30000000") as anvil:
        yield Chain(anvil)


def tried(chain: Chain, wallet: str, **more: Any) -> dict[str, Any]:
    """What a wallet has shown and sent."""
    asked = {"wallet": wallet, "rpc": chain.anvil.url, "chainId": CHAIN_ID, "mnemonic": MNEMONIC, **more}
    done = subprocess.run(
        ["node", "try.mjs"], cwd=FOLDER, input=json.dumps(asked), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def planned(chain: Chain, source: Treasury) -> tuple[Plan, str, int]:
    """Two addresses with money, the plan that moves it, its call, and the gas that the plan gives it."""
    chain.pay(source, [0, 1])
    token = Token(CHAIN_ID, parse_address(chain.anvil.token), "TUSD", 6, "USD", False, None)
    lying = [AddressBalance(at, address, {token.address: 5}) for at, address in enumerate(source.addresses(0, 2))]
    found = Plan(NETWORK, [token], lying, None)
    call = call_of(source, found)
    assert call is not None
    asked = {"from": chain.stranger, "to": contract.factory(), "data": call}
    return found, call, gas_limit_of(int(chain.anvil.ask("eth_estimateGas", asked), 16), 1)


def test_a_browser_wallet_sends_the_call(chain: Chain) -> None:
    """It reads the call as the contract's own, by the words of its source, and moves the money."""
    source, before = new_treasury(TREASURY), chain.held(chain.anvil.token, TREASURY)
    found, call, gas = planned(chain, source)
    told = tried(chain, "browser", to=contract.factory(), data=call, gas=gas)
    assert told == {
        "functionName": "flush",
        "treasury": parse_address(TREASURY),
        "salts": ["0x" + source.salt(at).hex() for at in range(2)],
        "tokens": [found.tokens[0].address],
    }
    assert chain.held(chain.anvil.token, TREASURY) - before == 10


def test_a_hardware_wallet_signs_the_call(chain: Chain) -> None:
    """Its display has the contract that the guide names, and a value of 0; without blind signing it refuses, and says
    so; signed, the transaction moves the money."""
    source, before = new_treasury(TREASURY), chain.held(chain.anvil.token, TREASURY)
    _, call, gas = planned(chain, source)
    told = tried(chain, "hardware", to=contract.factory(), data=call, gas=gas)
    assert contract.factory() in (HOME / "docs/live.md").read_text("utf-8")
    assert told["shown"] == [{"to": contract.factory().lower(), "value": "0", "chainId": CHAIN_ID}]
    assert "blind signing" in told["refused"].lower()
    assert chain.held(chain.anvil.token, TREASURY) - before == 10


def test_a_safe_reads_the_batch_and_is_the_treasury(chain: Chain) -> None:
    """A Safe made by Safe's contracts is the treasury; its kit makes one transaction of the file, whose hash follows
    from the call alone (EIP-712), and the money is in the Safe."""
    made = tried(chain, "safe")
    source = new_treasury(made["safe"])
    found, call, gas = planned(chain, source)
    batch = json.loads(safe_batch(found, call, 1))
    told = tried(chain, "safe", batch=batch, gas=gas, **made)
    assert (told["to"], told["value"], told["data"]) == (contract.factory(), "0", call)
    assert told["hash"] == safe_hash(made["safe"], call)
    assert chain.held(chain.anvil.token, made["safe"]) == 10


def safe_hash(safe: str, call: str) -> str:
    """What the owners of a Safe sign of its first transaction: a plain call of the factory, refunded by nobody."""
    kinds = "address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice"
    form = f"SafeTx({kinds},address gasToken,address refundReceiver,uint256 nonce)"
    domain = keccak256(b"EIP712Domain(uint256 chainId,address verifyingContract)") + CHAIN_ID.to_bytes(32, "big")
    message = keccak256(form.encode()) + _word(contract.factory()) + bytes(32) + keccak256(bytes.fromhex(call[2:]))
    return "0x" + keccak256(b"\x19\x01" + keccak256(domain + _word(safe)) + keccak256(message + bytes(7 * 32))).hex()


def _word(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")
