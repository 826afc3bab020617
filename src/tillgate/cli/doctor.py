"""``tillgate doctor``: what is set, where it came from, and what is wrong."""

import asyncio
import sqlite3
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from keyturn import Limiter
from keyturn.cli.output import AsJson, say, say_json
from keyturn.database import Database, HighWater, StoreError, open_database, pending
from keyturn.database.opening import SQLITE_SCHEME
from tillgate import __version__
from tillgate.cli import proving
from tillgate.cli.session import Data, DatabaseUrl, settings
from tillgate.cli.workers import startup_problem
from tillgate.events.log import find_behind
from tillgate.mail.model import MailServer
from tillgate.opening import all_migrations
from tillgate.settings import BY_NAME, Settings, misspelt_variables, unknown_variables
from tillgate.store.sealing import KEY_FILE, Sealer, SealingError, new_key

SQLITE_MIN = (3, 40, 0)
OTHERS_MASK = 0o077


def doctor(
    data: Data = None,
    database_url: DatabaseUrl = None,
    new_secret_key: Annotated[
        bool, typer.Option("--new-secret-key", help="Print a new value for TILLGATE_SECRET_KEY and exit.")
    ] = False,
    check_mail: Annotated[
        bool, typer.Option("--check-mail", help="Connect to the mail server and sign in; nothing is sent.")
    ] = False,
    prove: Annotated[
        bool,
        typer.Option(
            "--prove",
            help="Compare the books of live payments with their chains instead: receipts and balances. Exits with 1 "
            "where they differ, and with 3 where a node could not be asked.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check this installation without changing it. Exits with status 1 if something is wrong."""
    if prove:
        proving.run(data, database_url, as_json=as_json)
        return
    if new_secret_key:
        say_json({"secretKey": new_key()}) if as_json else say(new_key())
        return
    slips = misspelt_variables()
    chosen = settings(data, database_url, passing_over=slips)
    notes = [*unknown_variables().values()]
    problems = [
        *slips.values(),
        *_python(),
        *_workers(chosen),
        *_secret_key(chosen, notes),
        *_database(chosen, notes),
        *_valkey(chosen.valkey_url),
        *_mail(chosen.mail, notes, connect=check_mail),
    ]
    if as_json:
        listed = [one._asdict() | {"help": BY_NAME[one.name].help} for one in chosen.listed]
        say_json({"version": __version__, "settings": listed, "notes": notes, "problems": problems})
        if problems:
            raise typer.Exit(1)
        return
    say(f"Tillgate {__version__} on Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}\n")
    width = max(len(setting.name) for setting in chosen.listed)
    for setting in chosen.listed:
        say(f"  {setting.name:{width}}  {setting.value or '(not set)'}  [{setting.origin}]")
    say()
    for told in notes:
        say(f"  note     {told}\n")
    for problem in problems:
        say(f"  PROBLEM  {problem}")
    if problems:
        raise typer.Exit(1)
    say("  Everything is in order.")


def _python() -> list[str]:
    if sqlite3.sqlite_version_info >= SQLITE_MIN:
        return []
    return [f"SQLite {sqlite3.sqlite_version} is too old; at least {'.'.join(map(str, SQLITE_MIN))} is needed"]


def _workers(chosen: Settings) -> list[str]:
    problem = startup_problem(chosen.workers, chosen.database_url)
    return [problem.replace("--workers ", "TILLGATE_WORKERS=")] if problem is not None else []


def _secret_key(chosen: Settings, notes: list[str]) -> list[str]:
    if chosen.given_secret_key is not None:
        try:
            Sealer(chosen.given_secret_key)
        except SealingError as error:
            return [f"TILLGATE_SECRET_KEY: {error}"]
        return []
    path = chosen.data / KEY_FILE
    if not path.exists():
        notes.append(f"{path} is made at the first start")
        return []
    if path.stat().st_mode & OTHERS_MASK:
        return [f"{path} can be read by others; chmod 600 {path}"]
    return []


def _database(chosen: Settings, notes: list[str]) -> list[str]:
    url = chosen.database_url
    if chosen.high_water_file is None:
        notes.append("TILLGATE_HIGH_WATER is not set: a database that is restored by hand is not noticed")
    if url.startswith(SQLITE_SCHEME) and not Path(url.removeprefix(SQLITE_SCHEME)).exists():
        notes.append("the database is made at the first start")
        return []
    return asyncio.run(_schema(url, chosen.high_water_file))


async def _schema(url: str, high_water_file: Path | None) -> list[str]:
    try:
        database = await open_database(url)
        try:
            missing = await pending(database, all_migrations())
            if not missing:
                return await _behind(database, high_water_file)
        finally:
            await database.close()
    except StoreError as error:
        return [str(error)]
    names = ", ".join(f"{one.house} {one.number:04d}_{one.name}" for one in missing)
    return [f"the schema is not up to date (run: tillgate migrate): {names}"] if missing else []


async def _behind(database: Database, file: Path | None) -> list[str]:
    if file is None or not file.exists():  # noqa: ASYNC240 — nothing else runs beside it
        return []
    high_water = HighWater(file)
    try:
        return [
            f"events {one.had + 1} to at least {one.given} of project {one.project_id} are missing: the database is "
            "older than it was. The next start continues above them, as a new event log"
            for one in await find_behind(database, high_water)
        ]
    finally:
        high_water.close()


def _mail(server: MailServer | None, notes: list[str], *, connect: bool) -> list[str]:
    if server is None:
        if connect:
            return ["TILLGATE_SMTP_HOST is not set: there is no mail server to connect to"]
        notes.append("TILLGATE_SMTP_HOST is not set: nothing is mailed, and the dashboard lists what would have been")
        return []
    if not connect:
        notes.append("the mail server was not asked (ask it: tillgate doctor --check-mail)")
        return []
    from tillgate.mail.sending import Smtp, TryLater

    try:
        asyncio.run(Smtp(server).check())
    except TryLater as error:
        return [f"TILLGATE_SMTP_HOST: {error}"]
    notes.append(f"the mail server {server.host}:{server.port} lets us in")
    return []


def _valkey(url: str | None) -> list[str]:
    if url is None:
        return []
    try:
        from keyturn.limiting.shared import SharedLimiter, client_for
    except ModuleNotFoundError:
        return ["TILLGATE_VALKEY_URL needs the client redis: pip install 'tillgate[valkey]'"]

    async def check() -> None:
        limiter = SharedLimiter(client_for(url), Limiter(time.monotonic_ns))
        try:
            await limiter.check()
        finally:
            await limiter.close()

    try:
        asyncio.run(check())
    except Exception as error:
        return [f"TILLGATE_VALKEY_URL: rate limits cannot be counted there: {str(error) or type(error).__name__}"]
    return []
