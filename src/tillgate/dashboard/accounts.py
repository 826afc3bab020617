"""Claiming the server, signing in and out, and the mode that a browser looks at."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.dashboard.forms import Draft, draft, local_path, problems_of
from tillgate.dashboard.visits import Knock, OpenView, View, Visit, apology
from tillgate.door.accounts.model import PASSWORD_MIN, THROTTLE_WINDOW_MS

HOME: Final = "/dashboard"


async def setup_form(knock: Knock) -> Response:
    """The form that makes the owner; only with the link that the terminal printed."""
    if not await knock.desk.accounts.setup_token_works(knock.param("token")):
        return _spent(knock)
    return _setup_page(knock, draft(email="", name=""))


async def setup(knock: Knock) -> Response:
    """Make the owner and their first project, and sign them in."""
    token = knock.param("token")
    # Looked at first, because hashing a password for anybody who asks would be a gift to them.
    if not await knock.desk.accounts.setup_token_works(token):
        return _spent(knock)
    email, name = knock.form.text("email"), knock.form.text("name")
    try:
        cookie = await knock.desk.accounts.claim(
            token, email=email, password=knock.form.one("password"), project_name=name
        )
    except InvalidInput as error:
        return _setup_page(knock, Draft({"email": email, "name": name}, problems_of(error)))
    except Forbidden:
        return _spent(knock)
    response = knock.go(HOME, said="claimed")
    knock.remember(response, cookie)
    return response


async def sign_in_form(knock: Knock) -> Response:
    """The sign-in form; somebody who is signed in goes on."""
    back = local_path(knock.query("next") or "") or HOME
    if knock.known is not None:
        return knock.go(back)
    return await _sign_in_page(knock, draft(email="", next=back))


async def sign_in(knock: Knock) -> Response:
    """Sign in, and go on to where the browser was headed."""
    email, back = knock.form.text("email"), local_path(knock.form.one("next")) or HOME
    address = knock.request.client.host if knock.request.client else ""
    values: dict[str, object] = {"email": email, "next": back}
    try:
        cookie = await knock.desk.accounts.sign_in(email, knock.form.one("password"), address=address)
    except Forbidden as error:
        response = await _sign_in_page(knock, Draft(values, {"": error.public}), status_code=429)
        response.headers["Retry-After"] = str(THROTTLE_WINDOW_MS // 1_000)
        return response
    if cookie is None:
        problem = "This e-mail address and password do not belong together. Check both and try again."
        return await _sign_in_page(knock, Draft(values, {"": problem}), status_code=403)
    if knock.cookie:
        await knock.desk.accounts.sign_out(knock.cookie)
    response = knock.go(back)
    knock.remember(response, cookie)
    return response


async def sign_out(visit: Visit) -> Response:
    """Make this browser's cookie worthless."""
    await visit.desk.accounts.sign_out(visit.cookie)
    response = visit.go("/dashboard/sign-in", said="signed_out")
    visit.forget(response)
    return response


async def switch_mode(visit: Visit) -> Response:
    """Turn this browser to the other mode."""
    mode = visit.form.one("mode")
    if mode not in ("test", "live"):
        raise InvalidInput("mode: expected test or live.", param="mode")
    await visit.desk.accounts.look_at(visit.cookie, project_id=visit.who.project.id, livemode=mode == "live")
    return visit.go(local_path(visit.form.one("back")) or HOME, said=f"now_{mode}")


def _setup_page(knock: Knock, form: Draft) -> Response:
    return knock.page("setup.html", status_code=form.status_code, draft=form, password_min=PASSWORD_MIN)


async def _sign_in_page(knock: Knock, form: Draft, *, status_code: int = 200) -> Response:
    claimed = await knock.desk.accounts.is_claimed()
    return knock.page("sign_in.html", status_code=status_code, draft=form, claimed=claimed)


def _spent(knock: Knock) -> Response:
    return apology(
        knock,
        404,
        "This set-up link does not work.",
        "It was used already, or a later start of the server printed a newer one. If nobody has set this "
        "server up yet, take the link that the terminal printed last; otherwise sign in.",
    )


VIEWS: Final = (
    OpenView("GET", "/dashboard/setup/{token}", setup_form),
    OpenView("POST", "/dashboard/setup/{token}", setup),
    OpenView("GET", "/dashboard/sign-in", sign_in_form),
    OpenView("POST", "/dashboard/sign-in", sign_in),
    View("POST", "/dashboard/sign-out", sign_out, viewers=True),
    View("POST", "/dashboard/mode", switch_mode, viewers=True),
)
