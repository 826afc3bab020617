"""Every statement about deliveries and their attempts."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.pages import PageRequest
from tillgate.events.deliveries.model import (
    ATTEMPTS_MAX,
    ENDPOINT_IN_FLIGHT_MAX,
    IN_FLIGHT_MAX,
    Attempt,
    Delivery,
    DeliveryStatus,
    project_room,
    room,
)
from tillgate.events.model import EventObject, subscribes
from tillgate.events.records import event_from
from tillgate.store import Row, Transaction

# Of all the events that are asked for at once; a session has a handful, each with a delivery an endpoint.
OF_EVENTS_MAX: Final = 1_000

_COLUMNS: Final = (
    "d.id, d.endpoint_id, d.event_id, d.event_type, d.status, d.attempts, d.attempts_max, d.next_attempt_at, "
    "d.response_status, d.created_at, d.updated_at"
)
_ACTIVE: Final = (
    "SELECT id, events FROM webhook_endpoints WHERE project_id = $1 AND livemode = $2 AND active ORDER BY id"
)
# Held until the deliveries are written: an endpoint that is deleted meanwhile would take the event down with it.
_WANTING: Final = Both(sqlite=_ACTIVE, postgres=f"{_ACTIVE} FOR KEY SHARE")
_INSERT: Final = (
    "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, test_body, status, attempts, "
    "attempts_max, next_attempt_at, lease_until, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, $7, $8, $7, $7)"
)
# The endpoints with something pending, hopping from one to the next over the index: what one of them has piled
# up costs the others nothing. Then, for each, when its first free delivery is due.
_WAITING: Final = (
    "WITH RECURSIVE waiting (endpoint_id) AS ("
    "SELECT MIN(endpoint_id) FROM webhook_deliveries WHERE status = 'pending' "
    "UNION ALL SELECT (SELECT d.endpoint_id FROM webhook_deliveries d WHERE d.status = 'pending' "
    "AND d.endpoint_id > w.endpoint_id ORDER BY d.endpoint_id LIMIT 1) "
    "FROM waiting w WHERE w.endpoint_id IS NOT NULL) "
    "SELECT e.id, e.project_id, e.failing_since, "
    "(SELECT d.next_attempt_at FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'pending' "
    "AND d.lease_until <= $1 ORDER BY d.next_attempt_at LIMIT 1) AS due, "
    "(SELECT COUNT(*) FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.lease_until > 0 "
    "AND d.lease_until > $1 AND d.event_id IS NOT NULL) AS in_flight "
    "FROM waiting w JOIN webhook_endpoints e ON e.id = w.endpoint_id WHERE e.active"
)
_ENDPOINT: Final = "SELECT failing_since FROM webhook_endpoints WHERE id = $1 AND active"
# Who claims for an endpoint does it alone, or else two would both find its room free.
_ENDPOINT_ALONE: Final = Both(sqlite=_ENDPOINT, postgres=f"{_ENDPOINT} FOR NO KEY UPDATE SKIP LOCKED")
_IN_FLIGHT: Final = (
    "SELECT COUNT(*) AS count FROM webhook_deliveries WHERE endpoint_id = $1 AND lease_until > 0 AND lease_until > $2 "
    "AND event_id IS NOT NULL"
)
_DUE: Final = (
    "SELECT d.id FROM webhook_deliveries d WHERE d.endpoint_id = $3 AND d.status = 'pending' "
    "AND d.next_attempt_at <= $1 AND d.lease_until <= $1 ORDER BY d.next_attempt_at, d.id LIMIT $4"
)
_CLAIM_SET: Final = "UPDATE webhook_deliveries SET lease_until = $2 WHERE id IN"
_CLAIM: Final = Both(
    sqlite=f"{_CLAIM_SET} ({_DUE}) RETURNING id",
    postgres=f"{_CLAIM_SET} ({_DUE} FOR UPDATE OF d SKIP LOCKED) RETURNING id",
)
_CLAIMED: Final = (
    "SELECT d.id AS delivery_id, d.endpoint_id, d.attempts, d.attempts_max, d.test_body, d.event_id, e.url, "
    "e.secret_sealed, e.previous_secret_sealed, e.previous_secret_until, e.failing_since, e.project_id, "
    "v.id, v.livemode, v.sequence, v.type, v.data, v.previous_attributes, v.created_at "
    "FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id "
    "LEFT JOIN events v ON v.id = d.event_id WHERE d.id = $1"
)
_FINISH: Final = (
    "UPDATE webhook_deliveries SET status = $1, attempts = $2, next_attempt_at = $3, lease_until = 0, "
    "response_status = $4, updated_at = $5 WHERE id = $6 AND lease_until = $7 AND status = 'pending'"
)
_INSERT_ATTEMPT: Final = (
    "INSERT INTO webhook_attempts (id, delivery_id, number, attempted_at, duration_ms, response_status, "
    "response_excerpt, error) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
)
_COUNT_PENDING: Final = "SELECT COUNT(*) AS count FROM webhook_deliveries WHERE status = 'pending'"
_BY_ID: Final = (
    f"SELECT {_COLUMNS} FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id "
    "WHERE d.id = $1 AND e.project_id = $2 AND e.livemode = $3"
)
_OF_ENDPOINT: Final = (
    f"SELECT {_COLUMNS} FROM webhook_deliveries d WHERE d.endpoint_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3"
)
_OF_EVENTS: Final = with_list(
    f"SELECT {_COLUMNS} FROM webhook_deliveries d JOIN events v ON v.id = d.event_id "
    "WHERE d.event_id IN {list} AND v.project_id = $2 AND v.livemode = $3 ORDER BY d.id LIMIT $4"
)
_ATTEMPTS: Final = with_list(
    "SELECT delivery_id, number, attempted_at, duration_ms, response_status, response_excerpt, error "
    "FROM webhook_attempts WHERE delivery_id IN {list} ORDER BY delivery_id, number"
)
# Events in a range of the sequence, and the outcome of each at one endpoint.
_RANGE: Final = (
    "SELECT v.id, v.type, v.sequence, v.created_at, "
    "EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = v.id AND d.endpoint_id = $1 "
    "AND d.status = 'pending') AS pending, "
    "EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = v.id AND d.endpoint_id = $1 "
    "AND d.status = 'delivered') AS delivered "
    "FROM events v WHERE v.project_id = $2 AND v.livemode = $3 AND v.sequence > $4 AND v.sequence < $5 "
    "ORDER BY v.sequence LIMIT $6"
)
_RANGE_HELD: Final = Both(sqlite=_RANGE, postgres=f"{_RANGE} FOR KEY SHARE OF v")
_OLD_TESTS: Final = (
    "SELECT id FROM webhook_deliveries WHERE event_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2"
)
_DROP_TESTS: Final = Both(
    sqlite=f"DELETE FROM webhook_deliveries WHERE id IN ({_OLD_TESTS})",
    postgres=f"DELETE FROM webhook_deliveries WHERE id IN ({_OLD_TESTS} FOR UPDATE SKIP LOCKED)",
)


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that this process alone may attempt until its lease runs out.

    Attributes:
        body: the bytes to send and to sign.
        lease_until: names the lease; a result is recorded only while it still stands.
        previous_secret_sealed: the secret before, which signs as well until ``previous_secret_until``.
    """

    delivery_id: str
    event_id: str
    number: int
    attempts_max: int
    url: str
    secret_sealed: str
    body: bytes
    lease_until: int
    previous_secret_sealed: str | None = None
    previous_secret_until: int | None = None
    failing: bool = False
    endpoint_id: str = ""
    project_id: str = ""
    is_test: bool = False


