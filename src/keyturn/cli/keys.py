"""``keyturn keys``."""

import re
from typing import Annotated, Any, Final

import typer

from keyturn.admission.leases import Receipt
from keyturn.cli.choosing import (
    NOTHING_CHOSEN,
    WantedKind,
    WantedMode,
    WantedName,
    WantedStatus,
    WantedUnused,
    Yes,
    wanted_keys,
)
from keyturn.cli.session import (
    ACTOR,
    AsJson,
    CommandContext,
    DatabaseUrl,
    Project,
    fail,
    say,
    say_fields,
    say_json,
    work,
)
from keyturn.errors import InvalidLimit, KeyNotFound
from keyturn.instants import to_rfc3339
from keyturn.keys.issuing import OVERLAP_DEFAULT_MS, OVERLAP_MAX_MS, Issued, KeyWish, Rotated
from keyturn.keys.listing import ALL_KEYS, each_key, every_key
from keyturn.keys.model import Key, Kind, Mode, Status
from keyturn.keys.restrictions import checked_limit, parse_rate
from keyturn.keys.revoking import BulkRevocation, Revocation, Switched, revoke, revoke_matching, set_enabled
from keyturn.keys.secret import NATIVE
from keyturn.limiting.gcra import Limit

app = typer.Typer(help="Keys: made, listed, rotated and revoked.", no_args_is_help=True)

UNITS_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_AGE: Final = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="The key's id, key_….")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; kept in the audit log.")]


