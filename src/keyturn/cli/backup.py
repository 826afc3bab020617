"""``keyturn backup`` and ``keyturn restore``; what is said of keys then, ``tillgate`` says as well."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from keyturn import __version__
from keyturn.admission.layer import SystemClock
from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, confirm, fail, say, say_json
from keyturn.cli.session import DatabaseUrl
from keyturn.database import StoreError, Transaction, require_file
from keyturn.database.backup import Manifest, back_up
from keyturn.database.backup import restore as restore_backup
from keyturn.errors import KeyturnError
from keyturn.settings import SettingsError, load
from keyturn.stores.ports import Act
from keyturn.stores.restoring import RestoredKeys, Restrictions, after_restore, restrictions_in
from keyturn.stores.sql import migrations

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Replace the contents of the database. Stop every server that uses it first.")
]
DisableKeys = Annotated[
    bool, typer.Option("--disable-keys", help="Disable every key. Enable the keys that you trust one by one.")
]
RESTORED = "restored from a backup"


def backup(file: BackupFile, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Write all keys and their history to a new file, while servers run. It contains digests, no key texts."""
    try:
        url = load(database_url=database_url).database_url
        require_file(url)
        program = f"keyturn {__version__}"
        manifest = asyncio.run(back_up(url, file, migrations(), program=program, now=SystemClock().now()))
    except (KeyturnError, StoreError, SettingsError) as error:
        fail(str(error))
    say_written(file, manifest, as_json)


def restore(
    file: BackupFile,
    replace: Replace = False,
    yes: Yes = False,
    disable_keys: DisableKeys = False,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty database, SQLite or PostgreSQL."""
    found: list[RestoredKeys] = []
    clock = SystemClock()

    async def finish(tx: Transaction, manifest: Manifest, kept: Restrictions | None) -> None:
        act = Act(clock.now(), ACTOR, RESTORED)
        found.append(await after_restore(tx, act, kept, disable=disable_keys, backup_made_at=manifest.made_at))

    try:
        url = load(database_url=database_url).database_url
        confirm_replacing(replace, yes)
        manifest = asyncio.run(
            restore_backup(
                url, file, migrations(), now=clock.now(), replace=replace, before=restrictions_in, finish=finish
            )
        )
    except (KeyturnError, StoreError, SettingsError) as error:
        fail(str(error))
    say_restored(manifest, found[0], as_json)


def confirm_replacing(replace: bool, yes: bool) -> None:
    """Ask before anything is replaced, unless that was answered already."""
    if replace:
        confirm("Everything in the database is replaced, and every server has to be stopped.", yes)


def say_written(file: Path, manifest: Manifest, as_json: bool) -> None:
    """Say what a backup holds."""
    if as_json:
        say_json({"file": str(file), "rows": manifest.rows, "tables": len(manifest.tables), "facts": manifest.facts})
        return
    say(f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables, read back and verified.")


def say_restored(manifest: Manifest, keys: RestoredKeys, as_json: bool) -> None:
    """Say what was restored, and what that means for keys."""
    made_at = datetime.fromtimestamp(manifest.made_at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if as_json:
        counts = {"keysKeptEnded": keys.restricted, "keysDisabled": keys.disabled, "keysAccepted": keys.usable}
        say_json({"rows": manifest.rows, "tables": len(manifest.tables), "madeAt": made_at, **counts})
        return
    say(f"Restored {manifest.rows} rows of {len(manifest.tables)} tables, as of {made_at} ({manifest.program}).")
    if keys.restricted:
        say(f"{keys.restricted} keys, secrets or projects were revoked, disabled or suspended since then, and stay so.")
    if keys.disabled:
        say(f"{keys.disabled} keys were disabled. Enable each that was not revoked after {made_at}.")
    if keys.usable:
        say(
            f"{keys.usable} keys are accepted. One that was revoked after {made_at} is among them unless it was "
            "revoked in the database that was replaced: revoke it again."
        )
