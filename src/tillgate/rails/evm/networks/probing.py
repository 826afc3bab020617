"""What a node is asked before it is taken: which chain it follows, what it knows, and how much it answers at once."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar

from tillgate.base.clock import DAY_MS, SECOND_MS
from tillgate.rails.evm.coin import reading
from tillgate.rails.evm.model import pause_ms
from tillgate.rails.evm.networks.model import DECIMALS_MAX, Finality, Limits, NetworkError
from tillgate.rails.evm.node import (
    TRANSFER_TOPIC,
    Header,
    LogQuery,
    Node,
    NodeAway,
    NodeError,
    NodeLimited,
    Tag,
    TooMuchAsked,
    topic_of,
)

T = TypeVar("T")

RANGES: Final = (10_000, 2_000, 500, 100, 10, 1)
TOPICS: Final = (500, 250, 100, 50, 10, 1)
# The time between blocks is the mean over this number of them.
MEASURED_BLOCKS: Final = 1_000
# Blocks that come so much more slowly than they usually do are those of a chain, or of a node, that has come to a stop.
SLOWER_MAX: Final = 3
BYTES_PER_MEGABYTE: Final = 1_000_000
# While a session is open, of a network with one node (the bench counts them): each block is read at the head and again
# when it is final; and each look, new block or not, asks for the head and the tag.
CALLS_PER_BLOCK: Final = 16
CALLS_PER_LOOK: Final = 2
# A header and its logs are what a node is asked for here.
CALLS_MEASURED: Final = 2

# decimals(), ERC-20.
_DECIMALS: Final = "0x313ce567"


class _Counts(Protocol):
    received_bytes: int


class CountingNode(Node, Protocol):
    """A node that counts what it received."""

    @property
    def counts(self) -> _Counts: ...


class Probed(NamedTuple):
    """What a node was found to be.

    Attributes:
        label: its URL, masked.
        genesis: the hash of block 0; None where the node does not hold that block any more.
        tags: those that name a block.
        calls_by_hash: it answers what a contract says at the block with a hash.
        bytes_per_block: what came back for a header and its logs.
    """

    label: str
    chain_id: int
    genesis: str | None
    head: int
    tags: frozenset[Tag]
    calls_by_hash: bool
    limits: Limits
    bytes_per_block: int

    @property
    def calls_per_day(self) -> int:
        """Calls that watching costs while sessions are open all day."""
        block_ms = self.limits.block_ms
        return CALLS_PER_BLOCK * DAY_MS // block_ms + CALLS_PER_LOOK * DAY_MS // pause_ms(block_ms)

    @property
    def megabytes_per_day(self) -> float:
        """And what comes back for them."""
        return self.bytes_per_block / CALLS_MEASURED * self.calls_per_day / BYTES_PER_MEGABYTE


class CoinCost(NamedTuple):
    """What reading a network's own coin costs a day while a session waits for it, besides watching.

    Attributes:
        blocks_per_day: blocks that are read with all of their transactions.
        calls_per_address: calls for each address that waits.
        addresses_max: of how many addresses a block's state is read.
    """

    blocks_per_day: int
    calls_per_address: int
    addresses_max: int


def cost_of_coin(limits: Limits) -> CoinCost:
    """The same on a network whose blocks come as its nodes have shown."""
    blocks = DAY_MS // limits.block_ms
    return CoinCost(reading.CALLS_PER_BLOCK * blocks, reading.CALLS_PER_ADDRESS * blocks, reading.LOOKED_AT_MAX)


async def probe(node: CountingNode, *, chain_id: int | None, genesis: str | None, block_ms: int = SECOND_MS) -> Probed:
    """Ask a node what it is: some twenty questions.

    Args:
        chain_id, genesis: what is expected, where that is known.
        block_ms: the usual time between blocks, for a node that cannot show it yet.

    Raises:
        NetworkError: it does not answer, follows another chain, or lacks what watching needs.
    """
    try:
        return await _probe(node, chain_id, genesis, block_ms)
    except NodeError as error:
        raise NetworkError(f"{node.label}: {_explain_error(error)}") from error


async def _probe(node: CountingNode, chain_id: int | None, genesis: str | None, block_ms: int) -> Probed:
    found = await node.chain_id()
    if chain_id is not None and found != chain_id:
        raise NetworkError(
            f"{node.label} follows the chain {found}, and the chain {chain_id} was expected: give the URL of a node of "
            "that network"
        )
    first = await _or_none(node.header_by_number(0))
    if first is not None and genesis is not None and first.hash != genesis:
        raise NetworkError(
            f"{node.label} has the chain id {found}, but another first block: {first.hash}, and {genesis} was "
            "expected. It follows another network that took the same id"
        )
    head = await node.header_by_tag(Tag.LATEST)
    if head is None:
        raise NetworkError(f"{node.label} has no block yet: wait until it is in sync")
    tags = frozenset([tag for tag in (Tag.SAFE, Tag.FINALIZED) if await _names_a_block(node, tag, head)])
    before = node.counts.received_bytes
    again = await node.header_by_hash(head.hash) or head
    try:
        await node.logs_of_block(again.hash, _query(1))
    except NodeError as error:
        if isinstance(error, NodeAway | NodeLimited):
            raise
        raise NetworkError(
            f"{node.label} does not answer for the logs of a block by its hash (EIP-234), without which a "
            "reorganisation looks like an empty block. Use another node"
        ) from error
    bytes_per_block = node.counts.received_bytes - before
    by_hash = await _or_none(node.balance("0x" + "0" * 40, again.hash)) is not None
    limits = Limits(
        block_ms=await _block_ms(node, head) or block_ms,
        range_blocks_max=await _largest(RANGES, lambda size: _ask_range(node, head.number, size)),
        topics_max=await _largest(TOPICS, lambda size: node.logs_of_block(again.hash, _query(size))),
        takes_batches=await node.takes_batches(),
    )
    if not limits.range_blocks_max or not limits.topics_max:
        raise NetworkError(f"{node.label} answers no question for logs, however small. Use another node")
    return Probed(
        node.label,
        found,
        first.hash if first is not None else None,
        head.number,
        tags,
        by_hash,
        limits,
        bytes_per_block,
    )


def together(probed: Sequence[Probed]) -> Limits:
    """What all nodes of a network take.

    Raises:
        NetworkError: they do not follow the same chain.
    """
    first = probed[0]
    for one in probed[1:]:
        if one.chain_id != first.chain_id or (one.genesis and first.genesis and one.genesis != first.genesis):
            raise NetworkError(
                f"{first.label} follows the chain {first.chain_id}, and {one.label} the chain {one.chain_id}, with "
                "another first block: the nodes of a network follow the same chain"
            )
    return Limits(
        block_ms=first.limits.block_ms,
        range_blocks_max=min(one.limits.range_blocks_max for one in probed),
        topics_max=min(one.limits.topics_max for one in probed),
        takes_batches=all(one.limits.takes_batches for one in probed),
    )


def knows(probed: Sequence[Probed], finality: Finality) -> bool:
    """Whether every node knows what is waited for."""
    return finality is Finality.DEPTH or all(Tag(finality.value) in one.tags for one in probed)


async def read_decimals(node: Node, address: str) -> int:
    """The decimals that a token's contract says.

    Raises:
        NetworkError: there is no contract, it says none, or a number that no amount can have.
        NodeError: the node gives no answer.
    """
    use = (await node.account_uses([address.lower()]))[0]
    if not use.has_code:
        raise NetworkError(f"there is no contract at {address} on this network: compare it with the token's own page")
    try:
        answer = await node.call(address.lower(), _DECIMALS)
    except NodeError as error:
        if isinstance(error, NodeAway | NodeLimited):
            raise
        answer = "0x"
    if len(answer) != 66:
        raise NetworkError(f"the contract at {address} does not say its decimals: it is no ERC-20 token")
    decimals = int(answer, 16)
    if decimals > DECIMALS_MAX:
        raise NetworkError(
            f"the contract at {address} says {decimals if decimals < 10**6 else 'a huge number of'} decimals; at most "
            f"{DECIMALS_MAX} are taken"
        )
    return decimals


async def _names_a_block(node: Node, tag: Tag, head: Header) -> bool:
    found = await _or_none(node.header_by_tag(tag))
    # Block 0 under a tag is what nodes say that know nothing final yet.
    return found is not None and 0 < found.number <= head.number + MEASURED_BLOCKS


async def _block_ms(node: Node, head: Header) -> int | None:
    """The mean time between the last blocks; None where they do not show it."""
    blocks = min(MEASURED_BLOCKS, head.number - 1)
    earlier = await _or_none(node.header_by_number(head.number - blocks)) if blocks > 0 else None
    if earlier is None or head.mined_at <= earlier.mined_at:
        return None
    return max((head.mined_at - earlier.mined_at) // blocks, 1)


async def _ask_range(node: Node, head: int, size: int) -> object:
    return await node.logs_of_range(max(head - size + 1, 0), head, _query(1))


async def _largest(sizes: Sequence[int], ask: Callable[[int], Awaitable[object]]) -> int:
    """The largest of these that is answered; 0 where none is."""
    for size in sizes:
        try:
            await ask(size)
        except TooMuchAsked:
            continue
        except NodeError as error:
            if isinstance(error, NodeAway | NodeLimited):
                raise
            continue
        return size
    return 0


async def _or_none(asked: Awaitable[T]) -> T | None:
    """The answer; None where the node has none of its own. One that is away or limits its callers is no answer."""
    try:
        return await asked
    except NodeError as error:
        if isinstance(error, NodeAway | NodeLimited):
            raise
        return None


def _query(topics: int) -> LogQuery:
    recipients = tuple(topic_of("0x" + secrets.token_hex(20)) for _ in range(topics))
    return LogQuery((), ((TRANSFER_TOPIC,), None, recipients))


def _explain_error(error: NodeError) -> str:
    """What is wrong with a node, for whoever named it."""
    if isinstance(error, NodeAway):
        return f"{error}. Compare the URL, and whether this machine can reach it"
    if isinstance(error, NodeLimited):
        return f"{error}. Wait, or use a node that answers more often"
    return f"{error}. Is this the URL of a JSON-RPC node?"
