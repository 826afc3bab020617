"""A lost password: a link by mail, and what it leads to. The answer is the same whoever asks."""

from typing import Final

from starlette.responses import Response

from tillgate.access import visitor
from tillgate.access.accounts.model import PASSWORD_MIN
from tillgate.access.passwords.model import LIFETIME_MS, RESET
from tillgate.base.clock import MINUTE_MS
from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.base.text import EMAIL_MAX, checked_email
from tillgate.dashboard.calls import OpenCall, PublicView, apology
from tillgate.dashboard.forms import Draft, draft, problems_of

ASKED: Final = f"{RESET}/asked"


async def ask_form(call: OpenCall) -> Response:
    """Where one asks for a link."""
    return _ask(call, draft(email=""))


async def ask(call: OpenCall) -> Response:
    """Have a link mailed. Whether anybody has the address is not told, nor how long it took to look."""
    if not call.context.passwords.mailed:
        return _ask(call, draft(email=""))
    email = call.form.text("email")[:EMAIL_MAX]
    try:
        address = checked_email(email)
    except InvalidInput as error:
        return _ask(call, Draft({"email": email}, problems_of(error)))
    # By who asks alone: how much mail one person gets is seen to where it is written, so that nobody who asks in their
    # name keeps them from their own.
    if seconds := await call.context.lost_passwords.seconds_to_wait(visitor(call.address or None)):
        problem = "You have asked several times. Wait a while, then try again."
        response = _ask(call, Draft({"email": email}, {"": problem}), status_code=429)
        response.headers["Retry-After"] = str(seconds)
        return response
    await call.context.passwords.ask(address)
    return call.go(ASKED)


async def asked(call: OpenCall) -> Response:
    """What to do now."""
    return call.page("passwords/asked.html", minutes=LIFETIME_MS // MINUTE_MS)


async def reset_form(call: OpenCall) -> Response:
    """What a link leads to."""
    if await call.context.passwords.find(call.param("token")) is None:
        return _spent(call)
    return _reset(call, draft())


async def reset(call: OpenCall) -> Response:
    """Set the other password; then one signs in, with the second factor where there is one."""
    try:
        await call.context.passwords.reset(call.param("token"), call.form.one("password"))
    except InvalidInput as error:
        return _reset(call, Draft({}, problems_of(error)))
    except Forbidden:
        return _spent(call)
    response = call.go("/dashboard/sign-in", flash="password_reset")
    call.forget(response)
    return response


def _ask(call: OpenCall, form: Draft, *, status_code: int | None = None) -> Response:
    return call.page(
        "passwords/lost.html",
        status_code=status_code or form.status_code,
        draft=form,
        mailed=call.context.passwords.mailed,
        email_max=EMAIL_MAX,
    )


def _reset(call: OpenCall, form: Draft) -> Response:
    return call.page(
        "passwords/reset.html",
        status_code=form.status_code,
        draft=form,
        here=f"{RESET}/{call.param('token')}",
        password_min=PASSWORD_MIN,
    )


def _spent(call: OpenCall) -> Response:
    return apology(
        call,
        404,
        "This link does not work.",
        "It was used already, or has expired. Ask for another one at the sign-in.",
    )


VIEWS: Final = (
    PublicView("GET", RESET, ask_form),
    PublicView("POST", RESET, ask),
    PublicView("GET", ASKED, asked),
    PublicView("GET", f"{RESET}/{{token}}", reset_form),
    PublicView("POST", f"{RESET}/{{token}}", reset),
)
