"""One's own account: the password, the second factor, and where one is signed in."""

from typing import Final
from urllib.parse import urlsplit

import segno
from starlette.responses import Response

from tillgate.access.accounts.model import PASSWORD_MIN, THROTTLE_WINDOW_MS
from tillgate.access.second_factor.model import PASSKEY_NAME_MAX
from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.dashboard.calls import ANYBODY, Call, View
from tillgate.dashboard.forms import Draft, draft, problems_of

ACCOUNT: Final = "/dashboard/account"
APP: Final = f"{ACCOUNT}/app"

_CODES_SHOWN: Final = "These recovery codes were already shown."
_CODES_AGAIN: Final = "They are not stored. If you have not copied them, make new ones on your account’s page."

# What a browser calls itself, from the most to the least telling: several name others besides.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_of(agent: str) -> str:
    """A browser in people's words, such as ``Firefox on Linux``; what it says of itself is a hint and no proof."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"


async def show(call: Call) -> Response:
    """The account of whoever is signed in."""
    return await _page(call, draft())


async def change_password(call: Call) -> Response:
    """Another password, for whoever knows the old one."""
    try:
        await call.context.accounts.change_password(
            call.cookie, call.who.user, call.form.one("old"), call.form.one("new")
        )
    except InvalidInput as error:
        return await _page(call, Draft({}, problems_of(error)))
    except Forbidden as error:
        response = await _page(call, Draft({}, {"": error.public}), status_code=429)
        response.headers["Retry-After"] = str(THROTTLE_WINDOW_MS // 1_000)
        return response
    return call.go(ACCOUNT, flash="password_changed")


async def end_sign_in(call: Call) -> Response:
    """Sign one other browser out."""
    await call.context.accounts.end_sign_in(call.who.user, call.param("sign_in"))
    return call.go(ACCOUNT, flash="sign_in_ended")


async def end_others(call: Call) -> Response:
    """Sign every other browser out."""
    await call.context.accounts.end_sign_ins(call.who.user, but=call.cookie)
    return call.go(ACCOUNT, flash="sign_ins_ended")


async def end_all(call: Call) -> Response:
    """Sign every browser out, this one too."""
    await call.context.accounts.end_sign_ins(call.who.user)
    response = call.go("/dashboard/sign-in", flash="signed_out_everywhere")
    call.forget(response)
    return response


async def propose_app(call: Call) -> Response:
    """Begin to set an authenticator app up."""
    await call.context.second_factors.propose_app(call.who.user)
    return call.go(APP)


async def app_form(call: Call) -> Response:
    """The secret for an authenticator app, as a QR code and as text, and the field for its first code."""
    return await _app_page(call, draft())


async def confirm_app(call: Call) -> Response:
    """Let the app count. This answer, and nothing else ever, holds the recovery codes."""
    try:
        async with call.once(_CODES_SHOWN, _CODES_AGAIN):
            codes = await call.context.second_factors.confirm_app(call.cookie, call.who.user, call.form.one("code"))
    except InvalidInput as error:
        return await _app_page(call, Draft({}, problems_of(error)))
    return _codes(call, codes)


async def end_app(call: Call) -> Response:
    """Ask for the app's codes no more."""
    await call.context.second_factors.end_app(call.who.user)
    return call.go(ACCOUNT, flash="app_removed")


async def renew_codes(call: Call) -> Response:
    """Other recovery codes. This answer, and nothing else ever, holds them."""
    async with call.once(_CODES_SHOWN, _CODES_AGAIN):
        codes = await call.context.second_factors.renew_codes(call.who.user)
    return _codes(call, codes)


async def passkey_form(call: Call) -> Response:
    """What the browser is asked for a new passkey; it needs scripts, as passkeys do."""
    return await _passkey_page(call, draft(name=device_of(call.agent)))


async def add_passkey(call: Call) -> Response:
    """Keep a passkey."""
    name = call.form.text("name")
    try:
        codes = await call.context.second_factors.add_passkey(
            call.cookie, call.who.user, name, call.form.one("passkey")
        )
    except InvalidInput as error:
        return await _passkey_page(call, Draft({"name": name}, problems_of(error)))
    return _codes(call, codes) if codes else call.go(ACCOUNT, flash="passkey_added")


async def remove_passkey(call: Call) -> Response:
    """End a passkey."""
    await call.context.second_factors.remove_passkey(call.who.user, call.param("passkey"))
    return call.go(ACCOUNT, flash="passkey_removed")


def _codes(call: Call, codes: list[str]) -> Response:
    return call.page("account/codes.html", status_code=201, section="account", codes=codes)


async def _app_page(call: Call, form: Draft) -> Response:
    factors = call.context.second_factors
    secret = await factors.proposed_app(call.who.user)
    if not secret:
        return call.go(ACCOUNT)
    server = urlsplit(call.context.public_url).hostname or ""
    return call.page(
        "account/app.html",
        status_code=form.status_code,
        section="account",
        draft=form,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        qr=segno.make(factors.app_uri(call.who.user, secret, server), error="m", micro=False).svg_data_uri(
            border=4, light="#fff", omitsize=True
        ),
    )


async def _passkey_page(call: Call, form: Draft) -> Response:
    options = await call.context.second_factors.passkey_options(call.cookie, call.who.user)
    return call.page(
        "account/passkey.html",
        status_code=form.status_code,
        section="account",
        draft=form,
        options=options,
        name_max=PASSKEY_NAME_MAX,
    )


async def _page(call: Call, form: Draft, *, status_code: int | None = None) -> Response:
    sign_ins = await call.context.accounts.sign_ins_of(call.who.user, call.cookie)
    return call.page(
        "account/show.html",
        status_code=status_code or form.status_code,
        section="account",
        draft=form,
        sign_ins=[(one, device_of(one.agent)) for one in sign_ins],
        password_min=PASSWORD_MIN,
        factors=await call.context.second_factors.of(call.who.user),
        passkey_origin=site.origin if (site := call.context.second_factors.site) is not None else None,
    )


_DANGEROUS: Final = ANYBODY.confirmed

VIEWS: Final = (
    View("GET", ACCOUNT, show, ANYBODY),
    View("POST", f"{ACCOUNT}/password", change_password, ANYBODY),
    View("POST", APP, propose_app, _DANGEROUS),
    View("GET", APP, app_form, ANYBODY),
    View("POST", f"{APP}/confirm", confirm_app, _DANGEROUS),
    View("POST", f"{APP}/remove", end_app, _DANGEROUS),
    View("POST", f"{ACCOUNT}/recovery-codes", renew_codes, _DANGEROUS),
    View("GET", f"{ACCOUNT}/passkeys/new", passkey_form, ANYBODY),
    View("POST", f"{ACCOUNT}/passkeys", add_passkey, _DANGEROUS),
    View("POST", f"{ACCOUNT}/passkeys/{{passkey}}/remove", remove_passkey, _DANGEROUS),
    View("POST", f"{ACCOUNT}/sign-ins/{{sign_in}}/end", end_sign_in, ANYBODY),
    View("POST", f"{ACCOUNT}/end-others", end_others, ANYBODY),
    View("POST", f"{ACCOUNT}/end-all", end_all, ANYBODY),
)
