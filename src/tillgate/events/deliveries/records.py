"""Every statement about deliveries and their attempts."""

from typing import Final

import msgspec

from tillgate.base import ids
from tillgate.base.pages import PageRequest
from tillgate.events.deliveries.model import ATTEMPTS_MAX, Attempt, Delivery, DeliveryStatus
from tillgate.events.model import EventObject, subscribes
from tillgate.events.records import event_from
from tillgate.store import Row, Transaction
from unitofwork import Both

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
_DUE: Final = (
    "SELECT d.id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id "
    "WHERE d.status = 'pending' AND d.next_attempt_at <= $1 AND d.lease_until <= $1 AND e.active "
    "ORDER BY d.next_attempt_at, d.id LIMIT $3"
)
_CLAIM_SET: Final = "UPDATE webhook_deliveries SET lease_until = $2 WHERE id IN"
_CLAIM: Final = Both(
    sqlite=f"{_CLAIM_SET} ({_DUE}) RETURNING id",
    postgres=f"{_CLAIM_SET} ({_DUE} FOR UPDATE OF d SKIP LOCKED) RETURNING id",
)
_CLAIMED: Final = (
    "SELECT d.id AS delivery_id, d.attempts, d.attempts_max, d.test_body, d.event_id, e.url, e.secret_sealed, "
    "e.previous_secret_sealed, e.previous_secret_until, "
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
_NEXT_DUE: Final = (
    "SELECT MIN(d.next_attempt_at) AS due FROM webhook_deliveries d "
    "JOIN webhook_endpoints e ON e.id = d.endpoint_id WHERE d.status = 'pending' AND e.active"
)
_BY_ID: Final = (
    f"SELECT {_COLUMNS} FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id "
    "WHERE d.id = $1 AND e.project_id = $2 AND e.livemode = $3"
)
_OF_ENDPOINT: Final = (
    f"SELECT {_COLUMNS} FROM webhook_deliveries d WHERE d.endpoint_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3"
)
_OF_EVENT: Final = f"SELECT {_COLUMNS} FROM webhook_deliveries d WHERE d.event_id = $1 ORDER BY d.id LIMIT 200"
_ATTEMPTS: Final = (
    "SELECT number, attempted_at, duration_ms, response_status, response_excerpt, error "
    "FROM webhook_attempts WHERE delivery_id = $1 ORDER BY number"
)
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


async def claim_due(tx: Transaction, *, now: int, lease_until: int, limit: int) -> list[Claimed]:
    """Take up to ``limit`` due deliveries that nobody else holds."""
    taken = await tx.fetch_all(_CLAIM, now, lease_until, limit)
    claimed = [await claimed_by_id(tx, row["id"], lease_until) for row in taken]
    return [one for one in claimed if one is not None]


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
        number=row["attempts"] + 1,
        attempts_max=row["attempts_max"],
        url=row["url"],
        secret_sealed=row["secret_sealed"],
        body=body,
        lease_until=lease_until,
        previous_secret_sealed=row["previous_secret_sealed"],
        previous_secret_until=row["previous_secret_until"],
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


async def next_due(tx: Transaction) -> int | None:
    """When the next pending delivery is due; None while there is none."""
    row = await tx.fetch_one(_NEXT_DUE)
    return row["due"] if row is not None else None


async def by_id(tx: Transaction, project_id: str, livemode: bool, delivery_id: str) -> Delivery | None:
    """One delivery of this project and mode."""
    row = await tx.fetch_one(_BY_ID, delivery_id, project_id, livemode)
    return _delivery(row) if row is not None else None


async def of_endpoint(tx: Transaction, endpoint_id: str, page: PageRequest) -> list[Delivery]:
    """Up to ``limit + 1`` deliveries, newest first. The caller has checked whose endpoint it is."""
    rows = await tx.fetch_all(_OF_ENDPOINT, endpoint_id, page.before, page.limit + 1)
    return [_delivery(row) for row in rows]


async def of_event(tx: Transaction, event_id: str) -> list[Delivery]:
    """An event's deliveries, oldest first. The caller has checked whose event it is."""
    return [_delivery(row) for row in await tx.fetch_all(_OF_EVENT, event_id)]


async def attempts_of(tx: Transaction, delivery_id: str) -> list[Attempt]:
    """A delivery's attempts, oldest first."""
    return [
        Attempt(
            number=row["number"],
            attempted_at=row["attempted_at"],
            duration_ms=row["duration_ms"],
            response_status=row["response_status"],
            response_excerpt=row["response_excerpt"],
            error=row["error"],
        )
        for row in await tx.fetch_all(_ATTEMPTS, delivery_id)
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
