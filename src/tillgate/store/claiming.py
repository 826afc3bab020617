# ruff: noqa: S608 (statements are put together of constants)
"""Rows that are worked on under a lease: who may take which of them. The one claim, whatever table the work is in.

A table of work has lanes, each with a turn of its own: an endpoint, or a project's jobs of one kind. A worker goes from
lane to lane over an index and takes from each what it has room for, so that what one of them has piled up costs the
others nothing. What it takes carries the end of its lease. Whoever dies holds nothing but leases, and those run out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from keyturn.database import Both
from keyturn.database.ports import Sql
from tillgate.store import Transaction

# Holds nothing, where the caller already keeps other workers away.
HELD: Final = "SELECT $1"


class Work(NamedTuple):
    """A table of work, in SQL.

    Attributes:
        lane: its column that says whose turn a row waits for.
        due: its column that says from when a row may be taken.
        open: the condition on a row that is not done; with an index on lane and due under this condition.
        counted: a further condition on rows that take a place in their lane.
    """

    table: str
    lane: str
    due: str
    open: str
    counted: str = ""

    def hop(self, beyond: str = "") -> str:
        """The lanes in which something is open, as ``waiting (lane)``: from one to the next over the index.

        Args:
            beyond: only those that sort after this expression.
        """
        after = f" AND {self.lane} > {beyond}" if beyond else ""
        return (
            "WITH RECURSIVE waiting (lane) AS ("
            f"SELECT MIN({self.lane}) FROM {self.table} WHERE {self.open}{after} "
            f"UNION ALL SELECT (SELECT q.{self.lane} FROM {self.table} q WHERE q.{self.open} "
            f"AND q.{self.lane} > w.lane ORDER BY q.{self.lane} LIMIT 1) "
            "FROM waiting w WHERE w.lane IS NOT NULL)"
        )

    @property
    def first_due(self) -> str:
        """When the first free row of the lane ``w.lane`` is due, at $1."""
        return (
            f"(SELECT q.{self.due} FROM {self.table} q WHERE q.{self.lane} = w.lane AND q.{self.open} "
            f"AND q.lease_until <= $1 ORDER BY q.{self.due} LIMIT 1)"
        )

    @property
    def first(self) -> str:
        """When the first row of the lane ``w.lane`` is due, where nothing of it is ever leased."""
        return (
            f"(SELECT q.{self.due} FROM {self.table} q WHERE q.{self.lane} = w.lane AND q.{self.open} "
            f"ORDER BY q.{self.due} LIMIT 1)"
        )

    @property
    def leased(self) -> str:
        """How many places of the lane ``w.lane`` are taken, at $1."""
        return (
            f"(SELECT COUNT(*) FROM {self.table} q WHERE q.{self.lane} = w.lane AND q.lease_until > 0 "
            f"AND q.lease_until > $1{self.counted})"
        )

    def claim(self, alone: Sql, *, note: str = "") -> "Claim":
        """How rows of this table are taken.

        Args:
            alone: holds the lane $1 for this transaction, or else two workers would both find its room free; it finds
                no row where another worker has it.
            note: what else is written onto a row that is taken, with further parameters from $5 on.
        """
        found = (
            f"SELECT q.id FROM {self.table} q WHERE q.{self.lane} = $3 AND q.{self.open} AND q.{self.due} <= $1 "
            f"AND q.lease_until <= $1 ORDER BY q.{self.due}, q.id LIMIT $4"
        )
        change = f"UPDATE {self.table} SET lease_until = $2{note} WHERE id IN"
        return Claim(
            alone,
            f"SELECT COUNT(*) AS count FROM {self.table} q WHERE q.{self.lane} = $1 AND q.lease_until > 0 "
            f"AND q.lease_until > $2{self.counted}",
            Both(
                sqlite=f"{change} ({found}) RETURNING id",
                postgres=f"{change} ({found} FOR UPDATE OF q SKIP LOCKED) RETURNING id",
            ),
        )


class Claim(NamedTuple):
    """The statements of a claim; :meth:`Work.claim` makes them."""

    alone: Sql
    leased: Sql
    take: Sql


class Lane(NamedTuple):
    """A lane that something may be due in.

    Attributes:
        lease_until: for how long what is taken from it is leased.
        places: how many of its rows may be leased at once.
        pool: lanes of one pool share a number of places; empty where they share none.
    """

    id: str
    lease_until: int
    places: int
    pool: str = ""


async def claim(
    tx: Transaction,
    statements: Claim,
    lanes: Sequence[Lane],
    *,
    now: int,
    limit: int,
    pools: Mapping[str, int] | None = None,
    bound: Callable[[Lane, Sequence[tuple[str, Lane]]], int] | None = None,
    note: Sequence[Any] = (),
) -> list[tuple[str, Lane]]:
    """Take up to ``limit`` due rows that nobody holds, lane by lane in the order that is given; their ids.

    Args:
        pools: how many rows may be taken for each pool of lanes; as many as there are where it is not named.
        bound: how many more may be taken from a lane, by what was taken before it.
        note: what is written onto each row that is taken.
    """
    taken: list[tuple[str, Lane]] = []
    left_of: dict[str, int] = dict(pools or {})
    for lane in lanes:
        left = min(limit - len(taken), left_of.get(lane.pool, limit))
        if bound is not None:
            left = min(left, bound(lane, taken))
        if left <= 0 or await tx.fetch_one(statements.alone, lane.id) is None:
            continue
        held = await tx.fetch_one(statements.leased, lane.id, now)
        free = lane.places - (held["count"] if held is not None else 0)
        if free <= 0:
            continue
        rows = await tx.fetch_all(statements.take, now, lane.lease_until, lane.id, min(free, left), *note)
        if lane.pool in left_of:
            left_of[lane.pool] -= len(rows)
        taken += [(row["id"], lane) for row in rows]
    return taken


# The tables whose rows are leased.
_END_LEASES: Final = {
    "jobs": "UPDATE jobs SET lease_until = 0, lease_owner = NULL WHERE lease_until > 0",
    "watched_chains": "UPDATE watched_chains SET lease_until = 0, lease_owner = NULL WHERE lease_until > 0",
    "webhook_deliveries": "UPDATE webhook_deliveries SET lease_until = 0 WHERE lease_until > 0",
}


async def end_leases(tx: Transaction) -> None:
    """Free what was under way when a backup was made: nobody works on it in the database that was restored from it."""
    for statement in _END_LEASES.values():
        await tx.execute(statement)
