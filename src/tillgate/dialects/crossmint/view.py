"""An order in Crossmint's form: out of the order itself and what is kept beside it."""

from typing import Final

from msgspec import UNSET, UnsetType

from tillgate.base.clock import HOUR_MS, to_rfc3339
from tillgate.base.money import Money
from tillgate.checkout.orders.model import Delivery as OwnDelivery
from tillgate.checkout.orders.model import DeliveryStatus as OwnDeliveryStatus
from tillgate.checkout.orders.model import Fulfillment, LineItemKind, Order
from tillgate.checkout.orders.model import LineItem as OwnLine
from tillgate.checkout.payments.model import Decision
from tillgate.checkout.payments.model import Payment as OwnPayment
from tillgate.dialects.crossmint import shapes
from tillgate.dialects.crossmint.ids import uuid_of
from tillgate.dialects.crossmint.model import (
    DeliveryStatus,
    Facts,
    LineFacts,
    LineQuoteStatus,
    PaymentStatus,
    Standing,
    standing_of,
)
from tillgate.dialects.crossmint.networks import FIAT, option_of
from tillgate.dialects.crossmint.shapes import Amount, Kept, KeptLine, OrderObject, Recipient
from tillgate.dialects.crossmint.transfers import unsigned_token_transfer, unsigned_transfer
from tillgate.rails.port import TEST_CHAIN_ID

QUOTE_MS: Final = HOUR_MS
LOCALE_DEFAULT: Final = "en-US"
_TEST_ADDRESS: Final = "test:0x"
_CANCELED: Final = shapes.Unavailability(code=shapes.ORDER_CANCELED, message="The order was canceled.")


def is_expired(kept: Kept | None, now: int) -> bool:
    """Whether the quote's hour is over."""
    return kept is not None and now >= kept.expires_at


def to_crossmint(order: Order, kept: Kept | None, *, expired: bool) -> OrderObject:
    """The order as it is.

    Args:
        expired: whether :func:`is_expired` says so now.
    """
    goods = [one for one in order.line_items if one.kind is LineItemKind.PRODUCT]
    beside = {one.line_id: one for one in kept.lines} if kept is not None else {}
    where = standing_of(_facts(order, goods, kept, beside, expired))
    return OrderObject(
        order_id=uuid_of(order.id),
        phase=where.phase,
        locale=kept.locale if kept is not None else LOCALE_DEFAULT,
        line_items=[_line(order, line, beside.get(line.id), kept, where, number) for number, line in enumerate(goods)],
        quote=shapes.Quote(
            status=where.quote,
            quoted_at=to_rfc3339(kept.quoted_at if kept is not None else order.created_at),
            expires_at=to_rfc3339(kept.expires_at if kept is not None else order.expires_at),
            total_price=_amount(order.price),
        ),
        payment=_payment(order, kept, where),
    )


def _facts(order: Order, goods: list[OwnLine], kept: Kept | None, beside: dict[str, KeptLine], expired: bool) -> Facts:
    lines = tuple(
        LineFacts(
            unavailable=one.id in beside and beside[one.id].unavailable is not None,
            delivered=_is_delivered(order, one.delivery),
        )
        for one in goods
    )
    base = Facts(
        order.status,
        lines,
        given_up=order.payment.decision is Decision.REFUNDED,
        short="underpaid" in order.exceptions,
    )
    if kept is None:
        return base
    recipient, payment = kept.recipient, kept.payment
    address = recipient.physical_address if recipient is not None else None
    fiat = payment.method in FIAT
    return base._replace(
        quote_expired=expired,
        recipient=recipient is not None,
        address=address is not None or not any(one.physical for one in kept.lines),
        payer=fiat or payment.payer_address is not None,
        email=not fiat or payment.receipt_email is not None,
    )


def _is_delivered(order: Order, delivery: OwnDelivery | None) -> bool | None:
    if delivery is not None:
        return delivery.status is OwnDeliveryStatus.DELIVERED
    return True if order.fulfillment is Fulfillment.FULFILLED else None


def _amount(money: Money) -> Amount:
    return Amount(amount=str(money), currency=money.currency.lower())


def _given(text: str | None) -> str | UnsetType:
    return UNSET if text is None else text


def _line(
    order: Order, line: OwnLine, beside: KeptLine | None, kept: Kept | None, where: Standing, number: int
) -> shapes.LineItem:
    unit = Money(line.unit_minor, order.currency)
    status = where.line_quotes[number]
    reason = beside.unavailable if beside is not None else None
    if reason is None and status is LineQuoteStatus.UNAVAILABLE:
        reason = _CANCELED
    chain = kept.payment.method if kept is not None else None
    return shapes.LineItem(
        chain=_given(chain),
        quantity=line.quantity,
        collection_locator=_given(beside.collection_locator if beside is not None else None),
        product_locator=_given(beside.product_locator if beside is not None else None),
        call_data=beside.call_data if beside is not None and beside.call_data is not None else UNSET,
        metadata=shapes.LineMetadata(
            name=line.name,
            description=_given(beside.description if beside is not None else None),
            image_url=_given(beside.image_url if beside is not None else None),
        ),
        quote=shapes.LineQuote(
            status=status,
            charges=shapes.Charges(unit=_amount(unit)),
            total_price=_amount(Money(line.amount_minor, order.currency)),
            unavailability_reason=reason if reason is not None else UNSET,
        ),
        delivery=_delivery(line.delivery, kept, where.deliveries[number]),
    )


