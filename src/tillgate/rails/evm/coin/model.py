"""What is money of a network's own coin: what a transaction moves, and what only a balance shows.

The coin leaves no log. What a transaction sends is read in its block; what a contract sends, what a block pays to its
proposer and what a contract leaves when it ends is seen only in the balance of the address, at a block by its hash
(EIP-1898). Such money has no transaction: its identity is the chain, the block and the address.
"""

from collections.abc import Collection, Sequence
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
    more = use.balance_atomic - known.held
    found: list[Booked] = []
    if more > 0:
        came = Money(name, CAME_ORDINAL, COIN, COIN, address, more, at)
        found.append(Booked(came, final=False, doubt=None if is_exact else Doubt.UNEXPLAINED))
    elif more < 0 and (known.own or not is_exact):
        # A contract moved it on; or a rollup took a fee that it tells nobody.
        found.append(Booked(Money(name, LEFT_ORDINAL, COIN, address, COIN, -more, at), final=False))
    if is_open and not is_exact and not known.is_unclear and more <= 0:
        # Something may have come and left between two looks: nobody can say how much.
        unclear = Money(name, UNCLEAR_ORDINAL, COIN, COIN, address, 0, at)
        found.append(Booked(unclear, final=False, doubt=Doubt.UNEXPLAINED))
    return found
