"""The event log's identity, and what is done when the database turns out to be an older one than it was.

A log is the events of one project and mode. Its id differs between logs, and changes when the database is restored, so
that a follower whose place is not of this log is told, and misses nothing silently.
"""

import hashlib
from typing import Final, NamedTuple

from keyturn.database import HighWater
from tillgate.base import ids
from tillgate.base.errors import SequenceAhead
from tillgate.base.problems import Problem
from tillgate.events import records
from tillgate.store import Database, Transaction

LOG: Final = "log"
_ID_LENGTH: Final = 26
LOG_ID: Final = rf"^{LOG}_[0-7][0-9a-f]{{{_ID_LENGTH - 1}}}$"


class Behind(NamedTuple):
    """A log of which the database has lost the end.

    Attributes:
        had: the highest sequence number that the database had.
        given: a number that was given out.
        goes_on_after: the next event has a number above it.
    """

    project_id: str
    livemode: bool
    had: int
    given: int
    goes_on_after: int


async def log_id(tx: Transaction, project_id: str, livemode: bool) -> str:
    """The id of a project's log in one mode: ``log_`` and 26 characters. The same until the database is restored."""
    seed = await records.log_seed(tx)
    digest = hashlib.sha256(f"{seed}\0{project_id}\0{livemode:d}".encode()).hexdigest()
    # Written as all ids are: 128 bits in base 32, so that the first character is 0 to 7.
    return f"{LOG}_{int(digest[0], 16) % 8}{digest[1:_ID_LENGTH]}"


async def ensure_identity(database: Database) -> None:
    """Give the database's logs their identity, where they have none yet."""
    if await database.read(records.find_log_seed) is None:

        async def operation(tx: Transaction) -> None:
            await records.add_log_seed(tx, ids.new_ulid())

        await database.write(operation)


async def renew_identity(tx: Transaction) -> None:
    """Give every log another id: cursors from before this are refused from now on."""
    await records.set_log_seed(tx, ids.new_ulid())


async def require_place(tx: Transaction, project_id: str, livemode: bool, after: int, log: str | None = None) -> str:
    """The log's id, if somebody can have got as far as ``after`` in it.

    Raises:
        SequenceAhead: the log does not reach that far, or ``log`` is another one's id.
    """
    newest = await records.last_sequence(tx, project_id, livemode)
    current = await log_id(tx, project_id, livemode)
    if log is not None and log != current:
        raise SequenceAhead("log", Problem.OTHER_LOG, newest_sequence=newest, log_id=current)
    if after > newest:
        raise SequenceAhead("after", Problem.BEYOND_LOG, newest_sequence=newest, log_id=current, after=after)
    return current


async def find_behind(database: Database, high_water: HighWater) -> list[Behind]:
    """The logs that have fewer events than were given out, without changing anything."""
    found: list[Behind] = []
    after = ""
    # First the marks, then the database: a number is noted only after it was committed.
    while marks := high_water.marks(records.MARK_HEAD, after):
        after = marks[-1].name
        wanted = {records.log_of(mark.name): mark for mark in marks}
        projects = sorted({project_id for project_id, _ in wanted})

        async def look(tx: Transaction, projects: list[str] = projects) -> dict[tuple[str, bool], int]:
            return await records.last_sequences(tx, projects)

        had = await database.read(look)
        found += [
            Behind(*log, had[log], mark.given, mark.reserved)
            for log, mark in wanted.items()
            if log in had and had[log] < mark.given
        ]
    return found


async def continue_above(database: Database) -> list[Behind]:
    """Where the database is behind what is kept beside it, go on above that, as other logs; says where it was."""
    if database.high_water is None:
        return []
    behind = await find_behind(database, database.high_water)

    async def operation(tx: Transaction) -> list[Behind]:
        raised = [
            one
            for one in behind
            if await records.raise_sequence(tx, one.project_id, one.livemode, one.given, one.goes_on_after)
        ]
        if raised:
            await renew_identity(tx)
        return raised

    return await database.write(operation) if behind else []
