"""Unassigned transfers, inside and on the wire."""

from enum import StrEnum
from typing import Final, Literal, NamedTuple

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.money import MINOR_DIGITS
from tillgate.checkout.amounts import crypto_amount
from tillgate.rails.port import Block, Observation, hash_of

NOTE_MAX: Final = 500


class UnassignedStatus(StrEnum):
    """Where an unassigned transfer stands.

    A confirming one is not final yet. An orphaned one is no part of its chain, whatever was decided about it; where it
    comes back, it stands as before.
    """

    CONFIRMING = "confirming"
    UNASSIGNED = "unassigned"
    ASSIGNED = "assigned"
    RETURNED = "returned"
    ORPHANED = "orphaned"


class UnassignedReason(StrEnum):
    """Why a transfer fits no payment."""

    TOKEN_NOT_OFFERED = "token_not_offered"  # noqa: S105 (of a chain, no secret)
    NETWORK_NOT_OFFERED = "network_not_offered"
    NO_SESSION = "no_session"


class Arrival(NamedTuple):
    """A transfer to an address of a project.

    Attributes:
        seen: as its rail reports it, in the asset that moved.
        block: the block that it is in, or was.
    """

    seen: Observation
    block: Block
    sender: str
    recipient: str
    network: str
    symbol: str
    decimals: int
    currency: str | None


class UnassignedTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that fits no payment. Instants are Unix milliseconds.

    Attributes:
        tx_hash, ordinal: with the chain its identity, however often it is seen. The former is a name of the rail's own
            where no transaction brought it.
        asset: CAIP-19 asset type.
        currency: what one unit of the asset is worth one unit of; None where nothing is known of the token.
        doubted: the balance of its address does not cover it.
        suggested_order_id: the order of the session that had this address.
        decision: what a person decided, assigned or returned; it holds while a reorganisation takes the transfer away.
        order_id: the order that it was assigned to.
        emitted_at: when its first event was written; None while it is not final.
    """

    id: str
    project_id: str
    livemode: bool
    chain_id: int
    tx_hash: str
    ordinal: int
    network: str
    asset: str
    symbol: str
    asset_decimals: int
    currency: str | None
    amount_atomic: int
    sender: str
    recipient: str
    block: Block
    reason: UnassignedReason
    status: UnassignedStatus
    doubted: bool
    suggested_order_id: str | None
    decision: UnassignedStatus | None
    order_id: str | None
    note: str | None
    decided_at: int | None
    emitted_at: int | None
    created_at: int
    updated_at: int

    def observed(self) -> Observation:
        """The transfer as its rail reports one that is final."""
        return Observation(
            chain_id=self.chain_id,
            asset=self.asset,
            reference=self.tx_hash,
            ordinal=self.ordinal,
            amount_atomic=self.amount_atomic,
            confirmed=True,
            tx_hash=hash_of(self.tx_hash),
            block=self.block,
            doubted=self.doubted,
        )

    def worth_minor(self, currency: str) -> int | None:
        """What it is worth in a currency, in minor units and rounded down; None where its token is worth another."""
        if self.currency != currency:
            return None
        worth: int = self.amount_atomic * 10 ** MINOR_DIGITS[currency] // 10**self.asset_decimals
        return worth


class UnassignedTransferObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An unassigned transfer as the API shows it.

    Attributes:
        tx_hash: null where a contract sent the network's own coin.
        sender: the zero address where nobody knows it, as of such coin.
        amount: an exact decimal; ``amount_atomic`` is the same in the token's smallest unit.
        currency: what the token is worth one for one; null where nothing is known of it.
        reason: why it fits no payment.
        doubted: the balance of the address does not cover it.
        suggested_order_id: the order of the session that had this address.
        order_id: the order that it was assigned to.
        note: what was written down with the decision, such as the transaction that returned it.
    """

    id: str
    object: Literal["unassigned_transfer"] = "unassigned_transfer"
    livemode: bool
    status: Literal["confirming", "unassigned", "assigned", "returned", "orphaned"]
    reason: Literal["token_not_offered", "network_not_offered", "no_session"]
    network: str
    chain_id: int
    tx_hash: str | None
    asset: str
    symbol: str
    amount: str
    amount_atomic: str
    currency: str | None
    sender: str
    recipient: str
    block_number: int
    doubted: bool
    suggested_order_id: str | None
    order_id: str | None
    note: str | None
    mined_at: str
    decided_at: str | None
    created_at: str
    updated_at: str


def to_api(one: UnassignedTransfer) -> UnassignedTransferObject:
    """The transfer in the API's form."""
    return UnassignedTransferObject(
        id=one.id,
        livemode=one.livemode,
        status=one.status.value,
        reason=one.reason.value,
        network=one.network,
        chain_id=one.chain_id,
        tx_hash=hash_of(one.tx_hash),
        asset=one.asset,
        symbol=one.symbol,
        amount=crypto_amount(one.amount_atomic, one.asset_decimals).eth,
        amount_atomic=str(one.amount_atomic),
        currency=one.currency,
        sender=one.sender,
        recipient=one.recipient,
        block_number=one.block.number,
        doubted=one.doubted,
        suggested_order_id=one.suggested_order_id,
        order_id=one.order_id,
        note=one.note,
        mined_at=to_rfc3339(one.block.mined_at),
        decided_at=to_rfc3339(one.decided_at) if one.decided_at is not None else None,
        created_at=to_rfc3339(one.created_at),
        updated_at=to_rfc3339(one.updated_at),
    )
