"""The request log in SQLite or PostgreSQL, and in this process's memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from keyturn.database import Database, Row, Transaction
from keyturn.insight.logged import Answered, Cursor, Hour, LoggedRequest, RequestFilter, RequestPage
from keyturn.insight.usage import DAY_MS, HOUR_MS
from keyturn.keys.model import Mode, Reach
from keyturn.stores.rows import as_rows, insert_rows

_TYPES: Final = {
    "id": "TEXT",
    "at": "BIGINT",
    "project_id": "TEXT",
    "mode": "TEXT",
    "key_id": "TEXT",
    "secret": "BIGINT",
    "method": "TEXT",
    "path": "TEXT",
    "object_id": "TEXT",
    "status": "BIGINT",
    "duration_us": "BIGINT",
    "refusal": "TEXT",
    "error": "TEXT",
    "scope": "TEXT",
    "reach": "TEXT",
    "network": "TEXT",
    "origin": "TEXT",
    "app": "TEXT",
    "opened": "BIGINT",
    "agent": "TEXT",
    "reported": "TEXT",
    "secure": "BIGINT",
}
# Whoever writes the same line twice, because the first time was not answered, changes nothing.
_ADD: Final = insert_rows("key_requests", _TYPES, "(id) DO NOTHING")
_ADD_DROPPED: Final = insert_rows(
    "key_requests_dropped",
    {"project_id": "TEXT", "day": "BIGINT", "requests": "BIGINT"},
    "(project_id, day) DO UPDATE SET requests = key_requests_dropped.requests + excluded.requests",
)
_ADD_HOURS: Final = insert_rows(
    "key_request_hours",
    {
        "project_id": "TEXT",
        "mode": "TEXT",
        "hour": "BIGINT",
        "requests": "BIGINT",
        "client_errors": "BIGINT",
        "server_errors": "BIGINT",
    },
    "(project_id, mode, hour) DO UPDATE SET requests = key_request_hours.requests + excluded.requests, "
    "client_errors = key_request_hours.client_errors + excluded.client_errors, "
    "server_errors = key_request_hours.server_errors + excluded.server_errors",
)
_BY_HOUR: Final = (
    "SELECT hour, requests, client_errors, server_errors FROM key_request_hours "
    "WHERE project_id = $1 AND mode = $2 AND hour >= $3 ORDER BY hour LIMIT $4"
)
# More than the hours of a year.
HOURS_READ_MAX: Final = 10_000
_FORGET_HOURS: Final = "DELETE FROM key_request_hours WHERE hour < $1"
_COLUMNS: Final = ", ".join(_TYPES)
# Newest first, from a place on. With a filter, only a bounded number of rows is read for one page: a filter
# that fits nothing would else read all there is, and on SQLite nobody else is served meanwhile.
SCANNED_MAX: Final = 5_000
_PLACE: Final = "project_id = $1 AND (at, id) < ($2, $3) AND at >= $4"
_ORDER: Final = "ORDER BY at DESC, id DESC"
_FILTER: Final = (
    "(CAST($7 AS TEXT) IS NULL OR mode = $7) AND status BETWEEN $8 AND $9 "
    "AND (CAST($10 AS BIGINT) = 0 OR refusal IS NOT NULL) AND (CAST($11 AS TEXT) IS NULL OR refusal = $11) "
    "AND (CAST($12 AS TEXT) IS NULL OR path = $12)"
)


class _Listing(NamedTuple):
    """How to list: without a filter, with one, and where that which was looked at for a page ends."""

    plain: str
    filtered: str
    end: str


def _listing(where: str) -> _Listing:
    """
    Args:
        where: what holds of all that is wanted and has an index; with ``$5`` for the key's id.
    """
    rows = f"FROM key_requests WHERE {_PLACE} AND {where} {_ORDER}"
    return _Listing(
        f"SELECT {_COLUMNS} {rows} LIMIT $6",
        f"SELECT {_COLUMNS} FROM (SELECT {_COLUMNS} {rows} LIMIT $13) AS seen WHERE {_FILTER} {_ORDER} LIMIT $6",
        f"SELECT at, id {rows} LIMIT 1 OFFSET $6",
    )


_OF_PROJECT: Final = _listing("CAST($5 AS TEXT) IS NULL")
_FAILED: Final = _listing("CAST($5 AS TEXT) IS NULL AND status >= 400")
_OF_KEY: Final = _listing("key_id = $5")
_ONE: Final = f"SELECT {_COLUMNS} FROM key_requests WHERE id = $1 AND project_id = $2"
_PROJECT_OF: Final = "SELECT project_id FROM key_requests WHERE id = $1"
_DROPPED: Final = "SELECT day, requests FROM key_requests_dropped WHERE project_id = $1 AND day >= $2 ORDER BY day"
_FORGET: Final = (
    "DELETE FROM key_requests WHERE id IN (SELECT o.id FROM key_requests o WHERE o.at < $1 ORDER BY o.at LIMIT $2)"
)
_FORGET_DROPPED: Final = "DELETE FROM key_requests_dropped WHERE day < $1"

# After every instant there is.
_END: Final = Cursor(10**15, "")


class SqlRequests:
    """Requests in a database that the caller opened and migrated."""

    def __init__(self, database: Database, *, scanned_max: int = SCANNED_MAX) -> None:
        """
        Args:
            scanned_max: how many lines are looked at for one page at most, where a filter leaves some out.
        """
        self._database = database
        self._scanned_max = scanned_max

    async def add_requests(self, requests: Sequence[LoggedRequest], dropped: Mapping[tuple[str, int], int]) -> None:
        lines = as_rows([_row(one) for one in requests])
        # In order, so that two processes never wait for each other in a circle.
        sums = as_rows([(*what, number) for what, number in sorted(dropped.items())])

        async def operation(tx: Transaction) -> None:
            if requests:
                await tx.execute(_ADD, lines)
            if dropped:
                await tx.execute(_ADD_DROPPED, sums)

        await self._database.write(operation)

    async def requests(self, project_id: str, wanted: RequestFilter, before: Cursor | None, limit: int) -> RequestPage:
        if wanted.request_id is not None:
            one = await self.request(project_id, wanted.request_id)
            fits = one is not None and wanted.fits(one) and (before is None or one.cursor < before)
            return RequestPage([one] if one is not None and fits else [], None)
        low, high = wanted.statuses
        if wanted.key_id is not None:
            listing = _OF_KEY
        else:
            listing = _FAILED if wanted.has_failed else _OF_PROJECT
        place = (project_id, *(before or _END), wanted.since, wanted.key_id)

        async def operation(tx: Transaction) -> tuple[list[Row], Row | None]:
            if not wanted.leaves_out:
                return await tx.fetch_all(listing.plain, *place, limit + 1), None
            rows = await tx.fetch_all(
                listing.filtered,
                *place,
                limit + 1,
                wanted.mode.value if wanted.mode is not None else None,
                low,
                high,
                int(wanted.refused),
                wanted.refusal,
                wanted.path,
                self._scanned_max,
            )
            if len(rows) > limit:
                return rows, None
            return rows, await tx.fetch_one(listing.end, *place, self._scanned_max - 1)

        rows, end = await self._database.read(operation)
        found = [_request(row) for row in rows[:limit]]
        if len(rows) > limit:
            return RequestPage(found, found[-1].cursor)
        return RequestPage(found, Cursor(end[0], end[1]) if end is not None else None)

    async def request(self, project_id: str, request_id: str) -> LoggedRequest | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_ONE, request_id, project_id)

        row = await self._database.read(operation)
        return _request(row) if row is not None else None

    async def project_of(self, request_id: str) -> str | None:
        async def operation(tx: Transaction) -> Row | None:
            return await tx.fetch_one(_PROJECT_OF, request_id)

        row = await self._database.read(operation)
        return row[0] if row is not None else None

    async def dropped(self, project_id: str, since_day: int) -> dict[int, int]:
        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_DROPPED, project_id, since_day)

        return {row[0]: row[1] for row in await self._database.read(operation)}

    async def add_hours(self, hours: Mapping[Hour, Answered]) -> None:
        rows = as_rows([(one.project_id, one.mode.value, one.hour, *found) for one, found in sorted(hours.items())])

        async def operation(tx: Transaction) -> None:
            await tx.execute(_ADD_HOURS, rows)

        await self._database.write(operation)

    async def by_hour(self, project_id: str, mode: Mode, since_hour: int) -> dict[int, Answered]:
        async def operation(tx: Transaction) -> list[Row]:
            return await tx.fetch_all(_BY_HOUR, project_id, mode.value, since_hour, HOURS_READ_MAX)

        return {row[0]: Answered(row[1], row[2], row[3]) for row in await self._database.read(operation)}

    async def forget_requests(self, before: int, limit: int) -> int:
        async def operation(tx: Transaction) -> int:
            forgotten = await tx.execute(_FORGET, before, limit)
            if not forgotten:
                await tx.execute(_FORGET_DROPPED, before // DAY_MS)
                await tx.execute(_FORGET_HOURS, before // HOUR_MS)
            return forgotten

        return await self._database.write(operation)


class MemoryRequests:
    """Requests that end with this process."""

    def __init__(self) -> None:
        self._requests: dict[str, LoggedRequest] = {}
        self._dropped: Counter[tuple[str, int]] = Counter()
        self._hours: dict[Hour, Answered] = {}

    async def add_requests(self, requests: Sequence[LoggedRequest], dropped: Mapping[tuple[str, int], int]) -> None:
        for one in requests:
            self._requests.setdefault(one.id, one)
        self._dropped.update(dropped)

    async def requests(self, project_id: str, wanted: RequestFilter, before: Cursor | None, limit: int) -> RequestPage:
        found = [
            one
            for one in sorted(self._requests.values(), key=lambda one: one.cursor, reverse=True)
            if one.project_id == project_id and one.cursor < (before or _END) and wanted.fits(one)
        ]
        return RequestPage(found[:limit], found[limit - 1].cursor if len(found) > limit else None)

    async def request(self, project_id: str, request_id: str) -> LoggedRequest | None:
        found = self._requests.get(request_id)
        return found if found is not None and found.project_id == project_id else None

    async def project_of(self, request_id: str) -> str | None:
        found = self._requests.get(request_id)
        return found.project_id if found is not None else None

    async def dropped(self, project_id: str, since_day: int) -> dict[int, int]:
        found = sorted(self._dropped.items())
        return {day: number for (project, day), number in found if project == project_id and day >= since_day}

    async def add_hours(self, hours: Mapping[Hour, Answered]) -> None:
        for one, found in hours.items():
            self._hours[one] = self._hours.get(one, Answered()).plus(found)

    async def by_hour(self, project_id: str, mode: Mode, since_hour: int) -> dict[int, Answered]:
        return {
            one.hour: found
            for one, found in sorted(self._hours.items())
            if (one.project_id, one.mode) == (project_id, mode) and one.hour >= since_hour
        }

    async def forget_requests(self, before: int, limit: int) -> int:
        old = sorted((one for one in self._requests.values() if one.at < before), key=lambda one: one.at)[:limit]
        for one in old:
            del self._requests[one.id]
        if not old:
            for what in [what for what in self._dropped if what[1] < before // DAY_MS]:
                del self._dropped[what]
            for hour in [one for one in self._hours if one.hour < before // HOUR_MS]:
                del self._hours[hour]
        return len(old)


def _row(one: LoggedRequest) -> tuple[Any, ...]:
    return (
        one.id,
        one.at,
        one.project_id,
        one.mode.value,
        one.key_id,
        one.secret,
        one.method,
        one.path,
        one.object_id,
        one.status,
        one.duration_us,
        one.refusal,
        one.error,
        one.scope,
        one.reach.value if one.reach is not None else None,
        one.network,
        one.origin,
        one.app,
        int(one.opened) if one.opened is not None else None,
        one.agent,
        " ".join(one.reported),
        int(one.secure) if one.secure is not None else None,
    )


def _request(row: Row) -> LoggedRequest:
    return LoggedRequest(
        id=row[0],
        at=row[1],
        project_id=row[2],
        mode=Mode(row[3]),
        key_id=row[4],
        secret=row[5],
        method=row[6],
        path=row[7],
        object_id=row[8],
        status=row[9],
        duration_us=row[10],
        refusal=row[11],
        error=row[12],
        scope=row[13],
        reach=Reach(row[14]) if row[14] is not None else None,
        network=row[15],
        origin=row[16],
        app=row[17],
        opened=bool(row[18]) if row[18] is not None else None,
        agent=row[19],
        reported=tuple(row[20].split()),
        secure=bool(row[21]) if row[21] is not None else None,
    )
