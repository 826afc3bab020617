"""``tillgate keys``."""

import re
from enum import StrEnum
from typing import Annotated, Any

import typer
from msgspec import UNSET

from keyturn import (
    FORMATS,
    NATIVE,
    InvalidLimit,
    Issued,
    Key,
    KeyChanges,
    KeyNotFound,
    KeySecret,
    KeyWish,
    Kind,
    Limit,
    Mode,
    Status,
    change,
    checked_limit,
    parse_rate,
)
from keyturn.cli.choosing import WantedKind, WantedMode, WantedName, WantedStatus, WantedUnused, wanted_keys
from keyturn.database import Database
from keyturn.keys.listing import every_key
from keyturn.keys.model import REPORTABLE
from tillgate.access import API_SCOPES
from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS, SystemClock, to_rfc3339
from tillgate.cli.projects import OPERATOR
from tillgate.cli.projects import project_id_of as _project_id
from tillgate.cli.session import AsJson, Data, DatabaseUrl, fail, print_json, say, settings, work
from tillgate.opening import open_keys

app = typer.Typer(help="API keys: made, listed and revoked.", no_args_is_help=True)

_AGE = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}


class Restriction(StrEnum):
    """What can be taken away from a key by ``--lift``."""

    IP = "ip"
    ORIGIN = "origin"
    APP = "app"
    EXPIRY = "expiry"
    RATE = "rate"
    REPORT_ONLY = "report-only"


ProjectOption = Annotated[
    str | None,
    typer.Option("--project", metavar="ID", help="The project's id; not needed while there is only one."),
]


Networks = Annotated[
    list[str] | None,
    typer.Option("--ip", metavar="CIDR", help="Only from this address or network; repeat for more."),
]
Origins = Annotated[
    list[str] | None,
    typer.Option(
        "--origin", metavar="ORIGIN", help="Only from this web origin (https://shop.example); repeat for more."
    ),
]
Apps = Annotated[
    list[str] | None,
    typer.Option("--app-identifier", metavar="ID", help="Only by this mobile app: com.company.app; repeat for more."),
]
ReportOnly = Annotated[
    list[str] | None,
    typer.Option(
        "--report-only", metavar="RULE", help=f"Count what this rule would refuse: {', '.join(sorted(REPORTABLE))}."
    ),
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
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What the key may do; repeat for more. '*' is everything, also what comes later."),
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="Who may hold it: a server, or anybody.")] = Kind.SECRET,
    format: Annotated[str, typer.Option("--format", help=f"How it is written: {', '.join(FORMATS)}.")] = NATIVE.name,
    origin: Origins = None,
    app_identifier: Apps = None,
    ip: Networks = None,
    expires_in: ExpiresIn = None,
    rate: Rate = None,
    burst: Burst = None,
    report_only: ReportOnly = None,
    canary: Annotated[
        bool, typer.Option("--canary", help="A decoy that lets nobody in; whoever uses it is reported.")
    ] = False,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its text, this one time."""
    if not scope and not canary:
        fail(f"--scope: say what the key may do; there are {', '.join(API_SCOPES)}")
    limit, expires_at = _limit(rate, burst), _expires_at(expires_in)

    async def task(database: Database) -> Issued:
        keys = open_keys(database, SystemClock())
        project_id = await _project_id(database, project)
        wish = KeyWish(
            project_id=project_id,
            mode=mode,
            kind=kind,
            name=name,
            scopes=scope or (),
            expires_at=expires_at,
            networks=ip or (),
            origins=origin or (),
            apps=app_identifier or (),
            limit=limit,
            report_only=report_only or (),
            canary=canary,
        )
        return await keys.issuer.issue(wish, by=OPERATOR, format=format)

    issued = work(settings(data, database_url), task)
    if as_json:
        print_json(with_secret(issued.key, issued.secret))
    else:
        print_once(issued.key, issued.secret)


@app.command("list")
def list_all(
    project: ProjectOption = None,
    mode: WantedMode = None,
    kind: WantedKind = None,
    status: WantedStatus = None,
    name: WantedName = None,
    unused: WantedUnused = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List a project's keys, newest first; never their text."""
    wanted = wanted_keys(mode, kind, status, name, unused)

    async def task(database: Database) -> list[Key]:
        project_id = await _project_id(database, project)
        store = open_keys(database, SystemClock()).store
        return await every_key(store, project_id, wanted(SystemClock().now()))

    keys = work(settings(data, database_url), task)
    if as_json:
        print_json([key_to_json(key) for key in keys])
        return
    for key in keys:
        used = to_rfc3339(key.last_used_at) if key.last_used_at is not None else "never used"
        shown = "canary" if key.canary and key.status is Status.ACTIVE else key.status.value
        say(f"{key.id}  {key.masked}  {shown:8}  {used:24}  {key.name}  [{' '.join(sorted(key.scopes))}]")


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

    print_key(work(settings(data, database_url), task), as_json)


