"""What lies at a project's addresses, to be moved together: by one call of the factory to a treasury, or one by one by
whoever has the keys of an extended key's addresses.

The sums are those of the books, which the chain proves; nothing is asked of a node and nothing is sent. What nodes say
to a plan is in :mod:`~tillgate.rails.evm.treasury.rehearsing`.
"""

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from math import ceil
from typing import Final, NamedTuple

import msgspec

from tillgate.base.money import MINOR_DIGITS
from tillgate.rails.evm import records as transfers
from tillgate.rails.evm.addresses import AddressError, parse_address
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import Network, Token
from tillgate.rails.evm.treasury.contract import ADDRESSES_A_FLUSH_MAX, factory, flushing_call
from tillgate.rails.evm.treasury.model import Treasury, TreasuryError
from tillgate.rails.evm.wallets import records as wallets
from tillgate.rails.evm.wallets.model import Source, Wallet
from tillgate.store import Database, Transaction

_PAGE: Final = 200
# One look reads no more, however many addresses were swept before: the next one goes on from there.
PAGES_A_LOOK_MAX: Final = 10
# The smallest sum that is worth moving, where nobody says another one: of a currency with cents, in its units.
LEAST: Final = Fraction(1)
LEAST_FORM: Final = "a sum such as 5 or 0.50, with at most nine digits before the point and six behind it"
# A currency without cents counts a hundredfold, and what is no currency, as a network's own coin, a thousandth.
_WITHOUT_CENTS: Final = Fraction(100)
_NO_CURRENCY: Final = Fraction(1, 1_000)
_LEAST: Final = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)


class AddressBalance(NamedTuple):
    """What lies at one address.

    Attributes:
        amounts_atomic: of each token that is worth moving, by its address with its checksum.
    """

    address_index: int
    address: str
    amounts_atomic: dict[str, int]


class Small(NamedTuple):
    """What of a token lies at addresses in sums that are not worth moving."""

    token: Token
    addresses: int
    total_atomic: int


class _Batch(msgspec.Struct, rename="camel", frozen=True):
    """What Safe's Transaction Builder reads."""

    version: str
    chain_id: str
    created_at: int
    meta: dict[str, str]
    transactions: list[dict[str, str]]


class Plan(NamedTuple):
    """What one sweep moves.

    Attributes:
        next_index: where the next look goes on; None where no address is left.
        small: what is left where it is, for it is less than the smallest sum.
    """

    network: Network
    tokens: list[Token]
    lying: list[AddressBalance]
    next_index: int | None
    small: list[Small] = []  # noqa: RUF012 (of a tuple, whose values nobody changes)

    def total_atomic(self, token: Token) -> int:
        """What is moved of a token."""
        return sum(one.amounts_atomic.get(token.address, 0) for one in self.lying)


def checked_least(text: str) -> Fraction:
    """The smallest sum that is worth moving, as somebody wrote it.

    Raises:
        TreasuryError: it is none.
    """
    if _LEAST.fullmatch(text.strip()) is None:
        raise TreasuryError(f"the smallest sum that is moved: expected {LEAST_FORM}")
    return Fraction(text.strip())


def least_atomic(token: Token, least: Fraction) -> int:
    """The same of a token, in its smallest unit."""
    digits = MINOR_DIGITS.get(token.currency)
    factor = _NO_CURRENCY if digits is None else Fraction(1) if digits else _WITHOUT_CENTS
    return ceil(least * factor * Fraction(10) ** token.decimals)


def without(found: Plan, left: Collection[tuple[str, str]]) -> Plan:
    """The plan without some sums, each named by its address and its token."""
    kept = []
    for one in found.lying:
        amounts = {token: amount for token, amount in one.amounts_atomic.items() if (one.address, token) not in left}
        if amounts:
            kept.append(one._replace(amounts_atomic=amounts))
    moved = {token for one in kept for token in one.amounts_atomic}
    return found._replace(lying=kept, tokens=[one for one in found.tokens if one.address in moved])


