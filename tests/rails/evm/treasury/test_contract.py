"""The contract behind treasuries on a real node: money moves to the treasury alone, whatever a token does."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.rails.evm.anvil import FOLDER, HOME, Anvil, running_anvil
from tillgate.rails.evm.addresses import keccak256
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.model import Treasury, new_treasury
from tillgate.rails.evm.treasury.rehearsing import gas_limit_of

HOSTILE = json.loads((FOLDER / "hostile.json").read_text())
TREASURY = "0x" + "7e" * 20
THIEF = "0x" + "66" * 20
ANSWERS_NOTHING, FROZEN, TAKES_A_FEE, ANSWERS_FALSE, CALLS_BACK, BURNS_ALL_GAS, ANSWERS_JUNK = range(1, 8)
COIN = "0x" + "00" * 20
GAS = 25_000_000


class Chain:
    """A node with the factory on it."""

    def __init__(self, anvil: Anvil) -> None:
        self.anvil = anvil
        self.sent(contract.DEPLOYER, contract.deploying_call())
        # A stranger: no party to anything here.
        self.stranger = anvil.ask("eth_accounts")[1]

    def sent(self, to: str | None, data: str, *, sender: str | None = None, **more: Any) -> dict[str, Any]:
        """The receipt of a transaction."""
        asked = {"from": sender or self.anvil.account, "data": data, "gas": hex(GAS)} | ({"to": to} if to else {})
        sent = self.anvil.ask("eth_sendTransaction", asked | more)
        self.anvil.mine()
        receipt: dict[str, Any] = self.anvil.ask("eth_getTransactionReceipt", sent)
        return receipt

    def flush(self, source: Treasury, indexes: Sequence[int], tokens: Sequence[str]) -> dict[str, Any]:
        """A stranger flushes."""
        data = contract.flushing_call(source.treasury, [source.salt(one) for one in indexes], tokens)
        receipt = self.sent(contract.factory(), data, sender=self.stranger)
        assert receipt["status"] == "0x1"
        return receipt

    def pay(self, source: Treasury, indexes: Sequence[int], amount: int = 5) -> None:
        """Bring the good token to some addresses."""
        addresses = [source.addresses(one, 1)[0] for one in indexes]
        for at in range(0, len(addresses), 20):
            self.anvil.pay_all([(one, amount) for one in addresses[at : at + 20]])
        self.anvil.mine()

    def held(self, token: str, address: str) -> int:
        if token == COIN:
            return int(self.anvil.ask("eth_getBalance", address, "latest"), 16)
        data = "0x70a08231" + address[2:].lower().rjust(64, "0")
        return int(self.anvil.ask("eth_call", {"to": token, "data": data}, "latest"), 16)

    def hostile(self, kind: int, target: str = COIN, call: str = "0x") -> str:
        """A token of this kind."""
        token: str = self.sent(None, HOSTILE["bytecode"])["contractAddress"]
        raw = call[2:]
        words = [f"{kind:064x}", target[2:].lower().rjust(64, "0"), f"{96:064x}", f"{len(raw) // 2:064x}"]
        data = "".join(words) + raw.ljust(-(-len(raw) // 64) * 64, "0")
        assert self.sent(token, "0x" + HOSTILE["methods"]["become(uint256,address,bytes)"] + data)["status"] == "0x1"
        return token

    def mint(self, token: str, to: str, amount: int) -> None:
        self.anvil.send("mint(address,uint256)", to, amount, to=token)
        self.anvil.mine()


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    with running_anvil("--gas-limit", "30000000") as anvil:
        yield Chain(anvil)


@pytest.fixture
def source() -> Treasury:
    """A treasury whose addresses nobody has used: each test has a code of its own."""
    return new_treasury(TREASURY)


def test_the_bytecode_is_what_the_compiler_makes_of_the_source() -> None:
    """Treasury.sol, compiled again with the settings that are named, is the committed bytecode."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("the compiler comes from npm, and there is no node or no npm on PATH")
    subprocess.run([HOME / "scripts/solc.sh"], check=True, capture_output=True, timeout=300)
    if not (HOME / "tests/solc/node_modules/.installed-from").exists():
        pytest.skip("npm could not install the compiler")
    source = HOME / "src/tillgate/rails/evm/treasury/Treasury.sol"
    told = subprocess.run(
        ["node", "compile.mjs", source],
        cwd=HOME / "tests/solc",
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    made = json.loads(told)
    assert made["factory"] == contract.bytecode().hex()
    assert made["compiler"].startswith("solc 0.8.37")


def test_the_factory_is_at_its_address_with_its_code(chain: Chain) -> None:
    """Address and code hash of both contracts follow from the bytecode; other code is neither."""
    for address, fits in ((contract.factory(), contract.is_factory), (contract.till(), contract.is_till)):
        code = bytes.fromhex(chain.anvil.ask("eth_getCode", address, "latest")[2:])
        assert fits(code)
        assert not fits(code + b"\0")
        assert not fits(b"")


@pytest.mark.parametrize("treasury", ["account", "contract"])
def test_a_stranger_flushes_a_hundred_addresses_at_once(chain: Chain, treasury: str) -> None:
    """Everything goes to the treasury in one transaction, that of an account or of a contract; gas is printed."""
    source = new_treasury(chain.anvil.other_token if treasury == "contract" else TREASURY)
    before, indexes = chain.held(chain.anvil.token, source.treasury), range(100)
    chain.pay(source, indexes)
    first = int(chain.flush(source, indexes, [chain.anvil.token])["gasUsed"], 16)
    chain.pay(source, indexes)
    later = int(chain.flush(source, indexes, [chain.anvil.token])["gasUsed"], 16)
    assert chain.held(chain.anvil.token, source.treasury) - before == 2 * 100 * 5
    plain = chain.sent(chain.anvil.token, "0xa9059cbb" + TREASURY[2:].rjust(64, "0") + f"{1:064x}")
    transfer = int(plain["gasUsed"], 16)
    print(f"gas an address: first flush {first // 100:,}, later {later // 100:,}; a transfer {transfer:,}")


@pytest.mark.parametrize("count", [1, 2, 20])
def test_the_gas_that_a_plan_gives_is_enough_for_its_last_address(chain: Chain, source: Treasury, count: int) -> None:
    """A node's estimate is the least with which a flush succeeds, and it succeeds without its last transfer: with the
    limit of a plan everything moves, of one token and of two, the first time and later."""
    salts = [source.salt(one) for one in range(count)]
    for tokens in ([chain.anvil.token], [chain.anvil.token, chain.anvil.other_token]) * 2:
        for token in tokens:
            for address in source.addresses(0, count):
                chain.anvil.send("transfer(address,uint256)", address, 5, to=token)
        chain.anvil.mine()
        data = contract.flushing_call(TREASURY, salts, tokens)
        asked = {"from": chain.stranger, "to": contract.factory(), "data": data}
        limit = gas_limit_of(int(chain.anvil.ask("eth_estimateGas", asked), 16), len(tokens))
        assert chain.sent(contract.factory(), data, sender=chain.stranger, gas=hex(limit))["status"] == "0x1"
        assert [chain.held(token, one) for token in tokens for one in source.addresses(0, count)] == [0] * (
            count * len(tokens)
        )


def test_a_thief_gets_nothing(chain: Chain, source: Treasury) -> None:
    """With the right salts and another treasury, by a direct call, or as the shared code's own owner."""
    token = chain.anvil.token
    chain.pay(source, [0])
    [address] = source.addresses(0, 1)
    chain.flush(source._replace(treasury=THIEF), [0], [token])
    assert (chain.held(token, THIEF), chain.held(token, address)) == (0, 5)
    chain.flush(source, [0], [token])
    chain.pay(source, [0])
    sweep = "0x" + keccak256(b"sweep(address,address)")[:4].hex() + THIEF[2:].rjust(64, "0")
    for to in (address, contract.till()):
        assert chain.sent(to, sweep + token[2:].lower().rjust(64, "0"))["status"] == "0x0"
    assert (chain.held(token, THIEF), chain.held(token, address)) == (0, 5)
    chain.flush(source, [0], [token])
    assert chain.held(token, address) == 0


@pytest.mark.parametrize(
    ("kind", "moved"),
    [
        (ANSWERS_NOTHING, 100),
        (FROZEN, 0),
        (TAKES_A_FEE, 90),
        (ANSWERS_FALSE, 0),
        (ANSWERS_JUNK, 0),
        (BURNS_ALL_GAS, 0),
    ],
)
def test_whatever_a_token_does_the_rest_moves(chain: Chain, source: Treasury, kind: int, moved: int) -> None:
    """A token that answers nothing moves, one that refuses stays, and the good ones beside it move to the treasury."""
    bad, good, other = chain.hostile(kind), chain.anvil.token, chain.anvil.other_token
    before = chain.held(good, TREASURY), chain.held(other, TREASURY)
    [address] = source.addresses(0, 1)
    chain.mint(bad, address, 100)
    chain.mint(good, address, 7)
    chain.mint(other, address, 9)
    chain.flush(source, [0], [good, bad, other])
    after = chain.held(good, TREASURY), chain.held(other, TREASURY)
    assert (after[0] - before[0], after[1] - before[1]) == (7, 9)
    assert chain.held(bad, TREASURY) == moved
    assert chain.held(bad, address) == (0 if moved else 100)


def test_a_token_that_calls_back_moves_nothing_elsewhere(chain: Chain, source: Treasury) -> None:
    """In the middle of a flush it flushes again for a thief, and calls the address itself."""
    good, before = chain.anvil.token, chain.held(chain.anvil.token, TREASURY)
    [address] = source.addresses(0, 1)
    salts = [source.salt(0)]
    sweep = "0x" + keccak256(b"sweep(address,address)")[:4].hex() + THIEF[2:].rjust(64, "0")
    attacks = [
        (contract.factory(), contract.flushing_call(THIEF, salts, [good])),
        (contract.factory(), contract.flushing_call(TREASURY, salts, [good])),
        (address, sweep + good[2:].lower().rjust(64, "0")),
    ]
    for target, call in attacks:
        bad = chain.hostile(CALLS_BACK, target, call)
        chain.mint(bad, address, 100)
        chain.mint(good, address, 7)
        chain.flush(source, [0], [bad, good])
        assert (chain.held(good, THIEF), chain.held(good, address)) == (0, 0)
    assert chain.held(good, TREASURY) - before == 3 * 7


def test_coin_moves_too_and_a_flushed_address_takes_none_with_plain_gas(chain: Chain, source: Treasury) -> None:
    """What an address got before it was made is moved; after that a transfer with 21,000 gas fails and stays with the
    buyer, and one with more gas arrives."""
    [address] = source.addresses(0, 1)
    before = chain.held(COIN, TREASURY)
    assert chain.sent(address, "0x", value=hex(10**15), gas=hex(21_000))["status"] == "0x1"
    chain.flush(source, [0], [COIN])
    assert chain.held(COIN, TREASURY) - before == 10**15
    assert chain.sent(address, "0x", value=hex(10**15), gas=hex(21_000))["status"] == "0x0"
    assert chain.held(COIN, address) == 0
    assert chain.sent(address, "0x", value=hex(10**15))["status"] == "0x1"
    chain.flush(source, [0], [COIN])
    assert chain.held(COIN, TREASURY) - before == 2 * 10**15
