"""Every statement about deliveries and their attempts."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.pages import ANY_TIME, PageRequest, Period
from tillgate.events.deliveries.model import (
    ENDPOINT_IN_FLIGHT_MAX,
    IN_FLIGHT_MAX,
    Attempt,
    Delivery,
    DeliveryStatus,
    capacity,
    project_capacity,
)
from tillgate.events.endpoints.model import WebhookEndpoint
from tillgate.events.model import EventObject
from tillgate.events.records import event_from
from tillgate.events.styles import NATIVE_DIALECT
from tillgate.events.types import subscribes
from tillgate.store import Row, Transaction
from tillgate.store.claiming import Lane, Work, claim
from tillgate.store.lists import newest_within

# Of all the events that are asked for at once; a session has a handful, each with a delivery an endpoint.
OF_EVENTS_MAX: Final = 1_000
# Of endpoints that something is pending for, those whose turn comes first.
LANES_MAX: Final = 1_000
# The lanes of endpoints that are failing share a number of places.
_FAILING: Final = "failing"

_COLUMNS: Final = (
    "d.id, d.endpoint_id, d.event_id, d.event_type, d.status, d.attempts, d.attempts_max, d.next_attempt_at, "
    "d.response_status, d.created_at, d.updated_at"
)
_SUBSCRIBERS: Final = (
    "SELECT id, dialect, events, active FROM webhook_endpoints WHERE project_id = $1 AND livemode = $2 ORDER BY id"
)
# Held until the deliveries are written: an endpoint that is deleted meanwhile would take the event down with it.
_SUBSCRIBERS_HELD: Final = Both(sqlite=_SUBSCRIBERS, postgres=f"{_SUBSCRIBERS} FOR KEY SHARE")
_INSERT: Final = (
    "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, event_type, test_body, test_event_id, status, "
    "attempts, attempts_max, next_attempt_at, lease_until, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $9, 'pending', 0, $6, $7, $8, $7, $7)"
)
_WORK: Final = Work(
    "webhook_deliveries",
    lane="endpoint_id",
    due="next_attempt_at",
    open="status = 'pending'",
    counted=" AND event_id IS NOT NULL",
)
# The endpoints with something pending; for each, when its first free delivery is due.
_WAITING: Final = (
    f"{_WORK.hop()} SELECT e.id, e.project_id, e.failing_since, {_WORK.first_due} AS due, {_WORK.leased} AS in_flight "
    "FROM waiting w JOIN webhook_endpoints e ON e.id = w.lane WHERE e.active "
    "ORDER BY (e.failing_since IS NOT NULL), in_flight, due LIMIT $2"
)
_ENDPOINT: Final = "SELECT failing_since FROM webhook_endpoints WHERE id = $1 AND active"
_CLAIM: Final = _WORK.claim(Both(sqlite=_ENDPOINT, postgres=f"{_ENDPOINT} FOR NO KEY UPDATE SKIP LOCKED"))
_CLAIMED: Final = (
    "SELECT d.id AS delivery_id, d.endpoint_id, d.attempts, d.attempts_max, d.test_body, d.test_event_id, d.event_id, "
    "e.url, e.dialect, e.secret_sealed, e.previous_secret_sealed, e.previous_secret_until, e.failing_since, "
    "e.project_id, v.id, v.livemode, v.sequence, v.type, v.data, v.previous_attributes, v.created_at, "
    "f.body AS own_form "
    "FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id "
    "LEFT JOIN events v ON v.id = d.event_id "
    "LEFT JOIN event_forms f ON f.event_id = d.event_id AND f.dialect = e.dialect WHERE d.id = $1"
)
_FINISH: Final = (
    "UPDATE webhook_deliveries SET status = $1, attempts = $2, next_attempt_at = $3, lease_until = 0, "
    "response_status = $4, updated_at = $5 WHERE id = $6 AND lease_until = $7 AND status = 'pending'"
)
_ADD_OUTCOME: Final = (
    "INSERT INTO delivery_figures (endpoint_id, day, delivered, failed, abandoned) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (endpoint_id, day) DO UPDATE SET delivered = delivery_figures.delivered + excluded.delivered, "
    "failed = delivery_figures.failed + excluded.failed, abandoned = delivery_figures.abandoned + excluded.abandoned"
)
_OUTCOMES: Final = (
    "SELECT day, delivered, failed, abandoned FROM delivery_figures WHERE endpoint_id = $1 AND day >= $2 "
    "ORDER BY day LIMIT $3"
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
_OF_ENDPOINT: Final = f"SELECT {_COLUMNS} FROM webhook_deliveries d WHERE d.endpoint_id = $1"
# The state is written out, for an index of some rows alone is not used for a parameter.
_ABANDONED: Final = f"{_OF_ENDPOINT} AND d.status = 'abandoned'"
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
    "AND d.status = 'delivered') AS delivered, "
    "EXISTS (SELECT 1 FROM event_forms f WHERE f.event_id = v.id AND f.dialect = $7) AS own_form "
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
        form: the event in its endpoint's dialect, of which the style makes what is sent and signed.
        lease_until: names the lease; a result is recorded only while it still stands.
        previous_secret_sealed: the secret before, which signs as well until ``previous_secret_until``.
    """

    delivery_id: str
    event_id: str
    number: int
    attempts_max: int
    url: str
    secret_sealed: str
    form: bytes
    lease_until: int
    dialect: str = NATIVE_DIALECT
    previous_secret_sealed: str | None = None
    previous_secret_until: int | None = None
    failing: bool = False
    endpoint_id: str = ""
    project_id: str = ""
    is_test: bool = False


