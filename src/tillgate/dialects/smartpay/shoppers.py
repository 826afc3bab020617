"""``/consumers/auth/login``, ``/orders/{id}/authorizations`` and ``/tokens/{id}/approve``: what a test shopper's own
client calls, by an access token instead of a key."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from keyturn.http.vocabulary import declares
from keyturn.needs import OPEN
from tillgate.access import visitor
from tillgate.access.accounts.model import (
    FAILURES_MAX_BY_ADDRESS,
    FAILURES_MAX_BY_EMAIL,
    FAILURES_MAX_BY_EMAIL_AND_ADDRESS,
    THROTTLE_WINDOW_MS,
)
from tillgate.access.accounts.operations import begin_try, digest, forget_failures, site_of, withdraw_try
from tillgate.base import ids
from tillgate.base.clock import SECOND_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound, TooOften
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem, Verbatim
from tillgate.base.text import EMAIL_MAX, normal_email
from tillgate.checkout.orders.operations import get_order
from tillgate.checkout.payment_tokens.operations import approve_payment_token, get_payment_token
from tillgate.checkout.shoppers import operations
from tillgate.checkout.shoppers.model import ACCESS_TOKEN_LIFETIME_MS, AccessToken, PaymentMethod, Shopper
from tillgate.dialects.smartpay.checking import choice, required
from tillgate.dialects.smartpay.errors import Documented, Missing, NotSignedIn
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.model import status_of
from tillgate.dialects.smartpay.orders import order_of
from tillgate.dialects.smartpay.shapes import Query
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.dialect import SignedIn
from tillgate.wire.routing import Call, Route, Sends, Writes

# Of a password that somebody tries; one that was set is no longer.
PASSWORD_MAX: Final = 1_000
PLAN: Final = "pay_in_three"
Method = Annotated[str, declares(enum=[one.value for one in PaymentMethod])]


class LogIn(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """Who a shopper is, and their password."""

    email_address: Annotated[str, declares(format="email", maxLength=EMAIL_MAX)] | None = None
    password: Annotated[str, declares(maxLength=PASSWORD_MAX)] | None = None

    def __repr__(self) -> str:
        return "LogIn(…)"


class AccessObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """What the shopper shows from now on, as ``Authorization: Bearer``; ``expiresIn`` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 — what every token of this kind says
    expires_in: int

    def __repr__(self) -> str:
        return "AccessObject(…)"