async def endpoints_wanting(tx: Transaction, project_id: str, livemode: bool, type: str) -> list[str]:
    """The ids of the active endpoints that subscribed to this type."""
    return [
        row["id"]
        for row in await tx.fetch_all(_WANTING, project_id, livemode)
        if subscribes(row["events"].split(), type)
    ]


async def insert(
    tx: Transaction,
    *,
    endpoint_id: str,
    event_id: str | None,
    event_type: str,
    now: int,
    test_body: str | None = None,
    attempts_max: int = ATTEMPTS_MAX,
    lease_until: int = 0,
) -> str:
    """A new delivery, due at once; leased from the start where ``lease_until`` is given."""
    delivery_id = ids.new_id(ids.DELIVERY)
    await tx.execute(_INSERT, delivery_id, endpoint_id, event_id, event_type, test_body, attempts_max, now, lease_until)
    return delivery_id


class Waiting(NamedTuple):
    """An active endpoint that something is pending for.

    Attributes:
        due: when its first delivery that nobody holds is to be attempted; None where all are held.
        in_flight: how many are held right now, by whichever process.
    """

    endpoint_id: str
    project_id: str
    failing: bool
    due: int | None
    in_flight: int


async def waiting(tx: Transaction, now: int) -> list[Waiting]:
    """The endpoints that something is pending for: those that work before those that fail, the idle ones first."""
    found = [
        Waiting(row["id"], row["project_id"], row["failing_since"] is not None, row["due"], row["in_flight"])
        for row in await tx.fetch_all(_WAITING, now)
    ]
    return sorted(found, key=lambda one: (one.failing, one.in_flight, one.due or 0))


