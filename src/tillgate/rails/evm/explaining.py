"""The outcome of a transaction: on which network it is, what it moved where, whether that counts, and what to do next.

The books are read, and the nodes of every network are asked at once, each with a deadline of its own: a node that hangs
delays the answer by no more than that. Nothing is written.
"""

import asyncio
import re
from collections.abc import Collection
from math import ceil
from typing import Final, NamedTuple

from tillgate.rails.evm import records
from tillgate.rails.evm.addresses import parse_address
from tillgate.rails.evm.coin import records as coin_records
from tillgate.rails.evm.coin.model import FEE_ORDINAL, VALUE_ORDINAL
from tillgate.rails.evm.model import TransferState, View
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import SYSTEM_ADDRESS, Network, NetworkError, Token
from tillgate.rails.evm.node import Node, NodeError, Receipt, Sent, Tag, Transferred, transferred
from tillgate.rails.evm.records import Transfer
from tillgate.rails.evm.turns import NoTurn, Turns
from tillgate.rails.port import (
    COIN,
    KNOWN,
    Explanation,
    Found,
    HashUnusable,
    Moved,
    OnNetwork,
    Ours,
    TooManyLookUps,
    Verdict,
)
from tillgate.store import Database, Sealer, SealingError, Transaction

DEADLINE_SECONDS: Final = 4.0
# Transactions that are looked up at once in one process; further ones wait for their turn as long as one takes.
AT_ONCE_MAX: Final = 4
MOVEMENTS_MAX: Final = 50
HASH_CHARACTERS_MAX: Final = 66
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)


class _Asked(NamedTuple):
    """What the books and the operator's settings say of one network.

    Attributes:
        coin: addresses at which its own coin is asked for.
    """

    network: Network
    tokens: dict[str, Token]
    booked: list[Transfer]
    view: View | None
    coin: frozenset[str] = frozenset()


class _Told(NamedTuple):
    """What the nodes of a network say."""

    receipt: Receipt | None = None
    sent: Sent | None = None
    head: int | None = None


def checked_hash(text: str) -> str:
    """A transaction hash as somebody typed it, lower case.

    Raises:
        HashUnusable: it is none.
    """
    trimmed = text[: HASH_CHARACTERS_MAX + 100].strip()
    if len(trimmed) > HASH_CHARACTERS_MAX or _HASH.fullmatch(trimmed) is None:
        raise HashUnusable("a transaction hash is 0x and 64 hexadecimal digits, as the wallet shows it after sending")
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
        self._turns = Turns(at_once, deadline_seconds)

    async def explain(self, text: str, ours: Ours, *, test_networks: bool = False) -> Explanation:
        """See :class:`~tillgate.rails.port.TransferExplainer`."""
        tx_hash = checked_hash(text)
        try:
            async with self._turns.turn():
                return await self._explain(tx_hash, ours, test_networks=test_networks)
        except NoTurn:
            raise TooManyLookUps(ceil(self._deadline_seconds)) from None

    async def _explain(self, tx_hash: str, ours: Ours, *, test_networks: bool) -> Explanation:
        async def read(tx: Transaction) -> list[_Asked]:
            found = []
            for network in await networks.every(tx):
                if network.is_testnet or not test_networks:
                    tokens = {one.address.lower(): one for one in await networks.tokens_of(tx, network.chain_id)}
                    booked = await records.of_transaction(tx, network.chain_id, tx_hash)
                    found.append(_Asked(network, tokens, booked, await records.view(tx, network.chain_id)))
            return found

        asked = await self._database.read(read)
        told = await asyncio.gather(*(self._ask(one.network, tx_hash) for one in asked))
        explained = [await self._on_network(one, answer, ours) for one, answer in zip(asked, told, strict=True)]
        explained.sort(key=lambda one: one.found not in KNOWN)
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
        answered = [one for one in answers if one is not None]
        best = next((one for one in answered if one.receipt is not None), None)
        best = best or next((one for one in answered if one.sent is not None), None)
        return best or next(iter(answered), None)

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
        own: frozenset[str] = frozenset()
        if addresses:

            async def look(tx: Transaction) -> tuple[Collection[str], list[str]]:
                return await ours(tx, addresses), await coin_records.among(tx, network.chain_id, addresses)

            found_own, offered = await self._database.read(look)
            own, asked = frozenset(found_own), asked._replace(coin=frozenset(offered))
        judged = [_judged(one, asked, told, own) for one in moved]
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
    """A movement before it is judged: from the books, a receipt, or the transaction itself.

    Attributes:
        asset: None of the network's own coin.
    """

    asset: str | None
    sender: str
    recipient: str | None
    amount_atomic: int
    ordinal: int | None = None


