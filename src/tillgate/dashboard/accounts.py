"""Claiming the server, signing in and out, and the mode that a browser looks at."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from tillgate.access.accounts import PendingSignIn, Right
from tillgate.access.accounts.model import PASSWORD_MIN, THROTTLE_WINDOW_MS
from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.dashboard.calls import ANYBODY, Call, Need, OpenCall, PublicView, Unusable, View, apology
from tillgate.dashboard.forms import Draft, draft, local_path, problems_of
from tillgate.dashboard.words import sentence_of

HOME: Final = "/dashboard"
SECOND: Final = "/dashboard/sign-in/second"


async def setup_form(call: OpenCall) -> Response:
    """The form that makes the owner; only with the link that the terminal printed."""
    if not await call.context.accounts.setup_token_works(call.param("token")):
        return _spent(call)
    return _setup_page(call, draft(email="", name=""))


async def setup(call: OpenCall) -> Response:
    """Make the owner and their first project, and sign them in."""
    token = call.param("token")
    # Looked at first, because hashing a password for anybody who asks would be a gift to them.
    if not await call.context.accounts.setup_token_works(token):
        return _spent(call)
    email, name = call.form.text("email"), call.form.text("name")
    try:
        cookie = await call.context.accounts.claim(
            token,
            email=email,
            password=call.form.one("password"),
            project_name=name,
            address=call.address,
            agent=call.agent,
        )
    except InvalidInput as error:
        return _setup_page(call, Draft({"email": email, "name": name}, problems_of(error)))
    except Forbidden:
        return _spent(call)
    response = call.go(HOME, flash="claimed")
    call.remember(response, cookie)
    call.remember_device(response, await call.context.accounts.remember_device(cookie, call.device))
    return response


async def sign_in_form(call: OpenCall) -> Response:
    """The sign-in form; somebody who is signed in goes on."""
    back = local_path(call.query("next") or "") or HOME
    if call.known is not None:
        return call.go(back)
    return await _sign_in_page(call, draft(email="", next=back))


async def sign_in(call: OpenCall) -> Response:
    """Sign in, and go on to where the browser was headed."""
    email, back = call.form.text("email"), local_path(call.form.one("next")) or HOME
    values: dict[str, object] = {"email": email, "next": back}
    try:
        cookie = await call.context.accounts.sign_in(
            email, call.form.one("password"), address=call.address, device=call.device, agent=call.agent
        )
    except Forbidden as error:
        response = await _sign_in_page(call, Draft(values, {"": sentence_of(error)}), status_code=429)
        response.headers["Retry-After"] = str(THROTTLE_WINDOW_MS // 1_000)
        return response
    if cookie is None:
        problem = "The e-mail address or the password is wrong. Check both and try again."
        return await _sign_in_page(call, Draft(values, {"": problem}), status_code=403)
    if isinstance(cookie, PendingSignIn):
        response = call.go(f"{SECOND}?{urlencode({'next': back})}")
        call.remember_halfway(response, cookie.token)
        return response
    return await _signed_in(call, cookie, back)


async def second_form(call: OpenCall) -> Response:
    """What is asked for beside the password."""
    return await _second_page(call, draft(next=local_path(call.query("next") or "") or HOME))


async def second(call: OpenCall) -> Response:
    """The second step: a code of the authenticator app, a recovery code, or a passkey."""
    back = local_path(call.form.one("next")) or HOME
    values: dict[str, object] = {"next": back}
    try:
        cookie = await call.context.second_factors.finish(
            call.halfway,
            code=call.form.one("code"),
            passkey=call.form.one("passkey"),
            address=call.address,
            device=call.device,
            agent=call.agent,
        )
    except Forbidden as error:
        if error.code != "sign_in_throttled":
            return apology(call, 403, "You are not signed in.", error.public)
        response = await _second_page(call, Draft(values, {"": error.public}), status_code=429)
        response.headers["Retry-After"] = str(THROTTLE_WINDOW_MS // 1_000)
        return response
    if cookie is None:
        problem = "That is not right, or was used before. Wait for the next code, or use a recovery code."
        if call.form.one("passkey"):
            problem = "The passkey was not accepted. Try again, or use a code."
        return await _second_page(call, Draft(values, {"": problem}), status_code=403)
    response = await _signed_in(call, cookie, back)
    call.remember_halfway(response, "")
    return response


async def _signed_in(call: OpenCall, cookie: str, back: str) -> Response:
    # A browser is one person at a time, and never keeps a cookie that was there before it was them.
    if call.cookie:
        await call.context.accounts.sign_out(call.cookie)
    response = call.go(back)
    call.remember(response, cookie)
    call.remember_device(response, await call.context.accounts.remember_device(cookie, call.device))
    return response


async def _second_page(call: OpenCall, form: Draft, *, status_code: int = 200) -> Response:
    step = await call.context.second_factors.begin(call.halfway) if call.halfway else None
    if step is None:
        return call.go("/dashboard/sign-in")
    return call.page(
        "second_step.html", status_code=status_code, draft=form, factors=step.factors, options=step.options
    )


async def sign_out(call: Call) -> Response:
    """Make this browser's cookie worthless."""
    await call.context.accounts.sign_out(call.cookie)
    response = call.go("/dashboard/sign-in", flash="signed_out")
    call.forget(response)
    return response


async def switch_mode(call: Call) -> Response:
    """Turn this browser to the other mode."""
    mode = call.form.one("mode")
    if mode not in ("test", "live"):
        raise Unusable("Expected test or live.")
    await call.context.accounts.look_at(call.cookie, project_id=call.who.project.id, livemode=mode == "live")
    return call.go(local_path(call.form.one("back")) or HOME, flash=f"now_{mode}")


def _setup_page(call: OpenCall, form: Draft) -> Response:
    return call.page("setup.html", status_code=form.status_code, draft=form, password_min=PASSWORD_MIN)


async def _sign_in_page(call: OpenCall, form: Draft, *, status_code: int = 200) -> Response:
    claimed = await call.context.accounts.is_claimed()
    return call.page(
        "sign_in.html", status_code=status_code, draft=form, claimed=claimed, mailed=call.context.passwords.mailed
    )


def _spent(call: OpenCall) -> Response:
    return apology(
        call,
        404,
        "This set-up link does not work.",
        "It was used already, or the server has printed a newer one since. If this server is not set up yet, open "
        "the link that the terminal printed last; otherwise sign in.",
    )


async def _mode_asked_for(call: Call) -> Sequence[bool]:
    return {"test": (False,), "live": (True,)}.get(call.form.one("mode"), ())


VIEWS: Final = (
    PublicView("GET", "/dashboard/setup/{token}", setup_form),
    PublicView("POST", "/dashboard/setup/{token}", setup),
    PublicView("GET", "/dashboard/sign-in", sign_in_form),
    PublicView("POST", "/dashboard/sign-in", sign_in),
    PublicView("GET", SECOND, second_form),
    PublicView("POST", SECOND, second),
    View("POST", "/dashboard/sign-out", sign_out, ANYBODY),
    View("POST", "/dashboard/mode", switch_mode, Need(Right.READ, _mode_asked_for)),
)
