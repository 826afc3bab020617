"""What is asked of a node of an EVM network, and the values that come back: parsed strictly, and bounded.

A value of this module has the shape that the Ethereum JSON-RPC specification gives it, or it is not made:

    NodeError
    ├── NodeAway        no answer: no connection, too slow, or an answer that does not end
    │   └── NodeResting     not asked: it has failed lately, and its time to rest is not over
    ├── NodeLimited     it answers that it was asked too often or too much
    │   └── TooMuchAsked    the question is too large for it; a smaller one may be answered
    ├── NodeRefused     it answers with an error of its own, such as a method that it does not have
    │   └── CallFailed      the call that it was asked to try fails
    └── Malformed       it answers with what is no answer to the question

Their texts hold no URL and nothing but bounded, printable characters of what a node sent.
"""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

UINT256_MAX: Final = 2**256 - 1
# A block number, a time and an index fit signed 64 bits, as every database has them.
NUMBER_MAX: Final = 2**63 - 1
# Instants are kept in milliseconds; the end of the year 9998, as elsewhere.
BLOCK_SECONDS_MAX: Final = 253_370_764_799
CHAIN_ID_MAX: Final = 2**53 - 1
TOPICS_MAX: Final = 4
CALL_BYTES_MAX: Final = 64 * 1024
BLOOM_BYTES: Final = 256
# How an excerpt of something longer ends.
CUT: Final = '" and more'
EXCERPT_CHARACTERS_MAX: Final = 160
ZERO_HASH: Final = "0x" + "0" * 64
# keccak256("Transfer(address,address,uint256)"), ERC-20.
TRANSFER_TOPIC: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
_WORD_HEX: Final = 64

_QUANTITY: Final = re.compile(r"0x(?:0|[1-9a-fA-F][0-9a-fA-F]{0,63})", re.ASCII)
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


class NodeError(Exception):
    """A node gave no answer that can be used. Nothing follows from it about the chain."""

    kind = "error"


class NodeAway(NodeError):
    """No answer: no connection, too slow, or an answer that does not end."""

    kind = "away"


class NodeResting(NodeAway):
    """Not asked: it has failed lately, and its time to rest is not over."""

    kind = "resting"


