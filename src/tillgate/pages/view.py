"""A session as its buyer sees it: facts made ready for the templates, and nothing of the merchant's own."""

from collections.abc import Collection
from typing import Final, NamedTuple, assert_never
from urllib.parse import urlsplit

from tillgate.base.clock import MINUTE_MS, SECOND_MS, to_rfc3339
from tillgate.base.money import Money
from tillgate.checkout.orders.model import LineItem
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.products.model import Product
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.pages.amounts import Price, grouped, price, time_left, units
from tillgate.pages.bill import BillLine
from tillgate.pages.networks import asset_name, network_name, payment_uri
from tillgate.pages.rendering import qr_code

POLL_SECONDS: Final = 2
REVIEW_POLL_SECONDS: Final = 15
RETURN_SECONDS: Final = 5

# Who opens an old, paid checkout again wants to look at it, not to be sent away.
RETURN_AUTOMATICALLY_MS: Final = 10 * MINUTE_MS

_S = SessionStatus


class ReturnTarget(NamedTuple):
    """Somewhere the merchant label a buyer may go: the stored address, and the host to name it by."""

    url: str
    host: str


class Choice(NamedTuple):
    """An outcome that can be simulated now."""

    outcome: str
    label: str
    effect: str


class OpenPrice(NamedTuple):
    """A line whose price is the buyer's to say.

    Attributes:
        label: the line, and the bounds of its price.
        amount: what it costs now, as a form takes it.
    """

    line_id: str
    label: str
    amount: str


class Costs(NamedTuple):
    """What the price is made of.

    Attributes:
        bill: line by line; nothing where there is no more to say than the price.
        code: the promotion code that is taken off, as the merchant writes it.
        open_prices: what the buyer may say the price of.
    """

    bill: tuple[BillLine, ...]
    code: str | None
    open_prices: tuple[OpenPrice, ...]


class View(NamedTuple):
    """What the templates show.

    Attributes:
        status: the session's, as on the wire.
        title: the link's, or the merchant's name.
        amount, seen, missing, excess: exact decimal numbers of ``asset``; ``seen`` counts what is not
            confirmed yet.
        expires_at, now: Unix milliseconds, for the countdown.
        headline: where the session stands, in a few words.
        announcement: the same for somebody who cannot see the page change.
        version: changes whenever what the page shows would change.
        poll_seconds: how often to look; None once nothing can change any more.
        choices: what can be simulated; empty outside of test mode.
        start_again: the address of the link it came from, where that would open a new session.
        any_dropped: a transfer that was seen was dropped.
        bill: what the price is made of; nothing where there is no more to say.
        may_change_code: a code can be typed now, or the one that was typed be removed.
        code: that one, as the merchant writes it.
        open_prices: what the buyer may say the price of, now.
    """

    id: str
    test: bool
    status: str
    merchant: str
    title: str
    description: str | None
    price: Price
    asset: str
    network: str
    address: str
    amount: str
    seen: str
    missing: str
    excess: str
    any_seen: bool
    any_dropped: bool
    canceled: bool
    rate: str | None
    qr: str | None
    wallet: str | None
    expires_at: int
    expires: str
    lifetime_seconds: int
    now: int
    seconds_left: int
    time_left: str
    tx_hash: str | None
    success: ReturnTarget | None
    cancel: ReturnTarget | None
    back: ReturnTarget | None
    start_again: str | None
    headline: str
    announcement: str
    version: str
    poll_seconds: int | None
    return_seconds: int | None
    choices: tuple[Choice, ...]
    bill: tuple[BillLine, ...]
    may_change_code: bool
    code: str | None
    open_prices: tuple[OpenPrice, ...]


