"""Projects: each has keys, links, sessions and webhooks of its own."""

from typing import Final

from starlette.responses import Response

from tillgate.access.accounts import Right
from tillgate.base.errors import InvalidInput
from tillgate.dashboard.calls import ANYBODY, Call, Need, View
from tillgate.dashboard.forms import Draft, draft, problems_of


async def list_projects(call: Call) -> Response:
    """The projects that one belongs to, and a form for another."""
    return await _page(call, draft(name=""))


async def create(call: Call) -> Response:
    """A new project, looked at at once, in test mode."""
    name = call.form.text("name")
    try:
        project = await call.context.accounts.create_project(name)
    except InvalidInput as error:
        return await _page(call, Draft({"name": name}, problems_of(error)))
    await call.context.accounts.look_at(call.cookie, project_id=project.id, livemode=False)
    return call.go("/dashboard", flash="project_created")


async def switch(call: Call) -> Response:
    """Turn this browser to another project, in the mode it is in."""
    await call.context.accounts.look_at(call.cookie, project_id=call.param("project"), livemode=call.who.livemode)
    return call.go("/dashboard", flash="project_switched")


async def _page(call: Call, form: Draft) -> Response:
    found = await call.context.accounts.projects_of(call.who.user)
    return call.page("projects.html", status_code=form.status_code, projects=found, draft=form)


VIEWS: Final = (
    View("GET", "/dashboard/projects", list_projects, ANYBODY),
    View("POST", "/dashboard/projects", create, Need(Right.PROJECTS)),
    View("POST", "/dashboard/projects/{project}/switch", switch, ANYBODY),
)
