"""What a shopper does at a test session's checkout: signs up, approves the order in instalments, or declines it. And
those who have an account with a password."""

from typing import Final

from keyturn.database import UniqueViolation
from tillgate.base import ids
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound
from tillgate.base.invariants import present
from tillgate.base.pages import LIMIT_MAX
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import checked_email, normal_email
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.sessions import records as sessions
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus, require_own
from tillgate.checkout.sessions.pricing import complete
from tillgate.checkout.settlement import deciding
from tillgate.checkout.settlement.holding import hold_counters
from tillgate.checkout.settlement.simulating import Outcome, simulate
from tillgate.checkout.shoppers import records
from tillgate.checkout.shoppers.model import (
    ACCESS_TOKEN_FORM,
    ACCESS_TOKEN_LIFETIME_MS,
    AccessToken,
    PaymentMethod,
    Progress,
    Shopper,
    checked_phone,
    checked_test_email,
    code_of,
)
from tillgate.store import Transaction

_NOT_LIVE: Final = (
    "Shopper accounts and instalments exist in test mode only: no live rail of this server has them. Send buyers to "
    "the session's url, where they pay at once."
)


async def progress_of(tx: Transaction, session_id: str) -> Progress | None:
    """How far somebody has come at the checkout of a session that the caller may see."""
    return await records.progress(tx, session_id)


async def sign_up(tx: Transaction, principal: Principal, session_id: str, email: str, phone: str) -> Progress:
    """Take who a shopper says they are; a one-time code is asked for next.

    Raises:
        Forbidden: the session is of live mode.
        InvalidInput: the address or the number will not do; it is named.
        NotFound: the session is not in the caller's project and mode.
        Conflict: it is not open any more.
    """
    await _open(tx, principal, session_id)
    progress = Progress(session_id, checked_test_email(email), checked_phone(phone), None)
    await records.keep_progress(tx, progress)
    return progress


async def verify(
    context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str, code: str
) -> Progress:
    """Take the one-time code: whoever entered it may decide.

    Raises:
        Forbidden, NotFound, Conflict: as for :func:`sign_up`; nobody has signed up.
        InvalidInput: it is another code.
    """
    await _open(tx, principal, session_id)
    progress = await records.progress(tx, session_id)
    if progress is None:
        raise Conflict("Nobody has signed up at this checkout.", code="session_changed")
    if code.strip() != code_of(session_id, progress.email):
        raise InvalidInput("code", Problem.WRONG_ONE_TIME_CODE)
    progress = progress._replace(verified_at=context.clock.now())
    await records.keep_progress(tx, progress)
    return progress


async def sign_out(tx: Transaction, principal: Principal, session_id: str) -> None:
    """Forget who has signed up at a checkout, so that somebody else can.

    Raises:
        Forbidden, NotFound, Conflict: as for :func:`sign_up`.
    """
    await _open(tx, principal, session_id)
    await records.forget_progress(tx, session_id)


async def approve(
    context: CheckoutContext,
    tx: Transaction,
    principal: Principal,
    session_id: str,
    method: PaymentMethod,
    *,
    confirmed: bool = False,
) -> CheckoutSession:
    """Pay an order in instalments with a test payment method: it is authorized, or it is rejected.

    Whoever has signed up and approves it has an account with the project from now on: one for each session at most,
    for a session is approved once, however often somebody signs up at it.

    Args:
        confirmed: whether the shopper has done what the method asks for.

    Raises:
        Forbidden, NotFound: as for :func:`sign_up`.
        Conflict: it is not open any more, or the method asks for something first.
    """
    session = await _open(tx, principal, session_id)
    refuse_unconfirmed(method, confirmed=confirmed)
    if method.is_refused:
        return await reject(context, tx, principal, session_id)
    progress = await records.progress(tx, session_id)
    if progress is not None:
        await make_known(tx, principal.project_id, progress, context.clock.now())
    if session.price.minor == 0:
        return await complete(context, tx, principal, session_id)
    return await simulate(context, tx, principal, session_id, Outcome.AUTHORIZED)


