"""``tillgate backup`` and ``tillgate restore``."""

import asyncio
from pathlib import Path

from keyturn.cli.backup import (
    RESTORED,
    BackupFile,
    DisableKeys,
    Replace,
    confirm_replacing,
    say_restored,
    say_written,
)
from keyturn.cli.mounting import ACTOR
from keyturn.cli.output import AsJson, Yes, fail, say
from keyturn.database import HighWater, Transaction, require_file
from keyturn.database.backup import Manifest, back_up
from keyturn.database.backup import restore as restore_backup
from keyturn.stores.ports import Act
from keyturn.stores.restoring import Narrowed, RestoredKeys, after_restore, narrowed_in
from tillgate import __version__
from tillgate.access.accounts.records import forget_sign_ins
from tillgate.base.clock import SystemClock
from tillgate.cli.session import FAILURES, Data, DatabaseUrl, settings
from tillgate.events.log import renew_identity
from tillgate.opening import all_migrations
from tillgate.rails.evm.wallets.model import Position
from tillgate.rails.evm.wallets.operations import raise_to_reserved
from tillgate.settings import Settings
from tillgate.store import Sealer
from tillgate.store.sealing import KEY_FILE, bound_key

SEALING_FACT = "sealing_key"


def backup(file: BackupFile, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Back up the whole database to a new file, while the server runs. The secret key is not included: store it
    separately."""
    chosen = settings(data, database_url)

    async def facts(tx: Transaction) -> dict[str, str]:
        bound = await bound_key(tx)
        return {SEALING_FACT: bound} if bound is not None else {}

    try:
        require_file(chosen.database_url)
        manifest = asyncio.run(
            back_up(
                chosen.database_url,
                file,
                all_migrations(),
                program=f"tillgate {__version__}",
                now=SystemClock().now(),
                facts=facts,
            )
        )
    except FAILURES as error:
        fail(str(error))
    say_written(file, manifest, as_json)
    if SEALING_FACT in manifest.facts and not as_json:
        say(f"Sealed values in it need the secret key {manifest.facts[SEALING_FACT]}; store that key separately.")


def restore(
    file: BackupFile,
    replace: Replace = False,
    yes: Yes = False,
    disable_keys: DisableKeys = False,
    data: Data = None,
    database_url: DatabaseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty database, SQLite or PostgreSQL."""
    chosen = settings(data, database_url)
    clock = SystemClock()
    found: list[RestoredKeys] = []
    skipped: list[Position] = []

    async def finish(tx: Transaction, manifest: Manifest, kept: Narrowed | None) -> None:
        act = Act(clock.now(), ACTOR, RESTORED)
        found.append(await after_restore(tx, act, kept, disable=disable_keys, backup_made_at=manifest.made_at))
        await renew_identity(tx)
        await forget_sign_ins(tx)
        skipped.extend(await _above_addresses(tx, chosen, clock.now()))

    try:
        confirm_replacing(replace, yes)
        manifest = asyncio.run(
            restore_backup(
                chosen.database_url,
                file,
                all_migrations(),
                now=clock.now(),
                replace=replace,
                before=narrowed_in,
                finish=finish,
            )
        )
    except FAILURES as error:
        fail(str(error))
    say_restored(manifest, found[0], as_json)
    if as_json:
        return
    say("Everybody signs in to the dashboard again. The event log has a new id: whoever follows it is told.")
    for one in skipped:
        say(f"The wallet {one.fingerprint} goes on at index {one.goes_on_at}: the addresses before may be given out.")
    needed = manifest.facts.get(SEALING_FACT)
    if needed is not None and not _has_key(chosen, needed):
        say(f"Before you start the server, put the secret key {needed} in place: TILLGATE_SECRET_KEY, or the file")
        say(f"{chosen.data / KEY_FILE}. Without it the server refuses to start.")


async def _above_addresses(tx: Transaction, chosen: Settings, now: int) -> list[Position]:
    """Let no wallet give an address out again that is known, beside the database, to have been given out."""
    file = chosen.high_water_file
    if file is None or not file.exists():
        return []
    high_water = HighWater(file)
    try:
        return await raise_to_reserved(tx, high_water, now)
    finally:
        high_water.close()


def _has_key(chosen: Settings, fingerprint: str) -> bool:
    """Whether the key is in place; none is made for the question."""
    if chosen.given_secret_key is None and not Path(chosen.data / KEY_FILE).exists():
        return False
    return Sealer(chosen.secret_key()).knows(fingerprint)