class NodeLimited(NodeError):
    """It answers that it was asked too often or too much.

    Attributes:
        retry_after_seconds: for how long it wants not to be asked; 0 where it does not say.
    """

    kind = "limited"

    def __init__(self, message: str, *, retry_after_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooMuchAsked(NodeLimited):
    """The question is too large for this node: fewer blocks or topics may be answered."""

    kind = "too_much"


class NodeRefused(NodeError):
    """It answers with an error of its own, such as a method or a state that it does not have."""

    kind = "refused"

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class CallFailed(NodeRefused):
    """The call that it was asked to try fails: the contract refuses it."""


class Malformed(NodeError):
    """It answers with what is no answer to the question."""

    kind = "malformed"


class Tag(StrEnum):
    """The block that a node names by its state. ``pending`` is none of them: it has no hash and may never be mined."""

    LATEST = "latest"
    SAFE = "safe"
    FINALIZED = "finalized"


class Header(NamedTuple):
    """A block's header.

    Attributes:
        hash, parent_hash: 32 bytes, lower-case hexadecimal after ``0x``.
        mined_at: the block's own time, Unix milliseconds.
        bloom: 256 bytes; None where the node leaves it out, as some rollups do.
    """

    number: int
    hash: str
    parent_hash: str
    mined_at: int
    bloom: bytes | None = None


class Newest(NamedTuple):
    """Where a node stands at one moment.

    Attributes:
        head: its newest block; None where it answers null.
        tagged: the block that the finality tag names; None where no tag was asked for, and where the node does not know
            the tag, answers null or what is no block.
    """

    head: Header | None
    tagged: Header | None = None


class Log(NamedTuple):
    """An event of a contract, in a block that has a hash.

    Attributes:
        address, topics, data: lower-case hexadecimal after ``0x``.
        log_index: its place in the block, which a reorganisation may change.
    """

    address: str
    topics: tuple[str, ...]
    data: str
    block_number: int
    block_hash: str
    tx_hash: str
    log_index: int


class Receipt(NamedTuple):
    """The outcome of a transaction.

    Attributes:
        succeeded: its status is 1.
        logs: in the order of the receipt, whose places are what identifies a transfer.
        fee_atomic: what its sender paid for it in wei, failed or not, a rollup's fee for Ethereum included; None where
            the node does not say it.
    """

    tx_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    logs: tuple[Log, ...]
    fee_atomic: int | None = None


class Sent(NamedTuple):
    """A transaction as it was sent, mined or not.

    Attributes:
        recipient: None where it creates a contract.
        value_atomic: native coin that it moves, in wei, unless it fails.
        block_hash: None while it is in no block.
    """

    tx_hash: str
    sender: str
    recipient: str | None
    value_atomic: int
    block_hash: str | None


class AccountUse(NamedTuple):
    """What an address has at a block: how many transactions it sent, whether it is a contract, and its native coin.

    Attributes:
        has_tokens: it has some of a token that was asked about.
    """

    nonce: int
    has_code: bool
    balance_atomic: int
    has_tokens: bool = False

    @property
    def is_fresh(self) -> bool:
        """Nobody has used it on this network."""
        return not (self.nonce or self.has_code or self.balance_atomic or self.has_tokens)


class Call(NamedTuple):
    """A call as if an account sent it; nothing is sent.

    Attributes:
        sender: None for nobody in particular.
        data: hexadecimal.
    """

    sender: str | None
    to: str
    data: str


class GasPrice(NamedTuple):
    """What a network asks for a unit of gas now, in wei.

    Attributes:
        price: with a usual tip in it.
        tip: the part of it that whoever makes the block keeps; None where the node does not say.
    """

    price: int
    tip: int | None


class Transferred(NamedTuple):
    """What an ERC-20 ``Transfer`` log says: atomic units of its contract's token from one address to another."""

    token: str
    sender: str
    recipient: str
    amount_atomic: int


class LogQuery(NamedTuple):
    """Which logs are asked for: of these contracts, each place of the topics one of a list, or anything where None.

    Attributes:
        addresses: contracts; none means every one.
    """

    addresses: tuple[str, ...]
    topics: tuple[tuple[str, ...] | None, ...]


class Node(Protocol):
    """One node of one network, asked by one URL.

    Every answer may be a lie or be late. What is checked here is that it is of the right shape and answers the question
    that was asked: the block of that number or hash, logs of that block or of those. Each method raises a
    :class:`NodeError`.

    Attributes:
        label: names it in logs, pages and metrics; holds no secret.
        is_resting: it has failed lately and is not asked now.
    """

    @property
    def label(self) -> str: ...

    @property
    def is_resting(self) -> bool: ...

    def distrust(self, reason: str) -> None:
        """Let it rest as if it had failed: it told what the block itself speaks against."""
        ...

    async def chain_id(self) -> int:
        """The chain that it says it follows (EIP-155)."""
        ...

    async def header_by_tag(self, tag: Tag) -> Header | None:
        """The block that it names so now; None where it answers null."""
        ...

    async def newest(self, tag: Tag | None) -> Newest:
        """Its head and the block that a finality tag names, in one batch where it takes batches."""
        ...

    async def header_by_number(self, number: int) -> Header | None:
        """The block at this height on the chain that it follows now; None where it has none. 0 is the genesis."""
        ...

    async def headers_by_number(self, numbers: Sequence[int]) -> list[Header | None]:
        """The same for several, in one batch where it takes batches."""
        ...

    async def header_by_hash(self, block_hash: str) -> Header | None:
        """The block with this hash, on whatever branch; None where it does not hold it."""
        ...

    async def logs_of_block(self, block_hash: str, query: LogQuery) -> list[Log]:
        """The logs of one block by its hash (EIP-234), in order. Empty says nothing unless it holds that block."""
        ...

    async def logs_of_range(self, first: int, last: int, query: LogQuery) -> list[Log]:
        """The logs of a range of heights, both ends included, in order.

        Raises:
            TooMuchAsked: the range or the topics are more than it takes.
        """
        ...

    async def receipt(self, tx_hash: str) -> Receipt | None:
        """The outcome of a transaction; None where it is in no block that this node holds."""
        ...

    async def transaction(self, tx_hash: str) -> Sent | None:
        """A transaction, also one that waits to be mined; None where this node does not know it."""
        ...

    async def call(self, to: str, data: str, block_hash: str | None = None) -> str:
        """The bytes that a contract answers with at a block (EIP-1898), as hexadecimal; at the newest where None."""
        ...

    async def token_balances(self, token: str, addresses: Sequence[str], block_hash: str | None = None) -> list[int]:
        """What each of these addresses has of a token at a block, in one batch where it takes batches; at the newest
        where None."""
        ...

    async def balance(self, address: str, block_hash: str | None = None) -> int:
        """Native coin of an address at a block, in wei."""
        ...

    async def balances(self, addresses: Sequence[str], block_hash: str) -> list[int]:
        """The same of several at a block (EIP-1898), in batches where it takes batches."""
        ...

    async def sent_of_block(self, block_hash: str, addresses: Collection[str]) -> list[Sent] | None:
        """The transactions of a block from and to these addresses, lower case; None where it does not hold it."""
        ...

    async def account_uses(self, addresses: Sequence[str], block_hash: str | None = None) -> list[AccountUse]:
        """What each of these addresses has at a block (EIP-1898), in batches where it takes batches; at the newest
        where None."""
        ...

    async def code(self, address: str) -> str:
        """The code of an address at the newest block, as hexadecimal; ``0x`` where it has none."""
        ...

    async def outcomes(self, calls: Sequence[Call]) -> list[str | None]:
        """What each of these calls would answer with at the newest block, as hexadecimal; None where it would fail."""
        ...

    async def gas_of(self, calls: Sequence[Call]) -> list[int | None]:
        """The gas that each of these calls would take as a transaction; None where it would fail."""
        ...

    async def gas_price(self) -> GasPrice:
        """What a unit of gas costs now."""
        ...

    async def takes_batches(self) -> bool:
        """It answers a batch of questions."""
        ...


def parsed_quantity(value: object, *, at_most: int = UINT256_MAX, what: str = "a quantity") -> int:
    """An integer out of its hexadecimal form without leading zeros.

    Raises:
        Malformed: it is none, or too large.
    """
    if not isinstance(value, str) or len(value) > 66 or _QUANTITY.fullmatch(value) is None:
        raise Malformed(f"expected {what} as hexadecimal without leading zeros, got {excerpt(value)}")
    number = int(value, 16)
    if number > at_most:
        raise Malformed(f"expected {what} of at most {at_most}, got {excerpt(value)}")
    return number


def parsed_hash(value: object, *, what: str = "a hash") -> str:
    """32 bytes in lower case; not all zero, which stands for a block that is not mined.

    Raises:
        Malformed: it is no such hash.
    """
    if not isinstance(value, str) or len(value) != 66 or _HASH.fullmatch(value) is None:
        raise Malformed(f"expected {what} of 32 bytes, got {excerpt(value)}")
    lower = value.lower()
    if lower == ZERO_HASH:
        raise Malformed(f"expected {what} that is not zero")
    return lower


def parsed_word(value: object, *, what: str = "a topic") -> str:
    """32 bytes in lower case, zero included.

    Raises:
        Malformed: it is no such word.
    """
    if not isinstance(value, str) or len(value) != 66 or _HASH.fullmatch(value) is None:
        raise Malformed(f"expected {what} of 32 bytes, got {excerpt(value)}")
    return value.lower()


def parsed_address(value: object, *, what: str = "an address") -> str:
    """20 bytes in lower case.

    Raises:
        Malformed: it is no such address.
    """
    if not isinstance(value, str) or len(value) != 42 or _ADDRESS.fullmatch(value) is None:
        raise Malformed(f"expected {what} of 20 bytes, got {excerpt(value)}")
    return value.lower()


def parsed_bytes(value: object, *, bytes_max: int, what: str = "bytes") -> str:
    """A bounded number of bytes, as lower-case hexadecimal after ``0x``.

    Raises:
        Malformed: it is something else, or more.
    """
    if not isinstance(value, str) or len(value) > 2 + 2 * bytes_max or not _is_hex(value):
        raise Malformed(f"expected at most {bytes_max} {what} as hexadecimal, got {excerpt(value)}")
    return value.lower()


def transferred(log: Log) -> Transferred | None:
    """The transfer that a log says; None where it is not exactly an ERC-20 ``Transfer``.

    ERC-721 has the same first topic with a fourth one; an address is left-padded with zeros, and whatever has something
    else there is a look-alike.
    """
    if len(log.topics) != 3 or log.topics[0] != TRANSFER_TOPIC or len(log.data) != 2 + _WORD_HEX:
        return None
    sender, recipient = _address_of(log.topics[1]), _address_of(log.topics[2])
    if sender is None or recipient is None:
        return None
    return Transferred(log.address, sender, recipient, int(log.data, 16))


def balance_call(address: str) -> str:
    """The call data that asks a token's contract for the balance of an address (ERC-20 ``balanceOf``)."""
    return "0x70a08231" + topic_of(address)[2:]


def parsed_balance(told: str) -> int:
    """The answer to it.

    Raises:
        Malformed: it is no number of 32 bytes.
    """
    if len(told) != 66:
        raise Malformed("expected a balance of 32 bytes")
    return int(told, 16)


def topic_of(address: str) -> str:
    """An address as a topic: left-padded to 32 bytes."""
    return "0x" + "0" * 24 + address[2:].lower()


def excerpt(value: object) -> str:
    """The beginning of what a node sent, printable and bounded."""
    if isinstance(value, str):
        cut = value[:EXCERPT_CHARACTERS_MAX]
        plain = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in cut)
        return f'"{plain}' + (CUT if len(value) > EXCERPT_CHARACTERS_MAX else '"')
    return "null" if value is None else f"a value of type {type(value).__name__}"


def _is_hex(value: str) -> bool:
    if not value.startswith("0x") or len(value) % 2:
        return False
    try:
        # It passes over spaces, so that the length tells them.
        return len(bytes.fromhex(value[2:])) == len(value) // 2 - 1
    except ValueError:
        return False


def _address_of(topic: str) -> str | None:
    return "0x" + topic[26:] if topic[2:26] == "0" * 24 else None