@app.command("update")
def update(
    key_id: KeyId,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="The scopes from now on, all of them.")] = None,
    origin: Origins = None,
    app_identifier: Apps = None,
    ip: Networks = None,
    expires_in: ExpiresIn = None,
    rate: Rate = None,
    burst: Burst = None,
    report_only: ReportOnly = None,
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
        origins=origin or (() if Restriction.ORIGIN in lifted else UNSET),
        apps=app_identifier or (() if Restriction.APP in lifted else UNSET),
        report_only=report_only or (() if Restriction.REPORT_ONLY in lifted else UNSET),
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

    print_key(work(settings(data, database_url), task), as_json)


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
    return SystemClock().now() + (age_ms(age, "--expires-in", least=1)) if age is not None else None


def age_ms(age: str, option: str, *, least: int = 0) -> int:
    """Milliseconds of an age such as 30d, 12h or 45m; where it is none, the command ends."""
    match = _AGE.fullmatch(age)
    if match is None or int(match[1]) < least:
        fail(f"{option}: expected an age such as 30d, 12h or 45m, got {age[:20]!r}")
    return int(match[1]) * _UNITS[match[2]]


def with_secret(key: Key, secret: KeySecret) -> dict[str, Any]:
    """A new key's text and what it is, for a program."""
    return {
        "id": key.id,
        "key": secret.reveal(),
        "prefix": secret.prefix,
        "mode": key.mode.value,
        "kind": key.kind.value,
        "format": key.format,
        "scopes": sorted(key.scopes),
        "name": key.name,
        "projectId": key.project_id,
    }


def print_once(key: Key, secret: KeySecret) -> None:
    """A new key's text, for a person."""
    say(f"{secret.reveal()}\n")
    scopes = f"with {', '.join(sorted(key.scopes))}" if key.scopes else "without any scope"
    say(f"This is {key.id}, a {key.mode.value} {key.kind.value} key {scopes}.")
    say("Store it now: only its hash is kept, and it cannot be shown again.")


def print_key(key: Key, as_json: bool) -> None:
    """All that is known of a key, for a person or for a program."""
    shown = key_to_json(key)
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        say(f"{name:14} {' '.join(value) if isinstance(value, list) else value if value is not None else '-'}")


def key_to_json(key: Key) -> dict[str, Any]:
    """All that is known of a key; its text is not among it."""
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "lastFour": key.last_four,
        "kind": key.kind.value,
        "mode": key.mode.value,
        "format": key.format,
        "scopes": sorted(key.scopes),
        "status": key.status.value,
        "projectId": key.project_id,
        "createdAt": to_rfc3339(key.created_at),
        "lastUsedAt": _instant(key.last_used_at),
        "revokedAt": _instant(key.revoked_at),
        "disabledAt": _instant(key.disabled_at),
        "expiresAt": _instant(key.expires_at),
        "networks": list(key.networks),
        "origins": list(key.origins),
        "appIdentifiers": list(key.apps),
        "reportOnly": sorted(key.report_only),
        "rate": f"{key.limit.per_second:g}/s, {key.limit.burst} at once" if key.limit is not None else None,
        "createdBy": key.created_by,
        "parentId": key.parent_id,
        "canary": key.canary,
        "imported": key.imported,
        "exposedAt": _instant(key.exposed_at),
        "exposedHow": key.exposed_how,
        "projectSuspended": key.project_suspended,
    }


def _instant(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
