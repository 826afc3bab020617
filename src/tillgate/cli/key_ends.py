"""``tillgate keys`` where a key comes to an end, or goes on with another secret: rotate, disable, revoke."""

from typing import Annotated, Any

import typer

from keyturn import (
    Issued,
    Key,
    KeyNotFound,
    Receipt,
    Revocation,
    Rotated,
    SecretState,
    Status,
    Switched,
    revoke,
    set_enabled,
)
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
from keyturn.database import Database
from keyturn.keys.listing import ALL_KEYS, each_key
from keyturn.keys.pairs import FORMAT, fill_places
from keyturn.keys.revoking import BulkRevocation, revoke_matching
from tillgate.base.clock import SECOND_MS, SystemClock, to_rfc3339
from tillgate.cli.keys import (
    KeyId,
    ProjectOption,
    age_ms,
    key_to_json,
    print_key,
    print_once,
    with_secret,
)
from tillgate.cli.keys import (
    app as app,
)
from tillgate.cli.projects import OPERATOR, project_id_of
from tillgate.cli.session import AsJson, Data, DatabaseUrl, fail, print_json, say, settings, work
from tillgate.opening import open_keys
from tillgate.settings import Settings

Reason = Annotated[str | None, typer.Option("--reason", help="Why; it stands in the audit log.")]


@app.command("rotate")
def rotate(
    key_id: KeyId,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="AGE", help="How long the old secret goes on: 7d, 12h, 0m.")
    ] = "7d",
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Count the overlap from now, not from the new secret's first use.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take back a rotation that was not used yet.")] = False,
    finish: Annotated[bool, typer.Option("--finish", help="End the old secrets now.")] = False,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Give a key a new secret and print it, this one time; its id and rights stay."""
    chosen = settings(data, database_url)
    if withdraw or finish:
        receipt = work(chosen, lambda database: _end_rotation(database, project, key_id, finish=finish))
        if as_json:
            print_json(_receipt_to_json(receipt))
        else:
            say("The old secrets are refused from now on." if finish else "The new secret was taken back.")
        return
    overlap_ms = age_ms(overlap, "--overlap")

    async def task(database: Database) -> Rotated:
        keys = open_keys(database, SystemClock())
        project_id = await project_id_of(database, project)
        return await keys.issuer.rotate(
            project_id=project_id, key_id=key_id, by=OPERATOR, overlap_ms=overlap_ms, at_once=at_once
        )

    rotated = work(chosen, task)
    if as_json:
        print_json(with_secret(rotated.key, rotated.secret) | {"receipt": _receipt_to_json(rotated.receipt)})
        return
    print_once(rotated.key, rotated.secret)
    since = "now" if at_once else "its first use"
    say(f"The old secret goes on for {overlap} from {since}. See who still uses it: tillgate keys secrets {key_id}")


@app.command("secrets")
def secrets(
    key_id: KeyId,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Show a key's secrets, newest first, and who last used each; never their text."""

    async def task(database: Database) -> list[SecretState]:
        store = open_keys(database, SystemClock()).store
        project_id = await project_id_of(database, project)
        if await store.by_id(project_id, key_id) is None:
            raise KeyNotFound(f"this project has no key {key_id[:64]!r}")
        return await store.secrets(project_id, key_id)

    found = work(settings(data, database_url), task)
    if as_json:
        print_json([_secret_to_json(state) for state in found])
        return
    for state in found:
        used = "never used"
        if state.last_used_at is not None:
            where = " ".join(filter(None, (state.last_used_address, state.last_used_path, state.last_used_agent)))
            used = f"last used {to_rfc3339(state.last_used_at)} {where}"
        ends = f", ends {to_rfc3339(state.ends_at)}" if state.ends_at is not None else ""
        begun = "waits for its first use" if state.waits else "was withdrawn"
        if state.active_at is not None:
            begun = f"in use since {to_rfc3339(state.active_at)}"
        say(f"{state.number}  {state.prefix}…{state.last_four}  {begun}{ends}, {used}")