def _delivery(delivery: OwnDelivery | None, kept: Kept | None, status: DeliveryStatus) -> shapes.Delivery:
    recipient = kept.recipient if kept is not None else None
    told = delivery if delivery is not None and delivery.status is OwnDeliveryStatus.DELIVERED else None
    tokens = told.tokens if told is not None else ()
    return shapes.Delivery(
        status=status,
        recipient=_recipient(recipient, kept.payment.method) if recipient is not None and kept is not None else UNSET,
        tx_id=_given(told.transaction_id if told is not None else None),
        tokens=[
            shapes.DeliveredToken(
                locator=one.locator,
                contract_address=_given(one.contract_address),
                token_id=_given(one.token_id),
                mint_hash=_given(one.mint_hash),
            )
            for one in tokens
        ]
        if tokens
        else UNSET,
    )


def _recipient(recipient: Recipient, chain: str) -> shapes.OrderRecipient:
    by_email = recipient.email is not None
    return shapes.OrderRecipient(
        locator=f"email:{recipient.email}:{chain}" if by_email else f"{chain}:{recipient.wallet_address}",
        email=_given(recipient.email),
        wallet_address=_given(recipient.wallet_address),
        physical_address=recipient.physical_address if recipient.physical_address is not None else UNSET,
    )


def _payment(order: Order, kept: Kept | None, where: Standing) -> shapes.Payment:
    payment = order.payment
    wish = kept.payment if kept is not None else None
    refunded = Money(payment.refunded_minor, order.currency)
    return shapes.Payment(
        status=where.payment,
        method=_given(wish.method if wish is not None else None),
        currency=_given(wish.currency if wish is not None else None),
        receipt_email=_given(wish.receipt_email if wish is not None else None),
        preparation=_preparation(payment, wish, where),
        received=_received(order, wish),
        refunded=_amount(refunded) if refunded.minor else UNSET,
        failure_reason=_failure(payment, where),
    )


def _preparation(
    payment: OwnPayment, wish: shapes.PaymentWish | None, where: Standing
) -> shapes.Preparation | UnsetType:
    """What the payer signs: the rest of the price in a token of the network that the method names. In test mode, where
    payments are simulated, it is for a chain that exists on no network, whatever the method names."""
    terms = payment.terms
    if wish is None or wish.payer_address is None or not where.payable:
        return UNSET
    if terms.options:
        return _on_network(payment, wish)
    if terms.chain_id != TEST_CHAIN_ID or not terms.address.startswith(_TEST_ADDRESS):
        return UNSET
    left = max(terms.amount_atomic - payment.received + payment.given_back, 0)
    to = bytes.fromhex(terms.address.removeprefix(_TEST_ADDRESS))
    return shapes.Preparation(
        chain=wish.method,
        payer_address=wish.payer_address,
        serialized_transaction=unsigned_transfer(TEST_CHAIN_ID, to, left),
    )


def _on_network(payment: OwnPayment, wish: shapes.PaymentWish) -> shapes.Preparation | UnsetType:
    terms = payment.terms
    option = option_of(terms, wish.method, wish.currency)
    if option is None or wish.payer_address is None or not terms.address or not terms.amount_atomic:
        return UNSET
    missing = max(terms.amount_atomic - payment.received + payment.given_back, 0)
    token, to = (bytes.fromhex(one.rpartition("0x")[2]) for one in (option.asset, terms.address))
    # Rounded up, so that what is sent is enough.
    left = -(-option.amount_atomic * missing // terms.amount_atomic)
    return shapes.Preparation(
        chain=wish.method,
        payer_address=wish.payer_address,
        serialized_transaction=unsigned_token_transfer(option.chain_id, token, to, left),
    )


def _received(order: Order, wish: shapes.PaymentWish | None) -> shapes.Received | UnsetType:
    if not order.received.minor:
        return UNSET
    last = order.payment.transfers[-1].tx_hash
    return shapes.Received(
        amount=str(order.received),
        currency=order.currency.lower(),
        tx_id=_given(last),
        chain=_given(wish.method if wish is not None else None),
    )


def _failure(payment: OwnPayment, where: Standing) -> shapes.FailureReason | UnsetType:
    if where.payment is PaymentStatus.INSUFFICIENT_FUNDS:
        return shapes.FailureReason(code=shapes.INSUFFICIENT, message="Less than the total price has arrived.")
    if payment.decline is not None and where.payment is not PaymentStatus.COMPLETED:
        return shapes.FailureReason(code=shapes.UNKNOWN, message="The payment was declined. The payer can try again.")
    return UNSET
