"""Whether a database can be used, looked at for all who ask, and said once when that changes."""

import asyncio
import time
from collections.abc import Callable

from keyturn.database.ports import SOON_SECONDS, Database, Trouble

# How long what was found is told to others who ask.
KEPT_SECONDS = 1.0
LOOK_EVERY_SECONDS = 1.0

_NO_ANSWER = Trouble(
    "answers",
    "the database does not answer",
    "see whether it runs, can be reached and has not been stopped",
)


class StoreWatch:
    """Looks after one database. One a process; let :meth:`run` run beside it."""

    def __init__(self, database: Database, observe: Callable[[Trouble | None], None] = lambda _: None) -> None:
        """
        Args:
            observe: called once when something is wrong, again when something else is, and with None when it is over.
        """
        self._database = database
        self._observe = observe
        self._known: Trouble | None = None
        self._looking: asyncio.Task[Trouble | None] | None = None
        self._looked_at = float("-inf")

    async def look(self) -> Trouble | None:
        """Why the database cannot be used; None where it can. There is an answer within two seconds.

        However many ask at once, one look is taken, and it holds for a second.
        """
        if self._looking is None and time.monotonic() - self._looked_at < KEPT_SECONDS:
            return self._known
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(durably=True), name="a look at the database")
        # Whoever asked may go; others wait for the same look.
        return await asyncio.shield(self._looking)

    async def run(self) -> None:
        """Look at intervals until cancelled: at what costs nothing, and while something is wrong at everything."""
        while True:
            if self._known is not None:
                await self.look()
            elif self._looking is None:
                await self._look(durably=False)
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _look(self, *, durably: bool) -> Trouble | None:
        try:
            async with asyncio.timeout(SOON_SECONDS):
                found = await self._database.check(durably=durably)
        except Exception as error:  # whatever it is, it cannot be used
            found = _NO_ANSWER._replace(detail=f"{type(error).__name__}: {error}")
        if durably:
            self._looking = None
            self._looked_at = time.monotonic()
        if (found and found.check) != (self._known and self._known.check):
            self._observe(found)
        self._known = found
        return found
