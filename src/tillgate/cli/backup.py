"""``tillgate backup`` and ``tillgate restore``."""

import asyncio
import zipfile
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
from keyturn.stores.restoring import RestoredKeys, Restrictions, after_restore, restrictions_in
from tillgate import __version__
from tillgate.access.accounts.records import forget_sign_ins
from tillgate.base.clock import SystemClock
from tillgate.checkout.shoppers.records import forget_tokens
from tillgate.cli.session import FAILURES, Data, DatabaseUrl, settings
from tillgate.documents.file_records import elsewhere as documents_elsewhere
from tillgate.documents.files import pack, unpack
from tillgate.events.log import renew_identity
from tillgate.opening import all_migrations
from tillgate.rails.evm.wallets.model import READ_AHEAD, Position
from tillgate.rails.evm.wallets.operations import raise_to_reserved
from tillgate.settings import Settings
from tillgate.store import Sealer
from tillgate.store.claiming import end_leases
from tillgate.store.jobs import hasten
from tillgate.store.sealing import KEY_FILE, bound_key

SEALING_FACT = "sealing_key"


def backup(file: BackupFile, data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Back up the whole database to a new file, while the server runs; documents that are kept in a directory go to
    another one beside it. The secret key is not included: store it separately."""
    chosen = settings(data, database_url)

    async def facts(tx: Transaction) -> dict[str, str]:
        bound = await bound_key(tx)
        return {SEALING_FACT: bound} if bound is not None else {}

    try:
        require_file(chosen.database_url)
        if chosen.documents.directory is not None and _beside(file).exists():
            fail(f"{_beside(file)} is already there; a backup replaces no file: choose another name or move it away")
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
    if chosen.documents.directory is not None:
        _pack(chosen.documents.directory, _beside(file), as_json)
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
    """Restore a backup into an empty database, SQLite or PostgreSQL; and the documents beside it into their
    directory."""
    chosen = settings(data, database_url)
    elsewhere: list[int] = []
    clock = SystemClock()
    found: list[RestoredKeys] = []
    skipped: list[Position] = []

    async def finish(tx: Transaction, manifest: Manifest, kept: Restrictions | None) -> None:
        act = Act(clock.now(), ACTOR, RESTORED)
        found.append(await after_restore(tx, act, kept, disable=disable_keys, backup_made_at=manifest.made_at))
        await renew_identity(tx)
        await forget_sign_ins(tx)
        await forget_tokens(tx)
        skipped.extend(await _above_addresses(tx, chosen, clock.now()))
        await end_leases(tx)
        # The addresses that follow were looked at by nobody: live sessions wait for that.
        await hasten(tx, READ_AHEAD, clock.now())
        elsewhere.append(await documents_elsewhere(tx))

    try:
        _require_place(_beside(file), chosen)
        confirm_replacing(replace, yes)
        manifest = asyncio.run(
            restore_backup(
                chosen.database_url,
                file,
                all_migrations(),
                now=clock.now(),
                replace=replace,
                before=restrictions_in,
                finish=finish,
            )
        )
    except FAILURES as error:
        fail(str(error))
    say_restored(manifest, found[0], as_json)
    unpacked = _unpack(_beside(file), chosen.documents.directory)
    if as_json:
        return
    if unpacked:
        say(f"{unpacked} documents are in {chosen.documents.directory}.")
    elif elsewhere[0]:
        say(f"{elsewhere[0]} documents were kept in a directory, whose archive {_beside(file)} is not there. Put the")
        say("directory back, and name it by TILLGATE_DOCUMENTS.")
    say("Everybody signs in to the dashboard again. The event log has a new id: clients that follow it get an error.")
    for one in skipped:
        say(f"The wallet {one.fingerprint} goes on at index {one.goes_on_at}: the addresses before may be given out.")
    needed = manifest.facts.get(SEALING_FACT)
    if needed is not None and not _has_key(chosen, needed):
        say(f"Before you start the server, put the secret key {needed} in place: TILLGATE_SECRET_KEY, or the file")
        say(f"{chosen.data / KEY_FILE}. Without it the server refuses to start.")


def _beside(file: Path) -> Path:
    """The archive of the documents that are kept in a directory, beside a backup."""
    return file.with_name(f"{file.stem}.documents.zip")


def _pack(directory: Path, archive: Path, as_json: bool) -> None:
    try:
        packed = pack(directory, archive)
    except OSError as error:
        archive.unlink(missing_ok=True)
        fail(f"the database is backed up, but not its documents: cannot write {archive}: {error.strerror or error}")
    if not as_json:
        say(f"{packed} documents of {directory} are in {archive}: keep both files together.")


def _require_place(archive: Path, chosen: Settings) -> None:
    if archive.exists() and chosen.documents.directory is None:
        fail(f"{archive} holds documents, which go into a directory: name it by TILLGATE_DOCUMENTS")


def _unpack(archive: Path, directory: Path | None) -> int:
    if directory is None or not archive.exists():
        return 0
    try:
        return unpack(archive, directory)
    except (OSError, zipfile.BadZipFile) as error:
        fail(f"the database is restored, but not its documents: {archive}: {error}")


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
