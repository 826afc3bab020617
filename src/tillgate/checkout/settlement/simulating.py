"""Test mode: money that does not exist, shown on command, through the rules of real money."""

import secrets
from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput
from tillgate.base.money import Money
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payments import records as payments
from tillgate.checkout.payments.model import (
    CaptureMethod,
    Decline,
    Payment,
    ReleaseReason,
    TransactionKind,
    Transfer,
)
from tillgate.checkout.sessions import records
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, require_own
from tillgate.checkout.sessions.moving import move, sync_records
from tillgate.checkout.sessions.object import to_api
from tillgate.checkout.sessions.operations import get_session
from tillgate.checkout.settlement import capturing
from tillgate.checkout.settlement.expiring import expire_now
from tillgate.checkout.settlement.observing import observe
from tillgate.events.model import PAYMENT_DECLINED
from tillgate.rails.simulated import DECLINE_CODE, PAYERS, Outcome, observations_for
from tillgate.store import Transaction

_TRANSFERS: Final = frozenset(
    {Outcome.DETECTED, Outcome.PAID, Outcome.UNDERPAID, Outcome.OVERPAID, Outcome.LATE, Outcome.TOP_UP}
)


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
        return await capturing.authorize(context, tx, session, now)
    if outcome is Outcome.DECLINED:
        return await _decline(context, tx, session, now)
    if outcome is Outcome.FAILED:
        if session.payment.authorization is not None:
            return await capturing.release(context, tx, session, ReleaseReason.REQUESTED, now)
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


def _refuse_simulation(session: CheckoutSession, outcome: Outcome, now: int, late_grace_ms: int) -> None:
    status, reason = session.status, ""
    payment = session.payment
    if outcome is Outcome.REORGED:
        if any(one.kind is TransactionKind.TRANSFER for one in payment.transfers):
            return
        raise Conflict(
            "reorged cannot be simulated for this session: there is no transfer to take away.",
            code="session_not_payable",
        )
    if payment.authorization is not None and status is SessionStatus.DETECTED and outcome is not Outcome.FAILED:
        raise Conflict(
            f"{outcome.value} cannot be simulated for this session: its payment is authorised; capture or cancel it.",
            code="session_not_payable",
        )
    if payment.capture_method is CaptureMethod.MANUAL and outcome in _TRANSFERS:
        raise Conflict(
            f"{outcome.value} cannot be simulated for this session: its payment is captured by hand, so nothing "
            "arrives by itself; simulate authorized, then capture.",
            code="session_not_payable",
        )
    match status:
        case SessionStatus.PENDING | SessionStatus.DETECTED:
            if outcome is Outcome.LATE and status is SessionStatus.DETECTED:
                reason = "its payment was seen in time; simulate paid instead"
            elif outcome is Outcome.DETECTED and status is SessionStatus.DETECTED:
                reason = "its payment is detected already"
            elif outcome is Outcome.UNDERPAID and status is SessionStatus.DETECTED:
                reason = "the whole amount was seen already; simulate paid, overpaid or failed"
            elif outcome is Outcome.TOP_UP:
                reason = "there is nothing to top up"
            elif outcome in (Outcome.AUTHORIZED, Outcome.DECLINED) and status is SessionStatus.DETECTED:
                reason = "its payment was seen already"
            else:
                return
        case SessionStatus.EXPIRED:
            if outcome is not Outcome.LATE:
                reason = "it has expired; only a late payment can still arrive"
            elif now >= session.expires_at + late_grace_ms:
                reason = "it expired too long ago for a late payment"
            else:
                return
        case SessionStatus.UNDERPAID | SessionStatus.OVERPAID:
            if outcome is Outcome.FAILED or (outcome is Outcome.TOP_UP and status is SessionStatus.UNDERPAID):
                return
            reason = f"it is {status.value} and waits for the merchant's decision"
        case SessionStatus.PAID | SessionStatus.PAID_LATE | SessionStatus.FAILED:
            reason = f"it is {status.value}, which is final"
    raise Conflict(f"{outcome.value} cannot be simulated for this session: {reason}.", code="session_not_payable")
