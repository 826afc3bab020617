"""``/checkout/{id}/instalments``: a shopper signs up, and approves a test order in instalments, or declines it."""

from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from keyturn.database import Operation
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.money import Money
from tillgate.base.problems import dotted
from tillgate.base.text import EMAIL_MAX
from tillgate.checkout.projects.operations import get_settings
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.shoppers.model import (
    CODE_DIGITS,
    PHONE_MAX,
    PaymentMethod,
    code_of,
    instalments_of,
)
from tillgate.checkout.shoppers.operations import approve, progress_of, reject, sign_out, sign_up, verify
from tillgate.pages.codes import WrongCode
from tillgate.pages.context import PagesContext
from tillgate.pages.forms import small_form
from tillgate.pages.rendering import page, see_other
from tillgate.pages.sessions import (
    PageVariant,
    apply_code,
    buyer_of,
    done,
    reader_for,
    remove_code,
    routes_of_session,
    session_of,
    unknown,
    view_of,
)
from tillgate.pages.shopper import METHODS, Part, Plan, Sentences, Step, WrongField, step_of
from tillgate.pages.view import RETURN_AUTOMATICALLY_MS, place_of
from tillgate.pages.words import for_buyer
from tillgate.store import Transaction

PATH: Final = "/instalments"
# What the published clients put into a session's url.
CODE_IN_URL: Final = "promotion-code"
CODE_MAX: Final = 80


async def _whole_page(context: PagesContext, request: Request) -> Response:
    """What there is to decide, or how it ended."""
    session = await _test_session(context, request)
    if session is None:
        return unknown(request)
    return await show(context, request, session)


async def _sign_up(context: PagesContext, request: Request) -> Response:
    """Take who the shopper is."""
    session = await _test_session(context, request)
    if session is None:
        return unknown(request)
    form = await small_form(request)
    typed = {name: form.get(name, "")[:EMAIL_MAX] for name in ("email", "phone")}

    async def operation(tx: Transaction) -> CheckoutSession:
        await sign_up(tx, buyer_of(session), session.id, typed["email"], typed["phone"])
        return session

    return await _taken(context, request, session, operation, typed)


async def _verify(context: PagesContext, request: Request) -> Response:
    """Take the one-time code."""
    session = await _test_session(context, request)
    if session is None:
        return unknown(request)
    typed = {"code": (await small_form(request)).get("code", "")[: CODE_DIGITS * 2]}

    async def operation(tx: Transaction) -> CheckoutSession:
        await verify(context.checkout, tx, buyer_of(session), session.id, typed["code"])
        return session

    return await _taken(context, request, session, operation, typed)


async def _sign_out(context: PagesContext, request: Request) -> Response:
    """Let somebody else sign up."""
    session = await _test_session(context, request)
    if session is None:
        return unknown(request)

    async def operation(tx: Transaction) -> CheckoutSession:
        await sign_out(tx, buyer_of(session), session.id)
        return session

    return await done(context, request, session, operation, face=FACE)


async def _decide(context: PagesContext, request: Request) -> Response:
    """Approve the order with a test payment method, or decline it."""
    session = await _test_session(context, request)
    if session is None:
        return unknown(request)
    form = await small_form(request)
    named, declines = form.get("method", ""), form.get("decision") == "decline"
    if not declines and named not in METHODS:
        return see_other(reader_for(request, session).to(FACE.of(session)))
    buyer, confirmed = buyer_of(session), form.get("confirmed") == "yes"

    async def operation(tx: Transaction) -> CheckoutSession:
        progress = await progress_of(tx, session.id)
        if progress is None or progress.verified_at is None:
            raise Conflict("Nobody has signed up at this checkout.", code="session_changed")
        if declines:
            return await reject(context.checkout, tx, buyer, session.id)
        return await approve(context.checkout, tx, buyer, session.id, PaymentMethod(named), confirmed=confirmed)

    if named == PaymentMethod.ACTION_REQUIRED and not declines and not confirmed:
        return await show(context, request, session, method=named)
    return await done(context, request, session, operation, face=FACE)


