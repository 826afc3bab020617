"""A real node of an EVM network (anvil), asked over HTTP alone, with a token that was compiled from
`tests/anvil/Token.sol`."""

import contextlib
import fcntl
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import clean_environment, free_port
from tillgate.rails.evm.addresses import keccak256
from tillgate.rails.evm.node import TRANSFER_TOPIC

HOME = Path(__file__).parents[3]
FOLDER = HOME / "tests/anvil"
CHAIN_ID = 31_337
START_SECONDS_MAX = 30
# A test vector of BIP-39: nobody has used what it leads to on this chain.
MNEMONIC = "legal winner thank year wave sausage worth useful legal winner thank yellow"
TOKEN = json.loads((FOLDER / "token.json").read_text())


@cache
def installed_anvil() -> Path:
    """The binary of this platform; a skip where npm cannot bring it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        pytest.skip("anvil comes from npm, and there is no node or no npm on PATH")
    with (FOLDER / "package.json").open() as lock:  # workers of one run take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run([HOME / "scripts/anvil.sh"], capture_output=True, text=True, timeout=300)
    found = next((FOLDER / "node_modules/@foundry-rs").glob("anvil-*/bin/anvil*"), None)
    if found is None:
        pytest.skip(f"npm could not install anvil: {done.stderr[-2000:]}")
    return found


class Anvil:
    """A chain that mines when it is told to."""

    def __init__(self, port: int, chain_id: int = CHAIN_ID) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.chain_id = chain_id
        self._client = httpx.Client(trust_env=False, timeout=30)

    def ask(self, method: str, *params: Any) -> Any:
        """The result of a question."""
        told = self._client.post(self.url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()
        assert "error" not in told, told
        return told["result"]

    def close(self) -> None:
        """Release the connection."""
        self._client.close()

    @property
    def head(self) -> int:
        return int(self.ask("eth_blockNumber"), 16)

    def start(self) -> None:
        """Put the token onto the chain."""
        self.account: str = self.ask("eth_accounts")[0]
        sent = self.ask("eth_sendTransaction", {"from": self.account, "data": TOKEN["bytecode"], "gas": hex(3_000_000)})
        self.mine()
        self.token: str = self.ask("eth_getTransactionReceipt", sent)["contractAddress"]
        self.other_token: str = self.another_token()
        for token in (self.token, self.other_token):
            self.send("mint(address,uint256)", self.account, 10**15, to=token)
        self.mine()

    def another_token(self) -> str:
        """One more contract of the same code."""
        sent = self.ask("eth_sendTransaction", {"from": self.account, "data": TOKEN["bytecode"], "gas": hex(3_000_000)})
        self.mine()
        address: str = self.ask("eth_getTransactionReceipt", sent)["contractAddress"]
        return address

    def mine(self, blocks: int = 1) -> None:
        self.ask("anvil_mine", hex(blocks))

    def send(
        self, method: str, *values: Any, to: str | None = None, sender: str | None = None, tip: int | None = None
    ) -> str:
        """Send a transaction to the token; it waits for the next block, in which a higher tip (wei) comes first."""
        return self._send("0x" + TOKEN["methods"][method] + _encoded(values), to, sender, tip)

    def _send(self, data: str, to: str | None = None, sender: str | None = None, tip: int | None = None) -> str:
        asked = {"from": sender or self.account, "to": to or self.token, "data": data, "gas": hex(1_000_000)}
        if tip is not None:
            asked |= {"maxPriorityFeePerGas": hex(tip), "maxFeePerGas": hex(tip + 10**10)}
        sent: str = self.ask("eth_sendTransaction", asked)
        return sent

    def pay(self, recipient: str, amount: int) -> str:
        return self.send("transfer(address,uint256)", recipient, amount)

    def give(self, address: str, amount: int) -> None:
        """Let an address have some of the token without a log: its slot of `balanceOf`, the first of the contract."""
        slot = "0x" + keccak256(bytes.fromhex(_word(address) + _word(0))).hex()
        self.ask("anvil_setStorageAt", self.token, slot, f"0x{amount:064x}")
        self.mine()

    def emit(self, topics: Sequence[str], data: str) -> str:
        """Let the token log what no ERC-20 token does, whatever number of topics and bytes that has. Mines a block."""
        code = self.ask("eth_getCode", self.token, "latest")
        self.ask("anvil_setCode", self.token, _emitting(len(topics), len(data) // 2))
        sent = self._send("0x" + "".join(one.removeprefix("0x") for one in topics) + data)
        self.mine()
        self.ask("anvil_setCode", self.token, code)
        (log,) = self.ask("eth_getTransactionReceipt", sent)["logs"]
        assert (log["topics"], log["data"], log["address"]) == (list(topics), f"0x{data}", self.token.lower())
        return sent

    def received(self, recipients: Sequence[str]) -> dict[str, int]:
        """What transfers of the token on the chain as it stands have brought to each of these, by address."""
        sums = dict.fromkeys(recipients, 0)
        by_topic = {"0x" + _word(one): one for one in recipients}
        asked = {"fromBlock": "0x0", "toBlock": "latest", "address": self.token, "topics": [TRANSFER_TOPIC]}
        for log in self.ask("eth_getLogs", asked):
            if len(log["topics"]) == 3 and log["topics"][2] in by_topic:
                sums[by_topic[log["topics"][2]]] += int(log["data"], 16)
        return sums

    def pay_all(self, paid: Sequence[tuple[str, int]]) -> str:
        """Several transfers in one transaction, each after a log that is none."""
        return self.send("transferMany(address[],uint256[])", [one for one, _ in paid], [amount for _, amount in paid])

    @contextlib.contextmanager
    def impersonating(self, address: str) -> Iterator[None]:
        """Send as an address whose key nobody here has."""
        self.ask("anvil_setBalance", address, hex(10**18))
        self.ask("anvil_impersonateAccount", address)
        yield
        self.ask("anvil_stopImpersonatingAccount", address)

    def snapshot(self) -> str:
        name: str = self.ask("evm_snapshot")
        return name

    def revert(self, snapshot: str) -> None:
        """Leave every block since then, and what waited."""
        assert self.ask("evm_revert", snapshot)
        self.ask("anvil_dropAllTransactions")
        # Blocks of the new branch must not look like those of the old one.
        self.ask("evm_increaseTime", hex(7))


def _encoded(values: Sequence[Any]) -> str:
    """Arguments by the contract ABI: addresses, numbers, and lists of them."""
    head, tail = [], ""
    for value in values:
        if isinstance(value, list):
            head.append(f"{32 * len(values) + len(tail) // 2:064x}")
            tail += f"{len(value):064x}" + "".join(map(_word, value))
        else:
            head.append(_word(value))
    return "".join(head) + tail


def _emitting(topics: int, size: int) -> str:
    """The code of a contract that logs what it is called with: topics, then data."""
    code = bytes([0x60, size, 0x60, 32 * topics, 0x60, 0, 0x37])  # CALLDATACOPY
    for place in reversed(range(topics)):
        code += bytes([0x60, 32 * place, 0x35])  # CALLDATALOAD
    return "0x" + (code + bytes([0x60, size, 0x60, 0, 0xA0 + topics, 0])).hex()  # LOG, STOP


def _word(value: str | int) -> str:
    return f"{value:064x}" if isinstance(value, int) else value[2:].lower().rjust(64, "0")


@contextlib.contextmanager
def running_anvil(*options: str, chain_id: int = CHAIN_ID) -> Iterator[Anvil]:
    """A chain of its own, with the token on it."""
    program, port = installed_anvil(), free_port()
    command = [program, "--port", str(port), "--host", "127.0.0.1", "--no-mining", "--mnemonic", MNEMONIC]
    with subprocess.Popen(
        [*command, "--accounts", "2", "--chain-id", str(chain_id), "--silent", *options],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        anvil = Anvil(port, chain_id)
        try:
            deadline = time.monotonic() + START_SECONDS_MAX
            while True:
                try:
                    assert anvil.ask("eth_chainId") == hex(chain_id)
                    break
                except httpx.TransportError:
                    assert process.poll() is None and time.monotonic() < deadline, "anvil does not start"
                    time.sleep(0.02)
            anvil.start()
            yield anvil
        finally:
            anvil.close()
            process.kill()