async def claim_due(
    tx: Transaction,
    *,
    now: int,
    lease_until: int,
    limit: int,
    failing_limit: int | None = None,
    places: int = ENDPOINT_IN_FLIGHT_MAX,
    free: int = IN_FLIGHT_MAX,
    held: Mapping[str, int] | None = None,
) -> list[Claimed]:
    """Take up to ``limit`` due deliveries that nobody else holds, from each endpoint and project what it has room for.

    Args:
        failing_limit: how many of them may go to endpoints that are failing.
        places: how many an endpoint may hold at once.
        free: how many the caller has room for.
        held: how many of the caller's places each project holds.
    """
    claimed: list[Claimed] = []
    failing_left = limit if failing_limit is None else failing_limit
    by_project = Counter(held or {})
    for one in claimable(await waiting(tx, now), now, places, free, by_project):
        of_project = project_room(by_project[one.project_id], free - len(claimed), idle=one.in_flight == 0)
        left = min(limit - len(claimed), of_project, failing_left if one.failing else limit)
        if left <= 0:
            continue
        if await tx.fetch_one(_ENDPOINT_ALONE, one.endpoint_id) is None:
            continue
        in_flight = await tx.fetch_one(_IN_FLIGHT, one.endpoint_id, now)
        endpoint_free = room(in_flight["count"] if in_flight is not None else 0, failing=one.failing, places=places)
        if endpoint_free == 0:
            continue
        taken = await tx.fetch_all(_CLAIM, now, lease_until, one.endpoint_id, min(endpoint_free, left))
        by_project[one.project_id] += len(taken)
        failing_left -= len(taken) if one.failing else 0
        found = [await claimed_by_id(tx, row["id"], lease_until) for row in taken]
        claimed += [delivery for delivery in found if delivery is not None]
    return claimed


def claimable(found: list[Waiting], now: int, places: int, free: int, held: Mapping[str, int]) -> list[Waiting]:
    """Those of them that something is due for and that have room for it, as their project has; those of projects that
    hold the fewest of the caller's places first."""
    due = [
        one
        for one in found
        if one.due is not None
        and one.due <= now
        and room(one.in_flight, failing=one.failing, places=places)
        and project_room(held.get(one.project_id, 0), free, idle=one.in_flight == 0)
    ]
    return sorted(due, key=lambda one: (one.failing, held.get(one.project_id, 0)))


async def claimed_by_id(tx: Transaction, delivery_id: str, lease_until: int) -> Claimed | None:
    """What is needed to attempt a delivery whose lease the caller holds."""
    row = await tx.fetch_one(_CLAIMED, delivery_id)
    if row is None:
        return None
    if row["test_body"] is not None:
        body = row["test_body"].encode()
        event_id: str = msgspec.json.decode(body, type=_WithId).id
    else:
        event = event_from(row)
        body, event_id = encode(event), event.id
    return Claimed(
        delivery_id=row["delivery_id"],
        event_id=event_id,
        endpoint_id=row["endpoint_id"],
        project_id=row["project_id"],
        is_test=row["test_body"] is not None,
        number=row["attempts"] + 1,
        attempts_max=row["attempts_max"],
        url=row["url"],
        secret_sealed=row["secret_sealed"],
        body=body,
        lease_until=lease_until,
        previous_secret_sealed=row["previous_secret_sealed"],
        previous_secret_until=row["previous_secret_until"],
        failing=row["failing_since"] is not None,
    )


class _WithId(msgspec.Struct):
    id: str