async def _taken(
    context: PagesContext,
    request: Request,
    session: CheckoutSession,
    operation: Operation[CheckoutSession],
    typed: dict[str, str],
) -> Response:
    """What a form asks for, with what is wrong about a field of it beside that field."""
    try:
        return await done(context, request, session, operation, face=FACE)
    except InvalidInput as error:
        words = reader_for(request, session).words
        wrong = WrongField(dotted(error.field), for_buyer(error, words), typed)
        return await show(context, request, session, 422, wrong_field=wrong)


async def show(
    context: PagesContext,
    request: Request,
    session: CheckoutSession,
    status: int = 200,
    *,
    refused: Markup | None = None,
    wrong: WrongCode | None = None,
    wrong_field: WrongField | None = None,
    method: str = "",
) -> Response:
    """The page, with what was wrong about the form that it answers, if it answers one."""
    reader, here = reader_for(request, session), FACE.of(session)
    view = (await view_of(context, reader, session))._replace(path=here, rate=None)
    given = request.query_params.get(CODE_IN_URL, "").strip()
    if given and wrong is None and view.may_change_code and view.code is None and len(given) <= CODE_MAX:
        wrong = WrongCode(given, reader.words.html("Apply the code to take it off the price."))
    return page(
        reader,
        "instalments.html",
        status,
        here=here,
        view=view,
        plan=await _plan(context, request, session, method),
        refused=refused,
        wrong=wrong,
        wrong_amount=None,
        wrong_field=wrong_field,
        email_max=EMAIL_MAX,
        phone_max=PHONE_MAX,
        code_digits=CODE_DIGITS,
    )


async def _plan(context: PagesContext, request: Request, session: CheckoutSession, method: str) -> Plan:
    words, now = reader_for(request, session).words, context.checkout.clock.now()
    progress = await context.database.read(lambda tx: progress_of(tx, session.id))
    zone = ZoneInfo((await context.database.read(lambda tx: get_settings(tx, session.project_id))).time_zone)
    step = _outcome(session, now) or step_of(progress, method)
    parts = instalments_of(session.price.minor, now, zone)
    return Plan(
        step,
        Sentences(
            words.html("Pay in three instalments"),
            words.html("The first is due now, the others a month apart. Together they are the price."),
            words.html("Confirm this payment"),
            words.html("Your order is approved"),
            words.html("Your order was not approved"),
        ),
        tuple(
            Part(words.date(one.due_at, zone), words.price(Money(one.minor, session.price.currency)).text)
            for one in parts
        ),
        progress.email if progress is not None else "",
        code_of(session.id, progress.email) if progress is not None else "",
        tuple((one.value, words.say(label)) for one, label in METHODS.items()),
        method,
        place_of(session, session.success_url if step is Step.APPROVED else session.cancel_url),
        step in (Step.APPROVED, Step.REJECTED) and now - session.updated_at < RETURN_AUTOMATICALLY_MS,
    )


def _outcome(session: CheckoutSession, now: int) -> Step | None:
    """How it ended; None while the shopper can decide."""
    if session.status is SessionStatus.PENDING:
        return None if now < session.expires_at else Step.ENDED
    if session.status is SessionStatus.FAILED:
        return Step.REJECTED if session.payment.decline is not None else Step.ENDED
    paid = session.status in (SessionStatus.PAID, SessionStatus.PAID_LATE)
    return Step.APPROVED if paid or session.payment.authorization is not None else Step.ENDED


async def _test_session(context: PagesContext, request: Request) -> CheckoutSession | None:
    """The session, where it is one of test mode: no other has shoppers."""
    session = await session_of(context, request)
    return None if session is None or session.livemode else session


FACE: Final = PageVariant(PATH, show)
_ENDPOINTS: Final = (
    ("GET", "", "instalments", _whole_page),
    ("POST", "/sign-up", "instalments_sign_up", _sign_up),
    ("POST", "/code", "instalments_code", _verify),
    ("POST", "/sign-out", "instalments_sign_out", _sign_out),
    ("POST", "/decide", "instalments_decide", _decide),
    ("POST", "/promotion-code", "instalments_promotion_code", partial(apply_code, face=FACE)),
    ("POST", "/promotion-code/remove", "instalments_promotion_code_remove", partial(remove_code, face=FACE)),
)


def routes(context: PagesContext) -> list[BaseRoute]:
    """The page and the forms on it."""
    return routes_of_session(context, PATH, _ENDPOINTS)
