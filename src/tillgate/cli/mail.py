"""``tillgate mail``."""

import os
import sys
from typing import NoReturn

import typer

from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.database import Database
from tillgate.base.clock import SystemClock
from tillgate.cli.session import Data, DatabaseUrl, settings, work
from tillgate.mail.model import Mail
from tillgate.mail.operations import note_returned
from tillgate.mail.returning import REPORT_BYTES_MAX, Report, Unreadable, read_report

app = typer.Typer(help="Outgoing mail.", no_args_is_help=True)


@app.callback()
def mail() -> None:
    """Outgoing mail."""


@app.command("returned")
def returned(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Read a report that a mail did not arrive (RFC 3464) from standard input, as a mail server pipes it.

    Ends with the status of sysexits.h that mail servers understand: 65 where it is no report of a mail of this server,
    75 where it is to be tried again later.
    """
    try:
        report = read_report(sys.stdin.buffer.read(REPORT_BYTES_MAX + 1))
    except Unreadable as error:
        _refuse(error)
    try:
        told = work(settings(data, database_url), lambda database: _note(database, report))
    except typer.Exit:
        raise typer.Exit(os.EX_TEMPFAIL) from None
    if isinstance(told, Unreadable):
        _refuse(told)
    one, changed = told
    if as_json:
        say_json({"id": one.id, "state": one.state.value, "problem": one.problem, "changed": changed})
    elif changed:
        say(f"The mail {one.id} came back; its state is now {one.state.value}.")
    elif report.failed:
        say(f"The mail {one.id} stays {one.state.value}: that it came back is known.")
    else:
        say(f"The mail {one.id} stays {one.state.value}: the report is not the last word.")


async def _note(database: Database, report: Report) -> tuple[Mail, bool] | Unreadable:
    try:
        return await database.write(lambda tx: note_returned(tx, report, SystemClock().now()))
    except Unreadable as error:
        return error


def _refuse(error: Unreadable) -> NoReturn:
    fail(f"standard input: {error}", os.EX_DATAERR)
