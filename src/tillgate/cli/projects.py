"""``tillgate projects``."""

from typing import Annotated

import typer

from keyturn import Receipt, resume, suspend
from keyturn.database import Database
from keyturn.terminal import printable
from tillgate.access.accounts import Accounts, Project
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.base.errors import Conflict, NotFound
from tillgate.cli.session import AsJson, Data, DatabaseUrl, print_json, say, settings, work
from tillgate.opening import open_keys

OPERATOR = "operator:cli"

app = typer.Typer(help="Create, list, suspend and resume projects.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="The project's name; buyers see it.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a project."""
    chosen = settings(data, database_url)
    project = work(chosen, lambda database: Accounts(database, SystemClock()).create_project(name))
    if as_json:
        print_json(_to_api(project))
    else:
        say(f"{project.id}  {printable(project.name, one_line=True)}")


@app.command("list")
def list_all(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the projects, oldest first."""
    chosen = settings(data, database_url)
    projects = work(chosen, lambda database: Accounts(database, SystemClock()).list_projects())
    if as_json:
        print_json([_to_api(project) for project in projects])
        return
    for project in projects:
        say(f"{project.id}  {printable(project.name, one_line=True)}")


@app.command("suspend")
def suspend_project(
    project: Annotated[str, typer.Argument(metavar="PROJECT_ID", help="The project's id, prj_….")],
    reason: Annotated[str | None, typer.Option("--reason", help="The reason; stored in the audit log.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Refuse all of a project's keys until it is resumed. When this returns, no process accepts one."""

    async def task(database: Database) -> Receipt:
        clock = SystemClock()
        project_id = await project_id_of(database, project)
        store = open_keys(database, clock).store
        return await suspend(store, clock, project_id=project_id, by=OPERATOR, reason=reason)

    receipt = work(settings(data, database_url), task)
    say("It was already suspended." if receipt.epoch is None else f"{project} is suspended: its keys are refused.")


@app.command("resume")
def resume_project(
    project: Annotated[str, typer.Argument(metavar="PROJECT_ID", help="The project's id, prj_….")],
    data: Data = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Let a suspended project's keys in again."""

    async def task(database: Database) -> Receipt:
        clock = SystemClock()
        project_id = await project_id_of(database, project)
        return await resume(open_keys(database, clock).store, clock, project_id=project_id, by=OPERATOR)

    receipt = work(settings(data, database_url), task)
    say("It was not suspended." if receipt.epoch is None else f"{project} is resumed: its keys are accepted again.")


def _to_api(project: Project) -> dict[str, str]:
    return {"id": project.id, "name": project.name, "createdAt": to_rfc3339(project.created_at)}


async def project_id_of(database: Database, given: str | None) -> str:
    """The project that was named, or the only one.

    Raises:
        NotFound: there is no such project, or none at all.
        Conflict: there are several, and none was named.
    """
    accounts = Accounts(database, SystemClock())
    if given is not None:
        return (await accounts.get_project(given)).id
    projects = await accounts.list_projects()
    if not projects:
        raise NotFound("project; make one with: tillgate projects create --name NAME")
    if len(projects) > 1:
        raise Conflict("There are several projects. Choose one with --project ID (see: tillgate projects list).")
    return projects[0].id
