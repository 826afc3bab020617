"""What the nodes of a network say to a plan before anybody sends it: what would be refused, and what the gas costs.

Each transfer is tried as its address would make it (``eth_call``), and gas is estimated (``eth_estimateGas``). Nothing
is sent. All of it is bounded in time: where nodes do not answer, the plan stands, and says what is not known.
"""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from tillgate.base.money import MINOR_DIGITS, format_minor
from tillgate.rails.evm.addresses import keccak256
from tillgate.rails.evm.feeds.operations import worth_of_coin
from tillgate.rails.evm.networks import operations as networks
from tillgate.rails.evm.networks.model import NetworkError, Token
from tillgate.rails.evm.node import Call, Node, NodeError
from tillgate.rails.evm.rpc import Nodes
from tillgate.rails.evm.treasury import contract
from tillgate.rails.evm.treasury.looking import has_factory
from tillgate.rails.evm.treasury.model import Treasury
from tillgate.rails.evm.treasury.sweeping import AddressBalance, Plan, call_of, without
from tillgate.rails.evm.wallets.model import Source
from tillgate.rails.port import decimal_of
from tillgate.store import Database, Sealer, SealingError

COIN_DECIMALS: Final = 18
COIN_UNIT: Final = 10**COIN_DECIMALS
DEADLINE_SECONDS: Final = 4.0
REHEARSAL_SECONDS_MAX: Final = 8.0
# What the flush of one address takes where no node could estimate it: its first one, with one token.
GAS_OF_ADDRESS: Final = 60_000
GAS_OF_TOKEN: Final = 40_000
GAS_OF_CALL: Final = 40_000
# Ethereum takes no transaction with more (EIP-7825).
GAS_OF_TRANSACTION_MAX: Final = 2**24
# Room above an estimate: what is there changes until the transaction is mined.
MARGIN: Final = Fraction(6, 5)
# A fee of this many times the price of now is still enough while blocks are full.
FEE_FACTOR: Final = 2
# Rollups of the OP stack ask for the transaction's data as well: the contract that says how much, and a usual size.
_DATA_FEE: Final = "0x420000000000000000000000000000000000000F"
_DATA_FEE_CALL: Final = "getL1Fee(bytes)"
_TRANSFER_BYTES: Final = 180
_FEE_MAX: Final = 10**24
# By these, tokens say whom they have frozen: those of Circle, and both of Tether.
_FREEZES: Final = ("isBlacklisted(address)", "isBlackListed(address)", "isBlocked(address)")
_WORD: Final = 66
# What gas is told in where coin alone is moved.
_CURRENCY: Final = "USD"
_SHOWN: Final = 10**10


