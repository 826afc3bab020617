"""What a watcher decides, without asking or writing anything: which block follows, where a fork ends, what is final,
which transfers an answer holds, and what of them is new.

Times are Unix milliseconds, amounts atomic units. A transfer's identity is its chain, its transaction's hash and its
place among the logs of that transaction's receipt; the log index in the block changes when the transaction is mined
again, and identifies nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tillgate.rails.evm.node import Header, Log, Receipt, Tag, transferred
from tillgate.rails.port import Block

TOPICS_MAX: Final = 500
SPAN_MAX: Final = 10_000
# Between two looks at the head: a quarter of the time between blocks, but never so long that a payment is told later
# than two seconds after its block, nor so short that a quick network is asked without a pause.
PAUSE_MS_MIN: Final = 250
PAUSE_MS_MAX: Final = 1_500


class Finality(NamedTuple):
    """When a block of a network counts: as deep as this, or where the node's tag stands.

    Attributes:
        confirmations: blocks that stand on it, its own included; read only where there is no tag.
    """

    confirmations: int
    tag: Tag | None = None


class WatchedNetwork(NamedTuple):
    """What a watcher has to know of a network.

    Attributes:
        tokens: contracts whose transfers are money, lower case.
        patience_ms: after so long without a second node one alone concludes, and disagreement with what was final is
            believed where every node tells the same.
        range_blocks_max, topics_max: how much its nodes take in one question for logs.
        sweep_blocks: how many blocks a slow round waits for.
        checks_balances: its nodes answer calls at a block's hash, so that balances are compared before money counts.
        takes_coin: its own coin is money, too.
    """

    chain_id: int
    finality: Finality
    tokens: frozenset[str]
    block_ms: int = 12_000
    patience_ms: int = 10 * 60 * 1_000
    checks_balances: bool = True
    sweep_blocks: int = 300
    range_blocks_max: int = SPAN_MAX
    topics_max: int = TOPICS_MAX
    takes_coin: bool = False


class Point(NamedTuple):
    """A block that was read, or up to which everything was."""

    number: int
    hash: str
    parent_hash: str
    mined_at: int


class View(NamedTuple):
    """The chain as the books have it.

    Attributes:
        version: grows by one with each change; a change names the one that it was made from.
        final: everything up to this block is concluded.
        blocks: those above it that were read, in order, each the parent of the next.
        earlier: some final blocks below, the newest first, to find where a deep reorganisation began.
        sweep: the slow round over every address; None before the first.
    """

    version: int
    final: Point
    blocks: tuple[Point, ...] = ()
    earlier: tuple[Point, ...] = ()
    sweep: "Sweep | None" = None

    @property
    def tip(self) -> Point:
        """The newest block that was read."""
        return self.blocks[-1] if self.blocks else self.final

    def at(self, number: int) -> Point | None:
        """The block of this height, where the books have it."""
        if number == self.final.number:
            return self.final
        place = number - self.final.number - 1
        if 0 <= place < len(self.blocks):
            return self.blocks[place]
        return next((one for one in self.earlier if one.number == number), None)


class Sweep(NamedTuple):
    """The slow round: every address ever given out, a page at a time, over one range of final blocks.

    Attributes:
        first, last: the heights of this round.
        after: the last address that was done; empty at the beginning.
    """

    first: int
    last: int
    after: str = ""


class Money(NamedTuple):
    """A transfer of a token, or of the coin, from or to an address of ours, as a receipt has it.

    Attributes:
        tx_hash: the transaction; another name where only a balance shows it (:mod:`tillgate.rails.evm.coin.model`).
        ordinal: its place among the receipt's logs; one above them of the coin, which leaves no log.
    """

    tx_hash: str
    ordinal: int
    token: str
    sender: str
    recipient: str
    amount_atomic: int
    block: Block


class TransferState(StrEnum):
    """The state of a transfer in the books."""

    SEEN = "seen"
    FINAL = "final"
    ORPHANED = "orphaned"


class Doubt(StrEnum):
    """Why a final transfer is not counted before a person has looked."""

    BALANCE = "balance"
    # The coin of its address moved in a way that no transaction which was read explains.
    UNEXPLAINED = "unexplained"
    # No node has the state of that block any more, so that the balance could not be compared.
    STATE_GONE = "state_gone"


class Booked(NamedTuple):
    """A transfer as it is to stand in the books.

    Attributes:
        final: concluded; a transfer above finality is only seen.
        single_source: one node alone told it.
        doubt: it does not count before a person has looked.
        held_atomic: the coin that its address was seen to have at its block, where only that shows the money.
    """

    money: Money
    final: bool
    single_source: bool = False
    doubt: Doubt | None = None
    held_atomic: int | None = None


class Change(NamedTuple):
    """What one look changes in the books: all of it in one transaction, or nothing.

    Attributes:
        version: of the view that it was made from.
        final: the new final block; the blocks up to it are dropped from those above.
        rolled_back_to: every block above this height has left the chain, and the transfers in it are orphaned.
        blocks: read now, in order.
        booked: seen or concluded now.
        orphaned: seen before in a block that is no part of the chain, or nothing that came or left after all.
    """

    version: int
    final: Point
    rolled_back_to: int | None = None
    blocks: tuple[Point, ...] = ()
    booked: tuple[Booked, ...] = ()
    sweep: Sweep | None = None
    orphaned: tuple[Money, ...] = ()


class Fits(StrEnum):
    """How a header stands to the newest block that was read."""

    NEXT = "next"
    FORK = "fork"


def pause_ms(block_ms: int) -> int:
    """How long a watcher waits between two looks, by the network's time between blocks."""
    return min(max(block_ms // 4, PAUSE_MS_MIN), PAUSE_MS_MAX)


def point_of(header: Header) -> Point:
    """A header without its bloom."""
    return Point(header.number, header.hash, header.parent_hash, header.mined_at)


def fits(tip: Point, header: Header) -> Fits:
    """Whether the block above the tip stands on it: by its parent's hash, never by its height."""
    stands = header.number == tip.number + 1 and header.parent_hash == tip.hash
    return Fits.NEXT if stands else Fits.FORK


def mined(header: Header | Point) -> Block:
    """A block as a transfer names it."""
    return Block(header.number, header.hash, header.mined_at)


def ancestor(view: View, theirs: Mapping[int, str]) -> Point | None:
    """The newest block of the books that another chain has, too.

    Args:
        theirs: hashes of that chain by height.
    """
    for one in (*reversed(view.blocks), view.final, *view.earlier):
        if theirs.get(one.number) == one.hash:
            return one
    return None


def final_height(finality: Finality, head: Header, tagged: Header | None) -> int | None:
    """Up to which height blocks are final; None where nothing can be said.

    A tag that is absent says nothing, and so does one above the head of the node that told it.
    """
    if finality.tag is None:
        return max(head.number - finality.confirmations + 1, 0)
    if tagged is None or tagged.number > head.number:
        return None
    return tagged.number


def pages(addresses: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Addresses in lists that a node takes as topics."""
    return [tuple(addresses[first : first + size]) for first in range(0, len(addresses), size)]


def wanted(logs: Iterable[Log], tokens: frozenset[str], addresses: frozenset[str]) -> list[Log]:
    """The logs that are money: a transfer of more than nothing, of a known contract, from or to one of ours."""
    found = []
    for log in logs:
        moved = transferred(log)
        ours = moved is not None and (moved.recipient in addresses or moved.sender in addresses)
        if moved is not None and ours and moved.token in tokens and moved.amount_atomic:
            found.append(log)
    return found


def money_of(log: Log, receipt: Receipt, block: Block) -> Money | None:
    """The transfer that a log says, placed among its receipt's logs; None where the receipt does not prove it.

    The receipt has to be of the same block, its transaction must have succeeded, and the log in it must say the same.
    """
    moved = transferred(log)
    if moved is None or not receipt.succeeded or receipt.block_hash != block.hash or receipt.tx_hash != log.tx_hash:
        return None
    for ordinal, one in enumerate(receipt.logs):
        if one.log_index == log.log_index and transferred(one) == moved:
            return Money(log.tx_hash, ordinal, moved.token, moved.sender, moved.recipient, moved.amount_atomic, block)
    return None


def money_at(receipt: Receipt, ordinal: int, block: Block) -> Money | None:
    """The transfer at a place among a receipt's logs; None where there is none, it failed, or lies in another block."""
    if not receipt.succeeded or (receipt.block_number, receipt.block_hash) != (block.number, block.hash):
        return None
    if not 0 <= ordinal < len(receipt.logs):
        return None
    moved = transferred(receipt.logs[ordinal])
    if moved is None:
        return None
    return Money(receipt.tx_hash, ordinal, moved.token, moved.sender, moved.recipient, moved.amount_atomic, block)


def same_money(one: Money, other: Money) -> bool:
    """The same transfer, wherever it was mined: an orphaned one comes back only as the same."""
    return one._replace(block=other.block) == other


def spoken_ordinal(ordinal: int, generation: int) -> int:
    """How a transfer is named to the checkout: a transaction that is mined again may move something else at the same
    place, and then it is another transfer."""
    return ordinal + (generation << 32)


def place_of(spoken: int) -> tuple[int, int]:
    """The place among a receipt's logs, and the generation, of such a name."""
    return spoken & 0xFFFF_FFFF, spoken >> 32
