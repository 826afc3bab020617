"""Every statement about webhook endpoints."""

from typing import Final

from keyturn.database import Both
from tillgate.base import ids
from tillgate.base.invariants import present
from tillgate.base.pages import PageRequest, Period
from tillgate.events.endpoints.model import DisabledReason, WebhookEndpoint
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_within

_COLUMNS: Final = (
    "id, livemode, url, description, events, active, secret_prefix, previous_secret_until, failing_since, "
    "disabled_reason, created_at, updated_at, dialect"
)
_INSERT: Final = (
    "INSERT INTO webhook_endpoints (id, project_id, livemode, url, description, events, active, secret_sealed, "
    "secret_prefix, created_at, updated_at, dialect) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM webhook_endpoints WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_NEWEST: Final = f"SELECT {_COLUMNS} FROM webhook_endpoints WHERE project_id = $1 AND livemode = $2"
_UPDATE: Final = (
    "UPDATE webhook_endpoints SET url = $1, description = $2, events = $3, active = $4, updated_at = $5, "
    "failing_since = $6, disabled_reason = $7 WHERE id = $8 AND project_id = $9 AND livemode = $10"
)
_ROTATE: Final = (
    "UPDATE webhook_endpoints SET previous_secret_sealed = secret_sealed, previous_secret_until = $1, "
    "secret_sealed = $2, secret_prefix = $3, updated_at = $4 WHERE id = $5 AND project_id = $6 AND livemode = $7"
)
_FORGET: Final = "UPDATE webhook_endpoints SET previous_secret_sealed = NULL, previous_secret_until = NULL WHERE"
_FORGET_SECRET: Final = f"{_FORGET} id = $1 AND project_id = $2"
_FORGET_SECRETS: Final = f"{_FORGET} previous_secret_until <= $1"
_RECOVERED: Final = "UPDATE webhook_endpoints SET failing_since = NULL WHERE id = $1 AND failing_since IS NOT NULL"
_FAILING: Final = "UPDATE webhook_endpoints SET failing_since = $1 WHERE id = $2 AND failing_since IS NULL AND active"
_WARNED: Final = (
    "UPDATE webhook_endpoints SET warned_at = $1 "
    "WHERE id = $2 AND active AND failing_since <= $3 AND COALESCE(warned_at, 0) <= $3"
)
_WITH_PROJECT: Final = f"SELECT {_COLUMNS}, project_id FROM webhook_endpoints WHERE id = $1"
_DISABLE: Final = "UPDATE webhook_endpoints SET active = FALSE, disabled_reason = $1, updated_at = $2 WHERE id = $3"
_DISABLE_GONE: Final = f"{_DISABLE} AND active"
_DISABLE_FAILING: Final = f"{_DISABLE} AND active AND failing_since <= $4"
_DELETE: Final = "DELETE FROM webhook_endpoints WHERE id = $1 AND project_id = $2 AND livemode = $3"
_DELETE_FIGURES: Final = "DELETE FROM delivery_figures WHERE endpoint_id = $1"
_COUNT: Final = "SELECT COUNT(*) AS count FROM webhook_endpoints WHERE project_id = $1 AND livemode = $2"
_COUNT_FAILING: Final = (
    "SELECT COUNT(*) AS found FROM (SELECT 1 FROM webhook_endpoints "
    "WHERE project_id = $1 AND livemode = $2 AND failing_since IS NOT NULL LIMIT $3) AS listed"
)


async def insert(tx: Transaction, project_id: str, endpoint: WebhookEndpoint, secret_sealed: str) -> None:
    """Keep a new endpoint."""
    await tx.execute(
        _INSERT,
        endpoint.id,
        project_id,
        endpoint.livemode,
        endpoint.url,
        endpoint.description,
        " ".join(endpoint.events),
        endpoint.active,
        secret_sealed,
        endpoint.secret_prefix,
        endpoint.created_at,
        endpoint.dialect,
    )


async def by_id(tx: Transaction, project_id: str, livemode: bool, endpoint_id: str) -> WebhookEndpoint | None:
    """One endpoint of this project and mode."""
    row = await tx.fetch_one(_BY_ID, endpoint_id, project_id, livemode)
    return _endpoint(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, endpoint_id: str) -> WebhookEndpoint | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, endpoint_id, project_id, livemode)
    return _endpoint(row) if row is not None else None


