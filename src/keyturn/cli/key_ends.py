"""``keys`` where a key ends, or goes on with another secret: rotate, secrets, pair, disable, enable, revoke."""

from typing import Annotated, Any

import typer

from keyturn.admission.leases import Receipt
from keyturn.cli.choosing import (
    NOTHING_CHOSEN,
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
from keyturn.cli.keys import Format, KeyId, Project, age_ms, say_key, say_once, to_json, with_secret
from keyturn.cli.mounting import ACTOR, CommandContext, Installation
from keyturn.cli.output import AsJson, Yes, confirm, fail, program_name, say, say_json, say_table
from keyturn.instants import to_rfc3339
from keyturn.keys.issuing import OVERLAP_MAX_MS, Issued, Rotated
from keyturn.keys.listing import ALL_KEYS, each_key
from keyturn.keys.model import Key, Status
from keyturn.keys.pairs import FORMAT, issue_standing_keys
from keyturn.keys.revoking import BulkRevocation, Revocation, revoke, revoke_matching, set_enabled
from keyturn.stores.ports import SecretState

Reason = Annotated[str | None, typer.Option("--reason", help="The reason; stored in the audit log.")]


def rotate(
    installation: Installation,
    key_id: KeyId,
    overlap: Annotated[
        str, typer.Option("--overlap", metavar="AGE", help="How long the old secret still works: 7d, 12h, 0m.")
    ] = "7d",
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Begin the overlap now, not with the new secret's first use.")
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Withdraw a rotation whose secret is unused.")] = False,
    finish: Annotated[bool, typer.Option("--finish", help="End the old secrets now.")] = False,
    reason: Reason = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Rotate a key: print a new secret, which is not shown again. Its id and scopes stay the same."""
    if withdraw or finish:
        if finish:
            confirm(f"The old secrets of {key_id[:64]} are refused from now on.", yes)
        receipt = installation.work(lambda context: _end_rotation(context, key_id, finish=finish))
        if as_json:
            say_json(receipt_to_json(receipt))
        else:
            say("The old secrets were ended and are refused." if finish else "The rotation was withdrawn.")
        return
    overlap_ms = age_ms(overlap, "--overlap")
    if overlap_ms > OVERLAP_MAX_MS:
        fail(f"--overlap: at most {OVERLAP_MAX_MS // 86_400_000}d")

    async def task(context: CommandContext) -> Rotated:
        key = await context.key(key_id)
        return await context.issuer.rotate(
            project_id=key.project_id, key_id=key.id, by=ACTOR, overlap_ms=overlap_ms, at_once=at_once, reason=reason
        )

    rotated = installation.work(task)
    if as_json:
        say_json(with_secret(rotated.key, rotated.secret) | {"receipt": receipt_to_json(rotated.receipt)})
        return
    say_once(rotated.key, rotated.secret)
    since = "now" if at_once else "its first use"
    say(
        f"The old secret works for {overlap} from {since}. See who still uses it: "
        f"{program_name()} keys secrets {key_id}"
    )


def secrets(installation: Installation, key_id: KeyId, as_json: AsJson = False) -> None:
    """Show a key's secrets, newest first, and who last used each, without their texts."""

    async def task(context: CommandContext) -> list[SecretState]:
        return await context.store.secrets((await context.key(key_id)).project_id, key_id)

    found = installation.work(task)
    if as_json:
        say_json([secret_to_json(state) for state in found])
        return
    say_table(
        ("SECRET", "KEY", "IN USE SINCE", "ENDS", "LAST USED", "FROM", "PATH", "AGENT"),
        [
            (
                state.number,
                f"{state.prefix}…{state.last_four}",
                _instant(state.active_at) or ("not used yet" if state.waits else "was withdrawn"),
                _instant(state.ends_at),
                _instant(state.last_used_at) or "never used",
                state.last_used_address,
                state.last_used_path,
                state.last_used_agent,
            )
            for state in found
        ],
    )


def pair(installation: Installation, format: Format = FORMAT, project: Project = None, as_json: AsJson = False) -> None:
    """Create the missing ones of the project's four standing keys (publishable and secret, test and live)."""

    async def task(context: CommandContext) -> list[Issued]:
        project_id = await context.find_project(project)
        return await issue_standing_keys(
            context.store, context.issuer, context.clock, project_id=project_id, by=ACTOR, format=format
        )

    made = installation.work(task)
    if as_json:
        say_json([with_secret(one.key, one.secret) for one in made])
        return
    say_table(("NAME", "KEY"), [(one.key.name, one.secret.reveal()) for one in made])
    if made:
        say("\nStore the secret ones now: only their hashes are stored, and they cannot be shown again.")
    else:
        say(f"All four keys exist. To replace one that was lost: {program_name()} keys rotate KEY_ID")


def disable(installation: Installation, key_id: KeyId, reason: Reason = None, as_json: AsJson = False) -> None:
    """Disable a key. When this returns, no process accepts it. It can be enabled again."""
    say_key(_switched(installation, key_id, reason, enabled=False), as_json)


def enable(installation: Installation, key_id: KeyId, reason: Reason = None, as_json: AsJson = False) -> None:
    """Enable a disabled key."""
    say_key(_switched(installation, key_id, reason, enabled=True), as_json)


def revoke_key(
    installation: Installation,
    key_id: KeyId,
    tree: Annotated[bool, typer.Option("--tree", help="Also revoke the keys that this key created.")] = False,
    reason: Reason = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Revoke a key. When this returns, no process accepts it."""
    confirm(f"{key_id[:64]} is revoked for good{', with every key that it has made' if tree else ''}.", yes)

    async def task(context: CommandContext) -> Revocation:
        key = await context.key(key_id)
        return await revoke(
            context.store, context.clock, project_id=key.project_id, key_id=key.id, by=ACTOR, reason=reason, tree=tree
        )

    done = installation.work(task)
    if as_json:
        made = [key.id for key in done.descendants]
        told = {"already": done.already, "descendants": made, "receipt": receipt_to_json(done.receipt)}
        say_json(to_json(done.key) | told)
        return
    if done.already:
        say(f"{done.key.id} was already revoked.")
    else:
        say(f"{done.key.id} is revoked: no request with it is accepted any more.")
    for key in done.descendants:
        say(f"{key.id}, created by it, is revoked.")
    receipt = done.receipt
    if receipt.epoch is not None:
        confirmed = f"{len(receipt.confirmed)} of {len(receipt.confirmed) + len(receipt.lapsed)}"
        say(f"Epoch {receipt.epoch}; confirmed by {confirmed} serving processes in {receipt.waited_ms:.0f} ms.")


def revoke_many(
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
    reason: Reason = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Revoke for good all keys that fit, in batches. When this returns, no process accepts them."""
    wanted = wanted_keys(mode, kind, status, name, unused, tag, external_id, expiring)
    if wanted(0) == ALL_KEYS:
        fail(NOTHING_CHOSEN)

    async def look(context: CommandContext) -> int:
        found = each_key(context.store, await context.find_project(project), wanted(context.clock.now()))
        return len([key async for key in found if key.status is not Status.REVOKED])

    async def task(context: CommandContext) -> BulkRevocation:
        which, project_id = wanted(context.clock.now()), await context.find_project(project)
        return await revoke_matching(
            context.store, context.clock, project_id=project_id, wanted=which, by=ACTOR, reason=reason
        )

    confirm(f"{installation.work(look)} keys are revoked for good.", yes)
    done = installation.work(task)
    if as_json:
        say_json({"revoked": list(done.key_ids), "receipts": [receipt_to_json(one) for one in done.receipts]})
    else:
        say(f"{len(done.key_ids)} keys are revoked: no request with them is accepted any more.")


async def _end_rotation(context: CommandContext, key_id: str, *, finish: bool) -> Receipt:
    project_id = (await context.key(key_id)).project_id
    end = context.issuer.finish_rotation if finish else context.issuer.withdraw_rotation
    return await end(project_id=project_id, key_id=key_id, by=ACTOR)


def _switched(installation: Installation, key_id: str, reason: str | None, *, enabled: bool) -> Key:
    async def task(context: CommandContext) -> Key:
        project_id = (await context.key(key_id)).project_id
        switched = await set_enabled(
            context.store, context.clock, project_id=project_id, key_id=key_id, enabled=enabled, by=ACTOR, reason=reason
        )
        return switched.key

    return installation.work(task)


def receipt_to_json(receipt: Receipt) -> dict[str, Any]:
    """Who confirmed a change, under the names of the HTTP API."""
    return {
        "epoch": receipt.epoch,
        "at": to_rfc3339(receipt.at),
        "confirmed": list(receipt.confirmed),
        "lapsed": list(receipt.lapsed),
        "waitedMs": round(receipt.waited_ms, 1),
        "streamsEnded": receipt.streams_ended,
    }


def secret_to_json(state: SecretState) -> dict[str, Any]:
    """All that is known of one of a key's secrets."""
    return {
        "number": state.number,
        "prefix": state.prefix,
        "lastFour": state.last_four,
        "createdAt": to_rfc3339(state.created_at),
        "activeAt": _instant(state.active_at),
        "endsAt": _instant(state.ends_at),
        "lastUsedAt": _instant(state.last_used_at),
        "lastUsedAddress": state.last_used_address,
        "lastUsedAgent": state.last_used_agent,
        "lastUsedPath": state.last_used_path,
    }


def _instant(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
