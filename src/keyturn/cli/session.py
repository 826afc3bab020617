"""What every command shares: where the keys are, how to work on them, and how a failure is told."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from keyturn.admission.layer import SystemClock
from keyturn.database import StoreError, migrate, open_database
from keyturn.errors import KeyturnError
from keyturn.keys.issuing import Issuer
from keyturn.settings import Settings, SettingsError, load
from keyturn.stores.sql import SqlKeyStore, migrations
from keyturn.terminal import json_line, printable

T = TypeVar("T")

ACTOR = "operator:cli"

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url", metavar="URL", help="sqlite:///path or postgresql://user@host/name  [KEYTURN_DATABASE_URL]"
    ),
]
Project = Annotated[str, typer.Option("--project", metavar="ID", help="The project or tenant whose keys these are.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class CommandContext:
    """Keys, while a command works on them."""

    def __init__(self, store: SqlKeyStore, settings: Settings) -> None:
        self.store = store
        self.clock = SystemClock()
        self.issuer = Issuer(store, self.clock, settings.scopes, publishable=settings.publishable)


def work(database_url: str | None, task: Callable[[CommandContext], Awaitable[T]]) -> T:
    """Run a task over the opened and migrated database; failures end the command in one line."""

    async def run() -> T:
        settings = load(database_url=database_url)
        database = await open_database(settings.database_url)
        try:
            await migrate(database, migrations(), now=SystemClock().now())
            return await task(CommandContext(SqlKeyStore(database), settings))
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except (KeyturnError, StoreError, SettingsError) as error:
        fail(str(error))


def say(text: str) -> None:
    """Print at once, also into a file. What a terminal would act upon is escaped: most of what is shown was written by
    somebody else."""
    print(printable(text), flush=True)


def say_json(value: object) -> None:
    """One JSON value on one line."""
    print(json_line(value), flush=True)


def note(text: str) -> None:
    """Say something beside the output."""
    print(printable(text), file=sys.stderr, flush=True)


def fail(message: str, status: int = 1) -> NoReturn:
    """End with what is wrong, in one line."""
    note(f"keyturn: {message}")
    raise typer.Exit(status)


def say_fields(to_json: dict[str, Any]) -> None:
    """Names and values, one a line."""
    for name, value in to_json.items():
        text = " ".join(value) if isinstance(value, list) else value if value is not None else "-"
        say(f"{name:16} {text}")
