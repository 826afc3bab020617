"""What is money of a network's own coin: what a transaction moves, and what only a balance shows.

The coin leaves no log. What a transaction sends is read in its block; what a contract sends, what a block pays to its
proposer and what a contract leaves when it ends is seen only in the balance of the address, at a block by its hash
(EIP-1898). Such money has no transaction: its identity is the chain, the block and the address.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from tillgate.rails.evm.model import Booked, Doubt, Money, Point, mined
from tillgate.rails.evm.node import AccountUse, Receipt, Sent
from tillgate.rails.port import COIN, Block, hash_of

# Places above every log of a receipt: what a transaction itself moves, and what its sender pays for it.
VALUE_ORDINAL: Final = 2**31 - 1
FEE_ORDINAL: Final = 2**31 - 2
# Places under the name of a look: what came, what left, and that something may have come and left.
CAME_ORDINAL: Final = 0
LEFT_ORDINAL: Final = 1
UNCLEAR_ORDINAL: Final = 2


class Known(NamedTuple):
    """What the books say of an address's coin up to a block, seen money included.

    Attributes:
        held: in less out.
        own: transactions that it sent.
        is_unclear: it is noted already that something moved which nobody can explain.
    """

    held: int = 0
    own: int = 0
    is_unclear: bool = False


def name_of_look(block_hash: str, address: str) -> str:
    """How what only a balance shows is named."""
    return f"{block_hash}:{address}"


def is_of_look(money: Money) -> bool:
    """Whether only a balance shows it."""
    return hash_of(money.tx_hash) is None


def moved_by(sent: Sent, receipt: Receipt, block: Block, addresses: Collection[str]) -> list[Money] | None:
    """What a transaction moved of the coin from or to these addresses, its fee included; None where the receipt is not
    its own."""
    if (receipt.tx_hash, receipt.block_hash) != (sent.tx_hash, block.hash):
        return None
    found: list[Money] = []
    is_ours = sent.sender in addresses or sent.recipient in addresses
    if receipt.succeeded and sent.value_atomic and is_ours:
        # What creates a contract goes to nobody that matters here.
        to = sent.recipient or COIN
        found.append(Money(sent.tx_hash, VALUE_ORDINAL, COIN, sent.sender, to, sent.value_atomic, block))
    if sent.sender in addresses and receipt.fee_atomic is not None:
        found.append(Money(sent.tx_hash, FEE_ORDINAL, COIN, sent.sender, COIN, receipt.fee_atomic, block))
    return found


def net(found: Sequence[Money], address: str) -> int:
    """What transfers change the coin of an address by."""
    return sum(one.amount_atomic * ((one.recipient == address) - (one.sender == address)) for one in found)


def looked_at(address: str, use: AccountUse, known: Known, block: Point, *, is_open: bool) -> list[Booked]:
    """What follows from the state of an address at a block.

    It is exact where every transaction that the address sent is known and no code lies there, for then nothing can
    have left it unseen. Else what came waits for a person.

    Args:
        known: what the books have up to that block.
        is_open: a session waits for money there; afterwards its owner moves it as they like.
    """
    name, at = name_of_look(block.hash, address), mined(block)
    is_exact = not use.has_code and use.nonce == known.own
    held = use.balance_atomic
    more = held - known.held
    found: list[Booked] = []
    if more > 0:
        came = _came(name, address, more, at)
        found.append(Booked(came, final=False, doubt=None if is_exact else Doubt.UNEXPLAINED, held_atomic=held))
    elif more < 0 and (known.own or not is_exact):
        # A contract moved it on; or a rollup took a fee that it tells nobody.
        found.append(Booked(_left(name, address, -more, at), final=False, held_atomic=held))
    if is_open and not is_exact and not known.is_unclear and more <= 0:
        # Something may have come and left between two looks: nobody can say how much.
        unclear = Money(name, UNCLEAR_ORDINAL, COIN, COIN, address, 0, at)
        found.append(Booked(unclear, final=False, doubt=Doubt.UNEXPLAINED))
    return found


def settled(looks: Sequence[Booked], found: Sequence[Money], held_before: int) -> list[Booked]:
    """What looks at one address showed, once all that transactions moved is known: the balance that each saw, less what
    the books have by then.

    A look is made of what the books had at its time. They may have held what left the chain, and lacked transactions
    that were read later: what the look then called come or left is another amount, or nothing.

    Args:
        looks: on the chain, of a range of blocks.
        found: what transactions of the range moved.
        held_before: what the books have of the address before the range.
    """
    kept: list[Booked] = []
    looks = sorted(looks, key=lambda one: (one.money.block.number, one.money.ordinal))
    for number, of_block in groupby(looks, key=lambda one: one.money.block.number):
        shown = list(of_block)
        address, moved = ours(shown[0].money), [one for one in found if one.block.number <= number]
        before = held_before + net([*moved, *(one.money for one in kept)], address)
        kept += _settled(shown, before, address)
    return kept


def _settled(shown: Sequence[Booked], before: int, address: str) -> Iterator[Booked]:
    """The same of one block."""
    yield from (one for one in shown if one.held_atomic is None)
    look = next((one for one in shown if one.held_atomic is not None), None)
    if look is None or look.held_atomic is None:
        return
    more, came = look.held_atomic - before, look.money.ordinal == CAME_ORDINAL
    name, block = look.money.tx_hash, look.money.block
    if more > 0:
        yield look._replace(money=_came(name, address, more, block), doubt=look.doubt if came else Doubt.UNEXPLAINED)
    elif more < 0 and not came:
        yield look._replace(money=_left(name, address, -more, block))


def ours(money: Money) -> str:
    """The address that a movement is about: one that fees and contracts' money has nobody on the other side."""
    return money.recipient if money.recipient != COIN else money.sender


def _came(name: str, address: str, amount_atomic: int, block: Block) -> Money:
    return Money(name, CAME_ORDINAL, COIN, COIN, address, amount_atomic, block)


def _left(name: str, address: str, amount_atomic: int, block: Block) -> Money:
    return Money(name, LEFT_ORDINAL, COIN, address, COIN, amount_atomic, block)
