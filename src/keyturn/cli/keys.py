"""``keys create``, ``list``, ``show`` and ``update``, in ``keyturn`` and in ``tillgate``."""

import re
from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from msgspec import UNSET

from keyturn.admission.layer import SystemClock
from keyturn.cli.choosing import (
    WantedExpiring,
    WantedExternalId,
    WantedKind,
    WantedMode,
    WantedName,
    WantedStatus,
    WantedTag,
    WantedUnused,
    wanted_keys,
)
from keyturn.cli.mounting import ACTOR, CommandContext, Installation
from keyturn.cli.output import AsJson, fail, say, say_fields, say_json, say_table
from keyturn.errors import InvalidLimit, InvalidScope
from keyturn.instants import to_rfc3339
from keyturn.keys.changing import KeyChanges, change
from keyturn.keys.issuing import Issued, KeyWish
from keyturn.keys.listing import every_key
from keyturn.keys.model import REPORTABLE, Key, Kind, Mode
from keyturn.keys.restrictions import parse_limit
from keyturn.keys.secret import FORMATS, NATIVE, KeySecret
from keyturn.limiting.gcra import Limit

UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_AGE: Final = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)


class Restriction(StrEnum):
    """What ``--lift`` can remove from a key."""

    IP = "ip"
    ORIGIN = "origin"
    APP = "app"
    EXPIRY = "expiry"
    RATE = "rate"
    MONTHLY_QUOTA = "monthly-quota"
    REPORT_ONLY = "report-only"
    ALLOW = "allow"
    EXTERNAL_ID = "external-id"
    METADATA = "metadata"
    TAG = "tag"


KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, key_….")]
Project = Annotated[
    str | None,
    typer.Option("--project", metavar="NAME", help="The project's name or id; not needed if there is only one."),
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
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="WHAT",
        help="Of a publishable key: what the application lets its holders do beyond the default; repeat for more.",
    ),
]
ExpiresIn = Annotated[
    str | None, typer.Option("--expires-in", metavar="AGE", help="The key expires after this time: 30d, 12h, 45m.")
]
Rate = Annotated[
    str | None, typer.Option("--rate", metavar="RATE", help="The key's rate limit: 5/s, 300/m, 1000/h, 5000/d.")
]
Burst = Annotated[
    int | None, typer.Option("--burst", help="Requests at once after a pause, with --rate; its number by default.")
]
ExternalId = Annotated[
    str | None, typer.Option("--external-id", metavar="ID", help="Whose the key is, in your API's own words.")
]
MetadataValues = Annotated[
    list[str] | None, typer.Option("--metadata", metavar="NAME=VALUE", help="Handed on to your API; repeat for more.")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="A word to find the key by; repeat for more.")]
MonthlyQuota = Annotated[
    int | None, typer.Option("--monthly-quota", min=1, help="Requests that the key may make in a calendar month, UTC.")
]
Format = Annotated[str, typer.Option("--format", help=f"The key's format: {', '.join(FORMATS)}.")]