def coin_amount(wei: int) -> str:
    """A cost in a network's coin, for people: rounded up to eight decimals."""
    return decimal_of(Fraction(-(-wei // _SHOWN), COIN_UNIT // _SHOWN))


class Refusal(StrEnum):
    """Why a sum cannot be moved now."""

    FROZEN = "frozen"
    GONE = "gone"
    REFUSED = "refused"


class Refused(NamedTuple):
    """A sum that is left out, for its transfer would fail."""

    address_index: int
    address: str
    token: Token
    amount_atomic: int
    reason: Refusal


class Gas(NamedTuple):
    """What sending the plan costs, about.

    Attributes:
        units: of the one call, or of all transfers.
        price: wei for a unit.
        tip: of it, what whoever makes the block keeps.
        data_fee: wei that a rollup asks for the data of each transaction.
        is_estimated: a node has estimated the units; else they are usual ones.
        transactions: how many are sent.
        worth: what it costs in a currency; None where no rate of the coin is known.
    """

    units: int
    price: int
    tip: int
    data_fee: int
    is_estimated: bool
    transactions: int
    worth: Fraction | None = None
    currency: str = ""

    @property
    def cost(self) -> int:
        """Wei."""
        return self.units * self.price + self.transactions * self.data_fee

    @property
    def money(self) -> str | None:
        """What it costs in a currency, rounded up to its smallest unit; None where that is not known."""
        if self.worth is None:
            return None
        digits = MINOR_DIGITS.get(self.currency, 2)
        return format_minor(int(-(-self.worth * 10**digits // 1)), digits)

    @property
    def fee_max(self) -> int:
        """The ``maxFeePerGas`` of a transaction that is signed now and sent soon (EIP-1559)."""
        return FEE_FACTOR * self.price


class Sender(NamedTuple):
    """An address that sends its own transfers.

    Attributes:
        gas: the limit of each transfer, by token.
        has: wei that lie there.
        needs: wei that its transfers may take.
    """

    address_index: int
    address: str
    nonce: int
    gas: dict[str, int]
    has: int
    needs: int

    @property
    def missing(self) -> int:
        """Wei that it has to be sent before it can send."""
        return max(0, self.needs - self.has)


class Rehearsal(NamedTuple):
    """A plan, and what nodes say to it.

    Attributes:
        found: the plan without what would be refused.
        frozen_treasury: the tokens that have frozen the address which the money is to go to.
        gas: None where nodes do not say, or nothing is to be sent.
        senders: of an extended key, where nodes answer.
        is_deployed: the contract of a treasury is on the network; None where that is not known, or needs not be.
        trouble: why nodes were not asked; None where they were.
    """

    found: Plan
    refused: list[Refused]
    frozen_treasury: list[Token]
    gas: Gas | None
    senders: list[Sender]
    is_deployed: bool | None
    trouble: str | None = None

    @property
    def gas_limit(self) -> int:
        """The gas that the one call of a treasury is given: see :func:`gas_limit_of`."""
        return gas_limit_of(self.gas.units if self.gas is not None else _usual(self.found), len(self.found.tokens))

    def call(self, source: Source) -> str | None:
        """What is sent to the factory; None where there is no treasury, or nothing to move."""
        return call_of(source, self.found)


def gas_limit_of(estimate: int, tokens: int) -> int:
    """The gas to give a flush, of which what is left is not paid.

    An estimate is the least with which a transaction succeeds. A flush succeeds as well where the transfers of its last
    address have too little gas, for what fails is passed over: so the limit has room for them.
    """
    limit = int(estimate * MARGIN) + GAS_OF_ADDRESS + GAS_OF_TOKEN * tokens
    return min(limit, max(estimate, GAS_OF_TRANSACTION_MAX))


async def rehearse(
    database: Database, sealer: Sealer, source: Source, found: Plan, *, project_id: str, now: int, to: str | None = None
) -> Rehearsal:
    """Ask the nodes of the network what would become of a plan.

    Args:
        to: where an extended key's money is to go; each address itself where None, which shows a frozen one as well.
    """
    if not isinstance(source, Treasury):
        # An address of a key pays its own gas: its coin stays where it is.
        found = without(found, {(one.address, token.address) for one, token in _sums(found) if token.is_coin})
    unknown = Rehearsal(found, [], [], None, [], None)
    if not found.lying:
        return unknown
    try:
        async with (
            networks.opened(database, sealer, found.network, deadline_seconds=DEADLINE_SECONDS) as nodes,
            asyncio.timeout(REHEARSAL_SECONDS_MAX),
        ):
            told = await _told(nodes, source, found, to)
    except TimeoutError:
        return unknown._replace(trouble=f"no whole answer within {REHEARSAL_SECONDS_MAX:.0f} seconds")
    except (NodeError, NetworkError, SealingError) as error:
        return unknown._replace(trouble=str(error))
    if told.gas is None or not told.found.tokens:
        return told
    gas, coin = told.gas, found.network.coin
    currency = next((one.currency for one in told.found.tokens if not one.is_coin), _CURRENCY)
    worth = await database.read(lambda tx: worth_of_coin(tx, project_id, coin, currency, now))
    if worth is None:
        return told
    return told._replace(gas=gas._replace(worth=worth * gas.cost / COIN_UNIT, currency=currency))


async def _told(nodes: Nodes, source: Source, found: Plan, to: str | None) -> Rehearsal:
    is_deployed = await has_factory(nodes) if isinstance(source, Treasury) else None
    target = source.treasury if isinstance(source, Treasury) else to
    refused, frozen_treasury = await _refused(nodes, found, target)
    left = without(found, {(one.address, one.token.address) for one in refused})
    if not left.lying or is_deployed is False:
        return Rehearsal(left, refused, frozen_treasury, None, [], is_deployed)
    price = await nodes.ask(lambda node: node.gas_price())
    tip = price.tip if price.tip is not None else price.price // 10
    fee = await _data_fee(nodes)
    call = call_of(source, left)
    if call is not None:
        [estimate] = await nodes.ask(lambda node: node.gas_of([Call(None, contract.factory(), call)]))
        units = estimate if estimate is not None else _usual(left)
        gas = Gas(units, price.price, tip, fee, estimate is not None, 1)
        return Rehearsal(left, refused, frozen_treasury, gas, [], is_deployed)
    return await _of_key(nodes, Rehearsal(left, refused, frozen_treasury, None, [], None), price.price, tip, fee, to)


async def _of_key(nodes: Nodes, told: Rehearsal, price: int, tip: int, fee: int, to: str | None) -> Rehearsal:
    """The same of an extended key, whose addresses send for themselves."""
    sums = _sums(told.found)
    calls = [_transfer(one, token, to) for one, token in sums]
    estimates = await nodes.ask(lambda node: node.gas_of(calls))
    limits: dict[str, dict[str, int]] = {}
    for (one, token), estimate in zip(sums, estimates, strict=True):
        limit = estimate * MARGIN // 1 if estimate is not None else GAS_OF_TOKEN + GAS_OF_CALL
        limits.setdefault(one.address, {})[token.address] = int(limit)
    addresses = [one.address for one in told.found.lying]
    uses = await nodes.ask(lambda node: node.account_uses(addresses))
    senders = [
        Sender(
            one.address_index,
            one.address,
            use.nonce,
            limits[one.address],
            use.balance_atomic,
            sum(limits[one.address].values()) * FEE_FACTOR * price
            + len(limits[one.address]) * int(fee * MARGIN * FEE_FACTOR),
        )
        for one, use in zip(told.found.lying, uses, strict=True)
    ]
    units = sum(one if one is not None else GAS_OF_TOKEN + GAS_OF_CALL for one in estimates)
    is_estimated = None not in estimates
    return told._replace(senders=senders, gas=Gas(units, price, tip, fee, is_estimated, len(sums)))


async def _refused(nodes: Nodes, found: Plan, target: str | None) -> tuple[list[Refused], list[Token]]:
    """The sums whose transfer would fail, with why; and the tokens that have frozen the target."""
    sums = [(one, token) for one, token in _sums(found) if not token.is_coin]
    if not sums:
        return [], []
    told = await nodes.ask(lambda node: node.outcomes([_transfer(one, token, target) for one, token in sums]))
    failing = [(one, token) for (one, token), answer in zip(sums, told, strict=True) if not _moves(answer)]
    if not failing:
        return [], []
    frozen = await _frozen(nodes, [(token, one.address) for one, token in failing])
    tokens = list({token.address: token for _, token in failing}.values())
    frozen_target = await _frozen(nodes, [(token, target) for token in tokens]) if target is not None else []
    held: dict[tuple[str, str], int] = {}
    for token in tokens:
        holders = [one.address for one, its in failing if its is token]
        balances = await nodes.ask(
            lambda node, token=token, holders=holders: node.token_balances(token.address, holders)  # type: ignore[misc]
        )
        held |= {(token.address, holder): balance for holder, balance in zip(holders, balances, strict=True)}
    refused = []
    for (one, token), is_frozen in zip(failing, frozen, strict=True):
        amount = one.amounts_atomic[token.address]
        is_gone = held[token.address, one.address] < amount
        reason = Refusal.GONE if is_gone else Refusal.FROZEN if is_frozen else Refusal.REFUSED
        refused.append(Refused(one.address_index, one.address, token, amount, reason))
    return refused, [token for token, is_frozen in zip(tokens, frozen_target, strict=False) if is_frozen]


async def _frozen(nodes: Nodes, asked: Sequence[tuple[Token, str]]) -> list[bool]:
    """Whether each token says that it has frozen an address; tokens that cannot say it have not."""
    calls = [
        Call(None, token.address, _selector(name) + _word(address)) for token, address in asked for name in _FREEZES
    ]
    told = await nodes.ask(lambda node: node.outcomes(calls))
    width = len(_FREEZES)
    return [
        any(one is not None and len(one) == _WORD and int(one, 16) == 1 for one in told[at : at + width])
        for at in range(0, len(told), width)
    ]


async def _data_fee(nodes: Nodes) -> int:
    """What a rollup asks for the data of a transfer, in wei; nothing where the network has no such fee."""
    data = _selector(_DATA_FEE_CALL) + f"{32:064x}{_TRANSFER_BYTES:064x}" + "ff" * _TRANSFER_BYTES
    data += "00" * (-_TRANSFER_BYTES % 32)

    async def ask(node: Node) -> list[str | None]:
        return await node.outcomes([Call(None, _DATA_FEE, data)])

    [told] = await nodes.ask(ask)
    if told is None or len(told) != _WORD:
        return 0
    return min(int(told, 16), _FEE_MAX)


def transfer_data(to: str, amount_atomic: int) -> str:
    """The call data of an ERC-20 ``transfer``."""
    return _selector("transfer(address,uint256)") + _word(to) + f"{amount_atomic:064x}"


def _transfer(one: AddressBalance, token: Token, to: str | None) -> Call:
    return Call(one.address.lower(), token.address, transfer_data(to or one.address, one.amounts_atomic[token.address]))


def _sums(found: Plan) -> list[tuple[AddressBalance, Token]]:
    by_address = {token.address: token for token in found.tokens}
    return [(one, by_address[token]) for one in found.lying for token in one.amounts_atomic]


def _moves(answer: str | None) -> bool:
    """Some tokens answer nothing where others answer true."""
    return answer is not None and (answer == "0x" or (len(answer) >= _WORD and int(answer[:_WORD], 16) == 1))


def _usual(found: Plan) -> int:
    return GAS_OF_CALL + sum(GAS_OF_ADDRESS + GAS_OF_TOKEN * len(found.tokens) for _ in found.lying)


def _selector(name: str) -> str:
    return "0x" + keccak256(name.encode())[:4].hex()


def _word(address: str) -> str:
    return address[2:].lower().rjust(64, "0")