def _movements(asked: _Asked, told: _Told | None) -> list[_Moved]:
    moved: list[_Moved] = []
    if told is not None and told.sent is not None and told.sent.value_atomic:
        sent = told.sent
        moved.append(_Moved(None, sent.sender, sent.recipient, sent.value_atomic, VALUE_ORDINAL))
    if told is not None and told.receipt is not None:
        for ordinal, log in enumerate(told.receipt.logs):
            one: Transferred | None = transferred(log)
            if one is not None and one.amount_atomic and one.token == SYSTEM_ADDRESS:
                # The coin itself, by whichever contract; what the transaction sends is logged so, too.
                by_contract = _Moved(None, one.sender, one.recipient, one.amount_atomic)
                if by_contract._replace(ordinal=VALUE_ORDINAL) not in moved:
                    moved.append(by_contract)
            elif one is not None and one.amount_atomic:
                moved.append(_Moved(one.token, one.sender, one.recipient, one.amount_atomic, ordinal))
        return moved
    for booked in asked.booked:
        money = booked.money
        if (money.token, money.ordinal) == (COIN, FEE_ORDINAL):
            continue
        asset = None if money.token == COIN else money.token
        moved.append(_Moved(asset, money.sender, money.recipient, money.amount_atomic, money.ordinal))
    return moved


def _judged(one: _Moved, asked: _Asked, told: _Told | None, own: Collection[str]) -> Moved:
    token = asked.tokens.get(one.asset) if one.asset is not None else None
    coin = one.asset is None
    booked = _booked(one, asked)
    is_mine = one.recipient is not None and one.recipient.lower() in own
    verdict = _verdict(one, asked, told, own, booked)
    head = told.head if told is not None else None
    receipt = told.receipt if told is not None else None
    confirmations = max(head - receipt.block_number + 1, 1) if head is not None and receipt is not None else 0
    return Moved(
        asset=_checksummed(one.asset),
        symbol=asked.network.coin if coin else (token.symbol if token is not None else None),
        decimals=18 if coin else (token.decimals if token is not None else None),
        sender=parse_address(one.sender),
        recipient=_checksummed(one.recipient),
        amount_atomic=one.amount_atomic,
        verdict=verdict,
        confirmations=confirmations,
        payment_id=booked.payment_id if booked is not None and is_mine else None,
        single_source=booked is not None and is_mine and booked.single_source,
    )


def _checksummed(address: str | None) -> str | None:
    return parse_address(address) if address is not None else None


def _verdict(one: _Moved, asked: _Asked, told: _Told | None, own: Collection[str], booked: Transfer | None) -> Verdict:
    if one.recipient is None or one.recipient.lower() not in own:
        return Verdict.LEFT if one.sender.lower() in own else Verdict.OTHER_ADDRESS
    receipt = told.receipt if told is not None else None
    if receipt is not None and not receipt.succeeded:
        return Verdict.REVERTED
    if told is not None and told.sent is not None and receipt is None:
        return Verdict.NOT_MINED
    if booked is not None:
        return _of_books(booked)
    if one.asset is None:
        is_awaited = COIN in asked.tokens and one.recipient.lower() in asked.coin
        return Verdict.NOT_READ_YET if is_awaited else Verdict.NATIVE_COIN
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
            if booked.doubt is not None:
                return Verdict.DOUBTED
            return Verdict.COUNTED if booked.payment_id is not None else Verdict.UNASSIGNED


def _booked(one: _Moved, asked: _Asked) -> Transfer | None:
    """The newest row of the books about this movement; one that is not orphaned comes first."""
    rows = [
        row
        for row in asked.booked
        if row.money.ordinal == one.ordinal
        and (row.money.token, row.money.recipient, row.money.amount_atomic)
        == (one.asset or COIN, one.recipient, one.amount_atomic)
    ]
    rows.sort(key=lambda row: (row.state is TransferState.ORPHANED, -row.generation))
    return rows[0] if rows else None


def _explorer_url(network: Network, told: _Told | None, asked: _Asked) -> str | None:
    if network.explorer is None:
        return None
    if told is not None and told.sent is not None:
        return f"{network.explorer}/tx/{told.sent.tx_hash}"
    return f"{network.explorer}/tx/{asked.booked[0].money.tx_hash}" if asked.booked else None
