"""Where ``tillgate``'s commands find the database, and how a failure ends one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar

import typer

from keyturn import Key, KeyturnError
from keyturn.cli.mounting import CommandContext
from keyturn.cli.output import fail, note
from keyturn.database import Database, DatabaseMissing, StoreError, open_database, require_file, require_schema
from tillgate.access import price_set_by
from tillgate.base.clock import SystemClock
from tillgate.base.errors import TillgateError
from tillgate.cli.choosing import project_id_of
from tillgate.events.log import Behind
from tillgate.opening import all_migrations, open_keys, open_migrated
from tillgate.rails.evm.extra import ExtraMissing, require_extra
from tillgate.rails.evm.networks.model import NetworkError
from tillgate.rails.evm.treasury.model import TreasuryError
from tillgate.rails.evm.wallets.model import WalletError
from tillgate.rails.port import HashUnusable, TooManyLookUps
from tillgate.settings import DATA_DEFAULT, Settings, SettingsError, load
from tillgate.store import Sealer, SealingError
from tillgate.wire.words import SENTENCES, WHOLE, Words, at_path

T = TypeVar("T")

Data = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", help=f"Directory of the database and the secret key [{DATA_DEFAULT}]."),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", metavar="URL", help="postgresql://user@host/name, or sqlite:///file."),
]

FAILURES = (
    KeyturnError,
    TillgateError,
    StoreError,
    SealingError,
    SettingsError,
    WalletError,
    TreasuryError,
    NetworkError,
    HashUnusable,
    TooManyLookUps,
)

# What an operator says of a network or a token, by the options that say it.
_OPTIONS: Final = {
    "urls": "--rpc",
    "chain_id": "--chain-id",
    "confirmations": "--confirmations",
    "explorer": "--explorer",
    "address": "--address",
    "currency": "--currency",
    "symbol": "--symbol",
    "valid": "--valid",
}
# Fields are spelled as options are, which hold them.
WORDS: Final = Words(at_path(lambda name: name.replace("_", "-")), SENTENCES, WHOLE)


def settings(data: str | None, database_url: str | None, **more: Any) -> Settings:
    """The settings, or a clear end of the command."""
    try:
        return load(data=data, database_url=database_url, **more)
    except SettingsError as error:
        fail(str(error))


def work(chosen: Settings, task: Callable[[Database], Awaitable[T]], *, creates: bool = False) -> T:
    """Run a task over the opened and migrated database; failures end the command in one line.

    Args:
        creates: make the database where there is none; else its absence is a failure, and nothing is made.
    """

    async def run() -> T:
        if not creates:
            await require_database(chosen)
        database = await open_migrated(chosen, SystemClock(), _say_behind)
        try:
            return await task(database)
        finally:
            await database.close()

    try:
        return asyncio.run(run())
    except TillgateError as error:
        fail(WORDS.message(error))
    except FAILURES as error:
        fail(worded(error))


def worded(error: Exception) -> str:
    """A failure in one line, with the option that it is about."""
    option = _OPTIONS.get(error.field) if isinstance(error, NetworkError) else None
    return f"{option}: {error}" if option is not None else str(error)


def require(chosen: Settings) -> None:
    """End the command where there is no database of ours yet: for one that would make something else beside it."""
    try:
        asyncio.run(require_database(chosen))
    except FAILURES as error:
        fail(str(error))


def opened_sealer(chosen: Settings) -> Sealer:
    """What seals and opens values in this installation's database, or a clear end of the command."""
    # Where there is no database, no key is made either.
    require(chosen)
    try:
        return Sealer(chosen.secret_key())
    except SealingError as error:
        fail(str(error))


def sealer_of(chosen: Settings) -> Sealer:
    """The same for keys and URLs of live mode, which takes the extra that reads networks."""
    require(chosen)
    try:
        require_extra()
    except ExtraMissing as error:
        fail(str(error))
    return opened_sealer(chosen)


async def require_database(chosen: Settings) -> None:
    """Refuse to go on where there is no database of ours yet.

    Raises:
        DatabaseMissing: there is none; the message says what makes one.
    """
    try:
        require_file(chosen.database_url)
        database = await open_database(chosen.database_url, connections_max=1)
        try:
            await require_schema(database, all_migrations())
        finally:
            await database.close()
    except DatabaseMissing as error:
        raise DatabaseMissing(
            f"{error}; name another with --data or --database-url, or make it with: tillgate migrate"
        ) from None


class TillgateInstallation:
    """A checkout's database, of which the keys are a part."""

    def __init__(self, chosen: Settings) -> None:
        self.settings = chosen

    def work(self, task: Callable[[CommandContext], Awaitable[T]], *, creates: bool = False) -> T:
        """Run a task over the keys. A key needs a project, so no command about keys makes a database."""

        async def over(database: Database) -> T:
            async def find_project(given: str | None) -> str:
                return await project_id_of(database, given, self.settings.data)

            keys = open_keys(database, SystemClock())
            context = CommandContext(
                keys.store,
                keys.issuer,
                keys.usage_store,
                keys.requests,
                find_project,
                scopes_needed=True,
                warn_of=_warn_of,
            )
            return await task(context)

        return work(self.settings, over)


def where(data: Data = None, database_url: DatabaseUrl = None) -> TillgateInstallation:
    """The options by which ``tillgate``'s commands find their database."""
    return TillgateInstallation(settings(data, database_url))


def _warn_of(key: Key) -> None:
    """Tell on standard error what a key's holders may do to prices."""
    if set_by := price_set_by(key.allow):
        note(
            f"Warning: with this key anybody sets the {', '.join(set_by)} of a session. Compare what was paid with "
            "your own prices before you deliver."
        )


def _say_behind(behind: list[Behind]) -> None:
    for one in behind:
        note(
            f"tillgate: the database is older than it was: events {one.had + 1} to at least {one.given} of project "
            f"{one.project_id} ({'live' if one.livemode else 'test'} mode) are not in it. Its events go on above "
            f"{one.goes_on_after}."
        )