@app.command("pair")
def pair(
    format: Annotated[str, typer.Option("--format", help="How the keys are written.")] = FORMAT,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make those of the project's four standing keys that are missing (publishable and secret, test and live)."""

    async def task(database: Database) -> list[Issued]:
        keys = open_keys(database, SystemClock())
        project_id = await project_id_of(database, project)
        return await fill_places(
            keys.store, keys.issuer, SystemClock(), project_id=project_id, by=OPERATOR, format=format
        )

    made = work(settings(data, database_url), task)
    if as_json:
        print_json([with_secret(one.key, one.secret) for one in made])
        return
    for one in made:
        say(f"{one.key.name:24}  {one.secret.reveal()}")
    if made:
        say("\nStore them now: only their hashes are kept, and they cannot be shown again.")
    else:
        say("All four are there. One that was lost is replaced by: tillgate keys rotate KEY_ID")


@app.command("disable")
def disable(
    key_id: KeyId,
    reason: Reason = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Switch a key off. When this returns, no process accepts it; it can be enabled again."""
    switched = _switched(key_id, project, settings(data, database_url), reason, enabled=False)
    print_key(switched.key, as_json)


@app.command("enable")
def enable(
    key_id: KeyId,
    reason: Reason = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Switch a disabled key on again."""
    switched = _switched(key_id, project, settings(data, database_url), reason, enabled=True)
    print_key(switched.key, as_json)


@app.command("revoke")
def revoke_key(
    key_id: KeyId,
    tree: Annotated[bool, typer.Option("--tree", help="Revoke the keys that this one has made, too.")] = False,
    reason: Reason = None,
    project: ProjectOption = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a key for good. When this returns, no process accepts it."""

    async def task(database: Database) -> Revocation:
        clock = SystemClock()
        store = open_keys(database, clock).store
        project_id = await project_id_of(database, project)
        return await revoke(store, clock, project_id=project_id, key_id=key_id, by=OPERATOR, reason=reason, tree=tree)

    revocation = work(settings(data, database_url), task)
    if as_json:
        print_json(
            key_to_json(revocation.key)
            | {
                "receipt": _receipt_to_json(revocation.receipt),
                "descendants": [key.id for key in revocation.descendants],
            }
        )
        return
    if revocation.already:
        say(f"{revocation.key.id} had been revoked before.")
    else:
        say(f"{revocation.key.id} is revoked: no request with it is accepted any more.")
    for key in revocation.descendants:
        say(f"{key.id}, which it had made, is revoked, too.")
    receipt = revocation.receipt
    if receipt.epoch is not None:
        confirmed = f"{len(receipt.confirmed)} of {len(receipt.confirmed) + len(receipt.lapsed)}"
        say(f"Epoch {receipt.epoch}; confirmed by {confirmed} serving processes in {receipt.waited_ms:.0f} ms.")


@app.command("revoke-many")
def revoke_many(
    project: ProjectOption = None,
    mode: WantedMode = None,
    kind: WantedKind = None,
    status: WantedStatus = None,
    name: WantedName = None,
    unused: WantedUnused = None,
    reason: Reason = None,
    yes: Yes = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Revoke for good all keys that fit, in batches. When this returns, no server accepts them."""
    wanted = wanted_keys(mode, kind, status, name, unused)
    if wanted(0) == ALL_KEYS:
        fail(NOTHING_CHOSEN)

    async def task(database: Database) -> BulkRevocation | list[Key]:
        keys, project_id = open_keys(database, SystemClock()), await project_id_of(database, project)
        which = wanted(SystemClock().now())
        if not yes:
            return [key async for key in each_key(keys.store, project_id, which) if key.status is not Status.REVOKED]
        return await revoke_matching(
            keys.store, SystemClock(), project_id=project_id, wanted=which, by=OPERATOR, reason=reason
        )

    done = work(settings(data, database_url), task)
    if isinstance(done, list):
        for key in done:
            say(f"{key.id}  {key.masked}  {key.name}")
        say(f"{len(done)} keys would be revoked; add --yes to revoke them.")
    elif as_json:
        print_json({"revoked": list(done.key_ids), "receipts": [_receipt_to_json(one) for one in done.receipts]})
    else:
        say(f"{len(done.key_ids)} keys are revoked: no request with them is accepted any more.")


async def _end_rotation(database: Database, project: str | None, key_id: str, *, finish: bool) -> Receipt:
    issuer = open_keys(database, SystemClock()).issuer
    project_id = await project_id_of(database, project)
    if finish:
        return await issuer.finish_rotation(project_id=project_id, key_id=key_id, by=OPERATOR)
    return await issuer.withdraw_rotation(project_id=project_id, key_id=key_id, by=OPERATOR)


def _switched(key_id: str, project: str | None, chosen: Settings, reason: str | None, *, enabled: bool) -> Switched:
    async def task(database: Database) -> Switched:
        project_id = await project_id_of(database, project)
        store = open_keys(database, SystemClock()).store
        return await set_enabled(
            store,
            SystemClock(),
            project_id=project_id,
            key_id=key_id,
            enabled=enabled,
            by=OPERATOR,
            reason=reason,
        )

    return work(chosen, task)


def _receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    return {
        "epoch": receipt.epoch,
        "at": to_rfc3339(receipt.at),
        "confirmed": list(receipt.confirmed),
        "lapsed": list(receipt.lapsed),
        "waitedSeconds": round(receipt.waited_ms / SECOND_MS, 4),
    }


def _secret_to_json(state: SecretState) -> dict[str, Any]:
    def instant(at: int | None) -> str | None:
        return to_rfc3339(at) if at is not None else None

    return {
        "number": state.number,
        "prefix": state.prefix,
        "lastFour": state.last_four,
        "createdAt": instant(state.created_at),
        "activeAt": instant(state.active_at),
        "endsAt": instant(state.ends_at),
        "lastUsedAt": instant(state.last_used_at),
        "lastUsedAddress": state.last_used_address,
        "lastUsedAgent": state.last_used_agent,
        "lastUsedPath": state.last_used_path,
    }
