"""What a shopper does at the page of a payment token: signs up, approves it, or declines it.

The same steps as at the checkout of a test session, in :mod:`tillgate.checkout.shoppers.operations`.
"""

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.problems import Problem
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.payment_tokens.model import PaymentToken, TokenStatus
from tillgate.checkout.payment_tokens.operations import (
    approve_payment_token,
    hold_payment_token,
    reject_payment_token,
)
from tillgate.checkout.shoppers import records
from tillgate.checkout.shoppers.model import PaymentMethod, Progress, checked_phone, checked_test_email, code_of
from tillgate.checkout.shoppers.operations import make_known, refuse_unconfirmed
from tillgate.store import Transaction


async def progress_of(tx: Transaction, token_id: str) -> Progress | None:
    """How far somebody has come at the page of a token that the caller may see."""
    return await records.token_progress(tx, token_id)


async def sign_up(tx: Transaction, token_id: str, email: str, phone: str) -> None:
    """Take who a shopper says they are; a one-time code is asked for next.

    Raises:
        InvalidInput: the address or the number will not do; it is named.
        NotFound: there is no such token, or it was deleted.
        Conflict: it was decided on.
    """
    await _open(tx, token_id)
    await records.keep_token_progress(tx, Progress(token_id, checked_test_email(email), checked_phone(phone), None))


async def verify(context: CheckoutContext, tx: Transaction, token_id: str, code: str) -> None:
    """Take the one-time code: whoever entered it may decide.

    Raises:
        NotFound, Conflict: as for :func:`sign_up`; nobody has signed up.
        InvalidInput: it is another code.
    """
    await _open(tx, token_id)
    progress = await records.token_progress(tx, token_id)
    if progress is None:
        raise _nobody()
    if code.strip() != code_of(token_id, progress.email):
        raise InvalidInput("code", Problem.WRONG_ONE_TIME_CODE)
    await records.keep_token_progress(tx, progress._replace(verified_at=context.clock.now()))


async def sign_out(tx: Transaction, token_id: str) -> None:
    """Forget who has signed up, so that somebody else can.

    Raises:
        NotFound, Conflict: as for :func:`sign_up`.
    """
    await _open(tx, token_id)
    await records.forget_token_progress(tx, token_id)


async def approve(
    context: CheckoutContext, tx: Transaction, token_id: str, method: PaymentMethod, *, confirmed: bool = False
) -> PaymentToken:
    """Whoever has signed up approves the token, and has an account with the project from now on. Orders by it are
    declined where the payment method is one that declines.

    Args:
        confirmed: whether the shopper has done what the method asks for.

    Raises:
        NotFound, Conflict: as for :func:`sign_up`; nobody has signed up, or the method asks for something first.
    """
    token = await _open(tx, token_id)
    progress = await _verified(tx, token_id)
    refuse_unconfirmed(method, confirmed=confirmed)
    await make_known(tx, token.project_id, progress, context.clock.now())
    return await approve_payment_token(context, tx, token_id, shopper=progress.email, declines=method.is_refused)


async def reject(context: CheckoutContext, tx: Transaction, token_id: str) -> PaymentToken:
    """Whoever has signed up declines to approve the token, for good.

    Raises:
        NotFound, Conflict: as for :func:`sign_up`; nobody has signed up.
    """
    await _open(tx, token_id)
    await _verified(tx, token_id)
    return await reject_payment_token(context, tx, token_id)


async def _open(tx: Transaction, token_id: str) -> PaymentToken:
    """The token's row, held, while a shopper can still decide.

    Raises:
        NotFound, Conflict: they cannot.
    """
    token = await hold_payment_token(tx, token_id)
    if token.status is not TokenStatus.REQUIRES_AUTHORIZATION:
        raise Conflict(f"This payment token was decided on already; it is {token.status.value}.")
    return token


async def _verified(tx: Transaction, token_id: str) -> Progress:
    progress = await records.token_progress(tx, token_id)
    if progress is None or progress.verified_at is None:
        raise _nobody()
    return progress


def _nobody() -> Conflict:
    return Conflict("Nobody has signed up at this checkout.", code="session_changed")
