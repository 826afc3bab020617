"""``keyturn scan``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from keyturn.cli.mounting import CommandContext
from keyturn.cli.output import AsJson, fail, note, say, say_json
from keyturn.cli.session import DatabaseUrl, where
from keyturn.leaks.scanning import CannotScan, Found, Scan

SHOWN_MAX = 10_000
UNKNOWN = "not a key here"


def scan(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file or a directory.")],
    history: Annotated[bool, typer.Option("--history", help="Also scan the history of the git repository.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Report which are keys of this installation, and their status.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Scan files for keys, without printing them. Exits with 1 if keys are found, and with 2 if the scan fails.

    Each is reported by its place, format, mode and visible prefix. A text without a valid checksum is not a key.
    """
    looking = Scan()
    found: list[Found] = []
    try:
        found += looking.files(path)
        if history:
            found += looking.history(path)
    except CannotScan as error:
        fail(str(error), 2)
    states = where(database_url).work(lambda context: _states(context, found)) if check and found else {}
    to_json = [_visible(one, states.get(one.secret.reveal(), UNKNOWN) if check else None) for one in found[:SHOWN_MAX]]
    if as_json:
        say_json(to_json)
    else:
        for line in to_json:
            what = f"{line['format']} {line['mode']} {line['kind']}  {line['prefix']}…"
            say(f"{line['place']}:{line['line']}  {what}  {line.get('state', '')}".rstrip())
    if len(found) > SHOWN_MAX:
        note(f"keyturn: {len(found) - SHOWN_MAX} more are not shown")
    for place in looking.unreadable:
        note(f"keyturn: {place} could not be read")
    keys = len({one.secret.reveal() for one in found})
    note(f"{keys} keys in {len(found)} places; {looking.looked_at} files read, {looking.binary} binary files skipped")
    if found:
        raise typer.Exit(1)


async def _states(context: CommandContext, found: list[Found]) -> dict[str, str]:
    """By each key's text, its id and in what state it is here."""
    texts = {one.secret.digest(): one.secret.reveal() for one in found}
    known = await context.store.by_digests(list(texts))
    return {texts[digest]: f"{key.id} {key.status.value}" for digest, key in known.items()}


def _visible(one: Found, state: str | None) -> dict[str, Any]:
    to_json = {
        "place": one.place,
        "line": one.line,
        "format": " or ".join(one.formats),
        "mode": one.secret.mode.value,
        "kind": one.secret.kind.value,
        "prefix": one.secret.prefix,
    }
    return to_json | ({"state": state} if state is not None else {})
