"""Projects: each has keys, links, sessions and webhooks of its own."""

from typing import Final

from starlette.responses import Response

from tillgate.base.errors import InvalidInput
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.dashboard.visits import View, Visit


async def list_projects(visit: Visit) -> Response:
    """All projects, and a form for another."""
    return await _page(visit, draft(name=""))


async def create(visit: Visit) -> Response:
    """A new project, looked at at once, in test mode."""
    name = visit.form.text("name")
    try:
        project = await visit.desk.accounts.create_project(name)
    except InvalidInput as error:
        return await _page(visit, Draft({"name": name}, problems_of(error)))
    await visit.desk.accounts.look_at(visit.cookie, project_id=project.id, livemode=False)
    return visit.go("/dashboard", said="project_created")


async def switch(visit: Visit) -> Response:
    """Turn this browser to another project, in the mode it is in."""
    await visit.desk.accounts.look_at(visit.cookie, project_id=visit.param("project"), livemode=visit.who.livemode)
    return visit.go("/dashboard", said="project_switched")


async def _page(visit: Visit, form: Draft) -> Response:
    found = await visit.desk.accounts.list_projects()
    return visit.page("projects.html", status_code=form.status_code, projects=found, draft=form)


VIEWS: Final = (
    View("GET", "/dashboard/projects", list_projects),
    View("POST", "/dashboard/projects", create),
    View("POST", "/dashboard/projects/{project}/switch", switch, viewers=True),
)
