"""Looks at the transfer by which a merchant has sent a refund: whether a transaction is it, how deep it lies, and
whether a reorganisation has removed it.

Every node of the network is asked at once, each within a deadline. Only what a node tells on the chain of the books is
concluded from: a transfer is final once they call its block so and every node that has come so far tells the same, and
gone once that chain has another block in its place. Nothing is written.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from tillgate.rails.evm import records
from tillgate.rails.evm.explaining import checked_hash
from tillgate.rails.evm.model import View, mined
from tillgate.rails.evm.networks import operations
from tillgate.rails.evm.networks import records as networks
from tillgate.rails.evm.networks.model import Network, NetworkError
from tillgate.rails.evm.node import Header, Node, NodeError, Receipt, Sent, Tag, Transferred, transferred
from tillgate.rails.evm.turns import NoTurn, Turns
from tillgate.rails.port import Block, HashUnusable, PayoutAsked, PayoutSeen, PayoutVerdict
from tillgate.store import Database, Sealer, SealingError, Transaction

DEADLINE_SECONDS: Final = 4.0
# Transfers that are looked at at once in one process; further ones wait for their turn as long as one takes.
AT_ONCE_MAX: Final = 4
# The network's own coin moves by the transaction itself, which is in none of its logs.
COIN_PLACE: Final = -1
# Who makes an address that looks like another one takes care of as many characters at either end.
_ALIKE_CHARACTERS: Final = 4

_V = PayoutVerdict


class _Told(NamedTuple):
    """What one node says.

    Attributes:
        there: the block that it has at the height of the block that was known.
        follows: its chain is that of the books, as far as that is final.
        block: the block of the receipt, on the chain that it follows.
    """

    head: int
    sent: Sent | None
    receipt: Receipt | None
    block: Header | None
    there: Header | None
    follows: bool


class PayoutLooks:
    """:class:`~tillgate.rails.port.PayoutLook` over the networks that the operator has named."""

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

    async def look(self, asked: PayoutAsked) -> PayoutSeen:
        """See :class:`~tillgate.rails.port.PayoutLook`."""
        try:
            tx_hash = checked_hash(asked.tx_hash)
        except HashUnusable:
            return PayoutSeen(_V.NOT_A_HASH)
        try:
            async with self._turns.turn():
                return await self._look(asked._replace(tx_hash=tx_hash))
        except NoTurn:
            return PayoutSeen(_V.BUSY)

    async def replaced(self, chain_id: int, blocks: Sequence[Block]) -> list[Block]:
        """See :class:`~tillgate.rails.port.PayoutLook`."""
        network = await self._database.read(lambda tx: networks.by_chain(tx, chain_id))
        if network is None or not blocks:
            return []
        heights = sorted({one.number for one in blocks})
        try:
            async with (
                asyncio.timeout(self._deadline_seconds),
                operations.opened(
                    self._database, self._sealer, network, deadline_seconds=self._deadline_seconds
                ) as nodes,
            ):
                headers = await nodes.ask(lambda node: node.headers_by_number(heights))
        except (NodeError, NetworkError, SealingError, TimeoutError):
            return []
        theirs = {one.number: one.hash for one in headers if one is not None}
        return [one for one in blocks if theirs.get(one.number, one.hash) != one.hash]

    async def _look(self, asked: PayoutAsked) -> PayoutSeen:
        async def read(tx: Transaction) -> tuple[Network | None, View | None]:
            return await networks.by_chain(tx, asked.chain_id), await records.view(tx, asked.chain_id)

        network, view = await self._database.read(read)
        if network is None:
            return PayoutSeen(_V.NOT_ANSWERED)
        try:
            async with operations.opened(
                self._database, self._sealer, network, deadline_seconds=self._deadline_seconds
            ) as nodes:
                answers = await asyncio.gather(*(self._ask(node, asked, view) for node in nodes.all))
        except (NetworkError, SealingError):
            return PayoutSeen(_V.NOT_ANSWERED)
        return concluded(asked, [one for one in answers if one is not None], view)

    async def _ask(self, node: Node, asked: PayoutAsked, view: View | None) -> _Told | None:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                head = await node.header_by_tag(Tag.LATEST)
                if head is None:
                    return None
                sent = await node.transaction(asked.tx_hash)
                receipt = await node.receipt(asked.tx_hash) if sent is not None else None
                block = await node.header_by_number(receipt.block_number) if receipt is not None else None
                there = await node.header_by_number(asked.known.number) if asked.known is not None else None
                final = await node.header_by_number(view.final.number) if view is not None else None
        except (NodeError, TimeoutError):
            return None
        if receipt is not None and (block is None or block.hash != receipt.block_hash):
            # It changes its chain just now.
            return None
        follows = view is not None and final is not None and final.hash == view.final.hash
        return _Told(head.number, sent, receipt, block, there, follows)


def concluded(asked: PayoutAsked, told: Sequence[_Told], view: View | None) -> PayoutSeen:
    """What follows from the answers of a network's nodes."""
    if not told:
        return PayoutSeen(_V.NOT_ANSWERED)
    best = next((one for one in told if one.receipt is not None), None)
    if best is None or best.receipt is None or best.block is None or best.sent is None:
        known = any(one.sent is not None for one in told)
        return PayoutSeen(_V.NOT_MINED if known else _V.UNKNOWN, is_gone=_is_replaced(asked, told))
    receipt, block = best.receipt, best.block
    verdict, places = _judged(asked, receipt, best.sent)
    if verdict is _V.FOUND and block.mined_at // 1_000 < asked.since // 1_000:
        verdict, places = _V.TOO_OLD, ()
    if verdict is not _V.FOUND:
        return PayoutSeen(verdict, is_gone=_is_replaced(asked, told))
    # A node that has come so far and does not have it in this block contradicts: then nothing is final.
    others = [one.receipt for one in told if one.head >= block.number]
    agreed = all(one is not None and one.block_hash == block.hash for one in others)
    is_final = agreed and best.follows and view is not None and block.number <= view.final.number
    head = max(one.head for one in told)
    return PayoutSeen(_V.FOUND, places, mined(block), max(head - block.number + 1, 1), is_final)


