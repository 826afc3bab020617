"""``audit``, in ``keyturn`` and in ``tillgate``."""

from typing import Annotated

import msgspec
import typer

from keyturn.cli.keys import Project
from keyturn.cli.mounting import CommandContext, Installation
from keyturn.cli.output import AsJson, fail, say, say_json, say_table
from keyturn.insight.audit import AuditEntry, verify
from keyturn.instants import to_rfc3339


def verify_log(installation: Installation, as_json: AsJson = False) -> None:
    """Verify the hash chain, and exit with 1 if it is broken. Prints the last hash; store it elsewhere."""
    verdict = installation.work(lambda context: verify(context.store))
    if as_json:
        say_json(msgspec.to_builtins(verdict))
        if not verdict.holds:
            raise typer.Exit(1)
        return
    if not verdict.holds:
        fail(
            f"line {verdict.broken_at} of the audit log does not match the line before it: one of the two was "
            "changed, or a line was removed or inserted"
        )
    say(f"{verdict.lines} lines, each of which matches the line before it.")
    say(f"last hash  {verdict.last_hash}")


def list_log(
    installation: Installation,
    key: Annotated[str | None, typer.Option("--key", metavar="KEY_ID", help="Only lines about this key.")] = None,
    before: Annotated[int | None, typer.Option("--before", min=1, help="Only lines before this number.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many lines at most.")] = 50,
    project: Project = None,
    without_project: Annotated[
        bool, typer.Option("--installation", help="What belongs to no project: owners of everything, restores.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List a project's lines, newest first: what was done to its keys and its people."""
    if without_project and (project or key):
        fail("--installation goes with neither --project nor --key")

    async def task(context: CommandContext) -> list[AuditEntry]:
        if without_project:
            return await context.store.audit_of(None, None, before, limit)
        owner = (await context.key(key)).project_id if key is not None else await context.find_project(project)
        return await context.store.audit_of(owner, key, before, limit)

    lines = installation.work(task)
    if as_json:
        say_json([msgspec.to_builtins(line) for line in lines])
        return
    say_table(
        ("LINE", "AT", "ACTION", "KEY OR PROJECT", "BY", "DETAIL"),
        [
            (
                line.sequence,
                to_rfc3339(line.at),
                line.action,
                line.key_id or line.project_id,
                line.actor,
                msgspec.json.encode(line.detail).decode() if line.detail else None,
            )
            for line in lines
        ],
    )
