"""Events: what happened, immutable, numbered without a gap per project and mode."""

from collections.abc import Container
from typing import Final, Literal

import msgspec

from tillgate.base.clock import DAY_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Field, Problem

RETENTION_MS: Final = 90 * DAY_MS

SESSION_CREATED: Final = "session.created"
SESSION_DETECTED: Final = "session.detected"
SESSION_UNDERPAID: Final = "session.underpaid"
SESSION_OVERPAID: Final = "session.overpaid"
SESSION_PAID: Final = "session.paid"
SESSION_PAID_LATE: Final = "session.paid_late"
SESSION_EXPIRED: Final = "session.expired"
SESSION_FAILED: Final = "session.failed"
SESSION_UPDATED: Final = "session.updated"
PAYMENT_LINK_CREATED: Final = "payment_link.created"
PAYMENT_LINK_UPDATED: Final = "payment_link.updated"
CUSTOMER_CREATED: Final = "customer.created"
CUSTOMER_UPDATED: Final = "customer.updated"
WEBHOOK_ENDPOINT_FAILING: Final = "webhook_endpoint.failing"
WEBHOOK_ENDPOINT_DISABLED: Final = "webhook_endpoint.disabled"
PRODUCT_CREATED: Final = "product.created"
PRODUCT_UPDATED: Final = "product.updated"
COUPON_CREATED: Final = "coupon.created"
COUPON_UPDATED: Final = "coupon.updated"
PROMOTION_CODE_CREATED: Final = "promotion_code.created"
PROMOTION_CODE_UPDATED: Final = "promotion_code.updated"
API_KEY_EXPOSED: Final = "api_key.exposed"
API_KEY_CANARY_USED: Final = "api_key.canary_used"
API_KEY_DISABLED: Final = "api_key.disabled"
API_KEY_ENABLED: Final = "api_key.enabled"
API_KEY_REVOKED: Final = "api_key.revoked"
API_KEY_EXPIRING: Final = "api_key.expiring"
API_KEY_EXPIRED: Final = "api_key.expired"

ORDER_PROCESSING: Final = "order.processing"
ORDER_REVIEW: Final = "order.review"
ORDER_PAID: Final = "order.paid"
ORDER_REFUNDED: Final = "order.refunded"
ORDER_EXPIRED: Final = "order.expired"
ORDER_CANCELED: Final = "order.canceled"
ORDER_UPDATED: Final = "order.updated"

PAYMENT_DETECTED: Final = "payment.detected"
PAYMENT_DECLINED: Final = "payment.declined"
PAYMENT_REQUIRES_CAPTURE: Final = "payment.requires_capture"
PAYMENT_CAPTURED: Final = "payment.captured"
PAYMENT_REVIEW: Final = "payment.review"
PAYMENT_SUCCEEDED: Final = "payment.succeeded"
PAYMENT_EXPIRED: Final = "payment.expired"
PAYMENT_CANCELED: Final = "payment.canceled"
PAYMENT_FAILED: Final = "payment.failed"
PAYMENT_UPDATED: Final = "payment.updated"

REFUND_CREATED: Final = "refund.created"
REFUND_SUCCEEDED: Final = "refund.succeeded"
REFUND_FAILED: Final = "refund.failed"
REFUND_CANCELED: Final = "refund.canceled"
REFUND_UPDATED: Final = "refund.updated"

