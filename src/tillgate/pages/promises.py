"""``/checkout/{id}/token``: a shopper signs up, and approves a payment token of test mode, or declines it."""

from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from keyturn.database import Operation
from tillgate.base import ids
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.base.problems import dotted
from tillgate.base.text import EMAIL_MAX
from tillgate.checkout.payment_tokens.model import PaymentToken, TokenStatus
from tillgate.checkout.payment_tokens.operations import get_public_payment_token
from tillgate.checkout.projects.operations import get_profile
from tillgate.checkout.sessions.returning import filled
from tillgate.checkout.shoppers.model import CODE_DIGITS, PHONE_MAX, PaymentMethod, Progress, code_of
from tillgate.checkout.shoppers.promising import approve, progress_of, reject, sign_out, sign_up, verify
from tillgate.pages.brand import brand_of
from tillgate.pages.context import PagesContext
from tillgate.pages.forms import small_form
from tillgate.pages.reader import Reader, reader_of
from tillgate.pages.rendering import page, see_other
from tillgate.pages.sessions import routes_of_session, unknown
from tillgate.pages.shopper import METHODS, Plan, Sentences, Step, WrongField, step_of
from tillgate.pages.view import RETURN_AUTOMATICALLY_MS, target_of
from tillgate.pages.words import for_buyer
from tillgate.store import Transaction
from tillgate.words import Words

PATH: Final = "/token"


async def _whole_page(context: PagesContext, request: Request) -> Response:
    """What there is to decide, or how it ended."""
    token = await _token_of(context, request)
    if token is None:
        return unknown(request)
    return await _show(context, request, token)


async def _sign_up(context: PagesContext, request: Request) -> Response:
    """Take who the shopper is."""
    token = await _token_of(context, request)
    if token is None:
        return unknown(request)
    form = await small_form(request)
    typed = {name: form.get(name, "")[:EMAIL_MAX] for name in ("email", "phone")}
    return await _done(context, request, token, lambda tx: sign_up(tx, token.id, typed["email"], typed["phone"]), typed)


async def _verify(context: PagesContext, request: Request) -> Response:
    """Take the one-time code."""
    token = await _token_of(context, request)
    if token is None:
        return unknown(request)
    typed = {"code": (await small_form(request)).get("code", "")[: CODE_DIGITS * 2]}
    return await _done(context, request, token, lambda tx: verify(context.checkout, tx, token.id, typed["code"]), typed)


async def _sign_out(context: PagesContext, request: Request) -> Response:
    """Let somebody else sign up."""
    token = await _token_of(context, request)
    if token is None:
        return unknown(request)
    return await _done(context, request, token, lambda tx: sign_out(tx, token.id))


async def _decide(context: PagesContext, request: Request) -> Response:
    """Approve the token with a test payment method, or decline it."""
    token = await _token_of(context, request)
    if token is None:
        return unknown(request)
    form = await small_form(request)
    named, declines, confirmed = (
        form.get("method", ""),
        form.get("decision") == "decline",
        form.get("confirmed") == "yes",
    )
    if not declines and named not in METHODS:
        return see_other(_reader(request, token).to(_path(token)))
    if named == PaymentMethod.ACTION_REQUIRED and not declines and not confirmed:
        return await _show(context, request, token, method=named)

    async def operation(tx: Transaction) -> None:
        if declines:
            await reject(context.checkout, tx, token.id)
        else:
            await approve(context.checkout, tx, token.id, PaymentMethod(named), confirmed=confirmed)

    return await _done(context, request, token, operation)


async def _done(
    context: PagesContext,
    request: Request,
    token: PaymentToken,
    operation: Operation[None],
    typed: dict[str, str] | None = None,
) -> Response:
    """Do what a form asks for, and lead back to the page; where that cannot be, the page says why, beside a field that
    is wrong."""
    words = _reader(request, token).words
    try:
        await context.database.write(operation)
    except InvalidInput as error:
        wrong = WrongField(dotted(error.field), for_buyer(error, words), typed or {})
        return await _show(context, request, token, 422, wrong_field=wrong)
    except NotFound:
        return unknown(request)
    except Conflict as error:
        now = await _token_of(context, request) or token
        return await _show(context, request, now, 409, refused=for_buyer(error, words))
    return see_other(_reader(request, token).to(_path(token)))


