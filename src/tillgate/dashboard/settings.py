"""The project's settings."""

from typing import Final

from starlette.responses import Response

from tillgate.access.accounts import Right
from tillgate.access.accounts.operations import PROJECT_NAME_MAX
from tillgate.base.errors import InvalidInput
from tillgate.dashboard.calls import Call, Need, View, both_modes
from tillgate.dashboard.forms import Draft, draft, problems_of

SETTINGS: Final = "/dashboard/settings"


async def show(call: Call) -> Response:
    """What may be set of the project."""
    return _page(call, draft(name=call.who.project.name))


async def save(call: Call) -> Response:
    """Change it, for both modes."""
    name = call.form.text("name")
    try:
        await call.context.accounts.rename_project(call.who.project.id, name, by=call.principal.actor)
    except InvalidInput as error:
        return _page(call, Draft({"name": name}, problems_of(error)))
    return call.go(SETTINGS, flash="settings_saved")


def _page(call: Call, form: Draft) -> Response:
    return call.page(
        "settings.html", status_code=form.status_code, section="settings", draft=form, name_max=PROJECT_NAME_MAX
    )


_SETTINGS: Final = Need(Right.SETTINGS, both_modes)

VIEWS: Final = (View("GET", SETTINGS, show, _SETTINGS), View("POST", SETTINGS, save, _SETTINGS))
