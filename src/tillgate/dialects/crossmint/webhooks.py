"""Crossmint's webhooks: ``{"type", "actionId", "data"}`` with the whole order, signed as Svix signs.

The signature is that of https://docs.svix.com/receiving/verifying-payloads/how-manual: HMAC-SHA256 over
``<id>.<timestamp>.<body>``, the key being what follows ``whsec_``, base 64 decoded.
"""

from typing import Final

import msgspec

from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.base.principal import Principal
from tillgate.checkout.orders.model import LineItemKind, Order
from tillgate.checkout.orders.operations import orders_by_id
from tillgate.checkout.payments.model import RecordedPayment
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.dialects.crossmint import records
from tillgate.dialects.crossmint.shapes import OrderObject
from tillgate.dialects.crossmint.view import is_expired, to_crossmint
from tillgate.events import types
from tillgate.events.facts import Fact
from tillgate.events.styles import Outgoing, Style, WebhookRequest
from tillgate.store import Transaction

# Eight attempts: at once, then after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h more.
GAPS_MS: Final = (
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    10 * HOUR_MS,
)
# What is told, by the native type of the fact. Others are not told.
TOLD: Final = {
    types.SESSION_CREATED.name: "orders.quote.created",
    types.SESSION_UPDATED.name: "orders.quote.updated",
    types.SESSION_EXPIRED.name: "orders.quote.updated",
    types.ORDER_PAID.name: "orders.payment.succeeded",
    types.PAYMENT_DECLINED.name: "orders.payment.failed",
    types.ORDER_CANCELED.name: "orders.payment.failed",
    types.SESSION_PAID.name: "orders.delivery.initiated",
    types.SESSION_PAID_LATE.name: "orders.delivery.initiated",
    types.ORDER_DELIVERED.name: "orders.delivery.completed",
    types.ORDER_DELIVERY_FAILED.name: "orders.delivery.failed",
}


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """The body of a webhook; ``actionId`` is the order's id."""

    type: str
    action_id: str
    data: OrderObject


async def _form(tx: Transaction, fact: Fact) -> bytes | None:
    event_type = TOLD.get(fact.type.name)
    order = await _order(tx, fact) if event_type is not None else None
    if event_type is None or order is None:
        return None
    if fact.type is types.ORDER_DELIVERED and not _is_final(order):
        return None  # the last item's delivery completes it
    kept = await records.kept_of(tx, order.id)
    shown = to_crossmint(order, kept, expired=is_expired(kept, fact.at))
    return msgspec.json.encode(Message(event_type, shown.order_id, shown))


async def _order(tx: Transaction, fact: Fact) -> Order | None:
    """The order as it is in this transaction; None of a test send, which is about one that never was."""
    subject = fact.subject
    if isinstance(subject, Order):
        return subject
    if not isinstance(subject, RecordedPayment | CheckoutSession):
        return None
    owner = Principal(fact.project_id, fact.livemode, "job", "webhooks")
    return (await orders_by_id(tx, owner, [subject.order_id])).get(subject.order_id)


def _is_final(order: Order) -> bool:
    return all(one.delivery is not None for one in order.line_items if one.kind is LineItemKind.PRODUCT)


def _request(outgoing: Outgoing) -> WebhookRequest:
    stamp = outgoing.at // SECOND_MS
    headers = {
        "content-type": "application/json",
        "svix-id": outgoing.event_id,
        "svix-timestamp": str(stamp),
        "svix-signature": " ".join(
            one.headers(event_id=outgoing.event_id, body=outgoing.form, timestamp=stamp)["webhook-signature"]
            for one in outgoing.secrets
        ),
    }
    return WebhookRequest(outgoing.form, headers)


CROSSMINT_STYLE: Final = Style("crossmint", _request, GAPS_MS, form=_form, words=tuple(TOLD.items()))
