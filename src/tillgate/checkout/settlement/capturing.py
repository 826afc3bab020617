"""Money that was promised and is taken later: authorize, capture, release, lapse."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.errors import Conflict
from tillgate.base.invariants import present
from tillgate.base.money import Money, parse_amount
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import operations as payments
from tillgate.checkout.payments import records as payment_records
from tillgate.checkout.payments.model import (
    AUTHORIZATION_MS,
    Authorization,
    CaptureMethod,
    Payment,
    PaymentState,
    RecordedPayment,
    ReleaseReason,
    TransactionKind,
    Transfer,
)
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.sessions.moving import keep_form, move, sync_records
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.events.types import PAYMENT_CAPTURED
from tillgate.rails.port import CaptureRequest, MovementStatus
from tillgate.store import Transaction

LAPSE_BATCH_MAX: Final = 100
Keep = Callable[[str], Awaitable[None]]


async def authorize(context: CheckoutContext, tx: Transaction, session: CheckoutSession, now: int) -> CheckoutSession:
    """The payer's side of a locked, pending session promises the whole price: taken at once, or when the merchant
    says so.

    Raises:
        Conflict: it costs nothing, or the place of its discount is somebody else's by now.
    """
    if not session.price.minor:
        raise Conflict("This session costs nothing, so there is nothing to authorize.", code="session_not_payable")
    if not await redemptions.renew_hold(tx, session.id, now=now):
        raise Conflict(Problem.CODE_IS_GONE, code="discount_used_up")
    payment = msgspec.structs.replace(
        session.payment,
        authorization=Authorization(
            amount_minor=session.price.minor, authorized_at=now, lapses_at=now + AUTHORIZATION_MS
        ),
    )
    await payment_records.write(tx, payment, now)
    if payment.capture_method is CaptureMethod.MANUAL:
        return await move(context, tx, session, SessionStatus.DETECTED, paid_at=None, now=now, payment=payment)
    return await _take(context, tx, session, payment, session.price.minor, release=True, now=now)


async def capture(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    payment_id: str,
    *,
    amount: str | None = None,
    cancel_remainder: bool = True,
    keep: Keep | None = None,
) -> RecordedPayment:
    """Take what was authorized, or a part of it.

    Args:
        amount: a decimal string; all that is left where it is None.
        cancel_remainder: release the rest, which settles the payment; else more can be captured later.
        keep: writes down what another language keeps of the capture, whose id it is given, before its first event.

    Raises:
        NotFound: the payment is not in the caller's project and mode.
        InvalidInput: the amount is none.
        Conflict: nothing is authorized (any more), or less than the amount.
    """
    recorded = await payments.locked_payment(tx, principal, payment_id)
    now, payment = context.clock.now(), recorded.payment
    held = payment.authorization
    if recorded.state is not PaymentState.REQUIRES_CAPTURE or held is None:
        raise Conflict(
            f"Only a payment that requires_capture can be captured; this one is {recorded.state.value}.",
            code="payment_not_capturable",
        )
    if now >= held.lapses_at:
        raise Conflict("The authorization has lapsed, so nothing can be captured.", code="payment_not_capturable")
    wanted, left = payment.capturable_minor, Money(payment.capturable_minor, payment.price.currency)
    if amount is not None:
        wanted = parse_amount(amount, payment.price.currency, field="amount").minor
    if wanted > left.minor:
        raise Conflict(
            Problem.CAPTURE_TOO_LARGE, field="amount", values={"left": left}, code="capture_exceeds_authorization"
        )
    session = await _session_of(tx, payment)
    await _take(context, tx, session, payment, wanted, release=cancel_remainder, now=now, keep=keep)
    return await payments.get_payment(tx, principal, payment_id)


async def cancel(context: CheckoutContext, tx: Transaction, principal: Principal, payment_id: str) -> RecordedPayment:
    """Release what was authorized and not captured; doing it again changes nothing.

    Raises:
        NotFound: the payment is not in the caller's project and mode.
        Conflict: nothing is authorized.
    """
    recorded = await payments.locked_payment(tx, principal, payment_id)
    if recorded.state is PaymentState.CANCELED:
        return recorded
    if recorded.state is not PaymentState.REQUIRES_CAPTURE:
        raise Conflict(
            f"Only a payment that requires_capture can be canceled; this one is {recorded.state.value}.",
            code="payment_not_cancelable",
        )
    session, now = await _session_of(tx, recorded.payment), context.clock.now()
    await call_off(context, tx, session, now)
    return await payments.get_payment(tx, principal, payment_id)


async def call_off(context: CheckoutContext, tx: Transaction, session: CheckoutSession, now: int) -> CheckoutSession:
    """End a locked session that waits for money, or release what is left of its authorization.

    Where something was captured, that is what was bought, and the session is paid with it.
    """
    if session.payment.captured_minor:
        return await release(context, tx, session, ReleaseReason.REQUESTED, now)
    await records.set_canceled(tx, session.id, now)
    session = msgspec.structs.replace(session, canceled_at=now)
    if session.payment.authorization is not None:
        return await release(context, tx, session, ReleaseReason.REQUESTED, now)
    return await move(context, tx, session, SessionStatus.FAILED, paid_at=None, now=now)


async def release(
    context: CheckoutContext, tx: Transaction, session: CheckoutSession, reason: ReleaseReason, now: int
) -> CheckoutSession:
    """Release what is left of a locked session's authorization: paid with what was captured, or canceled."""
    payment = await _released(tx, session.payment, reason, now)
    if payment.captured_minor:
        return await move(context, tx, session, SessionStatus.PAID, paid_at=now, now=now, payment=payment)
    return await move(context, tx, session, SessionStatus.FAILED, paid_at=None, now=now, payment=payment)