class Outcomes(NamedTuple):
    """Of an endpoint's attempts on one day: those that arrived, those that failed, and the deliveries given up."""

    delivered: int = 0
    failed: int = 0
    abandoned: int = 0


class Subscriber(NamedTuple):
    """An endpoint as facts meet it."""

    endpoint_id: str
    dialect: str
    active: bool
    events: tuple[str, ...]

    def wants(self, name: str) -> bool:
        """Whether an event of this type is delivered to it as it happens."""
        return self.active and subscribes(self.events, name)


async def subscribers(tx: Transaction, project_id: str, livemode: bool) -> list[Subscriber]:
    """The project's endpoints in this mode; none of them is deleted before this transaction ends."""
    return [
        Subscriber(row["id"], row["dialect"], bool(row["active"]), tuple(row["events"].split()))
        for row in await tx.fetch_all(_SUBSCRIBERS_HELD, project_id, livemode)
    ]


async def insert(
    tx: Transaction,
    *,
    endpoint_id: str,
    event_id: str,
    event_type: str,
    attempts_max: int,
    now: int,
) -> str:
    """A new delivery, due at once."""
    delivery_id = ids.new_id(ids.DELIVERY)
    await tx.execute(_INSERT, delivery_id, endpoint_id, event_id, event_type, None, attempts_max, now, 0, None)
    return delivery_id


async def insert_test(
    tx: Transaction, *, endpoint_id: str, event_id: str, event_type: str, form: str, now: int, lease_until: int
) -> str:
    """A delivery of something that did not happen, under an event id that no event has: one attempt, leased from the
    start."""
    delivery_id = ids.new_id(ids.DELIVERY)
    await tx.execute(_INSERT, delivery_id, endpoint_id, None, event_type, form, 1, now, lease_until, event_id)
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
        for row in await tx.fetch_all(_WAITING, now, LANES_MAX)
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
    by_project = held or {}
    found = {one.endpoint_id: one for one in claimable(await waiting(tx, now), now, places, free, by_project)}
    lanes = [
        Lane(id, lease_until, capacity(0, failing=one.failing, places=places), _FAILING if one.failing else "")
        for id, one in found.items()
    ]

    def left_of_project(lane: Lane, taken: Sequence[tuple[str, Lane]]) -> int:
        project_id = found[lane.id].project_id
        more = sum(found[other.id].project_id == project_id for _, other in taken)
        idle = found[lane.id].in_flight == 0
        return project_capacity(by_project.get(project_id, 0) + more, free - len(taken), idle=idle)

    pools = {} if failing_limit is None else {_FAILING: failing_limit}
    taken = await claim(tx, _CLAIM, lanes, now=now, limit=limit, pools=pools, bound=left_of_project)
    claimed = [await claimed_by_id(tx, id, lane.lease_until) for id, lane in taken]
    return [delivery for delivery in claimed if delivery is not None]


