"""Reading sessions, deciding on them, and ending them."""

import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.money import Money
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payments
from tillgate.checkout.payments.model import (
    CaptureMethod,
    Decision,
    Decline,
    Payment,
    ReleaseReason,
    TransactionKind,
    Transfer,
)
from tillgate.checkout.redemptions import operations as redemptions
from tillgate.checkout.sessions import captures, records
from tillgate.checkout.sessions.model import (
    CheckoutSession,
    SessionStatus,
    acceptable,
    accepted,
    require_own,
)
from tillgate.checkout.sessions.moving import expire_now, move, observe, settle, sync_records
from tillgate.checkout.sessions.object import to_api
from tillgate.events.model import PAYMENT_DECLINED
from tillgate.rails.simulated import DECLINE_CODE, PAYERS, Outcome, observations_for
from tillgate.store import Transaction

EXPIRE_BATCH_MAX: Final = 100

_TRANSFERS: Final = frozenset(
    {Outcome.DETECTED, Outcome.PAID, Outcome.UNDERPAID, Outcome.OVERPAID, Outcome.LATE, Outcome.TOP_UP}
)


async def get_session(tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """One session.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    return require_own(await records.by_id(tx, session_id), principal, session_id)


async def sessions_by_id(
    tx: Transaction, principal: Principal, session_ids: Sequence[str]
) -> dict[str, CheckoutSession]:
    """Several sessions by their ids; what is not in the caller's project and mode is not among them."""
    found = await records.by_ids(tx, principal.project_id, principal.livemode, session_ids)
    return {session.id: session for session in found}


async def get_public_session(tx: Transaction, session_id: str) -> CheckoutSession:
    """The session that a buyer has the address of; its id is what lets them in.

    Raises:
        NotFound: there is none.
    """
    session = await records.by_id(tx, session_id) if ids.is_id(ids.CHECKOUT_SESSION, session_id) else None
    if session is None:
        raise NotFound("checkout session")
    return session


async def list_sessions(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    status: SessionStatus | None = None,
    link_id: str | None = None,
    created_after: int | None = None,
) -> Page[CheckoutSession]:
    """Sessions, newest first, that match what is given; ``created_after`` is inclusive."""
    checked_cursor(page, ids.CHECKOUT_SESSION)
    found = await records.newest(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        status=status,
        link_id=link_id,
        created_after=created_after,
    )
    return cut(found, page.limit)


async def simulate(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, outcome: Outcome
) -> CheckoutSession:
    """Let the simulated rail show an outcome for a test session, through the rules of real money.

    Raises:
        Forbidden: the caller is in live mode.
        NotFound: the session is not in the caller's project and mode.
        Conflict: it is settled, waits for the merchant, or is too long expired for this.
    """
    if principal.livemode:
        raise Forbidden(
            "Payments can be simulated in test mode only; use a test key and a test session.",
            code="test_mode_only",
        )
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    now = context.clock.now()
    if session.status is SessionStatus.PENDING and (now >= session.expires_at or outcome is Outcome.LATE):
        session = await expire_now(context, tx, session, now)
    _refuse_simulation(session, outcome, now, context.settings.late_grace_ms)
    if outcome is Outcome.AUTHORIZED:
        return await captures.authorize(context, tx, session, now)
    if outcome is Outcome.DECLINED:
        return await _decline(context, tx, session, now)
    if outcome is Outcome.FAILED:
        if session.payment.authorization is not None:
            return await captures.release(context, tx, session, ReleaseReason.REQUESTED, now)
        return await move(context, tx, session, SessionStatus.FAILED, paid_at=None, now=now)
    seen = [one.observation for one in session.payment.transfers if one.kind is TransactionKind.TRANSFER]
    required = session.payment.terms.amount_atomic
    observations = observations_for(outcome, required=required, seen=seen)
    return await observe(context, tx, session, observations, now)


async def simulate_payer(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, payer: str
) -> CheckoutSession:
    """Let a test payer pay a test session, in their own way.

    Raises:
        InvalidInput: nobody has this name.
        Forbidden, NotFound, Conflict: as for :func:`simulate`.
    """
    outcomes = PAYERS.get(payer)
    if outcomes is None:
        raise InvalidInput(f"payer: expected one of {', '.join(PAYERS)}.", param="payer")
    for outcome in outcomes:
        await simulate(context, tx, principal, session_id, outcome)
    return await get_session(tx, principal, session_id)


async def accept(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """The merchant takes what has come as payment: too little, too much, too late, or what a reorganisation left.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: there is no money that waits for a decision.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    now, conclusion = context.clock.now(), accepted(session)
    if not acceptable(session):
        raise Conflict(
            f"This session is {session.status.value} and has no money to decide on.",
            code="nothing_to_accept",
        )
    if conclusion is not None:
        # Theirs to give, also if others have used the discount up meanwhile.
        await redemptions.consume(tx, session.id, now=now, beyond_limit=True)
    payment = await _decided(tx, session.payment, Decision.ACCEPTED, now)
    if conclusion is None:
        return await settle(context, tx, session, payment, now)
    return await move(context, tx, session, conclusion.status, paid_at=conclusion.paid_at, now=now, payment=payment)


async def keep_waiting(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str
) -> CheckoutSession:
    """The merchant waits for the rest: from now on a top-up settles an underpaid session automatically.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: it is not underpaid.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.status is not SessionStatus.UNDERPAID:
        raise Conflict(
            f"Only an underpaid session can wait for the rest; this one is {session.status.value}.",
            code="nothing_to_wait_for",
        )
    now = context.clock.now()
    payment = await _decided(tx, session.payment, Decision.WAITING, now)
    return await settle(context, tx, session, payment, now)


async def decide_refund(tx: Transaction, payment: Payment, now: int, *, ends: bool) -> None:
    """Write down that the merchant gives unusual money of a locked session back: all of it, or what is too much."""
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    if ends:
        await redemptions.release(tx, [payment.session_id], now=now)
    else:
        await redemptions.consume(tx, payment.session_id, now=now, beyond_limit=True)
    await _decided(tx, payment, Decision.REFUNDED, now)


async def give_up(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """End a locked session that waited for the merchant, who has given its money back; an expired one has ended."""
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.status is SessionStatus.EXPIRED:
        return session
    return await move(context, tx, session, SessionStatus.FAILED, paid_at=None, now=context.clock.now())


async def money_moved(context: CheckoutContext, tx: Transaction, before: Payment, now: int) -> None:
    """Let payment and order of a locked session show what has moved since the payment was as ``before``."""
    session = present(await records.by_id(tx, before.session_id), "the session of a payment")
    after = msgspec.structs.replace(session, payment=await payments.read_again(tx, session.payment))
    await sync_records(context, tx, msgspec.structs.replace(session, payment=before), after, now)


async def expire(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """End a pending session before its time; doing it again changes nothing.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: money was seen for it, or it has ended otherwise.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.status is SessionStatus.EXPIRED:
        return session
    if session.status is not SessionStatus.PENDING:
        raise Conflict(
            f"Only a pending session can be expired; this one is {session.status.value}.", code="session_not_pending"
        )
    return await expire_now(context, tx, session, context.clock.now())


async def cancel(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """Call a session off for good: unlike an expired one it cannot be paid late. Doing it again changes nothing.

    What was authorised for it is released.

    Raises:
        NotFound: the session is not in the caller's project and mode.
        Conflict: money was seen for it or captured, or it has ended otherwise.
    """
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if session.canceled_at is not None:
        return session
    payment = session.payment
    authorized = session.status is SessionStatus.DETECTED and payment.authorization is not None
    if session.status is not SessionStatus.PENDING and not (authorized and not payment.captured_minor):
        raise Conflict(
            "Only a session without money can be canceled: a pending or an authorised one. "
            + ("A part of this one was captured." if authorized else f"This one is {session.status.value}."),
            code="session_not_cancelable",
        )
    return await captures.call_off(context, tx, session, context.clock.now())


async def expire_due(context: CheckoutContext, tx: Transaction) -> int:
    """Expire a batch of pending sessions whose time is up; answers with how many."""
    now = context.clock.now()
    due = await records.to_expire(tx, now, EXPIRE_BATCH_MAX)
    await expire_all(context, tx, due, now)
    return len(due)


async def expire_all(context: CheckoutContext, tx: Transaction, due: list[CheckoutSession], now: int) -> None:
    """Expire locked pending sessions whose time is up."""
    # Before the first event: whoever opens a session locks a coupon first and the sequence second.
    await redemptions.release(tx, [session.id for session in due], now=now)
    # Each event locks its project's sequence: in one order everywhere, so that nobody waits in a circle.
    for session in sorted(due, key=lambda one: (one.project_id, one.livemode)):
        await move(context, tx, session, SessionStatus.EXPIRED, paid_at=None, now=now)


def example_paid_session(context: CheckoutContext, project_id: str) -> bytes:
    """A paid test session that never was, as JSON, for test sends."""
    now = context.clock.now()
    payment_id = ids.new_id(ids.PAYMENT)
    session_id = ids.new_id(ids.CHECKOUT_SESSION)
    price = Money(4_900, "USD")
    rail = context.rails.test
    terms = rail.quote(payment_id, price)
    example = CheckoutSession(
        id=session_id,
        project_id=project_id,
        livemode=False,
        link_id=None,
        order_id=ids.new_id(ids.ORDER),
        title=None,
        description=None,
        status=SessionStatus.PAID,
        price=price,
        metadata='{"example":"true"}',
        success_url=None,
        cancel_url=None,
        return_url=None,
        expires_at=now + context.settings.session_lifetime_ms,
        paid_at=now,
        created_at=now - MINUTE_MS,
        updated_at=now,
        payment=Payment(
            id=payment_id,
            session_id=session_id,
            rail=rail.name,
            terms=terms,
            price=price,
            transfers=(
                Transfer(
                    tx_hash="0x" + secrets.token_hex(32),
                    ordinal=0,
                    amount_atomic=terms.amount_atomic,
                    seen_at=now,
                    confirmed_at=now,
                ),
            ),
        ),
    )
    return msgspec.json.encode(to_api(example, context.settings.public_url))


async def _decline(context: CheckoutContext, tx: Transaction, session: CheckoutSession, now: int) -> CheckoutSession:
    """The payer's side said no; the session waits on."""
    payment = msgspec.structs.replace(session.payment, decline=Decline(code=DECLINE_CODE, declined_at=now))
    await payments.write(tx, payment, now)
    declined = msgspec.structs.replace(session, payment=payment)
    await sync_records(context, tx, session, declined, now, payment_event=PAYMENT_DECLINED)
    return declined


async def _decided(tx: Transaction, payment: Payment, decision: Decision, now: int) -> Payment:
    """The payment with the merchant's word on it."""
    payment = msgspec.structs.replace(payment, decision=decision)
    await payments.write(tx, payment, now)
    return payment


def _refuse_simulation(session: CheckoutSession, outcome: Outcome, now: int, late_grace_ms: int) -> None:
    payment = session.payment
    if outcome is Outcome.REORGED:
        if any(one.kind is TransactionKind.TRANSFER for one in payment.transfers):
            return
        raise Conflict(
            "reorged cannot be simulated for this session: there is no transfer to reverse.",
            code="session_not_payable",
        )
    if payment.authorization is not None and session.status is SessionStatus.DETECTED and outcome is not Outcome.FAILED:
        raise Conflict(
            f"{outcome.value} cannot be simulated for this session: its payment is authorised; capture or cancel it.",
            code="session_not_payable",
        )
    if payment.capture_method is CaptureMethod.MANUAL and outcome in _TRANSFERS:
        raise Conflict(
            f"{outcome.value} cannot be simulated for this session: its capture method is manual; simulate "
            "authorized, then capture.",
            code="session_not_payable",
        )
    if reason := _reason_against(session, outcome, now, late_grace_ms):
        raise Conflict(f"{outcome.value} cannot be simulated for this session: {reason}.", code="session_not_payable")


# What cannot happen any more once the whole amount was seen.
_AFTER_DETECTED: Final = {
    Outcome.LATE: "its payment was seen in time; simulate paid instead",
    Outcome.DETECTED: "its payment is detected already",
    Outcome.UNDERPAID: "the whole amount was seen already; simulate paid, overpaid or failed",
    Outcome.AUTHORIZED: "its payment was seen already",
    Outcome.DECLINED: "its payment was seen already",
}


def _reason_against(session: CheckoutSession, outcome: Outcome, now: int, late_grace_ms: int) -> str | None:
    """Why an outcome cannot follow upon the session's status; None where it can."""
    status = session.status
    match status:
        case SessionStatus.PENDING | SessionStatus.DETECTED:
            if outcome is Outcome.TOP_UP:
                return "there is nothing to top up"
            return _AFTER_DETECTED.get(outcome) if status is SessionStatus.DETECTED else None
        case SessionStatus.EXPIRED:
            if outcome is not Outcome.LATE:
                return "it has expired; only a late payment can still arrive"
            too_late = now >= session.expires_at + late_grace_ms
            return "it expired too long ago for a late payment" if too_late else None
        case SessionStatus.UNDERPAID | SessionStatus.OVERPAID:
            if outcome is Outcome.FAILED or (outcome is Outcome.TOP_UP and status is SessionStatus.UNDERPAID):
                return None
            return f"it is {status.value} and awaits the merchant's decision"
        case SessionStatus.PAID | SessionStatus.PAID_LATE | SessionStatus.FAILED:
            return f"it is {status.value}, which is final"
