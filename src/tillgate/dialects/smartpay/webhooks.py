"""Smartpay's webhooks: ``{"id", "object", "createdAt", "test", "eventData": {"type", "version", "data"}}``.

The signature is HMAC-SHA256 over ``<milliseconds>.<body>``, in hex; the key is the signing secret, base 62 decoded with
the digits A–Z, a–z, 0–9. Decoders disagree about leading zeros, so no secret begins with the digit zero, an "A".
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from tillgate.base.clock import HOUR_MS, MINUTE_MS
from tillgate.base.errors import InvalidInput
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem, Verbatim
from tillgate.checkout.coupons.model import Coupon
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import orders_by_id
from tillgate.checkout.payment_tokens.model import PaymentToken
from tillgate.checkout.payments.model import CaptureMethod, RecordedPayment
from tillgate.checkout.promotions.model import PromotionCode
from tillgate.checkout.refunds.model import Refund
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.dialects.smartpay.ids import spelled
from tillgate.dialects.smartpay.model import Status, status_of
from tillgate.dialects.smartpay.records import NOTHING
from tillgate.dialects.smartpay.view import (
    coupon_object,
    money_of,
    orders_in_words,
    payment_object,
    promotion_code_object,
    refund_object,
    token_object,
)
from tillgate.events import types
from tillgate.events.facts import Fact
from tillgate.events.signing import SigningSecret
from tillgate.events.styles import Outgoing, Style, WebhookRequest
from tillgate.events.types import EVERY_TYPE, EventType, subscribes
from tillgate.store import Transaction

VERSION: Final = "2022-02-18"
# No schedule is documented: it is the native one.
GAPS_MS: Final = (MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# Thirty bytes, whatever its digits are, as the first is not zero.
SECRET_LENGTH: Final = 40

AUTHORIZED: Final = "order.authorized"
REJECTED: Final = "order.rejected"
PAID: Final = "payment.created"
# What is told, by the type of the fact; each fact tells one thing at most. Payouts and merchants' users, which are
# documented as well, are nothing that this server has.
TOLD: Final[Mapping[EventType, str]] = {
    types.ORDER_PROCESSING: AUTHORIZED,
    types.ORDER_PAID: AUTHORIZED,
    types.SESSION_FAILED: REJECTED,
    types.ORDER_CANCELED: types.ORDER_CANCELED.name,
    types.ORDER_EXPIRED: types.ORDER_CANCELED.name,
    types.PAYMENT_CAPTURED: PAID,
    types.PAYMENT_SUCCEEDED: PAID,
    # A refund is made once it has succeeded or failed: no other states are documented.
    types.REFUND_SUCCEEDED: types.REFUND_CREATED.name,
    types.REFUND_FAILED: types.REFUND_CREATED.name,
    types.COUPON_CREATED: types.COUPON_CREATED.name,
    types.COUPON_UPDATED: types.COUPON_UPDATED.name,
    types.PROMOTION_CODE_CREATED: types.PROMOTION_CODE_CREATED.name,
    types.PROMOTION_CODE_UPDATED: types.PROMOTION_CODE_UPDATED.name,
    types.PAYMENT_TOKEN_CREATED: "token.created",
    types.PAYMENT_TOKEN_APPROVED: "token.approved",
    types.PAYMENT_TOKEN_REJECTED: "token.rejected",
    types.PAYMENT_TOKEN_ENABLED: "token.enabled",
    types.PAYMENT_TOKEN_DISABLED: "token.disabled",
    types.PAYMENT_TOKEN_DELETED: "token.deleted",
    types.PAYMENT_TOKEN_USED: "token.used",
}
EVENT_SUBSCRIPTIONS: Final = tuple(dict.fromkeys(TOLD.values()))


class EventData(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What happened, and the object as it is after it."""

    type: str
    version: str = VERSION
    data: Any


