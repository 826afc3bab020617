"""A checkout session as the API, the events and the webhooks show it: one form for all three."""

from typing import Literal

import msgspec

from tillgate.base.clock import SECOND_MS, to_rfc3339
from tillgate.checkout.amounts import CryptoAmount, crypto_amount
from tillgate.checkout.metadata import metadata_to_api
from tillgate.checkout.payments.model import Payment, Unusual
from tillgate.checkout.payments.object import RateObject, rate_to_api
from tillgate.checkout.sessions.model import CheckoutSession, payment_required
from tillgate.rails.port import PaymentOption


class FiatAmount(msgspec.Struct, frozen=True):
    """A price: a decimal string with all of the currency's minor digits, and its ISO 4217 code."""

    amount: str
    currency: str


class PaymentOptionObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One way to pay a session on a network.

    Attributes:
        network: the network's name on this server; ``network_title`` is how people know it, and ``exchange_label`` what
            exchanges call it when somebody withdraws.
        explorer: where its blocks can be looked at.
        asset: CAIP-19 asset type of the token.
        amount: what must arrive, as an exact decimal; ``amount_atomic`` is the same in the token's smallest unit.
        confirmations_needed: how deep a transfer has to lie; null where a tag of the network's nodes says what is
            final.
        confirmations_seen: how deep the last transfer in this token lies; null while none was seen.
        chosen: it is what the session's own ``amount`` and ``chainId`` show.
        exchange_rate: the rate that was locked for ``amount``; absent where one unit of the token is worth one of the
            price's currency.
    """

    network: str
    network_title: str
    exchange_label: str
    explorer: str | None
    chain_id: int
    asset: str
    symbol: str
    decimals: int
    amount: str
    amount_atomic: str
    confirmations_needed: int | None
    confirmations_seen: int | None
    block_seconds: float
    chosen: bool
    exchange_rate: RateObject | msgspec.UnsetType = msgspec.UNSET


class CheckoutSessionObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A checkout session as the API shows it (Crypto Checkout, checkout sessions).

    Attributes:
        amount: what the buyer is to send.
        received: what has arrived or was captured, and is confirmed; ``fiat_received`` is what it is worth at the price
            that was locked: of a partial capture, what was captured.
        payment_status: ``paid`` once it is, also after a refund; ``no_payment_required`` where its total is zero.
        reference, customer_id: the order's: whose it is, for whoever fulfils on this object's events.
        customer_stated: whether the customer is only who the buyer of a payment link said they are; nothing is proved.
        client_reference_id: what whoever sent the buyer calls it; never unique.
        success_url, cancel_url, return_url: as they were given; ``{CHECKOUT_SESSION_ID}`` and ``{ORDER_REFERENCE}`` are
            filled in once a buyer is sent there.
        eth_price_usd: the rate that was locked when the session was made; null where no native coin is asked for.
        exceptions: what is unusual about the money: ``underpaid``, ``overpaid``, ``late``, ``reorged``,
            ``unexpected``.
        canceled_at: when it was called off, which is how it ``failed``.
        allow_promotion_codes: whether the buyer may type a promotion code on the checkout's page.
        locale: the language that its buyer reads; None where the project or the buyer's browser decides.
        address: where to send it; null until the buyer of a payment link has chosen how to pay.
        payment_address: the same, of a session that is paid on networks; ``payment_options`` are the ways to pay it
            there, each with its own amount. The first, or the one that was chosen, is shown in the other fields.
            Simulated sessions have neither.
        client_secret: what opens this session to whoever made it with a publishable key; in that one answer only.
    """

    id: str
    object: Literal["checkout_session"] = "checkout_session"
    livemode: bool
    link_id: str | None
    order_id: str
    payment_id: str
    reference: str | None
    customer_id: str | None
    customer_stated: bool
    client_reference_id: str | None
    status: Literal["pending", "detected", "underpaid", "overpaid", "paid", "paid_late", "expired", "failed"]
    payment_status: Literal["unpaid", "paid", "no_payment_required"]
    exceptions: list[Unusual]
    address: str | None
    amount: CryptoAmount
    received: CryptoAmount
    fiat: FiatAmount
    fiat_received: FiatAmount
    eth_price_usd: str | None
    chain_id: int
    tx_hash: str | None
    metadata: msgspec.Raw
    success_url: str | None
    cancel_url: str | None
    return_url: str | None
    checkout_url: str
    expires_at: str
    paid_at: str | None
    canceled_at: str | None
    test_clock_id: str | None
    allow_promotion_codes: bool
    locale: str | None
    created_at: str
    payment_address: str | msgspec.UnsetType | None = msgspec.UNSET
    payment_options: list[PaymentOptionObject] | msgspec.UnsetType = msgspec.UNSET
    client_secret: str | msgspec.UnsetType = msgspec.UNSET


def to_api(session: CheckoutSession, public_url: str) -> CheckoutSessionObject:
    """The session in the API's form."""
    payment = session.payment
    terms = payment.terms
    return CheckoutSessionObject(
        id=session.id,
        livemode=session.livemode,
        link_id=session.link_id,
        order_id=session.order_id,
        payment_id=payment.id,
        reference=session.reference,
        customer_id=session.customer_id,
        customer_stated=session.customer_stated,
        client_reference_id=session.client_reference_id,
        status=session.status.value,
        payment_status=payment_required(session).value,
        exceptions=session.exceptions,
        address=terms.address or None,
        amount=crypto_amount(terms.amount_atomic, terms.asset_decimals),
        received=crypto_amount(payment.received, terms.asset_decimals),
        fiat=FiatAmount(str(session.price), session.price.currency),
        fiat_received=FiatAmount(str(payment.received_value), session.price.currency),
        eth_price_usd=terms.native_price_usd or None,
        chain_id=terms.chain_id,
        tx_hash=payment.transfers[-1].tx_hash if payment.transfers else None,
        metadata=metadata_to_api(session.metadata),
        success_url=session.success_url,
        cancel_url=session.cancel_url,
        return_url=session.return_url,
        checkout_url=f"{public_url}/checkout/{session.id}",
        expires_at=to_rfc3339(session.expires_at),
        paid_at=to_rfc3339(session.paid_at) if session.paid_at is not None else None,
        canceled_at=to_rfc3339(session.canceled_at) if session.canceled_at is not None else None,
        test_clock_id=session.test_clock_id,
        allow_promotion_codes=session.allow_promotion_codes,
        locale=session.locale,
        created_at=to_rfc3339(session.created_at),
        payment_address=(terms.address or None) if terms.options else msgspec.UNSET,
        payment_options=[_option_to_api(payment, one, session.expires_at) for one in terms.options]
        if terms.options
        else msgspec.UNSET,
    )


def _option_to_api(payment: Payment, option: PaymentOption, expires_at: int) -> PaymentOptionObject:
    seen = [one.confirmations for one in payment.transfers if one.asset == option.asset]
    return PaymentOptionObject(
        network=option.network,
        network_title=option.title,
        exchange_label=option.exchange_label,
        explorer=option.explorer,
        chain_id=option.chain_id,
        asset=option.asset,
        symbol=option.symbol,
        decimals=option.decimals,
        amount=crypto_amount(option.amount_atomic, option.decimals).eth,
        amount_atomic=str(option.amount_atomic),
        confirmations_needed=option.confirmations,
        confirmations_seen=seen[-1] if seen else None,
        block_seconds=option.block_ms / SECOND_MS,
        chosen=option.asset == payment.terms.asset,
        exchange_rate=rate_to_api(option.rate, expires_at) if option.rate is not None else msgspec.UNSET,
    )
