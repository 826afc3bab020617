"""``tillgate demo --live``: a live payment on a chain of this machine alone, from the network to the proof.

A throw-away database, a real node (anvil, which npm brings), a treasury, a payment, a reorganisation that reverses
it, a sweep by a stranger, and the books compared with the chain. Each step is checked.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from keyturn.cli.output import say
from tillgate.cli.demo_server import DemoFailed, Steps, environment, free_port, require, served, until
from tillgate.rails.evm.treasury import contract

ANVIL: Final = "@foundry-rs/anvil@1.7.1"
CHAIN_ID: Final = 31_337
CONFIRMATIONS: Final = 3
START_SECONDS_MAX: Final = 120
SEEN_SECONDS_MAX: Final = 90
PRICE_ATOMIC: Final = 25_000_000
SCOPES: Final = ("sessions:read", "sessions:write")
_GAS: Final = hex(3_000_000)
_DEVELOPMENT: Final = {"TILLGATE_DEV": "1"}


def run_story(directory: Path) -> None:
    """The story, in a directory that is thrown away.

    Raises:
        DemoFailed: a step was not as it says, or npm is missing.
    """
    with _node() as chain:
        story = _Story(directory, chain)
        token = story.prepare()
        treasury = story.treasury()
        with story.server() as api:
            session = story.session(api)
            before = chain.ask("evm_snapshot")
            story.pay(token, session["address"])
            story.reaches(api, session, "detected", "The next block has it")
            story.reorganise(before)
            story.reaches(api, session, "pending", "It is not paid any more")
            story.pay(token, session["address"])
            story.reaches(api, session, "detected", "It came again")
            chain.mine(CONFIRMATIONS)
            story.reaches(api, session, "paid", f"{CONFIRMATIONS} blocks later it is final")
            story.sweep()
            story.step("Where the money is now")
            held = chain.held(token, treasury)
            say(f"     the treasury {treasury} has {held / 10**6:.2f} DEMO")
            require(held == PRICE_ATOMIC, "the treasury has not what was paid")
            chain.mine(CONFIRMATIONS + 1)
            story.proves()


class _Story(Steps):
    """Prints the commands, and runs them."""

    def __init__(self, directory: Path, chain: "_Chain") -> None:
        super().__init__()
        self._directory = directory
        self._chain = chain

    def run(self, *arguments: str, quiet: bool = False) -> str:
        """A command of ours, and what it printed."""
        if not quiet:
            say(f"   $ tillgate {' '.join(arguments)}")
        done = subprocess.run(  # noqa: S603 — our own interpreter and our own module
            [sys.executable, "-m", "tillgate.cli", *arguments, "--data", str(self._directory)],
            stdin=subprocess.DEVNULL,
            env=environment() | _DEVELOPMENT,
            capture_output=True,
            text=True,
        )
        require(done.returncode == 0, f"tillgate {arguments[0]} failed: {done.stderr[-1_000:] or done.stdout[-1_000:]}")
        return done.stdout

    def prepare(self) -> str:
        """A project, a network and a token; answers with the token's address."""
        chain = self._chain
        self.step("A project, and a network that this machine runs alone")
        self.run("projects", "create", "--name", "Demo shop")
        chain.mine(CONFIRMATIONS)
        named = ("networks", "add", "anvil", "--chain-id", str(CHAIN_ID), "--rpc", chain.url)
        self.run(*named, "--confirmations", str(CONFIRMATIONS))
        self.step("A token that is worth dollars here")
        code = json.loads((Path(__file__).parent / "demo_dollar.json").read_text())["bytecode"]
        token = str(chain.sent({"data": code})["contractAddress"])
        which = ("--network", "anvil", "--address", token)
        self.run("tokens", "add", *which, "--currency", "USD", "--symbol", "DEMO", "--yes")
        self.run("tokens", "accept", *which)
        return token

    def treasury(self) -> str:
        """A treasury whose key nobody here has, and the contract that moves money to it; answers with its address."""
        treasury = f"0x{secrets.token_hex(20)}"
        self.step("A treasury: any address of the merchant's, in any wallet")
        shown = self.run("wallets", "set", "--treasury", treasury, "--yes")
        say("\n".join(f"     {line}" for line in shown.splitlines()))
        self.step("A stranger puts the contract onto the chain: it can move money to that address and nowhere else")
        self._chain.sent({"to": contract.DEPLOYER, "data": contract.deploying_call()})
        say("\n".join(f"     {line}" for line in self.run("wallets", "factory").splitlines()))
        return treasury

    @contextlib.contextmanager
    def server(self) -> Iterator[httpx.Client]:
        """A server with live mode, and a client with a live key."""
        scopes = [part for one in SCOPES for part in ("--scope", one)]
        self.step("A live key, and a server")
        key = json.loads(self.run("keys", "create", "--name", "Demo", "--mode", "live", *scopes, "--json", quiet=True))
        headers = {"Authorization": f"Bearer {key['key']}"}
        with (
            served(self._directory, _is_ready, **_DEVELOPMENT) as (base, _),
            httpx.Client(base_url=f"{base}/api/v1", headers=headers, trust_env=False, timeout=20) as client,
        ):
            yield client

    def session(self, api: httpx.Client) -> dict[str, Any]:
        """A live session, as soon as addresses of the treasury lie ready."""
        self.step("Open a live session: its address is that of a contract which does not exist yet")
        body = {"amount": {"value": "25.00", "currency": "USD"}}

        def opened() -> dict[str, Any] | None:
            answer = api.post("/checkout_sessions", json=body)
            # Addresses are looked at on the chain before they are given out.
            require(answer.status_code in (201, 503), f"POST /checkout_sessions answers {answer.text[:300]}")
            return answer.json() if answer.status_code == 201 else None

        session: dict[str, Any] = _until(opened, "no address of the treasury lies ready")
        require(session["livemode"] is True, "the session is not live")
        [option] = session["paymentOptions"]
        say(f"   → POST /checkout_sessions {json.dumps(body)}")
        say(f"   ← 201 {session['id']}: {option['amount']} {option['symbol']} to {session['address']}")
        return session

    def pay(self, token: str, address: str) -> None:
        """A buyer sends what is asked for."""
        self.step("A buyer sends 25 DEMO")
        receipt = self._chain.sent({"to": token, "data": _call("a9059cbb", address, PRICE_ATOMIC)})
        say(f"     in block {int(receipt['blockNumber'], 16)}: {receipt['transactionHash']}")

    def reorganise(self, before: str) -> None:
        """The chain leaves the block with the payment."""
        self.step("The chain reorganises: that block is replaced by two others without the payment")
        require(self._chain.ask("evm_revert", before) is True, "the node does not go back")
        self._chain.ask("anvil_dropAllTransactions")
        # Its blocks must not look like those that they replace.
        self._chain.ask("evm_increaseTime", hex(7))
        self._chain.mine(2)

    def reaches(self, api: httpx.Client, session: dict[str, Any], status: str, title: str) -> None:
        """Wait until the session has a status."""
        self.step(title)
        begun = time.monotonic()

        def there() -> bool:
            return bool(api.get(f"/checkout_sessions/{session['id']}").json()["status"] == status)

        _until(there, f"the session is not {status}")
        say(f"   ← the session is {status}, {time.monotonic() - begun:.1f} s later")

    def sweep(self) -> None:
        """A stranger sends the planned call."""
        self.step("Plan the sweep; whoever sends it, the money goes to the treasury")
        planned = json.loads(self.run("wallets", "sweep", "--network", "anvil", "--json"))
        require(len(planned["addresses"]) == 1 and planned["data"] is not None, "the plan moves nothing")
        receipt = self._chain.sent({"to": planned["to"], "data": planned["data"]}, account=1)
        require(receipt["status"] == "0x1", "the sweep failed")
        say(f"     sent by {receipt['from']}, which is nobody here; {int(receipt['gasUsed'], 16):,} gas")

    def proves(self) -> None:
        """The books and the chain agree, also about what was swept."""
        self.step("Compare the books with the chain")

        def swept() -> bool:
            return not json.loads(self.run("wallets", "sweep", "--network", "anvil", "--json", quiet=True))["addresses"]

        _until(swept, "the sweep is not in the books")
        shown = self.run("doctor", "--prove")
        say("\n".join(f"     {line}" for line in shown.splitlines()[-3:]))
        require("agree" in shown, "the books and the chain differ")


