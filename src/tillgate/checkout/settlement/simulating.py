"""Test mode: money that does not exist, shown on command, through the rules of real money.

Everything that the API, the dashboard and the pages know of simulated payments is here; the rail that shows them is
reached through its port alone.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput
from tillgate.base.money import Money
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
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
from tillgate.checkout.sessions.moving import keep_form, move, sync_records
from tillgate.checkout.sessions.object import to_api
from tillgate.checkout.sessions.operations import get_session
from tillgate.checkout.settlement import capturing
from tillgate.checkout.settlement.expiring import expire_now
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.checkout.settlement.observing import observe
from tillgate.events.facts import Fact
from tillgate.events.types import PAYMENT_DECLINED, SESSION_PAID
from tillgate.rails.port import TEST_CHAIN_ID, Observation
from tillgate.store import Transaction

SIMULATED_CHAIN_ID: Final = TEST_CHAIN_ID


class Outcome(StrEnum):
    """What can be made to happen to a test session."""

    DETECTED = "detected"
    PAID = "paid"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    LATE = "late"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    TOP_UP = "top_up"
    REORGED = "reorged"
    DUST = "dust"


OUTCOMES: Final = tuple(outcome.value for outcome in Outcome)

# Test payers: who is named pays so, one outcome after the other.
PAYERS: Final[dict[str, tuple[Outcome, ...]]] = {
    "payer_pays": (Outcome.PAID,),
    "payer_pays_slowly": (Outcome.DETECTED, Outcome.PAID),
    "payer_pays_less": (Outcome.UNDERPAID,),
    "payer_pays_twice": (Outcome.UNDERPAID, Outcome.TOP_UP),
    "payer_pays_more": (Outcome.OVERPAID,),
    "payer_pays_late": (Outcome.LATE,),
    "payer_authorizes": (Outcome.AUTHORIZED,),
    "payer_declines": (Outcome.DECLINED,),
    "payer_declines_then_pays": (Outcome.DECLINED, Outcome.PAID),
    "payer_is_reorged": (Outcome.PAID, Outcome.REORGED),
    "payer_fails": (Outcome.FAILED,),
}

DECLINE_CODE: Final = "declined_by_test_payer"

# In the order in which they are offered.
_OFFERED: Final = (
    Outcome.PAID,
    Outcome.DETECTED,
    Outcome.UNDERPAID,
    Outcome.OVERPAID,
    Outcome.DUST,
    Outcome.LATE,
    Outcome.AUTHORIZED,
    Outcome.DECLINED,
    Outcome.TOP_UP,
    Outcome.REORGED,
    Outcome.FAILED,
)
_TRANSFERS: Final = frozenset(
    {
        Outcome.DETECTED,
        Outcome.PAID,
        Outcome.UNDERPAID,
        Outcome.OVERPAID,
        Outcome.LATE,
        Outcome.TOP_UP,
        Outcome.DUST,
    }
)
# What can still come once a session is settled: a second payment, of whatever size.
_AGAIN: Final = frozenset({Outcome.DETECTED, Outcome.PAID, Outcome.UNDERPAID, Outcome.OVERPAID, Outcome.DUST})
_SETTLED: Final = frozenset({SessionStatus.PAID, SessionStatus.PAID_LATE, SessionStatus.FAILED})


def possible(context: CheckoutContext, session: CheckoutSession) -> tuple[Outcome, ...]:
    """What can be simulated for a session as it is now, in the order in which it is offered; nothing in live mode, or
    where it is paid on a test network or by mail."""
    if session.livemode or session.payment.terms.options or session.payment.by_mail:
        return ()
    now, grace = context.clock.now(), context.settings.late_grace_ms
    return tuple(one for one in _OFFERED if _reason_against(session, one, now, grace) is None)


def mark_of(session: CheckoutSession) -> str:
    """What a form says of the session that it was made for: it changes with every movement of its money."""
    payment = session.payment
    counts = (len(payment.transfers), len(payment.dropped), len(payment.returned), payment.captured_minor)
    return ".".join((session.status.value, *map(str, counts)))


async def simulate(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    session_id: str,
    outcome: Outcome,
    *,
    seen: str | None = None,
) -> CheckoutSession:
    """Let the simulated rail show an outcome for a test session, through the rules of real money.

    Money for a session that is settled comes as a second payment, or as money for what was canceled or has failed.

    Args:
        seen: the mark of the form that asks. Where money has moved since it was made, by a double click or in another
            tab, nothing is done. None asks for another movement each time.

    Raises:
        Forbidden: the caller is in live mode.
        NotFound: the session is not in the caller's project and mode.
        Conflict: this cannot happen to it any more, or not yet.
    """
    if principal.livemode:
        raise Forbidden(
            "Payments can be simulated in test mode only; use a test key and a test session.",
            code="test_mode_only",
        )
    session = require_own(await records.locked(tx, session_id), principal, session_id)
    if seen is not None and seen != mark_of(session):
        return session
    if session.payment.terms.options:
        raise Conflict(
            f"{outcome.value} cannot be simulated for this session: it is paid on a test network. Send test tokens to "
            "its address.",
            code="session_not_payable",
        )
    if session.payment.by_mail:
        raise Conflict(
            f"{outcome.value} cannot be simulated for this session: it is paid by mail. Mark it as received in the "
            "dashboard.",
            code="session_not_payable",
        )
    now = context.clock.now()
    if session.status is SessionStatus.PENDING and (now >= session.expires_at or outcome is Outcome.LATE):
        # It may be paid late in this very transaction, after the event that it has expired.
        await hold_counters(tx, [session])
        session = await expire_now(context, tx, session, now)
    if reason := _reason_against(session, outcome, now, context.settings.late_grace_ms):
        raise Conflict(f"{outcome.value} cannot be simulated for this session: {reason}.", code="session_not_payable")
    if outcome is Outcome.AUTHORIZED:
        return await capturing.authorize(context, tx, session, now)
    if outcome is Outcome.DECLINED:
        return await _decline(context, tx, session, now)
    if outcome is Outcome.FAILED:
        if session.payment.authorization is not None:
            return await capturing.release(context, tx, session, ReleaseReason.REQUESTED, now)
        return await move(context, tx, session, SessionStatus.FAILED, paid_at=None, now=now)
    return await observe(context, tx, session, _observations(context, session, outcome, now), now)


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
        raise InvalidInput("payer", Problem.NOT_A_CHOICE, choices=tuple(PAYERS))
    # Before the first event of the first outcome: the next one may count what this one has not held.
    await hold_counters(tx, [require_own(await records.locked(tx, session_id), principal, session_id)])
    for outcome in outcomes:
        await simulate(context, tx, principal, session_id, outcome)
    return await get_session(tx, principal, session_id)


def example_of_paid(context: CheckoutContext, project_id: str) -> Fact:
    """That a test session was paid which never was, for test sends."""
    now = context.clock.now()
    payment_id = ids.new_id(ids.PAYMENT)
    session_id = ids.new_id(ids.CHECKOUT_SESSION)
    price = Money(4_900, "USD")
    rail = context.rails.test
    terms = rail.example_terms(price)
    sent = rail.send(terms, terms.amount_atomic, confirmed=True, now=now)
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
                    tx_hash=sent.tx_hash,
                    ordinal=sent.ordinal,
                    amount_atomic=sent.amount_atomic,
                    seen_at=now,
                    confirmed_at=now,
                    reference=sent.reference,
                    block=sent.block,
                ),
            ),
        ),
    )
    return Fact(
        type=SESSION_PAID,
        project_id=project_id,
        livemode=False,
        object_id=session_id,
        at=now,
        native=msgspec.json.encode(to_api(example, context.settings.public_url)),
        subject=example,
    )


async def _decline(context: CheckoutContext, tx: Transaction, session: CheckoutSession, now: int) -> CheckoutSession:
    """The payer's side said no; the session waits on."""
    payment = msgspec.structs.replace(session.payment, decline=Decline(code=DECLINE_CODE, declined_at=now))
    await payments.write(tx, payment, now)
    declined = msgspec.structs.replace(session, payment=payment)
    await sync_records(context, tx, session, declined, now, payment_event=PAYMENT_DECLINED)
    await keep_form(context, tx, declined)
    return declined