def call_of(source: Source, found: Plan) -> str | None:
    """What is sent to the factory, as hexadecimal; None where there is no treasury, or nothing to move."""
    if not isinstance(source, Treasury) or not found.lying:
        return None
    salts = [source.salt(one.address_index) for one in found.lying]
    return flushing_call(source.treasury, salts, [one.address for one in found.tokens])


def safe_batch(found: Plan, call: str, now: int) -> bytes:
    """The call as a file that the Transaction Builder of Safe reads."""
    transactions = [{"to": factory(), "value": "0", "data": call}]
    meta = {"name": f"Sweep of {len(found.lying)} addresses"}
    return msgspec.json.encode(_Batch("1.0", str(found.network.chain_id), now, meta, transactions)) + b"\n"


async def plan(
    database: Database,
    wallet: Wallet,
    network: Network,
    *,
    from_index: int = 0,
    least: Fraction = Fraction(0),
    without: Collection[str] = (),
) -> Plan:
    """What lies at the addresses of a wallet that were given out, as many as one call moves and one look reads.

    Args:
        least: what is less stays where it is: units of a token whose currency has cents.
        without: addresses that are left out: a token has frozen them.

    Raises:
        TreasuryError: one of those that are left out is no address.
    """
    try:
        without = {parse_address(one).lower() for one in without}
    except AddressError as error:
        raise TreasuryError(f"an address that is to be left out: {error}") from error

    async def tokens_of(tx: Transaction) -> list[Token]:
        return await networks.tokens_of(tx, network.chain_id)

    tokens = {one.address.lower(): one for one in await database.read(tokens_of)}
    found: list[AddressBalance] = []
    smallest = {name: max(least_atomic(token, least), 1) for name, token in tokens.items()}
    asked = _Asked(wallet.id, network.chain_id, tokens, smallest, without)
    small: dict[str, Small] = {}
    index: int | None = from_index
    for _ in range(PAGES_A_LOOK_MAX):
        if index is None or len(found) == ADDRESSES_A_FLUSH_MAX:
            break
        index = await _page(database, asked, index, found, small)
    moved = {token for one in found for token in one.amounts_atomic}
    chosen = [one for one in tokens.values() if one.address in moved]
    return Plan(network, chosen, found, index, [small[name] for name in tokens if name in small])


class _Asked(NamedTuple):
    """What is looked for.

    Attributes:
        smallest: atomic units of each token from which on a sum is moved.
    """

    wallet_id: str
    chain_id: int
    tokens: Mapping[str, Token]
    smallest: Mapping[str, int]
    without: Collection[str]


async def _page(
    database: Database, asked: _Asked, from_index: int, found: list[AddressBalance], small: dict[str, Small]
) -> int | None:
    """Add what lies at the next addresses; answers with the index after them, None at the end."""

    async def look(tx: Transaction) -> tuple[list[wallets.Unlooked], dict[tuple[str, str], int]]:
        given = await wallets.given_out(tx, asked.wallet_id, from_index, _PAGE)
        state = await transfers.heights(tx, asked.chain_id)
        if not given or state is None:
            return given, {}
        addresses = [one.address.lower() for one in given]
        return given, await transfers.holdings(tx, asked.chain_id, addresses, state.final)

    given, held = await database.read(look)
    for one in given:
        address = one.address.lower()
        if address in asked.without:
            continue
        amounts = {}
        for name, token in asked.tokens.items():
            amount = held.get((name, address), 0)
            if amount >= asked.smallest[name]:
                amounts[token.address] = amount
            elif amount > 0:
                before = small.get(name, Small(token, 0, 0))
                small[name] = Small(token, before.addresses + 1, before.total_atomic + amount)
        if amounts:
            found.append(AddressBalance(one.address_index, one.address, amounts))
            if len(found) == ADDRESSES_A_FLUSH_MAX:
                return one.address_index + 1
    return given[-1].address_index + 1 if len(given) == _PAGE else None