class _Chain:
    """A node that mines when it is told to."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(trust_env=False, timeout=30)

    def ask(self, method: str, *params: Any) -> Any:
        """The result of a question."""
        told = self._client.post(self.url, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).json()
        require("result" in told, f"the node answers {method} with {told.get('error')}")
        return told["result"]

    def mine(self, blocks: int = 1) -> None:
        """More blocks."""
        self.ask("anvil_mine", hex(blocks))

    def sent(self, transaction: dict[str, str], account: int = 0) -> dict[str, Any]:
        """The receipt of a transaction, which is in a block of its own."""
        sender = self.ask("eth_accounts")[account]
        name = self.ask("eth_sendTransaction", {"from": sender, "gas": _GAS} | transaction)
        self.mine()
        receipt: dict[str, Any] = self.ask("eth_getTransactionReceipt", name)
        return receipt

    def held(self, token: str, address: str) -> int:
        """What an address has of a token."""
        return int(self.ask("eth_call", {"to": token, "data": _call("70a08231", address)}, "latest"), 16)


@contextlib.contextmanager
def _node() -> Iterator[_Chain]:
    """A node of a chain that nobody else follows."""
    command = [found] if (found := shutil.which("anvil")) else _by_npm()
    port = free_port()
    say(f"A chain on this machine: anvil --port {port} --no-mining")
    process = subprocess.Popen(  # noqa: S603 — the node that is named above
        [*command, "--port", str(port), "--host", "127.0.0.1", "--no-mining", "--silent", "--chain-id", str(CHAIN_ID)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    chain = _Chain(f"http://127.0.0.1:{port}")
    try:
        until(lambda: _answers_rpc(chain, process), "the node does not start", START_SECONDS_MAX)
        yield chain
    finally:
        # npm starts it as a child of its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(20)


def _by_npm() -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise DemoFailed(
            "it needs a node of a chain: install npm (with Node 20 or newer), which brings one, or put anvil on PATH"
        )
    say(f"npm brings the node, the first time from the internet: npm exec --package={ANVIL} -- anvil")
    return [npm, "exec", "--yes", f"--package={ANVIL}", "--", "anvil"]


def _answers_rpc(chain: _Chain, process: "subprocess.Popen[bytes]") -> bool:
    require(process.poll() is None, "the node ended at its start")
    try:
        return bool(chain.ask("eth_chainId") == hex(CHAIN_ID))
    except httpx.TransportError:
        return False


def _is_ready(base: str, _log: Path) -> bool:
    try:
        return httpx.get(f"{base}/readyz", trust_env=False, timeout=20).status_code == 200
    except httpx.TransportError:
        return False


def _until(there: Callable[[], Any], otherwise: str) -> Any:
    return until(there, otherwise, SEEN_SECONDS_MAX)


def _call(method: str, address: str, *numbers: int) -> str:
    return f"0x{method}{address[2:].lower().rjust(64, '0')}" + "".join(f"{one:064x}" for one in numbers)
