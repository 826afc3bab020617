"""``keys import``, in ``keyturn`` and in ``tillgate``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from keyturn.cli.keys import Project
from keyturn.cli.mounting import ACTOR, CommandContext, Installation
from keyturn.cli.output import AsJson, fail, note, say, say_json
from keyturn.keys.importing import BYTES_MAX, Imported, ImportRules, InvalidImport, import_keys, parse_form
from keyturn.keys.model import Mode

PROBLEMS_SHOWN_MAX = 100

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV with a header line, or JSON Lines; - for standard input.")
]
DefaultMode = Annotated[Mode | None, typer.Option("--mode", help="The mode of keys whose line has none: test or live.")]
DefaultScopes = Annotated[
    list[str] | None, typer.Option("--scope", help="The scopes of keys whose line has none; repeat for more.")
]
Forms = Annotated[
    list[str] | None,
    typer.Option("--form", metavar="FORM", help="The keys' format, such as acme_live_{40}; repeat for more."),
]
Format = Annotated[str | None, typer.Option("--format", help="The keys' built-in format instead: native.")]
Plaintext = Annotated[
    bool, typer.Option("--plaintext", help="The file contains key texts (column key). They are hashed and not stored.")
]
Ignored = Annotated[list[str] | None, typer.Option("--ignore", metavar="COLUMN", help="Ignore a column.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be imported, and change nothing.")]


def import_file(
    installation: Installation,
    file: File,
    mode: DefaultMode = None,
    scope: DefaultScopes = None,
    form: Forms = None,
    format: Format = None,
    plaintext: Plaintext = False,
    ignore: Ignored = None,
    dry_run: DryRun = False,
    project: Project = None,
    as_json: AsJson = False,
) -> None:
    """Import keys from another system: all keys of a file, or none if any line is wrong.

    Columns: digest (SHA-256 in hex or base 64) or, with --plaintext, key; name, mode, scopes, created_at, expires_at,
    prefix. A running server accepts them within five seconds.
    """

    async def task(context: CommandContext) -> Imported:
        owner = await context.find_project(project)
        rules = _rules_of(owner, mode, scope, form, format, ignore, plaintext=plaintext)
        return await import_keys(
            context.store, context.issuer, context.clock, _content_of(file), rules, by=ACTOR, dry_run=dry_run
        )

    _say_result(installation.work(task, creates=True), dry_run=dry_run, as_json=as_json)


def _rules_of(
    project: str,
    mode: Mode | None,
    scope: list[str] | None,
    form: list[str] | None,
    format: str | None,
    ignore: list[str] | None,
    *,
    plaintext: bool,
) -> ImportRules:
    """The options as rules.

    Raises:
        InvalidImport: a form is none.
    """
    return ImportRules(
        project_id=project,
        mode=mode,
        scopes=tuple(scope or ()),
        plaintext=plaintext,
        forms=tuple(parse_form(text) for text in form or ()),
        format=format,
        ignored=frozenset(name.strip().lower() for name in ignore or ()),
    )


def _content_of(file: Path) -> str:
    """The file's text.

    Raises:
        InvalidImport: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        if str(file) == "-":
            read = sys.stdin.buffer.read(BYTES_MAX + 1)
        else:
            with file.open("rb") as opened:
                read = opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise InvalidImport(f"{file} cannot be read: {error.strerror}") from None
    if len(read) > BYTES_MAX:
        raise InvalidImport(f"{file} is larger than {BYTES_MAX // 1024**2} MiB; split it")
    try:
        return read.decode()
    except UnicodeDecodeError:
        raise InvalidImport(f"{file} is not in UTF-8") from None


def _say_result(imported: Imported, *, dry_run: bool, as_json: bool) -> None:
    """Print the outcome of an import; ends the command with 1 if nothing was imported."""
    if as_json:
        say_json(
            {
                "imported": 0 if dry_run else len(imported.keys),
                "wouldImport": len(imported.keys) if dry_run else 0,
                "already": imported.already,
                "keys": [] if dry_run else [{"id": key.id, "name": key.name} for key in imported.keys],
                "problems": [problem._asdict() for problem in imported.problems],
            }
        )
        if imported.problems:
            raise typer.Exit(1)
        return
    if not imported.problems:
        say(f"{'Would be imported' if dry_run else 'Imported'}: {len(imported.keys)}")
        if imported.already:
            say(f"Imported before: {imported.already}")
        return
    for problem in imported.problems[:PROBLEMS_SHOWN_MAX]:
        note(f"line {problem.line}: {problem.what}")
    if len(imported.problems) > PROBLEMS_SHOWN_MAX:
        note(f"… and {len(imported.problems) - PROBLEMS_SHOWN_MAX} lines more")
    fail("nothing was imported")
