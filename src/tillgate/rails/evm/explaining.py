"""The outcome of a transaction: on which network it is, what it moved where, whether that counts, and what to do next.

The books are read, and the nodes of every network are asked at once, each with a deadline of its own: a node that hangs
delays the answer by no more than that. Nothing is written.
"""

import asyncio
import re
from collections.abc import Callable, Collection, Coroutine, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from tillgate.rails.evm import records
from tillgate.rails.evm.model import Doubt, TransferState, View
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import Network, NetworkError, Token
from tillgate.rails.evm.node import Node, NodeError, Receipt, Sent, Tag, Transferred, transferred
from tillgate.rails.evm.records import Transfer
from tillgate.store import Database, Sealer, SealingError, Transaction

DEADLINE_SECONDS: Final = 4.0
# Transactions that are looked up at once in one process; further ones wait for their turn as long as one takes.
AT_ONCE_MAX: Final = 4
MOVEMENTS_MAX: Final = 50
HASH_CHARACTERS_MAX: Final = 66
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)

Ours = Callable[[Transaction, Sequence[str]], Coroutine[Any, Any, Collection[str]]]
"""Which of these addresses, lower case, belong to who asks."""


class ExplainError(ValueError):
    """The hash cannot be looked up; the message says what was expected."""


class Found(StrEnum):
    """What a network knows of a transaction."""

    MINED = "mined"
    REVERTED = "reverted"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NOT_ANSWERED = "not_answered"


class Verdict(StrEnum):
    """Whether a movement counts, or why not."""

    COUNTED = "counted"
    WAITING = "waiting"
    NOT_READ_YET = "not_read_yet"
    UNASSIGNED = "unassigned"
    OTHER_TOKEN = "other_token"  # noqa: S105 (of a chain, no secret)
    NATIVE_COIN = "native_coin"
    OTHER_ADDRESS = "other_address"
    LEFT = "left"
    DOUBTED = "doubted"
    ORPHANED = "orphaned"
    REVERTED = "reverted"
    NOT_MINED = "not_mined"


NEXT: Final[dict[Verdict, str]] = {
    Verdict.COUNTED: "It counts towards its payment. There is nothing to do.",
    Verdict.WAITING: "It was seen and waits for its confirmations. There is nothing to do.",
    Verdict.NOT_READ_YET: "Its block has not been read yet. Look again in a few minutes; nothing has to be sent again.",
    Verdict.UNASSIGNED: "It fits no open payment. Assign it to an order, or return it and mark it returned.",
    Verdict.OTHER_TOKEN: "It arrived in a token that is not taken. The money is at the address: return it, or ask the "
    "operator to add the token.",
    Verdict.NATIVE_COIN: "It is the network's own coin, not a token. The money is at the address: return it to its "
    "sender.",
    Verdict.OTHER_ADDRESS: "It went to an address that is not one of yours. Compare the address with the one that was "
    "shown.",
    Verdict.LEFT: "It left an address of yours, and is booked as an outgoing transfer.",
    Verdict.DOUBTED: "The balance of the address does not cover it, so it is not counted. Review it before you "
    "deliver.",
    Verdict.ORPHANED: "A reorganisation removed its block. It counts when the transaction is mined again.",
    Verdict.REVERTED: "The transaction failed and moved nothing. Send the payment again.",
    Verdict.NOT_MINED: "The transaction is not mined yet. Wait for it; do not send a second one.",
}


class Movement(NamedTuple):
    """One movement of a transaction.

    Attributes:
        asset: the token's contract, lower case; None for the network's own coin.
        symbol, decimals: of a token that this server knows, and of the coin.
        payment_id: whose it is, where it is one of who asks.
    """

    asset: str | None
    symbol: str | None
    decimals: int | None
    sender: str
    recipient: str | None
    amount_atomic: int
    verdict: Verdict
    confirmations: int = 0
    payment_id: str | None = None

    @property
    def next_step(self) -> str:
        """What it means and what to do, in English."""
        return NEXT[self.verdict]


class OnNetwork(NamedTuple):
    """What one network knows of the transaction.

    Attributes:
        confirmations_needed: None where the network waits for a finality tag.
        left_out: movements that are not listed, of strangers.
    """

    name: str
    title: str
    chain_id: int
    found: Found
    block_number: int | None = None
    explorer_url: str | None = None
    confirmations_needed: int | None = None
    movements: tuple[Movement, ...] = ()
    left_out: int = 0


class Explanation(NamedTuple):
    """The outcome of a transaction, the networks that know it first."""

    tx_hash: str
    networks: tuple[OnNetwork, ...]

    @property
    def where(self) -> tuple[OnNetwork, ...]:
        """The networks that know the transaction."""
        return tuple(one for one in self.networks if one.found in _KNOWN)

    @property
    def summary(self) -> str:
        """One or two sentences in English."""
        if not self.networks:
            return "No network has been added, so nothing can be looked up."
        if self.where:
            names = " and ".join(one.title for one in self.where)
            return f"The transaction is on {names}."
        silent = [one.title for one in self.networks if one.found is Found.NOT_ANSWERED]
        if silent:
            return (
                f"No network that answered knows the transaction. Not answered: {', '.join(silent)}. Try again later."
            )
        return (
            "No network of this server knows the transaction. It was sent on another network, is not broadcast yet, or "
            "the hash is of something else, such as a user operation. Look it up in the wallet that sent it."
        )


