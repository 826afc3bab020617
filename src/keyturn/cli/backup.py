"""``keyturn backup`` and ``keyturn restore``; what is said of keys then, ``tillgate`` says as well."""

import asyncio
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from keyturn.admission.layer import SystemClock
from keyturn.cli.session import ACTOR, DatabaseUrl, fail, say
from keyturn.database import StoreError, Transaction
from keyturn.database.backup import Manifest, back_up
from keyturn.database.backup import restore as restore_backup
from keyturn.errors import KeyturnError
from keyturn.settings import SettingsError, load
from keyturn.stores.ports import Act
from keyturn.stores.restoring import Narrowed, RestoredKeys, after_restore, narrowed_in
from keyturn.stores.sql import migrations

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Replace the contents of the database. Stop every server that uses it first.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before --replace.")]
DisableKeys = Annotated[
    bool, typer.Option("--disable-keys", help="Disable every key. Enable the keys that you trust one by one.")
]
RESTORED = "restored from a backup"


def backup(file: BackupFile, database_url: DatabaseUrl = None) -> None:
    """Write all keys and their history to a new file, while servers run. It holds no key, only digests."""
    try:
        url = load(database_url=database_url).database_url
        program = f"keyturn {version('tillgate')}"
        manifest = asyncio.run(back_up(url, file, migrations(), program=program, now=SystemClock().now()))
    except (KeyturnError, StoreError, SettingsError) as error:
        fail(str(error))
    say_written(file, manifest)


def restore(
    file: BackupFile,
    replace: Replace = False,
    yes: Yes = False,
    disable_keys: DisableKeys = False,
    database_url: DatabaseUrl = None,
) -> None:
    """Put a backup into an empty database, SQLite or PostgreSQL, whichever it came from."""
    found: list[RestoredKeys] = []
    clock = SystemClock()

    async def finish(tx: Transaction, manifest: Manifest, kept: Narrowed | None) -> None:
        act = Act(clock.now(), ACTOR, RESTORED)
        found.append(await after_restore(tx, act, kept, disable=disable_keys, backup_made_at=manifest.made_at))

    try:
        url = load(database_url=database_url).database_url
        confirm(replace, yes)
        manifest = asyncio.run(
            restore_backup(url, file, migrations(), now=clock.now(), replace=replace, before=narrowed_in, finish=finish)
        )
    except (KeyturnError, StoreError, SettingsError) as error:
        fail(str(error))
    say_restored(manifest, found[0])


def confirm(replace: bool, yes: bool) -> None:
    """Ask before anything is replaced, unless that was answered already."""
    if replace and not yes:
        typer.confirm(
            "This replaces everything in the database. Are all servers stopped, and do you want to continue?",
            abort=True,
        )


def say_written(file: Path, manifest: Manifest) -> None:
    """Say what a backup holds."""
    say(f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables, read back and verified.")


def say_restored(manifest: Manifest, keys: RestoredKeys) -> None:
    """Say what was restored, and what that means for keys."""
    made_at = datetime.fromtimestamp(manifest.made_at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    say(f"Restored {manifest.rows} rows of {len(manifest.tables)} tables, as of {made_at} ({manifest.program}).")
    if keys.narrowed:
        say(f"{keys.narrowed} keys, secrets or projects were revoked, disabled or suspended since then, and stay so.")
    if keys.disabled:
        say(f"{keys.disabled} keys were disabled. Enable each that was not revoked after {made_at}.")
    if keys.usable:
        say(
            f"{keys.usable} keys are accepted. One that was revoked after {made_at} is among them unless it was "
            "revoked in the database that was replaced: revoke it again."
        )
