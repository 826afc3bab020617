"""What a shopper does at a test session's checkout: signs up, approves the order in instalments, or declines it."""

from typing import Final

from tillgate.base import ids
from tillgate.base.errors import Conflict, Forbidden, InvalidInput
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, require_own
from tillgate.checkout.sessions.pricing import complete
from tillgate.checkout.settlement import deciding
from tillgate.checkout.settlement.simulating import Outcome, simulate
from tillgate.checkout.shoppers import records
from tillgate.checkout.shoppers.model import (
    PaymentMethod,
    Shopper,
    Visit,
    checked_phone,
    checked_test_email,
    code_of,
)
from tillgate.store import Transaction

_NOT_LIVE: Final = (
    "Shopper accounts and instalments exist in test mode only: no live rail of this server has them. Send buyers to "
    "the session's url, where they pay at once."
)


async def visit_of(tx: Transaction, session_id: str) -> Visit | None:
    """How far somebody has come at the checkout of a session that the caller may see."""
    return await records.visit(tx, session_id)


async def sign_up(tx: Transaction, principal: Principal, session_id: str, email: str, phone: str) -> Visit:
    """Take who a shopper says they are; a one-time code is asked for next.

    Raises:
        Forbidden: the session is of live mode.
        InvalidInput: the address or the number will not do; it is named.
        NotFound: the session is not in the caller's project and mode.
        Conflict: it is not open any more.
    """
    await _open(tx, principal, session_id)
    visit = Visit(session_id, checked_test_email(email), checked_phone(phone), None)
    await records.keep_visit(tx, visit)
    return visit


async def verify(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, code: str) -> Visit:
    """Take the one-time code: whoever entered it may decide.

    Raises:
        Forbidden, NotFound, Conflict: as for :func:`sign_up`; nobody has signed up.
        InvalidInput: it is another code.
    """
    await _open(tx, principal, session_id)
    visit = await records.visit(tx, session_id)
    if visit is None:
        raise Conflict("Nobody has signed up at this checkout.", code="session_changed")
    if code.strip() != code_of(session_id, visit.email):
        raise InvalidInput("code", Problem.WRONG_ONE_TIME_CODE)
    visit = visit._replace(verified_at=context.clock.now())
    await records.keep_visit(tx, visit)
    return visit


async def sign_out(tx: Transaction, principal: Principal, session_id: str) -> None:
    """Forget who has signed up at a checkout, so that somebody else can.

    Raises:
        Forbidden, NotFound, Conflict: as for :func:`sign_up`.
    """
    await _open(tx, principal, session_id)
    await records.forget_visit(tx, session_id)


async def approve(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    session_id: str,
    method: PaymentMethod,
    *,
    confirmed: bool = False,
) -> CheckoutSession:
    """Pay an order in instalments with a test payment method: it is authorised, or it is rejected.

    Whoever has signed up and approves it has an account with the project from now on: one for each session at most,
    for a session is approved once, however often somebody signs up at it.

    Args:
        confirmed: whether the shopper has done what the method asks for.

    Raises:
        Forbidden, NotFound: as for :func:`sign_up`.
        Conflict: it is not open any more, or the method asks for something first.
    """
    session = await _open(tx, principal, session_id)
    if method is PaymentMethod.ACTION_REQUIRED and not confirmed:
        raise Conflict(
            "This test payment method asks the shopper to confirm the payment. Open the session's url and confirm it "
            "there.",
            code="conflict",
        )
    if method.is_refused:
        return await reject(context, tx, principal, session_id)
    visit = await records.visit(tx, session_id)
    if visit is not None:
        await _known(tx, principal.project_id, visit.email, visit.phone, context.clock.now())
    if session.price.minor == 0:
        return await complete(context, tx, principal, session_id)
    return await simulate(context, tx, principal, session_id, Outcome.AUTHORIZED)


async def reject(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """Reject an order for good: nothing is authorised, and it cannot be paid any more.

    Raises:
        Forbidden, NotFound, Conflict: as for :func:`sign_up`.
    """
    await _open(tx, principal, session_id)
    await simulate(context, tx, principal, session_id, Outcome.DECLINED)
    return await deciding.cancel(context, tx, principal, session_id)


async def _open(tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """The session's row, held, while a shopper can still decide.

    Raises:
        Forbidden, NotFound, Conflict: they cannot.
    """
    if principal.livemode:
        raise Forbidden(_NOT_LIVE, code="test_mode_only")
    session = require_own(await sessions.locked(tx, session_id), principal, session_id)
    if session.status is not SessionStatus.PENDING:
        raise Conflict(
            f"Only an order that waits for its shopper can be authorised; its session is {session.status.value}.",
            code="session_not_pending",
        )
    return session


async def _known(tx: Transaction, project_id: str, email: str, phone: str, now: int) -> None:
    shopper = Shopper(
        id=ids.new_id(ids.SHOPPER), project_id=project_id, email=email, phone=phone, password="", created_at=now
    )
    await records.insert(tx, shopper)