_KNOWN: Final = (Found.MINED, Found.REVERTED, Found.PENDING)


class _Asked(NamedTuple):
    """What the books and the operator's settings say of one network."""

    network: Network
    tokens: dict[str, Token]
    booked: list[Transfer]
    view: View | None


class _Told(NamedTuple):
    """What the nodes of a network say."""

    receipt: Receipt | None = None
    sent: Sent | None = None
    head: int | None = None


def checked_hash(text: str) -> str:
    """A transaction hash as somebody typed it, lower case.

    Raises:
        ExplainError: it is none.
    """
    trimmed = text[: HASH_CHARACTERS_MAX + 100].strip()
    if len(trimmed) > HASH_CHARACTERS_MAX or _HASH.fullmatch(trimmed) is None:
        raise ExplainError("a transaction hash is 0x and 64 hexadecimal digits, as the wallet shows it after sending")
    return trimmed.lower()


class Explainer:
    """Explains transactions, a bounded number at a time."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        *,
        deadline_seconds: float = DEADLINE_SECONDS,
        at_once: int = AT_ONCE_MAX,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._deadline_seconds = deadline_seconds
        self._turns = asyncio.Semaphore(at_once)

    async def explain(self, text: str, ours: Ours, *, chain_ids: Collection[int] | None = None) -> Explanation:
        """The outcome of the transaction with this hash.

        Args:
            ours: which addresses belong to who asks; nothing of others' payments is told.
            chain_ids: only these networks are asked.

        Raises:
            ExplainError: it is no hash, or too many are looked up at this moment.
        """
        tx_hash = checked_hash(text)
        try:
            async with asyncio.timeout(self._deadline_seconds):
                await self._turns.acquire()
        except TimeoutError:
            raise ExplainError(
                "too many transactions are looked up at this moment; try again in a few seconds"
            ) from None
        try:
            return await self._explain(tx_hash, ours, chain_ids)
        finally:
            self._turns.release()

    async def _explain(self, tx_hash: str, ours: Ours, chain_ids: Collection[int] | None) -> Explanation:
        async def read(tx: Transaction) -> list[_Asked]:
            found = []
            for network in await networks.every(tx):
                if chain_ids is None or network.chain_id in chain_ids:
                    tokens = {one.address.lower(): one for one in await networks.tokens_of(tx, network.chain_id)}
                    booked = await records.of_transaction(tx, network.chain_id, tx_hash)
                    found.append(_Asked(network, tokens, booked, await records.view(tx, network.chain_id)))
            return found

        asked = await self._database.read(read)
        told = await asyncio.gather(*(self._ask(one.network, tx_hash) for one in asked))
        explained = [await self._on_network(one, answer, ours) for one, answer in zip(asked, told, strict=True)]
        explained.sort(key=lambda one: one.found not in _KNOWN)
        return Explanation(tx_hash, tuple(explained))

    async def _ask(self, network: Network, tx_hash: str) -> _Told | None:
        """What the first node to know the transaction says; None where none answers in time."""
        try:
            async with operations.opened(
                self._database, self._sealer, network, deadline_seconds=self._deadline_seconds
            ) as nodes:
                answers = await asyncio.gather(*(self._ask_one(node, tx_hash) for node in nodes.all))
        except (NetworkError, SealingError):
            return None
        said = [one for one in answers if one is not None]
        best = next((one for one in said if one.receipt is not None), None)
        best = best or next((one for one in said if one.sent is not None), None)
        return best or next(iter(said), None)

    async def _ask_one(self, node: Node, tx_hash: str) -> _Told | None:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                sent = await node.transaction(tx_hash)
                if sent is None:
                    return _Told()
                receipt = await node.receipt(tx_hash)
                head = await node.header_by_tag(Tag.LATEST) if receipt is not None else None
        except (NodeError, TimeoutError):
            return None
        return _Told(receipt, sent, head.number if head is not None else None)

    async def _on_network(self, asked: _Asked, told: _Told | None, ours: Ours) -> OnNetwork:
        network = asked.network
        moved = _movements(asked, told)
        addresses = sorted({part.lower() for one in moved for part in (one.sender, one.recipient) if part})
        mine: frozenset[str] = frozenset()
        if addresses:
            mine = frozenset(await self._database.read(lambda tx: ours(tx, addresses)))
        judged = [_judged(one, asked, told, mine) for one in moved]
        if not judged and told is None:
            found = Found.NOT_ANSWERED
        elif told is None or (told.receipt is None and told.sent is None):
            # The books know it, and no node does now: it was orphaned, or nobody answers.
            known = any(one.state is not TransferState.ORPHANED for one in asked.booked)
            found = Found.MINED if known else Found.UNKNOWN
        elif told.receipt is None:
            found = Found.PENDING
        else:
            found = Found.MINED if told.receipt.succeeded else Found.REVERTED
        # What concerns who asks comes first; a list of strangers is cut.
        judged.sort(key=lambda one: one.verdict is Verdict.OTHER_ADDRESS)
        block = told.receipt.block_number if told is not None and told.receipt is not None else None
        if block is None and asked.booked:
            block = asked.booked[0].money.block.number
        return OnNetwork(
            name=network.name,
            title=network.title,
            chain_id=network.chain_id,
            found=found,
            block_number=block,
            explorer_url=_explorer_url(network, told, asked),
            confirmations_needed=network.confirmations if network.finality.value == "depth" else None,
            movements=tuple(judged[:MOVEMENTS_MAX]),
            left_out=max(len(judged) - MOVEMENTS_MAX, 0),
        )


class _Moved(NamedTuple):
    """A movement before it is judged: from the books, a receipt, or the transaction itself."""

    asset: str | None
    sender: str
    recipient: str | None
    amount_atomic: int
    ordinal: int | None = None


def _movements(asked: _Asked, told: _Told | None) -> list[_Moved]:
    moved: list[_Moved] = []
    if told is not None and told.sent is not None and told.sent.value_atomic:
        moved.append(_Moved(None, told.sent.sender, told.sent.recipient, told.sent.value_atomic))
    if told is not None and told.receipt is not None:
        for ordinal, log in enumerate(told.receipt.logs):
            one: Transferred | None = transferred(log)
            if one is not None and one.amount_atomic:
                moved.append(_Moved(one.token, one.sender, one.recipient, one.amount_atomic, ordinal))
        return moved
    for booked in asked.booked:
        money = booked.money
        moved.append(_Moved(money.token, money.sender, money.recipient, money.amount_atomic, money.ordinal))
    return moved


def _judged(one: _Moved, asked: _Asked, told: _Told | None, mine: Collection[str]) -> Movement:
    token = asked.tokens.get(one.asset) if one.asset is not None else None
    coin = one.asset is None
    booked = _booked(one, asked)
    is_mine = one.recipient is not None and one.recipient.lower() in mine
    verdict = _verdict(one, asked, told, mine, booked)
    head = told.head if told is not None else None
    receipt = told.receipt if told is not None else None
    confirmations = max(head - receipt.block_number + 1, 1) if head is not None and receipt is not None else 0
    return Movement(
        asset=one.asset,
        symbol=asked.network.coin if coin else (token.symbol if token is not None else None),
        decimals=18 if coin else (token.decimals if token is not None else None),
        sender=one.sender,
        recipient=one.recipient,
        amount_atomic=one.amount_atomic,
        verdict=verdict,
        confirmations=confirmations,
        payment_id=booked.payment_id if booked is not None and is_mine else None,
    )


def _verdict(one: _Moved, asked: _Asked, told: _Told | None, mine: Collection[str], booked: Transfer | None) -> Verdict:
    if one.recipient is None or one.recipient.lower() not in mine:
        return Verdict.LEFT if one.sender.lower() in mine else Verdict.OTHER_ADDRESS
    receipt = told.receipt if told is not None else None
    if receipt is not None and not receipt.succeeded:
        return Verdict.REVERTED
    if told is not None and told.sent is not None and receipt is None:
        return Verdict.NOT_MINED
    if one.asset is None:
        return Verdict.NATIVE_COIN
    if booked is not None:
        return _of_books(booked)
    if one.asset not in asked.tokens:
        return Verdict.OTHER_TOKEN
    return Verdict.NOT_READ_YET


def _of_books(booked: Transfer) -> Verdict:
    match booked.state:
        case TransferState.ORPHANED:
            return Verdict.ORPHANED
        case TransferState.SEEN:
            return Verdict.WAITING
        case TransferState.FINAL:
            if booked.doubt is Doubt.BALANCE:
                return Verdict.DOUBTED
            return Verdict.COUNTED if booked.payment_id is not None else Verdict.UNASSIGNED


def _booked(one: _Moved, asked: _Asked) -> Transfer | None:
    """The newest row of the books about this movement; one that is not orphaned comes first."""
    rows = [
        row
        for row in asked.booked
        if row.money.ordinal == one.ordinal
        and (row.money.token, row.money.recipient, row.money.amount_atomic)
        == (one.asset, one.recipient, one.amount_atomic)
    ]
    rows.sort(key=lambda row: (row.state is TransferState.ORPHANED, -row.generation))
    return rows[0] if rows else None


def _explorer_url(network: Network, told: _Told | None, asked: _Asked) -> str | None:
    if network.explorer is None:
        return None
    if told is not None and told.sent is not None:
        return f"{network.explorer}/tx/{told.sent.tx_hash}"
    return f"{network.explorer}/tx/{asked.booked[0].money.tx_hash}" if asked.booked else None
