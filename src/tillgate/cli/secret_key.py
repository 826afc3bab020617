"""``tillgate secret-key``: the key that seals is changed, while servers run."""

from typing import Annotated

import typer

from keyturn.cli.output import AsJson, fail, say, say_json
from keyturn.database import Database
from keyturn.database.shape import tables_of
from tillgate.cli.session import Data, DatabaseUrl, require, settings, work
from tillgate.events.signing import SigningSecret
from tillgate.opening import all_migrations
from tillgate.settings import Settings
from tillgate.store import Sealer, SealingError
from tillgate.store.sealing import (
    KEY_FILE,
    Resealed,
    has_started_with,
    keep_keys,
    new_key,
    reseal,
    sealed_columns,
    split_keys,
)

app = typer.Typer(
    help="Manage the secret key, which encrypts webhook secrets, secrets of authenticator apps, wallets and node URLs.",
    no_args_is_help=True,
)


@app.command("new")
def new(data: Data = None, as_json: AsJson = False) -> None:
    """Add a new key to the data directory. Then restart the server and run: tillgate secret-key rotate."""
    chosen = settings(data, None)
    if chosen.given_secret_key is not None:
        fail(
            "the key is given by TILLGATE_SECRET_KEY: put a new one before it there, with a comma between them. "
            "Make one with: tillgate doctor --new-secret-key"
        )
    try:
        keys = split_keys(chosen.secret_key())
        if len(keys) > 1:
            fail("a new key is there already: restart the server, then run: tillgate secret-key rotate")
        keep_keys(chosen.data, [new_key(), *keys])
    except SealingError as error:
        fail(str(error))
    if as_json:
        say_json({"file": str(chosen.data / KEY_FILE), "keys": len(keys) + 1})
        return
    say(f"{chosen.data / KEY_FILE} holds a new key and the old one. Back it up and restart the server; then run:")
    say("tillgate secret-key rotate")


@app.command("rotate")
def rotate(
    offline: Annotated[
        bool, typer.Option("--offline", help="No server is running, so none needs the new key.")
    ] = False,
    replace_lost: Annotated[
        bool,
        typer.Option("--replace-lost", help="The old key is lost: replace the secrets sealed with it by random ones."),
    ] = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Re-encrypt everything with the first key, so that the others are no longer needed. Safe to repeat."""
    chosen = settings(data, database_url)
    require(chosen)
    try:
        sealer = Sealer(chosen.secret_key())
    except SealingError as error:
        fail(str(error))

    async def task(database: Database) -> Resealed | None:
        if not (offline or replace_lost or await has_started_with(database, sealer)):
            return None
        columns = sealed_columns(tables_of(all_migrations()))
        return await reseal(database, sealer, columns, _fresh_secret if replace_lost else None)

    done = work(chosen, task)
    if done is None:
        fail(
            f"no server has started with the key {sealer.fingerprint} yet: restart every server with both keys first, "
            "or use --offline if none is running"
        )
    if as_json:
        say_json({"key": sealer.fingerprint, "resealed": done.resealed, "lost": done.lost, "finished": done.finished})
        if not done.finished:
            raise typer.Exit(1)
        _drop_old(chosen, sealer, quiet=True)
        return
    say(f"{done.resealed} secrets were sealed with the key {sealer.fingerprint}.")
    if not done.finished:
        fail(
            f"{done.lost} secrets were sealed with a key that is not given, and stay as they are: give that key as "
            "well, or, if it is lost, use --replace-lost"
        )
    if done.lost:
        say(f"{done.lost} of them were replaced by random secrets: rotate the secret of each webhook endpoint,")
        say("and run tillgate users reset-2fa for everybody with an authenticator app.")
    _drop_old(chosen, sealer)


def _drop_old(chosen: Settings, sealer: Sealer, *, quiet: bool = False) -> None:
    if not sealer.has_several:
        told = "No other key is needed."
    elif chosen.given_secret_key is not None:
        told = "Now set TILLGATE_SECRET_KEY to the first key alone, and restart every server."
    else:
        keep_keys(chosen.data, split_keys(chosen.secret_key())[:1])
        told = f"The old key is no longer in {chosen.data / KEY_FILE}. Backups from before this still need it."
    if not quiet:
        say(told)


def _fresh_secret() -> str:
    return SigningSecret.new().reveal()