async def newest(
    tx: Transaction, project_id: str, livemode: bool, page: PageRequest, dialect: str | None, period: Period
) -> list[WebhookEndpoint]:
    """Up to ``limit + 1`` endpoints, newest first; those of one dialect, or all."""
    given, speaking = [project_id, livemode], {"dialect = {}": dialect}
    sql, params = newest_within(_NEWEST, given, speaking, prefix=ids.WEBHOOK_ENDPOINT, page=page, period=period)
    return [_endpoint(row) for row in await tx.fetch_all(sql, *params)]


async def update(tx: Transaction, project_id: str, endpoint: WebhookEndpoint) -> int:
    """Write what may be changed of an endpoint."""
    return await tx.execute(
        _UPDATE,
        endpoint.url,
        endpoint.description,
        " ".join(endpoint.events),
        endpoint.active,
        endpoint.updated_at,
        endpoint.failing_since,
        endpoint.disabled_reason,
        endpoint.id,
        project_id,
        endpoint.livemode,
    )


async def rotate(tx: Transaction, project_id: str, endpoint: WebhookEndpoint, secret_sealed: str) -> int:
    """Put a new secret in place, and the one before beside it until the endpoint's ``previous_secret_until``."""
    return await tx.execute(
        _ROTATE,
        endpoint.previous_secret_until,
        secret_sealed,
        endpoint.secret_prefix,
        endpoint.updated_at,
        endpoint.id,
        project_id,
        endpoint.livemode,
    )


async def forget_previous_secret(tx: Transaction, project_id: str, endpoint_id: str) -> int:
    """Drop a rotated secret at once."""
    return await tx.execute(_FORGET_SECRET, endpoint_id, project_id)


async def forget_previous_secrets(tx: Transaction, now: int) -> int:
    """Drop the rotated secrets whose overlap is over."""
    return await tx.execute(_FORGET_SECRETS, now)


async def recovered(tx: Transaction, endpoint_id: str) -> bool:
    """Something arrived; whether it had been failing."""
    return await tx.execute(_RECOVERED, endpoint_id) == 1


async def failed(tx: Transaction, endpoint_id: str, now: int) -> bool:
    """Something failed; whether it is the first after a success."""
    return await tx.execute(_FAILING, now, endpoint_id) == 1


async def warned(tx: Transaction, endpoint_id: str, since: int, now: int) -> bool:
    """Note that its owner is warned, where it has been failing, and nobody was warned, since then or longer."""
    return await tx.execute(_WARNED, now, endpoint_id, since) == 1


async def with_project(tx: Transaction, endpoint_id: str) -> tuple[str, WebhookEndpoint]:
    """An endpoint that is known to be there, and the id of the project that it belongs to."""
    row = present(await tx.fetch_one(_WITH_PROJECT, endpoint_id), "the endpoint of a delivery")
    return str(row["project_id"]), _endpoint(row)


async def disable_gone(tx: Transaction, endpoint_id: str, now: int) -> bool:
    """Switch off an endpoint whose receiver wants no more; False if it was off already."""
    return await tx.execute(_DISABLE_GONE, DisabledReason.GONE, now, endpoint_id) == 1


async def disable_failing(tx: Transaction, endpoint_id: str, since: int, now: int) -> bool:
    """Switch off an endpoint that has been failing since then or longer; False if there is no reason to."""
    return await tx.execute(_DISABLE_FAILING, DisabledReason.FAILING, now, endpoint_id, since) == 1


async def delete(tx: Transaction, project_id: str, livemode: bool, endpoint_id: str) -> int:
    """Delete an endpoint, its deliveries by cascade, and the figures of them."""
    deleted = await tx.execute(_DELETE, endpoint_id, project_id, livemode)
    if deleted:
        await tx.execute(_DELETE_FIGURES, endpoint_id)
    return deleted


async def count(tx: Transaction, project_id: str, livemode: bool) -> int:
    """How many endpoints the project has in this mode."""
    row = await tx.fetch_one(_COUNT, project_id, livemode)
    return int(row["count"]) if row is not None else 0


def _endpoint(row: Row) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=row["id"],
        livemode=bool(row["livemode"]),
        url=row["url"],
        description=row["description"],
        events=tuple(row["events"].split()),
        active=bool(row["active"]),
        secret_prefix=row["secret_prefix"],
        previous_secret_until=row["previous_secret_until"],
        failing_since=row["failing_since"],
        disabled_reason=DisabledReason(row["disabled_reason"]) if row["disabled_reason"] is not None else None,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        dialect=row["dialect"],
    )


async def count_failing(tx: Transaction, project_id: str, livemode: bool, most: int) -> int:
    """How many endpoints take nothing, counted up to ``most``."""
    row = await tx.fetch_one(_COUNT_FAILING, project_id, livemode, most)
    return int(row["found"]) if row is not None else 0