def create(
    installation: Installation,
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    mode: Annotated[Mode, typer.Option("--mode", help="test or live.")],
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="A scope of the key; repeat for more. '*' is all scopes, including future ones."),
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="secret or publishable.")] = Kind.SECRET,
    format: Format = NATIVE.name,
    origin: Origins = None,
    app_identifier: Apps = None,
    ip: Networks = None,
    expires_in: ExpiresIn = None,
    rate: Rate = None,
    burst: Burst = None,
    monthly_quota: MonthlyQuota = None,
    report_only: ReportOnly = None,
    allow: Allow = None,
    external_id: ExternalId = None,
    metadata: MetadataValues = None,
    tag: Tags = None,
    canary: Annotated[
        bool, typer.Option("--canary", help="A canary: always refused, and each use is reported.")
    ] = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Create a key and print its text. It is not shown again."""
    limit, expires_at = limit_of(rate, burst), _expires_at(expires_in)

    async def task(context: CommandContext) -> Issued:
        if context.scopes_needed and not scope and not canary and context.issuer.asks_for_scopes(format):
            raise InvalidScope(f"--scope: give at least one of {', '.join(context.issuer.offered)}")
        wish = KeyWish(
            project_id=await context.find_project(project),
            mode=mode,
            kind=kind,
            name=name,
            scopes=scope or (),
            expires_at=expires_at,
            networks=ip or (),
            origins=origin or (),
            apps=app_identifier or (),
            limit=limit,
            monthly_quota=monthly_quota,
            report_only=report_only or (),
            canary=canary,
            allow=allow or (),
            external_id=external_id,
            metadata=_metadata(metadata),
            tags=tag or (),
        )
        issued = await context.issuer.issue(wish, by=ACTOR, format=format)
        context.warn_of(issued.key)
        return issued

    issued = installation.work(task, creates=True)
    if as_json:
        say_json(with_secret(issued.key, issued.secret))
    else:
        say_once(issued.key, issued.secret)


def list_all(
    installation: Installation,
    project: Project = None,
    mode: WantedMode = None,
    kind: WantedKind = None,
    status: WantedStatus = None,
    name: WantedName = None,
    unused: WantedUnused = None,
    tag: WantedTag = None,
    external_id: WantedExternalId = None,
    expiring: WantedExpiring = None,
    as_json: AsJson = False,
) -> None:
    """List a project's keys, newest first, without their texts."""
    wanted = wanted_keys(mode, kind, status, name, unused, tag, external_id, expiring)

    async def task(context: CommandContext) -> list[Key]:
        return await every_key(context.store, await context.find_project(project), wanted(context.clock.now()))

    keys = installation.work(task)
    if as_json:
        say_json([to_json(key) for key in keys])
        return
    say_table(
        ("ID", "KEY", "MODE", "STATUS", "LAST USED", "NAME", "SCOPES", "ALLOWED"),
        [
            (
                key.id,
                key.masked,
                key.mode.value,
                _status(key),
                _instant(key.last_used_at),
                key.name,
                sorted(key.scopes),
                sorted(key.allow),
            )
            for key in keys
        ],
    )


def show(installation: Installation, key_id: KeyId, as_json: AsJson = False) -> None:
    """Show a key, without its text."""
    say_key(installation.work(lambda context: context.key(key_id)), as_json)


