"""Work that lies in a table of its own, found by its index when it is due, so that nothing is written before."""

from collections.abc import Awaitable, Callable
from typing import Final

from tillgate.store import Transaction
from tillgate.store.jobs.kinds import Due

# How many projects one look goes through; the next one goes on from there.
PROJECTS_MAX: Final = 500
# For how many of these it is asked whether there is work; as many get a job at once.
CANDIDATES_MAX: Final = 100


class Source:
    """Looks through the projects that have rows of a table open, a bounded number at a time, in turn.

    One for each process and kind: it remembers how far it has come.
    """

    def __init__(self, statement: str) -> None:
        """
        Args:
            statement: made by :func:`tillgate.store.jobs.records.projects_with`.
        """
        self._statement = statement
        self._after = ""

    async def due(self, tx: Transaction, now: int, has_work: Callable[[str], Awaitable[bool]]) -> Due:
        """The projects that something can be done for now.

        Args:
            has_work: whether that is so for a project whose first row is due by the clock: something else may have to
                happen first.
        """
        after = self._after
        found = await tx.fetch_all(self._statement, after, PROJECTS_MAX)
        over = [row["project_id"] for row in found if row["first_at"] <= now and not row["busy"]]
        candidates = over[:CANDIDATES_MAX]
        project_ids = [project_id for project_id in candidates if await has_work(project_id)]
        if project_ids:
            # The same projects again, until there is a job for each of them.
            return Due(project_ids, now)
        if len(over) > len(candidates):
            self._after = candidates[-1]
        else:
            self._after = found[-1]["project_id"] if len(found) == PROJECTS_MAX else ""
        if after or self._after or over:
            return Due((), now + 1)
        return Due((), min((row["first_at"] for row in found if not row["busy"]), default=None))