def claimable(found: list[Waiting], now: int, places: int, free: int, held: Mapping[str, int]) -> list[Waiting]:
    """Those of them that something is due for and that have room for it, as their project has; those of projects that
    hold the fewest of the caller's places first."""
    due = [
        one
        for one in found
        if one.due is not None
        and one.due <= now
        and capacity(one.in_flight, failing=one.failing, places=places)
        and project_capacity(held.get(one.project_id, 0), free, idle=one.in_flight == 0)
    ]
    return sorted(due, key=lambda one: (one.failing, held.get(one.project_id, 0)))


async def claimed_by_id(tx: Transaction, delivery_id: str, lease_until: int) -> Claimed | None:
    """What is needed to attempt a delivery whose lease the caller holds."""
    row = await tx.fetch_one(_CLAIMED, delivery_id)
    if row is None:
        return None
    if row["test_body"] is not None:
        # A test from before its event's id was kept: the server ended while it was under way, and it has no other.
        form, event_id = row["test_body"].encode(), row["test_event_id"] or row["delivery_id"]
    else:
        event_id = row["event_id"]
        form = row["own_form"].encode() if row["own_form"] is not None else encode(event_from(row))
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
        form=form,
        lease_until=lease_until,
        dialect=row["dialect"],
        previous_secret_sealed=row["previous_secret_sealed"],
        previous_secret_until=row["previous_secret_until"],
        failing=row["failing_since"] is not None,
    )


def encode(event: EventObject) -> bytes:
    """The event in its native form: the same bytes on every attempt and replay."""
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
    if not claimed.is_test:
        delivered, given_up = status is DeliveryStatus.DELIVERED, status is DeliveryStatus.ABANDONED
        day = attempt.attempted_at // DAY_MS
        await tx.execute(_ADD_OUTCOME, claimed.endpoint_id, day, int(delivered), int(not delivered), int(given_up))
    return True


async def outcomes(tx: Transaction, endpoint_id: str, since_day: int, days: int) -> dict[int, Outcomes]:
    """The outcome of an endpoint's attempts on each day from that one on; days without any are missing."""
    rows = await tx.fetch_all(_OUTCOMES, endpoint_id, since_day, days)
    return {row["day"]: Outcomes(row["delivered"], row["failed"], row["abandoned"]) for row in rows}


async def count_pending(tx: Transaction) -> int:
    """How many deliveries are still to be made, of all projects."""
    row = await tx.fetch_one(_COUNT_PENDING)
    return int(row["count"]) if row is not None else 0


async def by_id(tx: Transaction, project_id: str, livemode: bool, delivery_id: str) -> Delivery | None:
    """One delivery of this project and mode."""
    row = await tx.fetch_one(_BY_ID, delivery_id, project_id, livemode)
    return _delivery(row) if row is not None else None


async def of_endpoint(
    tx: Transaction, endpoint_id: str, page: PageRequest, *, abandoned: bool = False, period: Period = ANY_TIME
) -> list[Delivery]:
    """Up to ``limit + 1`` deliveries, newest first; those that were given up alone, where that is asked. The caller
    has checked whose endpoint it is."""
    select = _ABANDONED if abandoned else _OF_ENDPOINT
    sql, params = newest_within(select, [endpoint_id], {}, prefix=ids.DELIVERY, page=page, period=period, by="d.id")
    return [_delivery(row) for row in await tx.fetch_all(sql, *params)]


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
    """An event as one endpoint has it: still on its way, arrived, or neither.

    Attributes:
        own_form: whether it has a form of its own in the endpoint's dialect.
    """

    event_id: str
    type: str
    sequence: int
    created_at: int
    pending: bool
    delivered: bool
    own_form: bool


async def events_in_range(
    tx: Transaction, project_id: str, endpoint: WebhookEndpoint, after: int, before: int, limit: int
) -> list[EventStatus]:
    """Up to ``limit`` events between two sequences, oldest first; none is dropped before this transaction ends."""
    rows = await tx.fetch_all(
        _RANGE_HELD, endpoint.id, project_id, endpoint.livemode, after, before, limit, endpoint.dialect
    )
    return [
        EventStatus(
            row["id"],
            row["type"],
            row["sequence"],
            row["created_at"],
            bool(row["pending"]),
            bool(row["delivered"]),
            bool(row["own_form"]),
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