def encode(event: EventObject) -> bytes:
    """The event as it goes over the wire: the same bytes on every attempt and replay."""
    return msgspec.json.encode(event)


async def finish(
    tx: Transaction,
    claimed: Claimed,
    attempt: Attempt,
    status: DeliveryStatus,
    next_attempt_at: int,
    now: int,
) -> bool:
    """Record an attempt and where it leaves the delivery; False if the lease was lost meanwhile."""
    changed = await tx.execute(
        _FINISH,
        status.value,
        attempt.number,
        next_attempt_at,
        attempt.response_status,
        now,
        claimed.delivery_id,
        claimed.lease_until,
    )
    if changed != 1:
        return False
    await tx.execute(
        _INSERT_ATTEMPT,
        ids.new_id(ids.ATTEMPT),
        claimed.delivery_id,
        attempt.number,
        attempt.attempted_at,
        attempt.duration_ms,
        attempt.response_status,
        attempt.response_excerpt,
        attempt.error,
    )
    return True


async def count_pending(tx: Transaction) -> int:
    """How many deliveries are still to be made, of all projects."""
    row = await tx.fetch_one(_COUNT_PENDING)
    return int(row["count"]) if row is not None else 0


async def by_id(tx: Transaction, project_id: str, livemode: bool, delivery_id: str) -> Delivery | None:
    """One delivery of this project and mode."""
    row = await tx.fetch_one(_BY_ID, delivery_id, project_id, livemode)
    return _delivery(row) if row is not None else None


async def of_endpoint(tx: Transaction, endpoint_id: str, page: PageRequest) -> list[Delivery]:
    """Up to ``limit + 1`` deliveries, newest first. The caller has checked whose endpoint it is."""
    rows = await tx.fetch_all(_OF_ENDPOINT, endpoint_id, page.before, page.limit + 1)
    return [_delivery(row) for row in rows]


async def of_events(tx: Transaction, project_id: str, livemode: bool, event_ids: list[str]) -> list[Delivery]:
    """The deliveries of several events of this project and mode, oldest first."""
    rows = await tx.fetch_all(_OF_EVENTS, msgspec.json.encode(event_ids).decode(), project_id, livemode, OF_EVENTS_MAX)
    return [_delivery(row) for row in rows]


async def attempts_of(tx: Transaction, delivery_ids: list[str]) -> dict[str, list[Attempt]]:
    """The attempts at several deliveries, by delivery id, oldest first; no entry where there is none."""
    if not delivery_ids:
        return {}
    found: dict[str, list[Attempt]] = {}
    for row in await tx.fetch_all(_ATTEMPTS, msgspec.json.encode(delivery_ids).decode()):
        attempt = Attempt(
            number=row["number"],
            attempted_at=row["attempted_at"],
            duration_ms=row["duration_ms"],
            response_status=row["response_status"],
            response_excerpt=row["response_excerpt"],
            error=row["error"],
        )
        found.setdefault(row["delivery_id"], []).append(attempt)
    return found


class EventStatus(NamedTuple):
    """An event as one endpoint has it: still on its way, arrived, or neither."""

    event_id: str
    type: str
    sequence: int
    created_at: int
    pending: bool
    delivered: bool


async def events_in_range(
    tx: Transaction, project_id: str, livemode: bool, endpoint_id: str, after: int, before: int, limit: int
) -> list[EventStatus]:
    """Up to ``limit`` events between two sequences, oldest first; none is dropped before this transaction ends."""
    rows = await tx.fetch_all(_RANGE_HELD, endpoint_id, project_id, livemode, after, before, limit)
    return [
        EventStatus(
            row["id"], row["type"], row["sequence"], row["created_at"], bool(row["pending"]), bool(row["delivered"])
        )
        for row in rows
    ]


async def drop_tests_older(tx: Transaction, cutoff: int, limit: int) -> int:
    """Drop up to ``limit`` test sends from before the cutoff; other deliveries go with their events."""
    return await tx.execute(_DROP_TESTS, cutoff, limit)


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        endpoint_id=row["endpoint_id"],
        event_id=row["event_id"],
        event_type=row["event_type"],
        status=DeliveryStatus(row["status"]),
        attempts=row["attempts"],
        attempts_max=row["attempts_max"],
        next_attempt_at=row["next_attempt_at"],
        response_status=row["response_status"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
