"""``tillgate serve`` and ``tillgate migrate``."""

import asyncio
from typing import Annotated

import typer

from keyturn.cli.output import AsJson, fail, note, say, say_json
from keyturn.database import Migration, open_database
from keyturn.database import migrate as apply_migrations
from tillgate.base.clock import SystemClock
from tillgate.cli.session import FAILURES, Data, DatabaseUrl, settings
from tillgate.opening import all_migrations
from tillgate.settings import HOST_DEFAULT, PORT_DEFAULT, WORKERS_MAX, unknown_variables


def serve(
    data: Data = None,
    database_url: DatabaseUrl = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = HOST_DEFAULT,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Port to listen on.")] = PORT_DEFAULT,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, max=WORKERS_MAX, help="Server processes [1]; more than one need PostgreSQL."),
    ] = None,
    dev: Annotated[
        bool | None,
        typer.Option("--dev/--no-dev", help="Allow webhooks to plain http on this machine; readable logs."),
    ] = None,
) -> None:
    """Run the server. It is ready when GET /healthz answers 200."""
    # A web server and every page take a while to load; the other commands do without.
    from tillgate.cli.server import run

    chosen = settings(data, database_url, host=host, port=port, workers=workers, dev=dev)
    for told in unknown_variables().values():
        note(told)
    try:
        status = run(chosen, host, port)
    except FAILURES as error:
        fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if status:
        raise typer.Exit(status)


def migrate(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Bring the database to the newest schema. A running server does so automatically when it starts."""
    chosen = settings(data, database_url)

    async def run() -> list[Migration]:
        database = await open_database(chosen.database_url)
        try:
            return await apply_migrations(database, all_migrations(), now=SystemClock().now())
        finally:
            await database.close()

    try:
        applied = asyncio.run(run())
    except FAILURES as error:
        fail(str(error))
    if as_json:
        say_json({"applied": [f"{one.house} {one.number:04d}_{one.name}" for one in applied]})
        return
    for migration in applied:
        say(f"applied {migration.house} {migration.number:04d}_{migration.name}")
    say("The database is up to date.")
