"""The project's settings: what buyers see of it, and how its sessions behave."""

from typing import Any, Final

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.accounts.operations import PROJECT_NAME_MAX, checked_project_name
from tillgate.access.audited import write_down_settings
from tillgate.base.errors import InvalidInput
from tillgate.checkout.projects.images import LOGO_BYTES_MAX, LOGO_PIXELS_MAX
from tillgate.checkout.projects.model import (
    ADDRESS_MAX,
    FOOTER_MAX,
    LOCALES,
    POST_INSTRUCTIONS_MAX,
    TAX_ID_MAX,
    ChangedMeanwhile,
    GivenSettings,
    Profile,
    checked_settings,
    given_of,
    time_zones,
)
from tillgate.checkout.projects.operations import change_logo, change_project, get_profile
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
    return _page(call, profile, draft(_values(profile)))


async def save(call: Call) -> Response:
    """Change it, for both modes."""
    name = call.form.text("name")
    texts: dict[str, Any] = {one: call.form.text(form_name((one,))) for one in _TEXTS}
    given = GivenSettings(**texts, mail_buyers=call.form.one("mailBuyers") == YES)
    version = call.form.one("version")
    values: dict[str, object] = {"name": name, **_spelled(given), "version": version}
    project_id = call.who.project.id
    try:
        settings = checked_settings(given)
        checked = checked_project_name(name)
    except InvalidInput as error:
        return _page(call, await _profile(call), Draft(values, problems_of(error)))

    async def operation(tx: Transaction) -> None:
        changes = await change_project(tx, project_id, checked, settings, version=version)
        await write_down_settings(tx, _act(call), project_id, changes.settings, renamed=changes.name)

    try:
        await call.write(operation)
    except ChangedMeanwhile as error:
        meant = {"name": checked, **_spelled(given_of(settings))}
        return _changed_meanwhile(call, error.now, values, meant)
    return call.go(SETTINGS, flash="settings_saved")


def _changed_meanwhile(call: Call, now: Profile, values: dict[str, object], meant: dict[str, object]) -> Response:
    """The form again, with what was typed and, beside it, what is saved by now; sent once more, it replaces that."""
    theirs = _values(now)
    problems = {
        name: f"Saved meanwhile: {_value_text(name, theirs[name])}"
        for name, value in meant.items()
        if value != theirs[name]
    }
    problems[""] = (
        "Somebody else changed the settings while you had them open, and nothing of yours is saved. Compare both "
        "below. Save again to replace what they saved."
    )
    return _page(call, now, Draft(values | {"version": now.version}, problems), status_code=409)


def _value_text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "switched on" if value else "switched off"
    return LOCALES.get(str(value), str(value)) if name == "locale" and value else str(value) or "empty"


def _act(call: Call) -> Act:
    return Act(call.context.clock.now(), call.principal.actor)


async def save_logo(call: Call) -> Response:
    """Put a logo in the place of an earlier one."""
    content = call.form.file("logo")

    async def operation(tx: Transaction) -> None:
        changed = await change_logo(tx, call.who.project.id, content)
        await write_down_settings(tx, _act(call), call.who.project.id, changed)

    try:
        await call.write(operation)
    except InvalidInput as error:
        profile = await _profile(call)
        form = Draft(_values(profile), problems_of(error))
        return _page(call, profile, form)
    return call.go(SETTINGS, flash="logo_saved")


async def drop_logo(call: Call) -> Response:
    """Show the first letter of the name again."""

    async def operation(tx: Transaction) -> None:
        changed = await change_logo(tx, call.who.project.id, None)
        await write_down_settings(tx, _act(call), call.who.project.id, changed)

    await call.write(operation)
    return call.go(SETTINGS, flash="logo_removed")


async def _profile(call: Call) -> Profile:
    return await call.read(lambda tx: get_profile(tx, call.who.project.id))


def _values(profile: Profile) -> dict[str, object]:
    """What is set, as the form has it."""
    return {"name": profile.name, **_spelled(given_of(profile.settings)), "version": profile.version}


def _spelled(given: GivenSettings) -> dict[str, object]:
    return {form_name((name,)): value for name, value in given._asdict().items()}


def _page(call: Call, profile: Profile, form: Draft, *, status_code: int | None = None) -> Response:
    return call.page(
        "settings.html",
        status_code=status_code or form.status_code,
        section="settings",
        draft=form,
        name_max=PROJECT_NAME_MAX,
        address_max=ADDRESS_MAX,
        tax_id_max=TAX_ID_MAX,
        footer_max=FOOTER_MAX,
        instructions_max=POST_INSTRUCTIONS_MAX,
        logo=profile.logo_path,
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