def update(
    installation: Installation,
    key_id: KeyId,
    name: Annotated[str | None, typer.Option("--name", help="A new name.")] = None,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="The new scopes, all of them.")] = None,
    origin: Origins = None,
    app_identifier: Apps = None,
    ip: Networks = None,
    expires_in: ExpiresIn = None,
    rate: Rate = None,
    burst: Burst = None,
    monthly_quota: MonthlyQuota = None,
    report_only: ReportOnly = None,
    allow: Allow = None,
    external_id: ExternalId = None,
    metadata: MetadataValues = None,
    tag: Tags = None,
    lift: Annotated[
        list[Restriction] | None, typer.Option("--lift", help="Remove a restriction; repeat for more.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Update a key. Options that are not given leave it unchanged. Applies from the next request."""
    lifted = set(lift or ())
    limit, expires_at = limit_of(rate, burst), _expires_at(expires_in)
    changes = KeyChanges(
        name=UNSET if name is None else name,
        scopes=scope or UNSET,
        networks=ip or (() if Restriction.IP in lifted else UNSET),
        origins=origin or (() if Restriction.ORIGIN in lifted else UNSET),
        apps=app_identifier or (() if Restriction.APP in lifted else UNSET),
        report_only=report_only or (() if Restriction.REPORT_ONLY in lifted else UNSET),
        allow=allow or (() if Restriction.ALLOW in lifted else UNSET),
        expires_at=expires_at or (None if Restriction.EXPIRY in lifted else UNSET),
        limit=limit or (None if Restriction.RATE in lifted else UNSET),
        monthly_quota=monthly_quota or (None if Restriction.MONTHLY_QUOTA in lifted else UNSET),
        external_id=external_id or (None if Restriction.EXTERNAL_ID in lifted else UNSET),
        metadata=_metadata(metadata) if metadata else ({} if Restriction.METADATA in lifted else UNSET),
        tags=tag or (() if Restriction.TAG in lifted else UNSET),
    )

    async def task(context: CommandContext) -> Key:
        project_id = (await context.key(key_id)).project_id
        changed = await change(
            context.store,
            context.clock,
            context.issuer,
            project_id=project_id,
            key_id=key_id,
            changes=changes,
            by=ACTOR,
        )
        context.warn_of(changed.key)
        return changed.key

    say_key(installation.work(task), as_json)


def limit_of(rate: str | None, burst: int | None) -> Limit | None:
    """A key's own rate limit out of two options, or a clear end of the command."""
    if rate is None:
        if burst is not None:
            fail("--burst needs --rate")
        return None
    try:
        return parse_limit(rate, burst)
    except InvalidLimit as error:
        fail(str(error))


def _metadata(given: list[str] | None) -> dict[str, str]:
    pairs = [one.partition("=") for one in given or ()]
    for name, equals, _ in pairs:
        if not equals or not name:
            fail(f"--metadata: expected NAME=VALUE, got {name[:40]!r}")
    return {name: value for name, _, value in pairs}


def _expires_at(age: str | None) -> int | None:
    return SystemClock().now() + (age_ms(age, "--expires-in", least=1)) if age is not None else None


def age_ms(age: str, option: str, *, least: int = 0) -> int:
    """Milliseconds of an age such as 30d, 12h or 45m; where it is none, the command ends."""
    match = _AGE.fullmatch(age)
    if match is None or int(match[1]) < least:
        fail(f"{option}: expected an age such as 30d, 12h or 45m, got {age[:20]!r}")
    return int(match[1]) * UNITS_MS[match[2]]


def with_secret(key: Key, secret: KeySecret) -> dict[str, Any]:
    """A new key's text and what it is, for a program."""
    return {"key": secret.reveal(), **to_json(key)}


def say_once(key: Key, secret: KeySecret) -> None:
    """A new key's text, for a person."""
    say(f"{secret.reveal()}\n")
    scopes = f"with {', '.join(sorted(key.scopes))}" if key.scopes else "without any scope"
    say(f"This is {key.id}, a {key.mode.value} {key.kind.value} key {scopes}.")
    say("Store it now: only its hash is stored, and it cannot be shown again.")


def say_key(key: Key, as_json: bool) -> None:
    """All that is known of a key, for a person or for a program."""
    if as_json:
        say_json(to_json(key))
    else:
        say_fields(to_json(key))


def to_json(key: Key) -> dict[str, Any]:
    """All that is known of a key, under the names of the HTTP API; its text is not among it."""
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
        "projectSuspended": key.project_suspended,
        "createdAt": to_rfc3339(key.created_at),
        "createdBy": key.created_by,
        "parentId": key.parent_id,
        "lastUsedAt": _instant(key.last_used_at),
        "expiresAt": _instant(key.expires_at),
        "disabledAt": _instant(key.disabled_at),
        "disabledReason": key.disabled_reason,
        "revokedAt": _instant(key.revoked_at),
        "revokedReason": key.revoked_reason,
        "exposedAt": _instant(key.exposed_at),
        "exposedHow": key.exposed_how,
        "networks": list(key.networks),
        "origins": list(key.origins),
        "appIdentifiers": list(key.apps),
        "reportOnly": sorted(key.report_only),
        "allow": sorted(key.allow),
        "rate": str(key.limit) if key.limit is not None else None,
        "monthlyQuota": key.monthly_quota,
        "externalId": key.external_id,
        "metadata": dict(key.metadata),
        "tags": sorted(key.tags),
        "canary": key.canary,
        "imported": key.imported,
    }


def _status(key: Key) -> str:
    marks = (("canary", key.canary), ("exposed", key.exposed_at), ("suspended", key.project_suspended))
    return ", ".join((key.status.value, *(word for word, on in marks if on)))


def _instant(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
