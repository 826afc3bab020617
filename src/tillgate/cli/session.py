"""What every command shares: where the database is, how to work on it, and how a failure is told."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from keyturn import KeyturnError
from keyturn.database import Database, StoreError
from keyturn.terminal import json_line, printable
from tillgate.base.clock import SystemClock
from tillgate.base.errors import TillgateError
from tillgate.events.log import Behind
from tillgate.opening import open_migrated
from tillgate.settings import DATA_DEFAULT, Settings, SettingsError, load
from tillgate.store import SealingError

T = TypeVar("T")

Data = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", help=f"Directory of the database and the secret key [{DATA_DEFAULT}]."),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", metavar="URL", help="postgresql://user@host/name, or sqlite:///file."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]

FAILURES = (KeyturnError, TillgateError, StoreError, SealingError, SettingsError)


def settings(data: str | None, database_url: str | None, **more: Any) -> Settings:
    """The settings, or a clear end of the command."""
    try:
        return load(data=data, database_url=database_url, **more)
    except SettingsError as error:
        fail(str(error))


def work(chosen: Settings, task: Callable[[Database], Awaitable[T]]) -> T:
    """Run a task over the opened and migrated database; failures end the command in one line."""

    async def run() -> T:
        database = await open_migrated(chosen, SystemClock(), _say_behind)
        try:
            return await task(database)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except TillgateError as error:
        fail(error.public)
    except FAILURES as error:
        fail(str(error))


def say(text: str = "") -> None:
    """Print at once, also into a file. What a terminal would act upon is escaped: most of what is shown was written by
    somebody else."""
    print(printable(text), flush=True)


def note(text: str) -> None:
    """Say something beside the output."""
    print(printable(text), file=sys.stderr, flush=True)


def _say_behind(behind: list[Behind]) -> None:
    for one in behind:
        note(
            f"tillgate: the database is older than it was: events {one.had + 1} to at least {one.given} of project "
            f"{one.project_id} ({'live' if one.livemode else 'test'} mode) are not in it. Its events go on above "
            f"{one.goes_on_after}."
        )


def fail(message: str) -> NoReturn:
    """Say what went wrong and end with status 1."""
    note(f"tillgate: {message}")
    raise typer.Exit(1)


def print_json(value: object) -> None:
    """One JSON object on one line."""
    print(json_line(value), flush=True)