async def _show(
    context: PagesContext,
    request: Request,
    token: PaymentToken,
    status: int = 200,
    *,
    refused: Markup | None = None,
    wrong_field: WrongField | None = None,
    method: str = "",
) -> Response:
    """The page, with what was wrong about the form that it answers, if it answers one."""
    reader = _reader(request, token)
    profile = await context.database.read(lambda tx: get_profile(tx, token.project_id))
    progress = await context.database.read(lambda tx: progress_of(tx, token.id))
    return page(
        reader,
        "promise.html",
        status,
        here=_path(token),
        path=_path(token),
        merchant=profile.name,
        brand=brand_of(profile),
        plan=_plan(token, progress, reader.words, profile.name, method, context.checkout.clock.now()),
        total="",
        refused=refused,
        wrong_field=wrong_field,
        email_max=EMAIL_MAX,
        phone_max=PHONE_MAX,
        code_digits=CODE_DIGITS,
    )


def _plan(token: PaymentToken, progress: Progress | None, words: Words, merchant: str, method: str, now: int) -> Plan:
    step = _outcome(token) or step_of(progress, method)
    place = token.success_url if step is Step.APPROVED else token.cancel_url
    return Plan(
        step,
        Sentences(
            words.html("Let {merchant} place orders for you", merchant=merchant),
            words.html("Each order is approved separately, with the payment method that you choose here."),
            words.html("Confirm your payment method"),
            words.html("{merchant} can place orders for you", merchant=merchant),
            words.html("{merchant} cannot place orders for you", merchant=merchant),
        ),
        (),
        progress.email if progress is not None else "",
        code_of(token.id, progress.email) if progress is not None else "",
        tuple((one.value, words.say(label)) for one, label in METHODS.items()),
        method,
        target_of(filled(place, ids.renamed(ids.CHECKOUT_SESSION, token.id), token.reference or "")),
        step in (Step.APPROVED, Step.REJECTED) and now - token.updated_at < RETURN_AUTOMATICALLY_MS,
    )


def _outcome(token: PaymentToken) -> Step | None:
    """How it ended; None while the shopper can decide."""
    match token.status:
        case TokenStatus.REQUIRES_AUTHORIZATION:
            return None
        case TokenStatus.ACTIVE | TokenStatus.DISABLED:
            return Step.APPROVED
        case TokenStatus.REJECTED | TokenStatus.DELETED:
            return Step.REJECTED


async def _token_of(context: PagesContext, request: Request) -> PaymentToken | None:
    """The token whose page this is; None where there is none, or it was deleted."""
    session_id: str = request.path_params["id"]
    if not ids.is_id(ids.CHECKOUT_SESSION, session_id):
        return None
    token_id = ids.renamed(ids.PAYMENT_TOKEN, session_id)
    try:
        return await context.database.read(lambda tx: get_public_payment_token(tx, token_id))
    except NotFound:
        return None


def _path(token: PaymentToken) -> str:
    return f"/checkout/{ids.renamed(ids.CHECKOUT_SESSION, token.id)}{PATH}"


def _reader(request: Request, token: PaymentToken) -> Reader:
    return reader_of(request, token.locale)


_ENDPOINTS: Final = (
    ("GET", "", "token", _whole_page),
    ("POST", "/sign-up", "token_sign_up", _sign_up),
    ("POST", "/code", "token_code", _verify),
    ("POST", "/sign-out", "token_sign_out", _sign_out),
    ("POST", "/decide", "token_decide", _decide),
)


def routes(context: PagesContext) -> list[BaseRoute]:
    """The page and the forms on it."""
    return routes_of_session(context, PATH, _ENDPOINTS)