async def lapse_due(context: CheckoutContext, tx: Transaction, project_id: str) -> int:
    """Release a batch of a project's authorizations whose time is up; answers with how many."""
    now = context.clock.now()
    due = await records.to_lapse(tx, project_id, now, LAPSE_BATCH_MAX)
    await lapse_all(context, tx, due, now)
    return len(due)


async def lapse_one(context: CheckoutContext, tx: Transaction, session_id: str) -> None:
    """The same for one session's authorization, where its time is up."""
    now = context.clock.now()
    session = await records.locked(tx, session_id)
    held = session.payment.authorization if session is not None else None
    if session is not None and session.status is SessionStatus.DETECTED and held is not None and held.lapses_at <= now:
        await lapse_all(context, tx, [session], now)


async def lapse_all(context: CheckoutContext, tx: Transaction, due: list[CheckoutSession], now: int) -> None:
    """Release what is left of locked sessions' authorizations, whose time is up."""
    # Before the first event: whoever opens a session locks a coupon and a link first and the sequence second.
    await hold_counters(tx, due)
    await redemptions.consume_held(tx, [one.id for one in due if one.payment.captured_minor], now=now)
    await redemptions.release(tx, [one.id for one in due if not one.payment.captured_minor], now=now)
    # Each event locks its project's sequence: in one order everywhere, so that nobody waits in a circle.
    for session in sorted(due, key=lambda one: (one.project_id, one.livemode)):
        await release(context, tx, session, ReleaseReason.LAPSED, now)


async def _take(
    context: CheckoutContext,
    tx: Transaction,
    session: CheckoutSession,
    payment: Payment,
    amount_minor: int,
    *,
    release: bool,
    now: int,
    keep: Keep | None = None,
) -> CheckoutSession:
    """Capture so much of a locked session's authorization."""
    rail, atomic = context.rail_of(payment.rail, livemode=session.livemode), payment.capture_atomic(amount_minor)
    transaction_id = ids.new_id(ids.TRANSACTION)
    movement = await rail.capture(tx, CaptureRequest(transaction_id, payment.terms, atomic))
    if movement.status is not MovementStatus.DONE:
        raise Conflict(
            "The payer's side did not pay what it had promised, so nothing was captured. Try again, or cancel the "
            "payment.",
            code="payment_not_capturable",
        )
    taken = Transfer(
        tx_hash=movement.tx_hash,
        ordinal=0,
        amount_atomic=atomic,
        seen_at=now,
        confirmed_at=now,
        block=movement.block,
        kind=TransactionKind.CAPTURE,
        value_minor=amount_minor,
    )
    await payment_records.add(tx, payment, taken, transaction_id)
    if keep is not None:
        await keep(transaction_id)
    payment = await payment_records.read_again(tx, payment)
    if payment.capturable_minor and not release:
        captured = msgspec.structs.replace(session, payment=payment)
        await sync_records(context, tx, session, captured, now, payment_event=PAYMENT_CAPTURED)
        await keep_form(context, tx, captured)
        return captured
    payment = await _released(tx, payment, ReleaseReason.CAPTURED, now)
    return await move(context, tx, session, SessionStatus.PAID, paid_at=now, now=now, payment=payment)


async def _released(tx: Transaction, payment: Payment, reason: ReleaseReason, now: int) -> Payment:
    """The payment with nothing left to capture."""
    rest = payment.capturable_minor
    if not rest:
        return payment
    authorization = present(payment.authorization, "what was authorized of a payment with something left to capture")
    held = msgspec.structs.replace(authorization, released_minor=rest, release_reason=reason)
    payment = msgspec.structs.replace(payment, authorization=held)
    await payment_records.write(tx, payment, now)
    return payment


async def _session_of(tx: Transaction, payment: Payment) -> CheckoutSession:
    return present(await records.by_id(tx, payment.session_id), "the session of a payment")
