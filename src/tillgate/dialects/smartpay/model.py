"""Where an order stands in Smartpay's words, and what is left of each of its payments: computed, never stored."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from tillgate.checkout.orders.model import Order, OrderStatus
from tillgate.checkout.refunds.model import Refund, RefundStatus


class Status(StrEnum):
    """The states of Smartpay's order."""

    REQUIRES_AUTHORIZATION = "requires_authorization"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    REJECTED = "rejected"


# Where nothing is authorized or declined. By a table and not by cases: it is asked in every answer about an order.
_STATUS_OF: Final = {
    OrderStatus.OPEN: Status.REQUIRES_AUTHORIZATION,
    OrderStatus.PROCESSING: Status.REQUIRES_AUTHORIZATION,
    OrderStatus.REVIEW: Status.REQUIRES_AUTHORIZATION,
    OrderStatus.PAID: Status.SUCCEEDED,
    OrderStatus.REFUNDED: Status.SUCCEEDED,
    OrderStatus.CANCELED: Status.CANCELED,
    OrderStatus.EXPIRED: Status.CANCELED,
}
_PROCESSING, _CANCELED = OrderStatus.PROCESSING, OrderStatus.CANCELED


def status_of(order: Order) -> Status:
    """Where an order stands."""
    status, payment = order.status, order.payment
    if payment.authorization is not None:
        return Status.REQUIRES_CAPTURE if status is _PROCESSING else _STATUS_OF[status]
    return Status.REJECTED if status is _CANCELED and payment.decline is not None else _STATUS_OF[status]


class Taken(NamedTuple):
    """One capture of an order.

    Attributes:
        minor: what was taken, in minor units of the order's currency.
    """

    id: str
    minor: int


def remaining_of(
    captures: Sequence[Taken], refunds: Sequence[Refund], payment_of: dict[str, str | None]
) -> dict[str, int]:
    """What can still be given back of each capture.

    A refund that names no capture, as one that was made in another language, counts against the oldest that has
    something left.

    Args:
        captures: oldest first.
        refunds: what failed does not count.
        payment_of: the capture that a refund names, by the refund's id.
    """
    left = {one.id: one.minor for one in captures}
    unnamed = 0
    for refund in refunds:
        if refund.status in (RefundStatus.FAILED, RefundStatus.CANCELED):
            continue
        named = payment_of.get(refund.id)
        if named in left:
            left[named] -= refund.amount.minor
        else:
            unnamed += refund.amount.minor
    for one in captures:
        taken = min(unnamed, max(left[one.id], 0))
        left[one.id] -= taken
        unnamed -= taken
    return left
