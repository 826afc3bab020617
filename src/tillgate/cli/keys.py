"""``tillgate keys``."""

from typing import Annotated, Any

import typer

from keyturn import Issued, Key, Mode, Revocation, revoke
from tillgate.app import open_keys
from tillgate.base.clock import SystemClock, to_rfc3339
from tillgate.base.errors import Conflict, NotFound
from tillgate.cli.session import AsJson, Data, DatabaseUrl, print_json, settings, work
from tillgate.door.accounts import Accounts
from unitofwork import Database

app = typer.Typer(help="API keys: made, listed and revoked.", no_args_is_help=True)

OPERATOR = "operator:cli"

ProjectOption = Annotated[
    str | None,
    typer.Option("--project", metavar="ID", help="The project's id; not needed while there is only one."),
]


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    mode: Annotated[Mode, typer.Option("--mode", help="test or live.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What the key may do; repeat for more.")],
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its text, this one time."""

    async def task(database: Database) -> Issued:
        keys = open_keys(database, SystemClock())
        project_id = await _project_id(database, project)
        return await keys.issuer.issue(project_id=project_id, mode=mode, name=name, scopes=scope, by=OPERATOR)

    issued = work(settings(data, database_url), task)
    key = issued.key
    if as_json:
        print_json(
            {
                "id": key.id,
                "key": issued.secret.reveal(),
                "prefix": key.prefix,
                "mode": key.mode.value,
                "scopes": sorted(key.scopes),
                "name": key.name,
                "projectId": key.project_id,
            }
        )
        return
    print(f"{issued.secret.reveal()}\n")
    print(f"This is {key.id}, a {key.mode.value} key with {', '.join(sorted(key.scopes))}.")
    print("Store it now: only its hash is kept, and it cannot be shown again.")


@app.command("list")
def list_all(
    project: ProjectOption = None,
    mode: Annotated[Mode | None, typer.Option("--mode", help="Only test or only live keys.")] = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List a project's keys, newest first; never their text."""

    async def task(database: Database) -> list[Key]:
        project_id = await _project_id(database, project)
        return await open_keys(database, SystemClock()).store.list(project_id, mode.value if mode else None)

    keys = work(settings(data, database_url), task)
    if as_json:
        print_json([_shown(key) for key in keys])
        return
    for key in keys:
        used = to_rfc3339(key.last_used_at) if key.last_used_at is not None else "never used"
        print(f"{key.id}  {key.masked}  {key.status.value:8}  {used:24}  {key.name}  [{' '.join(sorted(key.scopes))}]")


@app.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, key_….")],
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key for good. When this returns, a running server refuses it."""

    async def task(database: Database) -> Revocation:
        clock = SystemClock()
        store = open_keys(database, clock).store
        project_id = await _project_id(database, project)
        return await revoke(store, clock, project_id=project_id, key_id=key_id, by=OPERATOR)

    revocation = work(settings(data, database_url), task)
    if as_json:
        print_json(_shown(revocation.key))
    elif revocation.already:
        print(f"{revocation.key.id} had been revoked before.")
    else:
        print(f"{revocation.key.id} is revoked: no request with it is accepted any more.")


async def _project_id(database: Database, given: str | None) -> str:
    accounts = Accounts(database, SystemClock())
    if given is not None:
        return (await accounts.get_project(given)).id
    projects = await accounts.list_projects()
    if not projects:
        raise NotFound("project; make one with: tillgate projects create --name NAME")
    if len(projects) > 1:
        raise Conflict("There are several projects; say which with --project ID (see: tillgate projects list).")
    return projects[0].id


def _shown(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "lastFour": key.last_four,
        "mode": key.mode.value,
        "scopes": sorted(key.scopes),
        "status": key.status.value,
        "projectId": key.project_id,
        "createdAt": to_rfc3339(key.created_at),
        "lastUsedAt": to_rfc3339(key.last_used_at) if key.last_used_at is not None else None,
        "revokedAt": to_rfc3339(key.revoked_at) if key.revoked_at is not None else None,
    }