def view(
    session: CheckoutSession,
    *,
    merchant: str,
    public_url: str,
    now: int,
    late_grace_ms: int,
    simulations: Collection[Outcome],
    start_again: str | None,
    costs: Costs,
) -> View:
    """The session at this instant.

    Args:
        simulations: what can be simulated for it; nothing outside of test mode.
        start_again: the path of its link where that is still open.
    """
    terms = session.payment.terms
    seen = sum(one.amount_atomic for one in session.payment.transfers)
    test = not session.livemode
    asked = units(terms.amount_atomic, terms.asset_decimals)
    asset = asset_name(terms)
    left = session.expires_at - now
    headline, announcement = _words(session, f"{asked} {asset}")
    status = session.status
    waiting = status is _S.PENDING
    untouched = waiting and left > 0 and not session.payment.dropped
    settled = session.paid_at if session.paid_at is not None else 0
    success = _place(session.success_url)
    returns = success is not None and now - settled < RETURN_AUTOMATICALLY_MS
    return View(
        id=session.id,
        test=test,
        status=status.value,
        merchant=merchant,
        title=session.title or merchant,
        description=session.description,
        price=price(session.price),
        asset=asset,
        network=network_name(terms.chain_id),
        address=terms.address,
        amount=asked,
        seen=units(seen, terms.asset_decimals),
        missing=units(max(terms.amount_atomic - seen, 0), terms.asset_decimals),
        excess=units(max(seen - terms.amount_atomic, 0), terms.asset_decimals),
        any_seen=seen > 0,
        any_dropped=bool(session.payment.dropped),
        canceled=session.canceled_at is not None,
        rate=f"${grouped(terms.native_price_usd)}"
        if session.price.currency == "USD" and "slip44" in terms.asset
        else None,
        # A test session's code opens this very page: there is nothing in it that a wallet could pay.
        qr=qr_code(f"{public_url}/checkout/{session.id}" if test else payment_uri(terms)) if waiting else None,
        wallet=payment_uri(terms) if waiting and not test else None,
        expires_at=session.expires_at,
        expires=to_rfc3339(session.expires_at),
        lifetime_seconds=max((session.expires_at - session.created_at) // SECOND_MS, 1),
        now=now,
        seconds_left=max(left // SECOND_MS, 0),
        time_left=time_left(left),
        tx_hash=session.payment.transfers[-1].tx_hash if session.payment.transfers else None,
        success=success,
        cancel=_place(session.cancel_url),
        back=_place(session.return_url),
        start_again=start_again,
        headline=headline,
        announcement=announcement,
        version=version(session),
        poll_seconds=_poll_seconds(session, now, late_grace_ms),
        return_seconds=RETURN_SECONDS if returns and status in (_S.PAID, _S.PAID_LATE) else None,
        choices=tuple(one for one in _choices(session) if one.outcome in simulations),
        bill=costs.bill,
        may_change_code=session.allow_promotion_codes and untouched,
        code=costs.code,
        open_prices=costs.open_prices if untouched else (),
    )


def open_price(line: LineItem, product: Product) -> OpenPrice:
    """What a buyer reads beside the field in which they say a price."""
    least, most, currency = product.price.least, product.price.most, product.price.currency
    given = [(word, bound) for word, bound in (("from", least), ("up to", most)) if bound is not None]
    bounds = [f"{word} {price(Money(bound, currency))}" for word, bound in given]
    label = f"{line.name}: you decide what you pay{' each' if line.quantity > 1 else ''}"
    if bounds:
        label += f" ({' '.join(bounds)})"
    return OpenPrice(line.id, label, str(Money(line.unit_minor, currency)))


def version(session: CheckoutSession) -> str:
    """A word that changes with everything about a session that its buyer can see change."""
    transfers = session.payment.transfers
    confirmed = sum(one.confirmed_at is not None for one in transfers)
    dropped = len(session.payment.dropped)
    return f"{session.status.value}-{len(transfers)}-{confirmed}-{dropped}-{session.price.minor}"


def _place(url: str | None) -> ReturnTarget | None:
    return None if url is None else ReturnTarget(url, urlsplit(url).hostname or url)


def _words(session: CheckoutSession, asked: str) -> tuple[str, str]:
    """The headline, and what a screen reader says when the session has just come to stand there."""
    match session.status:
        case SessionStatus.PENDING if session.payment.dropped:
            return f"Send {asked}", "The network has dropped the payment that was seen. It may still arrive."
        case SessionStatus.PENDING:
            return f"Send {asked}", "Waiting for your payment."
        case SessionStatus.DETECTED if session.payment.authorization is not None:
            return "Payment authorised", "Your payment is authorised. You are charged when your order is ready."
        case SessionStatus.DETECTED:
            return (
                "Payment seen"
            ), "Your payment was seen and is waiting for confirmation. You do not need to do anything."
        case SessionStatus.UNDERPAID:
            return "Part of the amount arrived", "Less than the amount asked for arrived. The merchant is reviewing it."
        case SessionStatus.OVERPAID:
            return (
                "More than the amount arrived",
                "More than the amount asked for arrived. The merchant is reviewing it.",
            )
        case SessionStatus.PAID:
            return "Payment complete", "Your payment is complete. Thank you."
        case SessionStatus.PAID_LATE:
            return "Payment received late", "Your payment arrived after the time was up. The merchant has it."
        case SessionStatus.EXPIRED:
            return "The time is up", "The time to pay is up. Please do not send anything to this address."
        case SessionStatus.FAILED if session.canceled_at is not None:
            return "This payment was canceled", "This payment was canceled. Please do not send anything."
        case SessionStatus.FAILED:
            return "This payment did not work", "This payment did not work and cannot be completed here."
        case never:
            assert_never(never)


def _poll_seconds(session: CheckoutSession, now: int, late_grace_ms: int) -> int | None:
    match session.status:
        case SessionStatus.PENDING | SessionStatus.DETECTED:
            return POLL_SECONDS
        case SessionStatus.UNDERPAID | SessionStatus.OVERPAID:
            return REVIEW_POLL_SECONDS
        case SessionStatus.EXPIRED:
            return REVIEW_POLL_SECONDS if now < session.expires_at + late_grace_ms else None
        case SessionStatus.PAID | SessionStatus.PAID_LATE | SessionStatus.FAILED:
            return None
        case never:
            assert_never(never)


_PAY = Choice(Outcome.PAID.value, "Pay in full", "The exact amount arrives and is confirmed.")
_CONFIRM = Choice(Outcome.PAID.value, "Confirm", "The payment that was seen is confirmed.")
_SEE = Choice(Outcome.DETECTED.value, "Payment seen", "The exact amount arrives, but is not confirmed yet.")
_LESS = Choice(Outcome.UNDERPAID.value, "Pay too little", "Half of the amount arrives.")
_MORE = Choice(Outcome.OVERPAID.value, "Pay too much", "One and a half times the amount arrives.")
_LATE = Choice(Outcome.LATE.value, "Pay too late", "The time runs out, then the exact amount arrives.")
_LATE_NOW = Choice(Outcome.LATE.value, "Pay too late", "The exact amount arrives now, after the time was up.")
_PROMISE = Choice(
    Outcome.AUTHORIZED.value, ("Authorise"), "The whole amount is authorised; the merchant captures it later."
)
_FAIL = Choice(Outcome.FAILED.value, "Fail", "The payment fails for good.")


def _choices(session: CheckoutSession) -> tuple[Choice, ...]:
    """What leads somewhere new from here; the operation itself decides."""
    if session.payment.capture_method is CaptureMethod.MANUAL:
        # What is captured by hand is promised first, and never simply arrives.
        return {SessionStatus.PENDING: (_PROMISE, _FAIL), SessionStatus.DETECTED: (_FAIL,)}.get(session.status, ())
    match session.status:
        case SessionStatus.PENDING:
            return _PAY, _SEE, _LESS, _MORE, _LATE, _FAIL
        case SessionStatus.DETECTED:
            return _CONFIRM, _MORE, _FAIL
        case SessionStatus.UNDERPAID | SessionStatus.OVERPAID:
            return (_FAIL,)
        case SessionStatus.EXPIRED:
            return (_LATE_NOW,)
        case SessionStatus.PAID | SessionStatus.PAID_LATE | SessionStatus.FAILED:
            return ()
        case never:
            assert_never(never)
