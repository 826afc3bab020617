"""Refunds, inside and on the wire, and the legal moves between their states."""

from enum import StrEnum
from typing import Final, Literal, NamedTuple

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.money import Money
from tillgate.checkout.metadata import metadata_to_api
from tillgate.events import types
from tillgate.events.types import EventType
from tillgate.rails.port import Block

DESTINATION_MAX: Final = 200
# The job of each refund that its rail sends.
SEND: Final = "refunds.send"
# The job of each that its merchant has sent, until that is final.
CONFIRM: Final = "refunds.confirm"
HASH_MAX: Final = 200


class RefundStatus(StrEnum):
    """Where a refund stands. A pending one holds its amount, so that no other takes it."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


_R = RefundStatus

EDGES: Final[dict[RefundStatus, frozenset[RefundStatus]]] = {
    _R.PENDING: frozenset({_R.SUCCEEDED, _R.FAILED, _R.CANCELED}),
    # A reorganisation may remove the transfer that it was sent by.
    _R.SUCCEEDED: frozenset({_R.PENDING}),
    _R.FAILED: frozenset(),
    _R.CANCELED: frozenset(),
}

# The event of each move. That a refund was created is no move.
EVENT_OF: Final[dict[RefundStatus, EventType]] = {
    _R.PENDING: types.REFUND_REORGANIZED,
    _R.SUCCEEDED: types.REFUND_SUCCEEDED,
    _R.FAILED: types.REFUND_FAILED,
    _R.CANCELED: types.REFUND_CANCELED,
}


class RefundReason(StrEnum):
    """Why money goes back."""

    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    LATE = "late"
    OTHER = "other"


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that goes back. Instants are Unix milliseconds.

    Attributes:
        transaction_id: its movement, which counts from its making until it fails.
        destination: where it goes, as the merchant wrote it.
        metadata: the merchant's JSON object as text.
        reorged: it had succeeded, and a reorganisation undid that.
        confirmed_at: when its buyer confirmed the destination; None where nobody did.
        asked: its rail was asked to send it, and says how that ends: while it is pending, money may be on its way.
    """

    id: str
    project_id: str
    livemode: bool
    payment_id: str
    order_id: str
    transaction_id: str
    status: RefundStatus
    amount: Money
    reason: RefundReason
    destination: str | None
    metadata: str | None
    created_at: int
    updated_at: int
    asked: bool = False
    reorged: bool = False
    confirmed_at: int | None = None


class SentBy(NamedTuple):
    """The transfer by which a refund was sent. Instants are Unix milliseconds.

    Attributes:
        place: which of the transaction's movements.
        block: None while it is in none: a reorganisation removed it.
        gone_at: since when it is in none.
        final_at: when it was found to be final.
    """

    refund_id: str
    chain_id: int
    tx_hash: str
    place: int
    block: Block | None
    claimed_at: int
    gone_at: int | None = None
    final_at: int | None = None


class RefundObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A refund as the API shows it.

    Attributes:
        amount: a decimal string in ``currency``, which is the payment's.
    """

    id: str
    object: Literal["refund"] = "refund"
    livemode: bool
    payment_id: str
    order_id: str
    transaction_id: str
    status: Literal["pending", "succeeded", "failed", "canceled"]
    amount: str
    currency: str
    reason: Literal["requested_by_customer", "duplicate", "fraudulent", "underpaid", "overpaid", "late", "other"]
    destination: str | None
    metadata: msgspec.Raw
    created_at: str
    updated_at: str


def to_api(refund: Refund) -> RefundObject:
    """The refund in the API's form."""
    return RefundObject(
        id=refund.id,
        livemode=refund.livemode,
        payment_id=refund.payment_id,
        order_id=refund.order_id,
        transaction_id=refund.transaction_id,
        status=refund.status.value,
        amount=str(refund.amount),
        currency=refund.amount.currency,
        reason=refund.reason.value,
        destination=refund.destination,
        metadata=metadata_to_api(refund.metadata),
        created_at=to_rfc3339(refund.created_at),
        updated_at=to_rfc3339(refund.updated_at),
    )
