"""The project's settings: what buyers see of it, and how its sessions behave."""

from typing import Any, Final

from starlette.responses import Response

from tillgate.access.accounts import Right
from tillgate.access.accounts.operations import PROJECT_NAME_MAX
from tillgate.access.audited import write_down_settings
from tillgate.base.errors import InvalidInput
from tillgate.base.money import MINOR_DIGITS, format_minor
from tillgate.checkout.projects.images import LOGO_BYTES_MAX, LOGO_PIXELS_MAX
from tillgate.checkout.projects.model import (
    ADDRESS_MAX,
    LOCALES,
    TAX_ID_MAX,
    GivenSettings,
    Profile,
    ProjectSettings,
    checked_settings,
    percentage_of,
    time_zones,
)
from tillgate.checkout.projects.operations import change_settings, get_profile, remove_logo, set_logo
from tillgate.dashboard.calls import Call, Need, View, both_modes
from tillgate.dashboard.forms import USUAL_CURRENCIES, Draft, draft, problems_of
from tillgate.dashboard.words import form_name
from tillgate.store import Transaction

SETTINGS: Final = "/dashboard/settings"
LOGO: Final = f"{SETTINGS}/logo"
YES: Final = "yes"

_TEXTS: Final = tuple(name for name in GivenSettings._fields if name != "mail_buyers")


async def show(call: Call) -> Response:
    """What may be set of the project."""
    profile = await _profile(call)
    return _page(call, profile, draft({"name": profile.name, **_values(profile.settings)}))


async def save(call: Call) -> Response:
    """Change it, for both modes."""
    name = call.form.text("name")
    texts: dict[str, Any] = {one: call.form.text(form_name((one,))) for one in _TEXTS}
    given = GivenSettings(**texts, mail_buyers=call.form.one("mailBuyers") == YES)
    values: dict[str, object] = {"name": name, **_spelled(given)}
    try:
        settings = checked_settings(given)
        await call.context.accounts.rename_project(call.who.project.id, name, by=call.principal.actor)
    except InvalidInput as error:
        return _page(call, await _profile(call), Draft(values, problems_of(error)))

    async def operation(tx: Transaction) -> None:
        changed = await change_settings(tx, call.who.project.id, settings)
        await write_down_settings(tx, call.principal, call.context.clock.now(), changed)

    await call.write(operation)
    return call.go(SETTINGS, flash="settings_saved")


async def save_logo(call: Call) -> Response:
    """Put a logo in the place of an earlier one."""
    content = call.form.file("logo")

    async def operation(tx: Transaction) -> None:
        before = (await get_profile(tx, call.who.project.id)).logo
        digest = await set_logo(tx, call.who.project.id, content)
        changed = {"logo": {"from": before, "to": digest}} if digest != before else {}
        await write_down_settings(tx, call.principal, call.context.clock.now(), changed)

    try:
        await call.write(operation)
    except InvalidInput as error:
        profile = await _profile(call)
        form = Draft({"name": profile.name, **_values(profile.settings)}, problems_of(error))
        return _page(call, profile, form)
    return call.go(SETTINGS, flash="logo_saved")


async def drop_logo(call: Call) -> Response:
    """Show the first letter of the name again."""

    async def operation(tx: Transaction) -> None:
        before = (await get_profile(tx, call.who.project.id)).logo
        if await remove_logo(tx, call.who.project.id):
            changed = {"logo": {"from": before, "to": None}}
            await write_down_settings(tx, call.principal, call.context.clock.now(), changed)

    await call.write(operation)
    return call.go(SETTINGS, flash="logo_removed")


async def _profile(call: Call) -> Profile:
    return await call.read(lambda tx: get_profile(tx, call.who.project.id))


def _values(settings: ProjectSettings) -> dict[str, object]:
    """What is set, as the form has it."""
    tolerated = bool(settings.tolerance_basis_points)
    currency = settings.tolerance_currency
    minutes = settings.session_lifetime_minutes
    return _spelled(
        GivenSettings(
            colour=settings.colour,
            address=settings.address,
            tax_id=settings.tax_id,
            support_email=settings.support_email,
            terms_url=settings.terms_url,
            privacy_url=settings.privacy_url,
            locale=settings.locale,
            time_zone=settings.time_zone,
            success_url=settings.success_url,
            cancel_url=settings.cancel_url,
            session_lifetime_minutes=str(minutes) if minutes is not None else "",
            tolerance_percentage=percentage_of(settings.tolerance_basis_points) if tolerated else "",
            tolerance_amount=format_minor(settings.tolerance_minor, MINOR_DIGITS[currency]) if tolerated else "",
            tolerance_currency=currency,
            mail_buyers=settings.mail_buyers,
            test_rail=settings.test_rail,
        )
    )


def _spelled(given: GivenSettings) -> dict[str, object]:
    return {form_name((name,)): value for name, value in given._asdict().items()}


def _page(call: Call, profile: Profile, form: Draft) -> Response:
    return call.page(
        "settings.html",
        status_code=form.status_code,
        section="settings",
        draft=form,
        name_max=PROJECT_NAME_MAX,
        address_max=ADDRESS_MAX,
        tax_id_max=TAX_ID_MAX,
        logo=f"/logos/{profile.id}/{profile.logo}" if profile.logo is not None else None,
        logo_kilobytes=LOGO_BYTES_MAX // 1024,
        logo_pixels=LOGO_PIXELS_MAX,
        locales=LOCALES,
        zones=sorted(time_zones()),
        currencies=USUAL_CURRENCIES,
    )


_SETTINGS: Final = Need(Right.SETTINGS, both_modes)

VIEWS: Final = (
    View("GET", SETTINGS, show, _SETTINGS),
    View("POST", SETTINGS, save, _SETTINGS),
    View("POST", LOGO, save_logo, _SETTINGS, uploads=True),
    View("POST", f"{LOGO}/remove", drop_logo, _SETTINGS),
)
