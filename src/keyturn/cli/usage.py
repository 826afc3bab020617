"""``keys usage``, in ``keyturn`` and in ``tillgate``."""

from typing import Annotated, Any, NamedTuple

import typer

from keyturn.cli.key_ends import secret_to_json
from keyturn.cli.keys import KeyId
from keyturn.cli.mounting import CommandContext, Installation
from keyturn.cli.output import AsJson, program_name, say, say_json
from keyturn.insight.advice import (
    DAYS_DEFAULT,
    RotationProof,
    ScopeAdvice,
    Used,
    rotation_proof,
    unused_scopes,
    usage_of_key,
)
from keyturn.insight.usage import DAY_MS
from keyturn.instants import to_rfc3339
from keyturn.keys.model import Key, Status
from keyturn.stores.ports import SecretState
from keyturn.terminal import foreign

DAYS_MAX = 400


class _Found(NamedTuple):
    """All there is to say of a key's use; advice and proof only while it can be used at all."""

    key: Key
    used: Used
    secrets: list[SecretState]
    advice: ScopeAdvice | None
    proof: RotationProof | None


def usage(
    installation: Installation,
    key_id: KeyId,
    days: Annotated[int, typer.Option("--days", min=1, max=DAYS_MAX, help="The period to report.")] = DAYS_DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show how a key is used: by day, outcome and scope, who uses which of its secrets, and what it never needed."""

    async def task(context: CommandContext) -> _Found:
        store, counted, clock = context.store, context.usage_store, context.clock
        key = await context.key(key_id)
        project_id = key.project_id
        used = await usage_of_key(counted, clock, project_id=project_id, key_id=key.id, days=days)
        secrets = await store.secrets(project_id, key.id)
        if key.status is Status.REVOKED:
            return _Found(key, used, secrets, None, None)
        advice = await unused_scopes(store, counted, clock, project_id=project_id, key_id=key.id, days=days)
        proof = await rotation_proof(store, clock, project_id=project_id, key_id=key.id)
        return _Found(key, used, secrets, advice, proof)

    found = installation.work(task)
    if as_json:
        say_json(_as_json(found, days))
    else:
        _print(found, days)


def _as_json(found: _Found, days: int) -> dict[str, Any]:
    key, used, advice, proof = found.key, found.used, found.advice, found.proof
    return {
        "id": key.id,
        "days": [
            {"day": _date(day.day), "allowed": day.allowed, "refused": day.refused, "rateLimited": day.rate_limited}
            for day in used.days
        ],
        "outcomes": used.outcomes,
        "scopes": used.scopes,
        "wouldBeRefused": used.reported,
        "unusedScopes": list(advice.unused) if advice is not None else [],
        "watchedForAllOfIt": advice.enough if advice is not None else False,
        "secrets": [secret_to_json(one) for one in found.secrets],
        "earlierSecretsQuietSince": _instant(proof.quiet_since) if proof is not None else None,
    }


def _print(found: _Found, days: int) -> None:
    key, used, advice, proof = found.key, found.used, found.advice, found.proof
    say(f"{key.id}  {key.masked}  {key.status.value}  {foreign(key.name)}\n")
    busy = [day for day in used.days if day.allowed or day.refused or day.rate_limited]
    say(f"{used.requests} requests in {_days(days)}")
    if busy:
        say(f"  {'day':10}  {'allowed':>9}  {'refused':>9}  {'limited':>9}")
    for day in busy:
        say(f"  {_date(day.day)}  {day.allowed:>9}  {day.refused:>9}  {day.rate_limited:>9}")
    for title, counted in (
        ("By scope", used.scopes),
        ("By outcome", used.outcomes),
        ("Would have been refused (report only)", used.reported),
    ):
        if counted:
            say(f"\n{title}")
            for name, requests in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
                say(f"  {name:24} {requests:>9}")
    say("\nSecrets")
    for one in found.secrets:
        if one.last_used_at is None:
            use = "never used"
        else:
            where = one.last_used_address or "an unknown network"
            use = f"last used {to_rfc3339(one.last_used_at)} from {where}, {one.last_used_path or '-'}"
            use += f" ({one.last_used_agent})" if one.last_used_agent else ""
        ends = f", ends {to_rfc3339(one.ends_at)}" if one.ends_at is not None else ""
        say(f"  {one.number}  {one.prefix}…{one.last_four}  {use}{ends}")
    if proof is not None and proof.quiet_since is not None:
        say(f"  No earlier secret was used since {to_rfc3339(proof.quiet_since)}.")
    if advice is not None and advice.unused:
        say(f"\nUnused in {_days(days)}: {' '.join(advice.unused)}")
        if advice.enough and advice.kept:
            kept = " ".join(f"--scope {one}" for one in advice.kept)
            say(f"  Remove them: {program_name()} keys update {key.id} {kept}")
        elif not advice.enough:
            say("  Usage was not recorded for the whole period, so check before you remove them.")


def _days(days: int) -> str:
    return "the last day" if days == 1 else f"the last {days} days"


def _date(day: int) -> str:
    return to_rfc3339(day * DAY_MS)[:10]


def _instant(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
