"""``tillgate users``."""

from typing import Annotated, Any

import typer

from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, confirm, fail, note, say, say_json, say_table
from keyturn.database import Database
from keyturn.terminal import foreign
from tillgate.access.accounts import Accounts, Membership, Project, Removal, Role
from tillgate.access.accounts.operations import FIRST_PROJECT
from tillgate.access.invitations import Invitations, Invited
from tillgate.access.invitations.model import INVITATION
from tillgate.access.second_factor.operations import reset
from tillgate.base import ids
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.cli.choosing import project_id_of
from tillgate.cli.passwords import PasswordStdin, asked_password
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.settings import Settings

app = typer.Typer(help="People who can sign in to the dashboard, and what they may do.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address that they sign in with.")]
RoleOption = Annotated[
    Role, typer.Option("--role", help="What they may do in the project; an owner without a project owns everything.")
]
ProjectOption = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="PROJECT",
        help="The project, by name or id.",
        show_default="the only one, or the remembered one",
    ),
]


@app.callback()
def users() -> None:
    """People who can sign in to the dashboard, and what they may do."""


@app.command("create")
def create(
    email: Annotated[str, typer.Option("--email", help="The address to sign in with.")],
    role: RoleOption = Role.OWNER,
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="PROJECT",
            help="The project that the role is for, by name or id. Where there is none yet, the first one's name.",
            show_default=f"an owner has all; the first one is {FIRST_PROJECT!r}",
        ),
    ] = None,
    no_project: Annotated[
        bool, typer.Option("--no-project", help="Make no first project where there is none yet.")
    ] = False,
    password_stdin: PasswordStdin = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make an account, and the first project where there is none yet. The password is never an argument, so it is in no
    shell history."""
    if no_project and project is not None:
        fail("give --project or --no-project, not both")
    password = asked_password(password_stdin)
    chosen = settings(data, database_url)

    async def task(database: Database) -> tuple[Membership, Project | None]:
        accounts = Accounts(database, SystemClock())
        first = role is Role.OWNER and not ids.is_id(ids.PROJECT, project or "") and not await accounts.list_projects()
        if first or (role is Role.OWNER and project is None):
            return await accounts.create_owner(
                email, password, None if no_project else project or FIRST_PROJECT, by=ACTOR
            )
        where = await _where(database, chosen, role, project)
        return await accounts.create_user(email, password, role, where, by=ACTOR), None

    membership, made = work(chosen, task, creates=True)
    if as_json:
        first_project = {"id": made.id, "name": made.name} if made is not None else None
        say_json(_to_api(membership) | {"firstProject": first_project})
        return
    say(f"{membership.user.email} can sign in as {_what(membership)}.")
    if made is not None:
        say(f"The first project is {made.id} ({foreign(made.name)}); keys belong to it.")


@app.command("invite")
def invite(
    email: Email,
    role: RoleOption = Role.DEVELOPER,
    project: ProjectOption = None,
    installation: Annotated[
        bool, typer.Option("--installation", help="As an owner of the whole installation; goes with --role owner.")
    ] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a link with which somebody chooses a password and takes up a role. It works once, within three days."""
    if installation and (role is not Role.OWNER or project is not None):
        fail("--installation goes with --role owner and without --project")
    chosen = settings(data, database_url)

    async def task(database: Database) -> Invited:
        clock = SystemClock()
        where = None if installation else await project_id_of(database, project, chosen.data)
        invitations = Invitations(database, clock, Accounts(database, clock))
        return await invitations.invite(email, role, where, by=ACTOR)

    invited = work(chosen, task)
    link, one = f"{chosen.public_url}{INVITATION}/{invited.token}", invited.invitation
    if as_json:
        person = {"email": one.email, "role": one.role.value, "projectId": one.project.id if one.project else None}
        say_json({"id": one.id, **person, "expiresAt": to_rfc3339(one.expires_at), "link": link})
        return
    where = (
        f"{one.role.value} of {one.project.id} ({foreign(one.project.name)})"
        if one.project
        else "owner of the installation"
    )
    note(f"{one.email} is invited as {where}. The link works once, until {to_rfc3339(one.expires_at)}:")
    say(link)