EVENT_MEANINGS: Final = {
    SESSION_CREATED: "A session was created, through the API or by a visit to a link.",
    SESSION_DETECTED: "A payment was seen and awaits confirmations. For display only: do not fulfil yet.",
    SESSION_PAID: (
        "The exact amount is confirmed. Fulfil now. Money that you accept for a failed session is reported by "
        "`order.paid` instead."
    ),
    SESSION_PAID_LATE: (
        "The exact amount was confirmed after the expiry, within the grace period. Decide whether to fulfil."
    ),
    SESSION_UNDERPAID: "Less than the amount is confirmed. Decide what to do.",
    SESSION_OVERPAID: "More than the amount is confirmed. Decide what to do.",
    SESSION_EXPIRED: "The session expired and no payment was seen.",
    SESSION_FAILED: "The session can no longer be paid, or you canceled it (`canceledAt` is set).",
    SESSION_UPDATED: (
        "Something else changed: the price by a promotion code, or the money, because more arrived or a transfer "
        "was reversed (the session can then be `pending` again). `previousAttributes` says what."
    ),
    PAYMENT_LINK_CREATED: "A payment link was created.",
    PAYMENT_LINK_UPDATED: "A payment link was changed, deactivated or archived.",
    CUSTOMER_CREATED: "A customer was created.",
    CUSTOMER_UPDATED: "A customer was updated.",
    PRODUCT_CREATED: "A product was created.",
    PRODUCT_UPDATED: "A product was updated.",
    COUPON_CREATED: "A coupon was created.",
    COUPON_UPDATED: "You updated a coupon. Redemptions do not cause this event.",
    PROMOTION_CODE_CREATED: "A promotion code was created.",
    PROMOTION_CODE_UPDATED: "You updated a promotion code. Redemptions do not cause this event.",
    ORDER_PROCESSING: "Money for an order was seen or authorised, but is not final.",
    ORDER_REVIEW: "The money is too little, too much or late, or was reversed. Decide what to do.",
    ORDER_PAID: "The order is paid, or you accepted the amount received.",
    ORDER_REFUNDED: "All money received for the order was refunded.",
    ORDER_EXPIRED: "The order expired without a payment. It can still be paid late.",
    ORDER_CANCELED: "The order no longer expects a payment.",
    ORDER_UPDATED: "Something else about the order changed: `previousAttributes` says what.",
    WEBHOOK_ENDPOINT_FAILING: (
        "Every delivery to a webhook endpoint failed for another day; after five days it is switched off. Sent to "
        "your other endpoints."
    ),
    WEBHOOK_ENDPOINT_DISABLED: (
        "A webhook endpoint was switched off automatically; `disabledReason` says why. Fix it, activate it, and "
        "replay the missed events."
    ),
    API_KEY_EXPOSED: "A secret key was exposed: sent over plain HTTP or in a URL, or found in public. Replace it.",
    API_KEY_CANARY_USED: "Somebody used a canary key. Sent at most once an hour.",
    API_KEY_DISABLED: "A key was disabled, by you or because it was exposed; `disabledReason` says why.",
    API_KEY_ENABLED: "A key was enabled again.",
    API_KEY_REVOKED: "A key was revoked, by you or because it was found in public; `revokedReason` says why.",
    API_KEY_EXPIRING: "A key expires in 14 days; sent again when it expires in three. Replace it.",
    API_KEY_EXPIRED: "A key has expired.",
    PAYMENT_DETECTED: "Money was seen for a payment and awaits confirmations.",
    PAYMENT_DECLINED: "The payment was declined. The payer can try again.",
    PAYMENT_REQUIRES_CAPTURE: "The whole amount is authorised. Capture it within 7 days, or cancel the payment.",
    PAYMENT_CAPTURED: "Part of the authorised amount was captured, and more can be.",
    PAYMENT_REVIEW: "The money is too little, too much or late, or was reversed. Decide what to do.",
    PAYMENT_SUCCEEDED: "The money has arrived, was captured, or you accepted the amount received.",
    PAYMENT_EXPIRED: "The payment expired without money.",
    PAYMENT_CANCELED: (
        "Nothing was captured: the authorisation was released, by you or after 7 days, or you canceled the session."
    ),
    PAYMENT_FAILED: "The payment can no longer be made.",
    PAYMENT_UPDATED: "Something else about the payment changed: `previousAttributes` says what.",
    REFUND_CREATED: "A refund was created.",
    REFUND_SUCCEEDED: "The money was sent back.",
    REFUND_FAILED: "The refund failed. The money was not sent.",
    REFUND_CANCELED: "You canceled the refund before it was sent.",
    REFUND_UPDATED: "A refund's metadata was changed.",
}

EVENT_TYPES: Final = tuple(EVENT_MEANINGS)
# All types of one noun, those to come included.
EVENT_PATTERNS: Final = tuple(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in EVENT_TYPES))

# Crypto Checkout's own pages name the creation event both ways.
ALIASES: Final = {"session.pending": SESSION_CREATED}

EVERY_TYPE: Final = "*"

# What JSON numbers carry exactly everywhere.
SEQUENCE_MAX: Final = 2**53 - 1

_NULL: Final = msgspec.Raw(b"null")
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class EventObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """An event as the API lists it and as webhooks carry it.

    Attributes:
        sequence: 1, 2, 3 … per project and mode, without a gap, in the order of commitment.
        data: the object as it was at that moment, in the API's form.
        previous_attributes: what its changed fields held at its event before; null where there is none.
        created_at: RFC 3339, UTC, milliseconds.
    """

    id: str
    object: Literal["event"] = "event"
    type: str
    livemode: bool
    sequence: int
    data: msgspec.Raw
    created_at: str
    previous_attributes: msgspec.Raw = msgspec.field(default_factory=lambda: _NULL)


def is_creation(type: str) -> bool:
    """Whether it is an object's first event, so that there is nothing to compare it with."""
    return type.endswith(".created")


def previous_attributes(before: str, after: bytes) -> str:
    """What has changed between two snapshots, as JSON: put over the later one, it gives the earlier one.

    Fields that only the later one has are not among it: what they held then is not known.
    """
    now = _fields.decode(after)
    changed = {name: value for name, value in _fields.decode(before).items() if value != now.get(name)}
    return msgspec.json.encode(changed).decode()


def subscribes(events: Container[str], type: str) -> bool:
    """Whether subscriptions hold a type: by its name, by its pattern ``session.*``, or by ``*``."""
    return type in events or EVERY_TYPE in events or f"{type.partition('.')[0]}.{EVERY_TYPE}" in events


def event_type(name: str, *, field: Field, code: str = InvalidInput.default_code) -> str:
    """The event type that a caller means, aliases resolved.

    Raises:
        InvalidInput: there is no such type; the message lists those there are.
    """
    known = ALIASES.get(name, name)
    if known not in EVENT_TYPES:
        raise InvalidInput(
            field,
            Problem.UNKNOWN_EVENT_TYPE,
            code=code,
            given=name[:60],
            choices=EVENT_TYPES,
        )
    return known