def _observations(
    context: CheckoutContext, session: CheckoutSession, outcome: Outcome, now: int
) -> Sequence[Observation]:
    """What the chain shows for this outcome, given what it has shown before.

    A transfer that is still unconfirmed is confirmed rather than doubled; ``reorged`` takes the last transfer away.
    """
    rail, payment = context.rails.test, session.payment
    terms = payment.terms
    seen = [one.observed(terms) for one in payment.transfers if one.kind is TransactionKind.TRANSFER]
    if outcome is Outcome.REORGED:
        return [rail.drop(one) for one in seen[-1:]]
    confirmed = outcome is not Outcome.DETECTED
    unsettled = any(not one.confirmed for one in seen)
    shown = [rail.confirm(one, now=now) for one in seen] if confirmed else seen
    missing = _amount(outcome, terms.amount_atomic)
    if session.status not in _SETTLED and outcome is not Outcome.DUST:
        missing -= sum(one.amount_atomic for one in seen) - payment.given_back
    elif unsettled:
        missing = 0
    if missing <= 0:
        return shown
    return [*shown, rail.send(terms, missing, confirmed=confirmed, now=now)]


def _amount(outcome: Outcome, required: int) -> int:
    """How much comes, in atomic units, where ``required`` is asked for."""
    if outcome is Outcome.DUST:
        return 1
    if outcome is Outcome.UNDERPAID:
        return max(required // 2, 1)
    if outcome is Outcome.OVERPAID:
        return required + max(required // 2, 1)
    return required


# What cannot happen any more once the whole amount was seen.
_AFTER_DETECTED: Final = {
    Outcome.LATE: "its payment was seen in time; simulate paid instead",
    Outcome.DETECTED: "its payment is detected already",
    Outcome.UNDERPAID: "the whole amount was seen already; simulate paid, overpaid or failed",
    Outcome.AUTHORIZED: "its payment was seen already",
    Outcome.DECLINED: "its payment was seen already",
    Outcome.DUST: "the whole amount was seen already; simulate paid, overpaid or failed",
}


def _reason_against(session: CheckoutSession, outcome: Outcome, now: int, late_grace_ms: int) -> str | None:
    """Why an outcome cannot be simulated for a session; None where it can."""
    payment = session.payment
    if outcome is Outcome.REORGED:
        there = any(one.kind is TransactionKind.TRANSFER for one in payment.transfers)
        return None if there else "there is no transfer to reverse"
    if payment.authorization is not None and session.status is SessionStatus.DETECTED and outcome is not Outcome.FAILED:
        return "its payment is authorized; capture or cancel it"
    if payment.capture_method is CaptureMethod.MANUAL and outcome in _TRANSFERS:
        return "its payment is captured by hand, so nothing arrives automatically; simulate authorized, then capture"
    return _reason_by_status(session, outcome, now, late_grace_ms)


def _reason_by_status(session: CheckoutSession, outcome: Outcome, now: int, late_grace_ms: int) -> str | None:
    status = session.status
    match status:
        case SessionStatus.PENDING | SessionStatus.DETECTED:
            if outcome is Outcome.TOP_UP:
                return "there is nothing to top up"
            return _AFTER_DETECTED.get(outcome) if status is SessionStatus.DETECTED else None
        case SessionStatus.EXPIRED:
            if outcome not in (Outcome.LATE, Outcome.DUST):
                return "it has expired; only a late payment can still arrive"
            too_late = now >= session.expires_at + late_grace_ms
            return "it expired too long ago for a late payment" if too_late else None
        case SessionStatus.UNDERPAID | SessionStatus.OVERPAID:
            if outcome is Outcome.FAILED or (outcome is Outcome.TOP_UP and status is SessionStatus.UNDERPAID):
                return None
            return f"it is {status.value} and waits for the merchant's decision"
        case SessionStatus.FAILED:
            late = outcome is Outcome.LATE
            return None if late or outcome in _AGAIN else "it is failed; only money can still arrive for it"
        case SessionStatus.PAID | SessionStatus.PAID_LATE:
            return None if outcome in _AGAIN else f"it is {status.value}; only a second payment can still arrive"