@app.command("set-password")
def set_password(
    email: Email,
    password_stdin: PasswordStdin = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Give somebody who has lost their password another one. It ends all their sign-ins."""
    password = asked_password(password_stdin)
    chosen = settings(data, database_url)

    async def task(database: Database) -> int:
        return await Accounts(database, SystemClock()).set_password(email, password, by=ACTOR)

    ended = work(chosen, task)
    if as_json:
        say_json({"email": email.strip().lower(), "signInsEnded": ended})
    else:
        say(f"{email.strip().lower()} has another password; {_ended(ended)}.")


@app.command("reset-2fa")
def reset_second_factor(
    email: Email,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Remove the second factor of somebody who has lost it, passkeys and recovery codes too. It ends their sign-ins."""
    confirm(f"From now on the password alone signs {email} in.", yes)
    chosen = settings(data, database_url)
    ended = work(chosen, lambda database: reset(database, SystemClock(), email, by=ACTOR))
    if as_json:
        say_json({"email": email.strip().lower(), "signInsEnded": ended})
    else:
        say(f"{email.strip().lower()} has no second factor any more; {_ended(ended)}.")


@app.command("list")
def list_all(
    project: Annotated[
        str | None, typer.Option("--project", metavar="PROJECT", help="Only who belongs to this project.")
    ] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List who may do what, by e-mail address; one line for each project that somebody belongs to."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> list[Membership]:
        project_id = await project_id_of(database, project, chosen.data) if project is not None else None
        accounts, found = Accounts(database, SystemClock()), list[Membership]()
        while page := await accounts.memberships(project_id=project_id, after=found[-1] if found else None):
            found += page
        return found

    found = work(chosen, task)
    if as_json:
        say_json([_to_api(membership) for membership in found])
        return
    say_table(
        ("EMAIL", "ROLE", "PROJECT", "NAME", "CREATED"),
        [
            (
                one.user.email,
                one.role.value if one.role is not None else None,
                one.project.id if one.project is not None else None,
                one.project.name if one.project is not None else None,
                to_rfc3339(one.user.created_at),
            )
            for one in found
        ],
    )


@app.command("set-role")
def set_role(
    email: Email,
    role: RoleOption,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Give somebody a role in a project, or the whole installation. It applies to their next request."""
    chosen = settings(data, database_url)

    async def task(database: Database) -> Membership:
        where = await _where(database, chosen, role, project)
        return await Accounts(database, SystemClock()).set_role(email, role, where, by=ACTOR)

    membership = work(chosen, task)
    if as_json:
        say_json(_to_api(membership))
    else:
        say(f"{membership.user.email} is now {_what(membership)}.")


@app.command("remove")
def remove(
    email: Email,
    project: Annotated[
        str | None,
        typer.Option("--project", metavar="PROJECT", help="Only from this project; without any other, altogether."),
    ] = None,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """End somebody's account with all its sign-ins, or their membership of one project."""
    confirm(f"This removes {email}{f' from {project}' if project else ', and ends their sign-ins'}.", yes)
    chosen = settings(data, database_url)

    async def task(database: Database) -> Removal:
        project_id = await project_id_of(database, project, chosen.data) if project is not None else None
        return await Accounts(database, SystemClock()).remove_user(email, project_id, by=ACTOR)

    removal = work(chosen, task)
    if as_json:
        gone = {"id": removal.user.id, "email": removal.user.email, "accountRemoved": removal.account}
        say_json(gone | {"signInsEnded": removal.sign_ins})
        return
    ended = _ended(removal.sign_ins)
    if removal.account:
        say(f"{removal.user.email} no longer has an account; {ended}.")
        say("API keys that they created keep working; tillgate audit list says which those are.")
    else:
        say(f"{removal.user.email} no longer belongs to {project}; {ended}. The account has other projects.")


def _ended(sign_ins: int) -> str:
    return f"{sign_ins} sign-in{'' if sign_ins == 1 else 's'} ended"


async def _where(database: Database, chosen: Settings, role: Role, project: str | None) -> str | None:
    """The project that a role is for; None for the whole installation."""
    if project is None and role is Role.OWNER:
        return None
    return await project_id_of(database, project, chosen.data)


def _what(membership: Membership) -> str:
    if membership.role is None:
        return "nothing: no project"
    if membership.project is None:
        return "owner of the installation"
    return f"{membership.role.value} of {membership.project.id} ({foreign(membership.project.name)})"


def _to_api(membership: Membership) -> dict[str, Any]:
    return {
        "id": membership.user.id,
        "email": membership.user.email,
        "role": membership.role.value if membership.role is not None else None,
        "projectId": membership.project.id if membership.project is not None else None,
        "createdAt": to_rfc3339(membership.user.created_at),
    }
