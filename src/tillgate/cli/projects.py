"""``tillgate projects``."""

from typing import Annotated

import typer

from keyturn import Receipt, resume, suspend
from keyturn.cli.key_ends import Reason, receipt_to_json
from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, confirm, fail, say, say_json, say_table
from keyturn.database import Database
from keyturn.terminal import printable
from tillgate.access.accounts import Accounts, Project
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.cli.choosing import project_id_of, remember, remembered
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.opening import open_keys

NamedProject = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's name or id.")]

app = typer.Typer(help="Create, list, suspend and resume projects.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="The project's name; buyers see it.")],
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Create a project."""
    chosen = settings(data, database_url)
    project = work(chosen, lambda database: Accounts(database, SystemClock()).create_project(name), creates=True)
    if as_json:
        say_json(_to_api(project))
    else:
        say(f"{project.id}  {printable(project.name, one_line=True)}")


@app.command("list")
def list_all(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """List the projects, oldest first."""
    chosen = settings(data, database_url)
    projects = work(chosen, lambda database: Accounts(database, SystemClock()).list_projects())
    if as_json:
        say_json([_to_api(project) for project in projects])
        return
    default = remembered(chosen.data)
    say_table(
        ("ID", "NAME", "CREATED", "DEFAULT"),
        [(one.id, one.name, to_rfc3339(one.created_at), one.id == default) for one in projects],
    )


@app.command("use")
def use(
    project: Annotated[str | None, typer.Argument(metavar="PROJECT", help="The project's name or id.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Remember none.")] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Remember a project, beside the data, for commands that are not told --project."""
    chosen = settings(data, database_url)
    if (project is None) != forget:
        fail("say which project, by its name or id, or --forget")
    found = None
    if project is not None:
        found = work(chosen, lambda database: project_id_of(database, project, chosen.data))
    try:
        remember(chosen.data, found)
    except OSError as error:
        fail(f"{chosen.data}: {error.strerror or error}")
    if as_json:
        say_json({"default": found})
    else:
        say(f"{found} is meant from now on where --project is not given." if found else "No project is remembered.")


@app.command("suspend")
def suspend_project(
    project: NamedProject,
    reason: Reason = None,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Suspend a project: all its keys are refused until it is resumed. When this returns, no process accepts one."""
    chosen = settings(data, database_url)
    confirm(f"All keys of {project[:64]!r} are refused until the project is resumed.", yes)

    async def task(database: Database) -> tuple[str, Receipt]:
        clock = SystemClock()
        project_id = await project_id_of(database, project, chosen.data)
        store = open_keys(database, clock).store
        return project_id, await suspend(store, clock, project_id=project_id, by=ACTOR, reason=reason)

    project_id, receipt = work(chosen, task)
    _say_switched(
        project_id, receipt, as_json, done="is suspended: its keys are refused", before="had been suspended before"
    )


@app.command("resume")
def resume_project(
    project: NamedProject, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False
) -> None:
    """Resume a suspended project: its keys are accepted again."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> tuple[str, Receipt]:
        clock = SystemClock()
        project_id = await project_id_of(database, project, chosen.data)
        return project_id, await resume(open_keys(database, clock).store, clock, project_id=project_id, by=ACTOR)

    project_id, receipt = work(chosen, task)
    _say_switched(project_id, receipt, as_json, done="goes on: its keys are accepted again", before="was not suspended")


def _say_switched(project_id: str, receipt: Receipt, as_json: bool, *, done: str, before: str) -> None:
    if as_json:
        say_json({"id": project_id, "already": receipt.epoch is None, "receipt": receipt_to_json(receipt)})
    else:
        say(f"{project_id} {before if receipt.epoch is None else done}.")


def _to_api(project: Project) -> dict[str, str]:
    return {"id": project.id, "name": project.name, "createdAt": to_rfc3339(project.created_at)}