@app.command("create")
def create(
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    mode: Annotated[Mode, typer.Option("--mode", help="test or live.")],
    project: Project,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What the key may do, of KEYTURN_SCOPES; repeat for more.")
    ] = None,
    kind: Annotated[Kind, typer.Option("--kind", help="secret or publishable.")] = Kind.SECRET,
    form: Annotated[str, typer.Option("--format", help="How its text is written.")] = NATIVE.name,
    origin: Annotated[
        list[str] | None, typer.Option("--origin", metavar="O", help="Only from this web origin; repeat for more.")
    ] = None,
    app_identifier: Annotated[
        list[str] | None, typer.Option("--app-identifier", metavar="A", help="Only from this mobile app.")
    ] = None,
    ip: Annotated[
        list[str] | None, typer.Option("--ip", metavar="CIDR", help="Only from this address or network.")
    ] = None,
    expires_in: Annotated[
        str | None, typer.Option("--expires-in", metavar="AGE", help="Refused after so long: 30d, 12h, 45m.")
    ] = None,
    rate: Annotated[str | None, typer.Option("--rate", help="A pace of its own: 5/s, 300/m, 1000/h.")] = None,
    burst: Annotated[int | None, typer.Option("--burst", help="Requests at once after a pause, with --rate.")] = None,
    canary: Annotated[
        bool, typer.Option("--canary", help="Never let in; whoever uses it sets off an alarm. Lay it out as bait.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print its text, this one time."""
    limit = limit_of(rate, burst)
    age = age_ms(expires_in, "--expires-in") if expires_in is not None else None

    async def task(context: CommandContext) -> Issued:
        wish = KeyWish(
            project_id=project,
            mode=mode,
            name=name,
            scopes=scope or (),
            kind=kind,
            expires_at=context.clock.now() + age if age is not None else None,
            networks=ip or (),
            origins=origin or (),
            apps=app_identifier or (),
            limit=limit,
            canary=canary,
        )
        return await context.issuer.issue(wish, by=ACTOR, format=form)

    issued = work(database_url, task)
    if as_json:
        say_json({"key": issued.secret.reveal()} | to_json(issued.key))
        return
    say(f"{issued.secret.reveal()}\n")
    say(f"This is {issued.key.id}. Store it now: only its hash is kept, and it cannot be shown again.")


@app.command("list")
def list_all(
    project: Project,
    mode: WantedMode = None,
    kind: WantedKind = None,
    status: WantedStatus = None,
    name: WantedName = None,
    unused: WantedUnused = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List a project's keys, newest first; never their text."""
    wanted = wanted_keys(mode, kind, status, name, unused)
    keys = work(database_url, lambda context: every_key(context.store, project, wanted(context.clock.now())))
    if as_json:
        say_json([to_json(key) for key in keys])
        return
    for key in keys:
        marks = " ".join(word for word, on in (("canary", key.canary), ("exposed", key.exposed_at)) if on)
        state = f"{key.status.value} {marks}".strip()
        say(f"{key.id}  {key.masked}  {state:16}  {key.name}  [{' '.join(sorted(key.scopes))}]")


@app.command("show")
def show(key_id: KeyId, project: Project, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Show all that is known of a key; its text is not among it."""

    async def task(context: CommandContext) -> Key:
        key = await context.store.by_id(project, key_id)
        if key is None:
            raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
        return key

    _say(work(database_url, task), as_json)


@app.command("revoke")
def revoke_key(
    key_id: KeyId,
    project: Project,
    tree: Annotated[bool, typer.Option("--tree", help="Also what this key has made, and what that has made.")] = False,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key for good. When this returns, no server accepts it."""

    async def task(context: CommandContext) -> Revocation:
        return await revoke(
            context.store, context.clock, project_id=project, key_id=key_id, by=ACTOR, reason=reason, tree=tree
        )

    done = work(database_url, task)
    if as_json:
        made = [key.id for key in done.descendants]
        say_json(to_json(done.key) | {"already": done.already, "descendants": made, "receipt": _receipt(done.receipt)})
        return
    if done.already:
        say(f"{done.key.id} had been revoked before.")
    else:
        say(f"{done.key.id} is revoked: no request with it is accepted any more.")
    for key in done.descendants:
        say(f"{key.id}, which came of it, is revoked.")


@app.command("revoke-many")
def revoke_many(
    project: Project,
    mode: WantedMode = None,
    kind: WantedKind = None,
    status: WantedStatus = None,
    name: WantedName = None,
    unused: WantedUnused = None,
    reason: Reason = None,
    yes: Yes = False,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Revoke for good all keys that fit, in batches. When this returns, no server accepts them."""
    wanted = wanted_keys(mode, kind, status, name, unused)
    if wanted(0) == ALL_KEYS:
        fail(NOTHING_CHOSEN)

    async def task(context: CommandContext) -> BulkRevocation | list[Key]:
        which = wanted(context.clock.now())
        if not yes:
            return [key async for key in each_key(context.store, project, which) if key.status is not Status.REVOKED]
        return await revoke_matching(
            context.store, context.clock, project_id=project, wanted=which, by=ACTOR, reason=reason
        )

    done = work(database_url, task)
    if isinstance(done, list):
        for key in done:
            say(f"{key.id}  {key.masked}  {key.name}")
        say(f"{len(done)} keys would be revoked; add --yes to revoke them.")
    elif as_json:
        say_json({"revoked": list(done.key_ids), "receipts": [_receipt(one) for one in done.receipts]})
    else:
        say(f"{len(done.key_ids)} keys are revoked: no request with them is accepted any more.")


@app.command("rotate")
def rotate(
    key_id: KeyId,
    project: Project,
    overlap: Annotated[
        str | None,
        typer.Option(
            "--overlap", metavar="AGE", help=f"How long the old secret goes on [{OVERLAP_DEFAULT_MS // 86_400_000}d]."
        ),
    ] = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The overlap begins now, not with the new secret's first use.")
    ] = False,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Give a key a further secret, and print it, this one time. Its id and rights stay."""
    overlap_ms = age_ms(overlap, "--overlap", zero=True) if overlap is not None else OVERLAP_DEFAULT_MS
    if overlap_ms > OVERLAP_MAX_MS:
        fail(f"--overlap: at most {OVERLAP_MAX_MS // 86_400_000}d")

    async def task(context: CommandContext) -> Rotated:
        return await context.issuer.rotate(
            project_id=project, key_id=key_id, by=ACTOR, overlap_ms=overlap_ms, at_once=at_once, reason=reason
        )

    done = work(database_url, task)
    if as_json:
        say_json({"key": done.secret.reveal()} | to_json(done.key) | {"receipt": _receipt(done.receipt)})
        return
    say(f"{done.secret.reveal()}\n")
    say("Store it now: only its hash is kept, and it cannot be shown again.")
    say("The old secret goes on for the overlap" + (", from now." if at_once else ", from this one's first use."))


@app.command("disable")
def disable(
    key_id: KeyId,
    project: Project,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Switch a key off. When this returns, no server accepts it; it can be enabled again."""
    _say(_switched(key_id, project, reason, database_url, enabled=False), as_json)


@app.command("enable")
def enable(
    key_id: KeyId,
    project: Project,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Switch a disabled key on again."""
    _say(_switched(key_id, project, reason, database_url, enabled=True), as_json)


def _switched(key_id: str, project: str, reason: str | None, database_url: str | None, *, enabled: bool) -> Key:
    async def task(context: CommandContext) -> Switched:
        return await set_enabled(
            context.store, context.clock, project_id=project, key_id=key_id, enabled=enabled, by=ACTOR, reason=reason
        )

    return work(database_url, task).key


def limit_of(rate: str | None, burst: int | None) -> Limit | None:
    """A key's own pace out of two options, or a clear end of the command."""
    if rate is None:
        if burst is not None:
            fail("--burst needs --rate")
        return None
    try:
        per_second = parse_rate(rate)
        return checked_limit(per_second, burst if burst is not None else max(round(per_second * 2), 1))
    except InvalidLimit as error:
        fail(str(error))


def age_ms(age: str, option: str, *, zero: bool = False) -> int:
    """Milliseconds out of ``30d``, or a clear end of the command."""
    match = _AGE.fullmatch(age)
    if match is None or (int(match[1]) == 0 and not zero):
        fail(f"{option}: expected an age such as 30d, 12h or 45m, got {age[:20]!r}")
    return int(match[1]) * UNITS_MS[match[2]]


def to_json(key: Key) -> dict[str, Any]:
    """All that is known of a key, under the names of the HTTP API."""
    return {
        "id": key.id,
        "name": key.name,
        "kind": key.kind.value,
        "mode": key.mode.value,
        "format": key.format,
        "prefix": key.prefix,
        "lastFour": key.last_four,
        "scopes": sorted(key.scopes),
        "status": key.status.value,
        "projectId": key.project_id,
        "parentId": key.parent_id,
        "canary": "yes" if key.canary else None,
        "imported": "yes" if key.imported else None,
        "createdAt": instant(key.created_at),
        "lastUsedAt": instant(key.last_used_at),
        "expiresAt": instant(key.expires_at),
        "disabledAt": instant(key.disabled_at),
        "disabledReason": key.disabled_reason,
        "revokedAt": instant(key.revoked_at),
        "revokedReason": key.revoked_reason,
        "exposedAt": instant(key.exposed_at),
        "exposedHow": key.exposed_how,
        "networks": list(key.networks),
        "origins": list(key.origins),
        "apps": list(key.apps),
        "rate": f"{key.limit.per_second:g}/s, {key.limit.burst} at once" if key.limit is not None else None,
    }


def instant(at: int | None) -> str | None:
    """RFC 3339 in UTC, with milliseconds."""
    return to_rfc3339(at) if at is not None else None


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "epoch": receipt.epoch,
        "at": instant(receipt.at),
        "confirmed": list(receipt.confirmed),
        "lapsed": list(receipt.lapsed),
        "waitedMs": round(receipt.waited_ms, 1),
        "streamsEnded": receipt.streams_ended,
    }


def _say(key: Key, as_json: bool) -> None:
    if as_json:
        say_json(to_json(key))
    else:
        say_fields(to_json(key))