async def reject(context: CheckoutContext, tx: Transaction, principal: Principal, session_id: str) -> CheckoutSession:
    """Reject an order for good: nothing is authorized, and it cannot be paid any more.

    Raises:
        Forbidden, NotFound, Conflict: as for :func:`sign_up`.
    """
    session = await _open(tx, principal, session_id)
    # What is canceled gives its place of a coupon back: that is held before the event of the decline.
    await hold_counters(tx, [session])
    await simulate(context, tx, principal, session_id, Outcome.DECLINED)
    return await deciding.cancel(context, tx, principal, session_id)


def refuse_unconfirmed(method: PaymentMethod, *, confirmed: bool) -> None:
    """
    Raises:
        Conflict: the payment method asks for something first.
    """
    if method is PaymentMethod.ACTION_REQUIRED and not confirmed:
        raise Conflict(
            "This test payment method asks the shopper to confirm the payment. Open the session's url and confirm it "
            "there.",
            code="conflict",
        )


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
            f"Only an order that waits for its shopper can be authorized; its session is {session.status.value}.",
            code="session_not_pending",
        )
    return session


async def make_known(tx: Transaction, project_id: str, progress: Progress, now: int) -> None:
    """Whoever has come so far has an account with the project from now on, which has no password."""
    await records.insert(tx, _new(project_id, progress.email, progress.phone, "", now))


async def create_account(tx: Transaction, project_id: str, email: str, password_hash: str, now: int) -> Shopper:
    """An account that a shopper signs in to by e-mail address and password. Whoever signed up at a checkout with the
    same address gets the password.

    Raises:
        InvalidInput: it is no e-mail address.
        Conflict: an account, of whichever project, has this address and a password.
    """
    shopper = _new(project_id, checked_email(email), "", password_hash, now)
    try:
        if not await records.insert(tx, shopper) and not await records.set_password(
            tx, project_id, shopper.email, password_hash
        ):
            raise _taken(shopper.email)
    except UniqueViolation as error:
        raise _taken(shopper.email) from error
    found = await records.account(tx, shopper.email)
    return present(found, "the account that was just made")


async def account_of(tx: Transaction, email: str) -> Shopper | None:
    """Who signs in by an address; None where nobody does. Whether it is them is for the caller to find out."""
    return await records.account(tx, normal_email(email))


async def list_shoppers(
    tx: Transaction, project_id: str, *, after: Shopper | None = None, limit: int = LIMIT_MAX
) -> list[Shopper]:
    """A page of who has an account with a project, by e-mail address."""
    return await records.by_email(tx, project_id, after.email if after is not None else "", limit)


async def get_shopper(tx: Transaction, project_id: str, shopper_id: str) -> Shopper:
    """One shopper.

    Raises:
        NotFound: the project has none with this id.
    """
    found = await records.by_id(tx, project_id, shopper_id)
    if found is None:
        raise NotFound("shopper", shopper_id)
    return found


async def find_shopper(tx: Transaction, project_id: str, email: str) -> Shopper | None:
    """The project's shopper with this address, however its letters are written."""
    return await records.at(tx, project_id, normal_email(email))


async def remove_shopper(tx: Transaction, project_id: str, shopper_id: str) -> None:
    """Remove an account; whoever has signed in to it is signed out. What the shopper approved stays.

    Raises:
        NotFound: the project has none with this id.
    """
    if not await records.remove(tx, project_id, shopper_id):
        raise NotFound("shopper", shopper_id)


async def keep_signed_in(tx: Transaction, shopper: Shopper, now: int) -> AccessToken | None:
    """A token for a shopper whose password was right; None where they have another one meanwhile."""
    still = await records.account(tx, shopper.email)
    if still != shopper:
        return None
    token = AccessToken.new()
    await records.keep_token(tx, shopper.id, token, now, now + ACCESS_TOKEN_LIFETIME_MS)
    return token


async def shopper_of(tx: Transaction, token: str, now: int) -> Shopper | None:
    """Who has signed in, by the token that they show; None for any other text, and once it is over."""
    return await records.by_token(tx, AccessToken(token), now) if ACCESS_TOKEN_FORM.fullmatch(token) else None


def _new(project_id: str, email: str, phone: str, password: str, now: int) -> Shopper:
    return Shopper(
        id=ids.new_id(ids.SHOPPER), project_id=project_id, email=email, phone=phone, password=password, created_at=now
    )


def _taken(email: str) -> Conflict:
    return Conflict(f"A shopper with the address {email} already signs in with a password.", code="email_taken")
