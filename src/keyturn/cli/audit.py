"""``keyturn audit``."""

from collections.abc import Callable
from typing import Annotated, NoReturn

import msgspec
import typer

from keyturn.cli.keys import instant
from keyturn.cli.session import AsJson, DatabaseUrl, fail, say, say_json, work
from keyturn.insight.audit import AuditEntry, Verdict, verify

app = typer.Typer(help="The audit log of keys.", no_args_is_help=True)

Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="At most this number of lines.")]


@app.command("verify")
def verify_log(database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Check that each line follows from the one before, else end with 1. Prints the last hash, to be kept elsewhere."""
    print_verdict(work(database_url, lambda context: verify(context.store)), as_json=as_json, fails=fail)


@app.command("list")
def list_log(
    project: Annotated[str, typer.Option("--project", metavar="ID", help="Whose keys.")],
    key: Annotated[str | None, typer.Option("--key", metavar="KEY_ID", help="Only lines about this key.")] = None,
    before: Annotated[int | None, typer.Option("--before", min=1, help="Only lines before this number.")] = None,
    limit: Limit = 50,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List a project's lines, newest first."""
    print_entries(
        work(database_url, lambda context: context.store.audit_of(project, key, before, limit)), as_json=as_json
    )


def print_verdict(verdict: Verdict, *, as_json: bool, fails: Callable[[str], NoReturn]) -> None:
    """Print what the chain's check came to.

    Args:
        fails: ends the command with a message.
    """
    if as_json:
        say_json(msgspec.to_builtins(verdict))
        if not verdict.holds:
            raise typer.Exit(1)
        return
    if not verdict.holds:
        fails(
            f"line {verdict.broken_at} of the audit log does not match the line before it: one of the two was "
            "changed, or a line was removed or inserted"
        )
    say(f"{verdict.lines} lines, each of which matches the line before it.")
    say(f"last hash  {verdict.last_hash}")


def print_entries(lines: list[AuditEntry], *, as_json: bool) -> None:
    """Print lines of the log."""
    if as_json:
        say_json([msgspec.to_builtins(line) for line in lines])
        return
    for line in lines:
        what = f"{line.action:24}  {line.key_id or line.project_id or '-':26}  {line.actor}"
        detail = msgspec.json.encode(line.detail).decode() if line.detail else ""
        say(f"{line.sequence:6}  {instant(line.at)}  {what}  {detail}")
