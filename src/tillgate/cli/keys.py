"""``tillgate keys``."""

import re
from enum import StrEnum
from typing import Annotated, Any

import typer
from msgspec import UNSET

from keyturn import (
    InvalidLimit,
    Issued,
    Key,
    KeyChanges,
    KeyNotFound,
    KeyWish,
    Limit,
    Mode,
    Revocation,
    change,
    checked_limit,
    parse_rate,
    revoke,
    set_enabled,
)
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, SystemClock, to_rfc3339
from tillgate.cli.projects import project_id_of as _project_id
from tillgate.cli.session import AsJson, Data, DatabaseUrl, fail, print_json, settings, work
from tillgate.opening import open_keys
from tillgate.settings import Settings
from unitofwork import Database

app = typer.Typer(help="API keys: made, listed and revoked.", no_args_is_help=True)

OPERATOR = "operator:cli"

_AGE = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


class Restriction(StrEnum):
    """What can be taken away from a key by ``--lift``."""

    IP = "ip"
    EXPIRY = "expiry"
    RATE = "rate"


ProjectOption = Annotated[
    str | None,
    typer.Option("--project", metavar="ID", help="The project's id; not needed while there is only one."),
]


Networks = Annotated[
    list[str] | None,
    typer.Option("--ip", metavar="CIDR", help="Only from this address or network; repeat for more."),
]
ExpiresIn = Annotated[
    str | None, typer.Option("--expires-in", metavar="AGE", help="Refused after so long: 30d, 12h, 45m.")
]
Rate = Annotated[str | None, typer.Option("--rate", metavar="RATE", help="A pace of its own: 5/s, 300/m, 1000/h.")]
Burst = Annotated[int | None, typer.Option("--burst", help="Requests at once after a pause, with --rate.")]
KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, key_….")]


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    mode: Annotated[Mode, typer.Option("--mode", help="test or live.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What the key may do; repeat for more.")],
    ip: Networks = None,
    expires_in: ExpiresIn = None,
    rate: Rate = None,
    burst: Burst = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its text, this one time."""
    limit, expires_at = _limit(rate, burst), _expires_at(expires_in)

    async def task(database: Database) -> Issued:
        keys = open_keys(database, SystemClock())
        project_id = await _project_id(database, project)
        wish = KeyWish(
            project_id=project_id,
            mode=mode,
            name=name,
            scopes=scope,
            expires_at=expires_at,
            networks=ip or (),
            limit=limit,
        )
        return await keys.issuer.issue(wish, by=OPERATOR)

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


@app.command("show")
def show(
    key_id: KeyId,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of a key; its text is not among it."""

    async def task(database: Database) -> Key:
        project_id = await _project_id(database, project)
        key = await open_keys(database, SystemClock()).store.by_id(project_id, key_id)
        if key is None:
            raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
        return key

    _print(work(settings(data, database_url), task), as_json)


@app.command("update")
def update(
    key_id: KeyId,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="The scopes from now on, all of them.")] = None,
    ip: Networks = None,
    expires_in: ExpiresIn = None,
    rate: Rate = None,
    burst: Burst = None,
    lift: Annotated[
        list[Restriction] | None, typer.Option("--lift", help="Take a restriction away; repeat for more.")
    ] = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Change a key. What is not named stays; the next request with it is judged by what stands then."""
    lifted = set(lift or ())
    limit, expires_at = _limit(rate, burst), _expires_at(expires_in)
    changes = KeyChanges(
        name=UNSET if name is None else name,
        scopes=scope or UNSET,
        networks=ip or (() if Restriction.IP in lifted else UNSET),
        expires_at=expires_at or (None if Restriction.EXPIRY in lifted else UNSET),
        limit=limit or (None if Restriction.RATE in lifted else UNSET),
    )

    async def task(database: Database) -> Key:
        keys = open_keys(database, SystemClock())
        project_id = await _project_id(database, project)
        changed = await change(
            keys.store, SystemClock(), keys.issuer, project_id=project_id, key_id=key_id, changes=changes, by=OPERATOR
        )
        return changed.key

    _print(work(settings(data, database_url), task), as_json)


@app.command("disable")
def disable(
    key_id: KeyId,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Switch a key off. When this returns, a running server refuses it; it can be enabled again."""
    _print(_switched(key_id, project, settings(data, database_url), enabled=False), as_json)


@app.command("enable")
def enable(
    key_id: KeyId,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Switch a disabled key on again."""
    _print(_switched(key_id, project, settings(data, database_url), enabled=True), as_json)


@app.command("revoke")
def revoke_key(
    key_id: KeyId,
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


def _switched(key_id: str, project: str | None, chosen: Settings, *, enabled: bool) -> Key:
    async def task(database: Database) -> Key:
        project_id = await _project_id(database, project)
        store = open_keys(database, SystemClock()).store
        switched = await set_enabled(
            store, SystemClock(), project_id=project_id, key_id=key_id, enabled=enabled, by=OPERATOR
        )
        return switched.key

    return work(chosen, task)


def _limit(rate: str | None, burst: int | None) -> Limit | None:
    if rate is None:
        if burst is not None:
            fail("--burst needs --rate")
        return None
    try:
        per_second = parse_rate(rate)
        return checked_limit(per_second, burst if burst is not None else max(round(per_second * 2), 1))
    except InvalidLimit as error:
        fail(str(error))


def _expires_at(age: str | None) -> int | None:
    if age is None:
        return None
    match = _AGE.fullmatch(age)
    if match is None or int(match[1]) == 0:
        fail(f"--expires-in: expected an age such as 30d, 12h or 45m, got {age[:20]!r}")
    return SystemClock().now() + int(match[1]) * _UNITS[match[2]]


def _print(key: Key, as_json: bool) -> None:
    shown = _shown(key)
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        print(f"{name:14} {' '.join(value) if isinstance(value, list) else value if value is not None else '-'}")


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
        "lastUsedAt": _instant(key.last_used_at),
        "revokedAt": _instant(key.revoked_at),
        "disabledAt": _instant(key.disabled_at),
        "expiresAt": _instant(key.expires_at),
        "networks": list(key.networks),
        "rate": f"{key.limit.per_second:g}/s, {key.limit.burst} at once" if key.limit is not None else None,
    }


def _instant(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
