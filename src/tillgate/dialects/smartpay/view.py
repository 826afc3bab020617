"""Orders, payments and refunds of this server in Smartpay's words."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec
from msgspec import UNSET

from tillgate.base import ids
from tillgate.base.principal import Principal
from tillgate.checkout.coupons.model import AmountOff, Coupon, PercentageOff
from tillgate.checkout.orders.model import Order
from tillgate.checkout.payment_tokens.model import PaymentToken
from tillgate.checkout.payments.model import Payment, RecordedTransaction, TransactionKind
from tillgate.checkout.payments.operations import transactions_of_payments
from tillgate.checkout.promotions.model import PromotionCode
from tillgate.checkout.refunds.model import Refund, RefundReason, RefundStatus
from tillgate.checkout.refunds.operations import refunds_of
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.dialects.smartpay.ids import spelled
from tillgate.dialects.smartpay.model import Taken, remaining_of, status_of
from tillgate.dialects.smartpay.records import NOTHING, Kept, kept_of
from tillgate.dialects.smartpay.shapes import (
    PAYMENTS_SHOWN_MAX,
    CouponObject,
    LineItemObject,
    OrderObject,
    PaymentObject,
    PromotionCodeObject,
    RefundObject,
    SessionObject,
    TokenObject,
    or_unset,
)
from tillgate.store import Transaction

_PRODUCT: Final = {
    "brand": "brand",
    "categories": "categories",
    "gtin": "gtin",
    "images": "images",
    "reference": "reference",
    "url": "url",
    "productDescription": "description",
    "productMetadata": "metadata",
}


class Money(NamedTuple):
    """What moved for one payment of this server, which Smartpay sees as several.

    Attributes:
        captures: oldest first.
        refunds: newest first.
        left: what can still be given back of each capture.
        kept: of captures and refunds.
    """

    captures: list[RecordedTransaction]
    refunds: list[Refund]
    left: dict[str, int]
    kept: dict[str, Kept]

    def payment_of(self, refund: Refund) -> str:
        """The capture that a refund gives back; the oldest where it names none.

        Where nothing counts any more that came, as after a reorganisation, the refund's own movement stands for it.
        """
        named = self.kept.get(refund.id, NOTHING).payment
        return named or (self.captures[0].id if self.captures else refund.transaction_id)


_STILL: Final = Money([], [], {}, {})


def _has_moved(payment: Payment) -> bool:
    """Whether money came, also what a reorganisation took away again; only then is there anything to give back."""
    return bool(payment.transfers or payment.dropped or payment.returned)


async def money_of(tx: Transaction, principal: Principal, payment_ids: Sequence[str]) -> dict[str, Money]:
    """What moved for several payments of this server, in a fixed number of statements."""
    if not payment_ids:
        return {}
    moved = await transactions_of_payments(tx, principal, payment_ids, 2 * PAYMENTS_SHOWN_MAX)
    refunds = await refunds_of(tx, principal, "payment_id", payment_ids, PAYMENTS_SHOWN_MAX)
    kept = await kept_of(tx, [*(one.id for one in moved), *(one.id for one in refunds)])
    found = {}
    for payment_id in payment_ids:
        captures = [one for one in reversed(moved) if one.payment_id == payment_id and is_incoming(one)]
        theirs = [one for one in refunds if one.payment_id == payment_id]
        taken = [Taken(one.id, one.value.minor) for one in captures]
        left = remaining_of(taken, theirs, {one.id: kept.get(one.id, NOTHING).payment for one in theirs})
        found[payment_id] = Money(captures, theirs, left, kept)
    return found


def is_incoming(transaction: RecordedTransaction) -> bool:
    """Whether a movement brought money, that counts."""
    transfer = transaction.transfer
    return transfer.kind is not TransactionKind.REFUND and transfer.dropped_at is None


def refund_object(refund: Refund, payment_id: str, kept: Kept) -> RefundObject:
    """A refund as Smartpay shows it."""
    return RefundObject(
        id=spelled(refund.id, livemode=refund.livemode),
        object="refund",
        test=not refund.livemode,
        created_at=refund.created_at,
        updated_at=refund.updated_at,
        metadata=kept.metadata,
        amount=refund.amount.minor,
        currency=refund.amount.currency,
        status=_refund_status(refund),
        reason="fraudulent" if refund.reason is RefundReason.FRAUDULENT else "requested_by_customer",
        payment=spelled(payment_id, livemode=refund.livemode),
        line_items=kept.line_items,
        description=or_unset(kept.description),
        reference=or_unset(kept.reference),
    )


def payment_object(transaction: RecordedTransaction, money: Money, *, expanded: bool) -> PaymentObject:
    """A capture as Smartpay shows it."""
    kept, livemode = money.kept.get(transaction.id, NOTHING), transaction.livemode
    theirs = [one for one in money.refunds if money.payment_of(one) == transaction.id]
    refunds: Any = (
        [refund_object(one, transaction.id, money.kept.get(one.id, NOTHING)) for one in theirs]
        if expanded
        else [spelled(one.id, livemode=livemode) for one in theirs]
    )
    return PaymentObject(
        id=spelled(transaction.id, livemode=livemode),
        object="payment",
        test=not livemode,
        created_at=transaction.transfer.seen_at,
        updated_at=max([transaction.transfer.seen_at, *(one.updated_at for one in theirs)]),
        metadata=kept.metadata,
        amount=transaction.value.minor,
        currency=transaction.value.currency,
        status="processed" if money.left.get(transaction.id, 0) > 0 else "refunded",
        order=spelled(transaction.order_id, livemode=livemode),
        refunds=refunds,
        line_items=kept.line_items,
        description=or_unset(kept.description),
        reference=or_unset(kept.reference),
    )


def order_object(order: Order, money: Money, kept: Kept, *, expanded: bool, id: str | None = None) -> OrderObject:
    """An order as Smartpay shows it.

    Args:
        id: as it was asked for; None for Smartpay's writing of it.
    """
    livemode, held = order.livemode, order.payment.authorization
    shipping_info: Any = kept.shipping_info
    lines: Any = [spelled(one.id, livemode=livemode) for one in order.line_items]
    payments: Any = [spelled(one.id, livemode=livemode) for one in money.captures]
    if expanded:
        lines = _line_items(order, kept)
        payments = [payment_object(one, money, expanded=True) for one in money.captures]
    return OrderObject(
        id=spelled(order.id, livemode=livemode) if id is None else id,
        object="order",
        test=not livemode,
        created_at=order.created_at,
        updated_at=order.updated_at,
        metadata=_metadata(order.metadata),
        amount=order.total_minor,
        currency=order.currency,
        status=status_of(order).value,
        discount_amount=sum(one.amount_minor for one in order.discounts),
        discounts=[{"name": one.name, "amount": one.amount_minor} for one in order.discounts],
        line_items=lines,
        payments=payments,
        shipping_info=shipping_info,
        description=or_unset(kept.description),
        reference=or_unset(order.reference),
        expires_at=held.lapses_at if held is not None else UNSET,
        token_id=spelled(kept.token, livemode=livemode) if kept.token is not None else UNSET,
    )


async def order_in_words(
    tx: Transaction, principal: Principal, order: Order, kept: Kept, *, id: str, expanded: bool
) -> OrderObject:
    """One order as Smartpay shows it, under the id that it was asked for by."""
    moved = [order.payment.id] if _has_moved(order.payment) else []
    money = await money_of(tx, principal, moved)
    return order_object(order, money.get(order.payment.id, _STILL), kept, expanded=expanded, id=id)


async def orders_in_words(
    tx: Transaction,
    principal: Principal,
    orders: Sequence[Order],
    *,
    expanded: bool,
    kept: Mapping[str, Kept] | None = None,
) -> list[OrderObject]:
    """Several orders as Smartpay shows them, in a fixed number of statements.

    Args:
        kept: what is kept of them, where the caller has it.
    """
    # Of an order to which no money came there is nothing to look for.
    money = await money_of(tx, principal, [one.payment.id for one in orders if _has_moved(one.payment)])
    if kept is None:
        kept = await kept_of(tx, [one.id for one in orders])
    return [
        order_object(one, money.get(one.payment.id, _STILL), kept.get(one.id, NOTHING), expanded=expanded)
        for one in orders
    ]


def token_object(token: PaymentToken) -> TokenObject:
    """A payment token as Smartpay shows it."""
    return TokenObject(
        id=spelled(token.id, livemode=token.livemode),
        object="token",
        test=not token.livemode,
        created_at=token.created_at,
        updated_at=token.updated_at,
        metadata=_metadata(token.metadata),
        status=token.status.value,
        reference=or_unset(token.reference),
    )


def token_session_object(token: PaymentToken, kept: Kept, public_url: str, *, expanded: bool) -> SessionObject:
    """The checkout session that asks a shopper for a token. There is one for each, whose id has the same bits."""
    session_id = ids.renamed(ids.CHECKOUT_SESSION, token.id)
    shown = token_object(token)
    customer_info: Any = kept.customer_info
    return SessionObject(
        id=spelled(session_id, livemode=token.livemode),
        object="checkoutSession",
        test=not token.livemode,
        created_at=token.created_at,
        updated_at=token.updated_at,
        metadata=_metadata(token.metadata),
        customer_info=customer_info,
        token=shown if expanded else shown.id,
        url=f"{public_url}/checkout/{session_id}/token",
        success_url=token.success_url,
        cancel_url=token.cancel_url,
        locale=or_unset(token.locale),
        reference=or_unset(token.reference),
    )


def coupon_object(coupon: Coupon) -> CouponObject:
    """A coupon as Smartpay shows it."""
    discount = coupon.discount
    off = discount.off if isinstance(discount, AmountOff) else None
    return CouponObject(
        id=spelled(coupon.id, livemode=coupon.livemode),
        object="coupon",
        test=not coupon.livemode,
        created_at=coupon.created_at,
        updated_at=coupon.updated_at,
        metadata=_metadata(coupon.metadata),
        active=coupon.active,
        name=coupon.name,
        discount_type="amount" if off is not None else "percentage",
        discount_amount=off.minor if off is not None else UNSET,
        currency=off.currency if off is not None else UNSET,
        discount_percentage=_percentage(discount.hundredths) if isinstance(discount, PercentageOff) else UNSET,
        description=or_unset(coupon.description),
        expires_at=or_unset(coupon.expires_at),
        max_redemption_count=or_unset(coupon.uses.most),
        redemption_count=coupon.uses.redeemed,
    )


def promotion_code_object(promotion: PromotionCode) -> PromotionCodeObject:
    """A promotion code as Smartpay shows it."""
    minimum = promotion.minimum
    return PromotionCodeObject(
        id=spelled(promotion.id, livemode=promotion.livemode),
        object="promotionCode",
        test=not promotion.livemode,
        created_at=promotion.created_at,
        updated_at=promotion.updated_at,
        metadata=_metadata(promotion.metadata),
        active=promotion.active,
        code=promotion.code,
        coupon=spelled(promotion.coupon_id, livemode=promotion.livemode),
        currency=minimum.currency if minimum is not None else None,
        expires_at=promotion.expires_at,
        first_time_transaction=promotion.first_time_transaction,
        one_per_customer=promotion.one_per_customer,
        max_redemption_count=promotion.uses.most,
        redemption_count=promotion.uses.redeemed,
        minimum_amount=minimum.minor if minimum is not None else None,
    )


def session_object(
    session: CheckoutSession, order: OrderObject, kept: Kept, public_url: str, *, expanded: bool
) -> SessionObject:
    """A checkout session as Smartpay shows it."""
    customer_info: Any = kept.customer_info
    return SessionObject(
        id=spelled(session.id, livemode=session.livemode),
        object="checkoutSession",
        test=not session.livemode,
        created_at=session.created_at,
        updated_at=session.updated_at,
        metadata=_metadata(session.metadata),
        customer_info=customer_info,
        order=order if expanded else order.id,
        # In live mode an order is paid at once, on the page of every session; shoppers sign up in test mode alone.
        url=f"{public_url}/checkout/{session.id}{'' if session.livemode else '/instalments'}",
        success_url=or_unset(session.success_url),
        cancel_url=or_unset(session.cancel_url),
        locale=or_unset(session.locale),
        reference=or_unset(session.reference),
    )


def _metadata(text: str | None) -> Any:
    return msgspec.Raw(text.encode()) if text is not None else {}


def _percentage(hundredths: int) -> int | float:
    whole, rest = divmod(hundredths, 100)
    return hundredths / 100 if rest else whole


def _line_items(order: Order, kept: Kept) -> list[LineItemObject]:
    found, items = [], kept.items_as_they_came()
    for at, line in enumerate(order.line_items):
        item = items[at] if at < len(items) else {}
        product = {name: item[key] for key, name in _PRODUCT.items() if item.get(key) is not None}
        found.append(
            LineItemObject(
                id=spelled(line.id, livemode=order.livemode),
                kind=line.kind.value,
                name=line.name,
                amount=line.unit_minor,
                currency=order.currency,
                quantity=line.quantity,
                description=or_unset(item.get("description")),
                price={
                    "object": "price",
                    "active": True,
                    "amount": line.unit_minor,
                    "currency": order.currency,
                    **{
                        name: item[key]
                        for key, name in (
                            ("label", "label"),
                            ("priceDescription", "description"),
                            ("priceMetadata", "metadata"),
                        )
                        if item.get(key) is not None
                    },
                    "product": {"object": "product", "name": line.name, **product},
                },
            )
        )
    return found


def _refund_status(refund: Refund) -> Literal["succeeded", "failed", "pending"]:
    if refund.status is RefundStatus.SUCCEEDED:
        return "succeeded"
    return "pending" if refund.status is RefundStatus.PENDING else "failed"