class Authorize(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """With which test payment method an order is paid, and how."""

    payment_method: Method | None = None
    payment_plan: Annotated[str, declares(enum=[PLAN])] | None = None


class Approve(msgspec.Struct, frozen=True, rename="camel", kw_only=True, omit_defaults=True):
    """With which test payment method orders by the token are paid; one that is approved where none is named."""

    payment_method: Method | None = None


class AuthorizationObject(msgspec.Struct, frozen=True, kw_only=True):
    """Where the order stands now."""

    object: Literal["authorization"] = "authorization"
    order: str
    status: Literal["rejected", "requires_capture", "succeeded"]


class Attempt(NamedTuple):
    """Somebody who says who they are.

    Attributes:
        account: theirs; None where there is none.
        noted: the try, which counts as failed until it has succeeded.
    """

    account: Shopper | None
    noted: Mapping[str, str]


async def principal_of(context: ApiContext, token: str, address: str | None) -> Principal:
    """The shopper who has signed in with this token, in the test mode of their project.

    Raises:
        TooOften: somebody at this address calls too often without a key, whatever they show.
        NotSignedIn: there is none.
    """
    if seconds := await context.keyless.anywhere.seconds_to_wait(visitor(address)):
        raise TooOften(f"Too many calls from this address. Try again in {seconds} s.", retry_after_seconds=seconds)
    now = context.clock.now()
    found = await context.database.read(lambda tx: operations.shopper_of(tx, token, now)) if token else None
    if found is None:
        raise NotSignedIn(
            "Expected the access token of a shopper who has signed in, as Authorization: Bearer ACCESS_TOKEN. It may "
            "be over: sign in again by POST /consumers/auth/login."
        )
    return Principal(found.project_id, False, "buyer", f"shopper:{found.id}")


async def _may_try(context: ApiContext, call: Call, address: str | None) -> Call:
    body: LogIn = call.body
    _bounded(body.email_address, "emailAddress", EMAIL_MAX)
    _bounded(body.password, "password", PASSWORD_MAX)
    if seconds := await context.passwords.visitors.seconds_to_wait(visitor(address)):
        raise _too_many(seconds)
    return replace(call, address=address)


async def log_in(context: ApiContext, tx: Transaction, call: Call) -> Attempt:
    """Who signs in by the address. The try is counted like those at the dashboard: of the account at this address, of
    the account, and of this address."""
    body: LogIn = call.body
    email, site = required(body.email_address, "emailAddress"), _site(call)
    account = f"shopper:{digest(normal_email(email))[:32]}"
    subjects = (
        (f"{account}{site}", FAILURES_MAX_BY_EMAIL_AND_ADDRESS),
        (account, FAILURES_MAX_BY_EMAIL),
        (site, FAILURES_MAX_BY_ADDRESS),
    )
    try:
        noted = await begin_try(tx, subjects, context.clock.now(), address=call.address or "")
    except Forbidden as error:
        raise _too_many(THROTTLE_WINDOW_MS // SECOND_MS) from error
    return Attempt(await operations.account_of(tx, email), noted)


async def _let_in(context: ApiContext, call: Call, attempt: Attempt) -> AccessObject:
    body: LogIn = call.body
    account, site = attempt.account, _site(call)
    if seconds := await context.passwords.of_all.seconds_to_wait("all"):
        await context.database.write(lambda tx: withdraw_try(tx, attempt.noted))
        raise _too_many(seconds)
    known = account.password if account is not None else None
    matches = await context.hashes.is_of(known, required(body.password, "password"))
    token = None
    if account is not None and matches:
        now = context.clock.now()

        async def let_in(tx: Transaction) -> AccessToken | None:
            token = await operations.keep_signed_in(tx, account, now)
            if token is not None:
                await forget_failures(tx, attempt.noted, site)
            return token

        token = await context.database.write(let_in)
    if token is None:
        raise NotSignedIn("The e-mail address or the password is wrong.")
    return AccessObject(access_token=token.reveal(), expires_in=ACCESS_TOKEN_LIFETIME_MS // 1_000)


async def authorize(context: ApiContext, tx: Transaction, call: Call) -> AuthorizationObject:
    """The order is authorized in three instalments, or rejected where the payment method is one that declines."""
    body: Authorize = call.body
    method = _method(required(body.payment_method, "paymentMethod"))
    if body.payment_plan is not None:
        choice(body.payment_plan, (PLAN,), Verbatim("paymentPlan"))
    order = await order_of(tx, call, call.id)
    try:
        await operations.approve(context.checkout, tx, call.principal, order.session_id, method)
    except Conflict as error:
        raise Documented("order.cannot-authorize", error.public, code="conflict") from error
    status = status_of(await get_order(tx, call.principal, order.id)).value
    return msgspec.convert({"order": call.id, "status": status}, AuthorizationObject)


async def approve(context: ApiContext, tx: Transaction, call: Call) -> None:
    """Orders can be made with the token from now on. Approving it again changes nothing."""
    body: Approve = call.body
    method = _method(body.payment_method) if body.payment_method is not None else PaymentMethod.APPROVED
    token_id = required_id(call.id, ids.PAYMENT_TOKEN, call.principal)
    try:
        await get_payment_token(tx, call.principal, token_id)
        operations.refuse_unconfirmed(method, confirmed=False)
        shopper = call.principal.actor.partition(":")[2]
        await approve_payment_token(context.checkout, tx, token_id, shopper=shopper, declines=method.is_refused)
    except NotFound as error:
        raise Missing("token") from error
    except Conflict as error:
        raise Documented("token.cannot-approve", error.public, code="conflict") from error


def _site(call: Call) -> str:
    """Where somebody tries from, as it is counted."""
    return f"@shopper:{site_of(call.address or '')}"


def _too_many(seconds: int) -> TooOften:
    return TooOften(f"Too many tries to sign in. Try again in {seconds} s.", retry_after_seconds=seconds)


def _method(name: str) -> PaymentMethod:
    return PaymentMethod(choice(name, tuple(one.value for one in PaymentMethod), Verbatim("paymentMethod")))


def _bounded(text: str | None, field: str, length_max: int) -> str:
    given = required(text, field)
    if len(given) > length_max:
        raise InvalidInput(Verbatim(field), Problem.TOO_LONG, maximum=length_max, length=len(given))
    return given


SIGNED_IN: Final = SignedIn(principal_of, "the access token of a test shopper who has signed in")
ROUTES: Final = (
    Route(
        "POST",
        "/consumers/auth/login",
        OPEN,
        "Sign a test shopper in",
        Sends(log_in, _let_in),
        AccessObject,
        query=Query,
        body=LogIn,
        guard=_may_try,
    ),
    Route(
        "POST",
        "/orders/{id}/authorizations",
        OPEN,
        "Authorize an order, as its shopper",
        Writes(authorize),
        AuthorizationObject,
        query=Query,
        body=Authorize,
        signed_in=True,
    ),
    Route(
        "PUT",
        "/tokens/{id}/approve",
        OPEN,
        "Approve a token, as its shopper",
        Writes(approve),
        None,
        query=Query,
        body=Approve,
        signed_in=True,
    ),
)
