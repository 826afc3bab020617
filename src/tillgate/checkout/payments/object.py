"""Payments and transactions as the API, the events and the webhooks show them."""

from typing import Literal

import msgspec

from tillgate.base.clock import to_rfc3339
from tillgate.base.money import MINOR_DIGITS, format_minor
from tillgate.checkout.amounts import CryptoAmount, crypto_amount
from tillgate.checkout.metadata import metadata_to_api
from tillgate.checkout.payments.model import RecordedPayment, RecordedTransaction, Unusual, exceptions_of
from tillgate.rails.port import LockedRate


class PaymentAmounts(msgspec.Struct, frozen=True, kw_only=True):
    """Decimal strings in the payment's currency, at the price that was locked.

    Attributes:
        authorized: what the payer's side promised; zero for money that simply arrives.
        capturable: what of it can still be captured.
        received: what was captured or arrived, and is confirmed.
        refunded: what has gone back.
        refundable: what could still be sent back, with refunds under way taken off.
    """

    requested: str
    authorized: str
    capturable: str
    received: str
    refunded: str
    refundable: str


class DeclineObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The last time that the payer's side said no, and its word for why."""

    livemode: bool
    code: str
    declined_at: str


class RateLegObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One rate that a price was converted by: ``value`` units of ``quote`` for one unit of ``base``.

    Attributes:
        source: who said it: ``manual``, or the feed that it was read from.
        as_of: since when it was said.
    """

    base: str
    quote: str
    value: str
    source: str
    as_of: str


class RateObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The exchange rate that was locked: ``value`` units of ``quote`` for one unit of ``base``, which is the price's
    currency.

    Attributes:
        value: an exact decimal where one is, else cut off after twelve decimals; amounts follow from ``legs``, exactly.
        as_of: since when the older of its legs was said.
        locked_until: the deadline of the session. Money that comes later is late, and worth what it was.
        legs: the rates that lead from the one currency to the other, each in the direction in which it was said.
    """

    base: str
    quote: str
    value: str
    as_of: str
    locked_until: str
    legs: list[RateLegObject]


class PaymentObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A payment as the API shows it.

    Attributes:
        exceptions: what is unusual about its money: ``underpaid``, ``overpaid``, ``late``, ``reorged``,
            ``unexpected``.
        amount: what the payer is to send, in the rail's asset.
        capture_before: when an authorization lapses.
        release_reason: why what was authorized and not captured was released.
        decision: what you said last about unusual money.
    """

    id: str
    object: Literal["payment"] = "payment"
    livemode: bool
    session_id: str
    order_id: str
    status: Literal["awaiting", "detected", "requires_capture", "review", "succeeded", "expired", "canceled", "failed"]
    exceptions: list[Unusual]
    currency: str
    amounts: PaymentAmounts
    capture_method: Literal["automatic", "manual"]
    authorized_at: str | None
    capture_before: str | None
    release_reason: Literal["captured", "requested", "lapsed"] | None
    last_decline: DeclineObject | None
    decision: Literal["accepted", "waiting", "refunded"] | None
    rail: str
    chain_id: int
    asset: str
    address: str
    amount: CryptoAmount
    metadata: msgspec.Raw
    created_at: str
    updated_at: str


class TransactionObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A movement of money as the API shows it.

    Attributes:
        kind: ``transfer`` and ``capture`` come in, ``refund`` goes out.
        status: ``dropped`` is what a reorganisation took away, or a refund that failed: it does not count.
        value: in ``currency``, at the price that was locked, rounded down.
        asset: what moved, as CAIP-19 asset type.
        network, symbol: the names of both as ``paymentOptions`` has them; null of what was not offered, and of
            simulated payments.
        tx_hash: its name on the chain; null while it has none.
    """

    id: str
    object: Literal["transaction"] = "transaction"
    livemode: bool
    payment_id: str
    order_id: str
    kind: Literal["transfer", "capture", "refund"]
    status: Literal["pending", "confirmed", "dropped"]
    amount: CryptoAmount
    value: str
    currency: str
    chain_id: int
    network: str | None
    asset: str
    symbol: str | None
    tx_hash: str | None
    confirmed_at: str | None
    created_at: str


def rate_to_api(rate: LockedRate, locked_until: int) -> RateObject:
    """A locked rate in the API's form."""
    return RateObject(
        base=rate.base,
        quote=rate.quote,
        value=rate.value,
        as_of=to_rfc3339(rate.as_of),
        locked_until=to_rfc3339(locked_until),
        legs=[
            RateLegObject(
                base=leg.base, quote=leg.quote, value=leg.value, source=leg.source, as_of=to_rfc3339(leg.as_of)
            )
            for leg in rate.legs
        ],
    )


def to_api(recorded: RecordedPayment) -> PaymentObject:
    """The payment in the API's form."""
    payment = recorded.payment
    held, terms = payment.authorization, payment.terms
    digits = MINOR_DIGITS[payment.price.currency]
    return PaymentObject(
        id=payment.id,
        livemode=recorded.livemode,
        session_id=payment.session_id,
        order_id=recorded.order_id,
        status=recorded.state.value,
        exceptions=exceptions_of(payment, recorded.expires_at),
        currency=payment.price.currency,
        amounts=PaymentAmounts(
            requested=str(payment.price),
            authorized=format_minor(held.amount_minor if held is not None else 0, digits),
            capturable=format_minor(payment.capturable_minor, digits),
            received=str(payment.received_value),
            refunded=format_minor(payment.refunded_minor, digits),
            refundable=format_minor(payment.refundable_minor, digits),
        ),
        capture_method=payment.capture_method.value,
        authorized_at=to_rfc3339(held.authorized_at) if held is not None else None,
        capture_before=to_rfc3339(held.lapses_at) if held is not None else None,
        release_reason=held.release_reason.value if held is not None and held.release_reason is not None else None,
        last_decline=DeclineObject(
            livemode=recorded.livemode,
            code=payment.decline.code,
            declined_at=to_rfc3339(payment.decline.declined_at),
        )
        if payment.decline is not None
        else None,
        decision=payment.decision.value if payment.decision is not None else None,
        rail=payment.rail,
        chain_id=terms.chain_id,
        asset=terms.asset,
        address=terms.address,
        amount=crypto_amount(terms.amount_atomic, terms.asset_decimals),
        metadata=metadata_to_api(recorded.metadata),
        created_at=to_rfc3339(recorded.created_at),
        updated_at=to_rfc3339(recorded.updated_at),
    )


def transaction_to_api(recorded: RecordedTransaction) -> TransactionObject:
    """The transaction in the API's form."""
    transfer = recorded.transfer
    return TransactionObject(
        id=recorded.id,
        livemode=recorded.livemode,
        payment_id=recorded.payment_id,
        order_id=recorded.order_id,
        kind=transfer.kind.value,
        status="dropped"
        if transfer.dropped_at is not None
        else "confirmed"
        if transfer.confirmed_at is not None
        else "pending",
        amount=crypto_amount(transfer.amount_atomic, recorded.asset_decimals),
        value=str(recorded.value),
        currency=recorded.value.currency,
        chain_id=recorded.chain_id,
        network=recorded.network,
        asset=recorded.asset,
        symbol=recorded.symbol,
        tx_hash=transfer.tx_hash,
        confirmed_at=to_rfc3339(transfer.confirmed_at) if transfer.confirmed_at is not None else None,
        created_at=to_rfc3339(transfer.seen_at),
    )