class Event(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The body of a webhook."""

    id: str
    object: Literal["event"] = "event"
    created_at: int
    test: bool
    event_data: EventData


class _Mode(msgspec.Struct, frozen=True):
    test: bool


_mode_of: Final = msgspec.json.Decoder(_Mode).decode


def to_native(subscriptions: Sequence[str]) -> list[str]:
    """What is to be subscribed to here, for subscriptions as Smartpay names them; none are all.

    Raises:
        InvalidInput: one is nothing that is told.
    """
    if not subscriptions:
        return [EVERY_TYPE]
    for one in subscriptions:
        if one not in EVENT_SUBSCRIPTIONS:
            raise InvalidInput(
                Verbatim("eventSubscriptions"),
                Problem.UNKNOWN_EVENT_TYPE,
                given=one[:60],
                choices=EVENT_SUBSCRIPTIONS,
            )
    return [type.name for type, told in TOLD.items() if told in subscriptions]


def to_subscriptions(events: Sequence[str]) -> list[str]:
    """An endpoint's subscriptions as Smartpay names them; none for all. One that hears nothing of what this language
    tells, as somebody else has made it, shows what it was subscribed to."""
    if EVERY_TYPE in events:
        return []
    found = dict.fromkeys(told for type, told in TOLD.items() if subscribes(events, type.name))
    return list(found) or list(events)


def decoded(secret: str) -> bytes:
    """The bytes that a signing secret writes."""
    value = 0
    for digit in secret:
        value = value * len(DIGITS) + DIGITS.index(digit)
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def signature(secret: SigningSecret, stamp: str, body: bytes) -> str:
    """What a receiver finds when it verifies."""
    return hmac.new(decoded(secret.reveal()), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def new_secret() -> SigningSecret:
    """A fresh one: 238 random bits."""
    head = secrets.choice(DIGITS[1:])
    return SigningSecret(head + "".join(secrets.choice(DIGITS) for _ in range(SECRET_LENGTH - 1)))


async def _form(tx: Transaction, fact: Fact) -> bytes | None:
    told = TOLD.get(fact.type)
    data = await _data(tx, fact, told) if told is not None else None
    if told is None or data is None:
        return None
    event = Event(
        id=spelled(fact.id, livemode=fact.livemode),
        created_at=fact.at,
        test=not fact.livemode,
        event_data=EventData(type=told, data=data),
    )
    return msgspec.json.encode(event)


async def _data(tx: Transaction, fact: Fact, told: str) -> Any:
    """The object in Smartpay's words; None where the fact is nothing new in them."""
    subject = fact.subject
    owner = Principal(fact.project_id, fact.livemode, "job", "webhooks")
    match subject:
        case Coupon():
            return coupon_object(subject)
        case PromotionCode():
            return promotion_code_object(subject)
        case PaymentToken():
            return token_object(subject)
        case Refund():
            money = (await money_of(tx, owner, [subject.payment_id]))[subject.payment_id]
            return refund_object(subject, money.payment_of(subject), money.kept.get(subject.id, NOTHING))
        case RecordedPayment():
            return await _capture(tx, owner, subject, fact.at)
        case CheckoutSession():
            # One that never was, of a test send, has no order.
            order = (await orders_by_id(tx, owner, [subject.order_id])).get(subject.order_id)
            return await _order(tx, owner, order, told) if order is not None else None
        case Order():
            return await _order(tx, owner, subject, told)
        case _:
            return None


async def _order(tx: Transaction, owner: Principal, order: Order, told: str) -> Any:
    status = status_of(order)
    if told == AUTHORIZED:
        # Once: by hand as soon as it is authorized, else with the money.
        by_hand = order.payment.capture_method is CaptureMethod.MANUAL
        is_new = status is (Status.REQUIRES_CAPTURE if by_hand else Status.SUCCEEDED)
    else:
        is_new = status is (Status.REJECTED if told == REJECTED else Status.CANCELED)
    return (await orders_in_words(tx, owner, [order], expanded=False))[0] if is_new else None


async def _capture(tx: Transaction, owner: Principal, payment: RecordedPayment, at: int) -> Any:
    """The newest capture of a payment; None where the fact is about none, as when the rest was released."""
    money = (await money_of(tx, owner, [payment.payment.id]))[payment.payment.id]
    if not money.captures:
        return None
    newest = money.captures[-1]
    if payment.payment.authorization is not None and newest.transfer.seen_at != at:
        return None
    return payment_object(newest, money, expanded=False)


def _request(outgoing: Outgoing) -> WebhookRequest:
    stamp = str(outgoing.at)
    livemode = not _mode_of(outgoing.form).test
    headers = {
        "content-type": "application/json",
        # There is room for one signature: a rotated secret ends at once here.
        "smartpay-signature": signature(outgoing.secrets[0], stamp, outgoing.form),
        "smartpay-signature-timestamp": stamp,
        "smartpay-subscription-id": spelled(outgoing.endpoint_id, livemode=livemode),
    }
    return WebhookRequest(outgoing.form, headers)


SMARTPAY_STYLE: Final = Style(
    "smartpay",
    _request,
    GAPS_MS,
    form=_form,
    new_secret=new_secret,
    words=tuple((type.name, told) for type, told in TOLD.items()),
)
