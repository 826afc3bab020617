"""``tillgate users``."""

import sys
from typing import Annotated, Any

import typer

from keyturn.database import Database
from tillgate.access.accounts import Accounts, Place, Removal, Role
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.cli.projects import OPERATOR, project_id_of
from tillgate.cli.session import AsJson, Data, DatabaseUrl, fail, print_json, say, settings, work

app = typer.Typer(help="People who can sign in to the dashboard, and what they may do.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address that they sign in with.")]
RoleOption = Annotated[
    Role, typer.Option("--role", help="What they may do in the project; an owner without a project owns everything.")
]
ProjectOption = Annotated[
    str | None, typer.Option("--project", metavar="PROJECT_ID", help="In which project [the only one].")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.callback()
def users() -> None:
    """People who can sign in to the dashboard, and what they may do."""


@app.command("create")
def create(
    email: Annotated[str, typer.Option("--email", help="The address to sign in with.")],
    role: RoleOption = Role.OWNER,
    project: ProjectOption = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make an account. The password is never an argument, so it is in no shell history."""
    if password_stdin:
        try:
            password = sys.stdin.buffer.readline().decode().rstrip("\r\n")
        except UnicodeDecodeError:
            fail("the password on standard input is not text in UTF-8")
    elif sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        fail("no terminal to ask for the password; use --password-stdin")

    async def task(database: Database) -> Place:
        where = await _where(database, role, project)
        return await Accounts(database, SystemClock()).create_user(email, password, role, where, by=OPERATOR)

    place = work(settings(data, database_url), task)
    if as_json:
        print_json(_to_api(place))
    else:
        say(f"{place.user.email} can sign in as {_what(place)}.")


@app.command("list")
def list_all(
    project: Annotated[
        str | None, typer.Option("--project", metavar="PROJECT_ID", help="Only who belongs to this project.")
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List who may do what, by e-mail address; one line for each project that somebody belongs to."""

    async def task(database: Database) -> list[Place]:
        accounts, found = Accounts(database, SystemClock()), list[Place]()
        while page := await accounts.places(project_id=project, after=found[-1] if found else None):
            found += page
        return found

    found = work(settings(data, database_url), task)
    if as_json:
        print_json([_to_api(place) for place in found])
        return
    for place in found:
        say(f"{place.user.email}  {_what(place)}")


@app.command("set-role")
def set_role(
    email: Email,
    role: RoleOption,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Give somebody a role in a project, or the whole installation. It holds with their next click."""

    async def task(database: Database) -> Place:
        where = await _where(database, role, project)
        return await Accounts(database, SystemClock()).set_role(email, role, where, by=OPERATOR)

    place = work(settings(data, database_url), task)
    if as_json:
        print_json(_to_api(place))
    else:
        say(f"{place.user.email} is {_what(place)} from now on.")


@app.command("remove")
def remove(
    email: Email,
    project: Annotated[
        str | None,
        typer.Option("--project", metavar="PROJECT_ID", help="Only from this project; without any other, altogether."),
    ] = None,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """End somebody's account with all its sign-ins, or their place in one project."""
    if not yes:
        if not sys.stdin.isatty():
            fail("no terminal to ask on; say --yes")
        typer.confirm(f"Remove {email}{f' from {project}' if project else ' and end their sign-ins'}?", abort=True)

    async def task(database: Database) -> Removal:
        return await Accounts(database, SystemClock()).remove_user(email, project, by=OPERATOR)

    removal = work(settings(data, database_url), task)
    if as_json:
        gone = {"id": removal.user.id, "email": removal.user.email, "accountRemoved": removal.account}
        print_json(gone | {"signInsEnded": removal.sign_ins})
        return
    ended = f"{removal.sign_ins} sign-in{'' if removal.sign_ins == 1 else 's'} ended"
    if removal.account:
        say(f"{removal.user.email} has no account any more; {ended}.")
        say("API keys that they created keep working; tillgate audit list says which those are.")
    else:
        say(f"{removal.user.email} does not belong to {project} any more; {ended}. The account has other projects.")


async def _where(database: Database, role: Role, project: str | None) -> str | None:
    """The project that a role is for; None for the whole installation."""
    if project is None and role is Role.OWNER:
        return None
    return await project_id_of(database, project)


def _what(place: Place) -> str:
    if place.role is None:
        return "nothing: no project"
    if place.project is None:
        return "owner of the installation"
    return f"{place.role.value} of {place.project.id} ({place.project.name})"


def _to_api(place: Place) -> dict[str, Any]:
    return {
        "id": place.user.id,
        "email": place.user.email,
        "role": place.role.value if place.role is not None else None,
        "projectId": place.project.id if place.project is not None else None,
        "createdAt": to_rfc3339(place.user.created_at),
    }