def _is_replaced(asked: PayoutAsked, told: Sequence[_Told]) -> bool:
    """Whether the block that was known is gone: the chain of the books has another one in its place, and no node has
    it."""
    if asked.known is None or not any(one.follows for one in told):
        return False
    theirs = [one.there.hash for one in told if one.there is not None]
    return bool(theirs) and asked.known.hash not in theirs


def _judged(asked: PayoutAsked, receipt: Receipt, sent: Sent) -> tuple[PayoutVerdict, tuple[int, ...]]:
    if not receipt.succeeded:
        return _V.REVERTED, ()
    recipient, token = asked.recipient.lower(), _token_of(asked.asset)
    moved: list[tuple[int, Transferred]] = []
    if sent.value_atomic and sent.recipient is not None:
        moved.append((COIN_PLACE, Transferred("", sent.sender, sent.recipient, sent.value_atomic)))
    for place, log in enumerate(receipt.logs):
        one = transferred(log)
        if one is not None and one.amount_atomic:
            moved.append((place, one))
    mine = [(place, one) for place, one in moved if one.recipient == recipient]
    places = tuple(place for place, one in mine if one.token == token and one.amount_atomic == asked.amount_atomic)
    if places:
        return _V.FOUND, places
    if any(one.token == token for _, one in mine):
        return _V.OTHER_AMOUNT, ()
    if mine:
        return _V.OTHER_ASSET, ()
    alike = any(_looks_alike(one.recipient, recipient) for _, one in moved)
    return (_V.LOOK_ALIKE if alike else _V.OTHER_RECIPIENT), ()


def _token_of(asset: str) -> str:
    """The contract of an asset, lower case; empty for the network's own coin."""
    namespace, _, reference = asset.rpartition("/")[2].partition(":")
    return reference.lower() if namespace == "erc20" else ""


def _looks_alike(one: str, other: str) -> bool:
    ends = one[2 : 2 + _ALIKE_CHARACTERS], one[-_ALIKE_CHARACTERS:]
    return ends == (other[2 : 2 + _ALIKE_CHARACTERS], other[-_ALIKE_CHARACTERS:])
