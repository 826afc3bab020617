"""Every statement about payment links."""

from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.money import Money
from tillgate.base.pages import PageRequest, Period
from tillgate.checkout.links.model import PaymentLink
from tillgate.store import Row, Transaction
from tillgate.store.lists import newest_within

_COLUMNS: Final = (
    "id, project_id, livemode, slug, title, description, amount_minor, currency, success_url, cancel_url, active, "
    "archived_at, created_at, updated_at, allow_promotion_codes, expires_at, completed_sessions_max, completed_sessions"
)
_INSERT: Final = (
    f"INSERT INTO payment_links ({_COLUMNS}) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM payment_links WHERE id = $1 AND project_id = $2 AND livemode = $3"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_BY_IDS: Final = with_list(
    f"SELECT {_COLUMNS} FROM payment_links WHERE id IN {{list}} AND project_id = $2 AND livemode = $3"
)
_BY_SLUG: Final = f"SELECT {_COLUMNS} FROM payment_links WHERE slug = $1"
_LIST: Final = (
    f"SELECT {_COLUMNS} FROM payment_links WHERE project_id = $1 AND livemode = $2 AND (archived_at IS NOT NULL) = $3"
)
_UPDATE: Final = (
    "UPDATE payment_links SET title = $1, description = $2, amount_minor = $3, currency = $4, success_url = $5, "
    "cancel_url = $6, active = $7, archived_at = $8, updated_at = $9, allow_promotion_codes = $10, expires_at = $11, "
    "completed_sessions_max = $12, kept = NULL WHERE id = $13 AND archived_at IS NULL"
)
_HOLD: Final = Both(
    sqlite="SELECT 1 FROM payment_links WHERE id = $1",
    postgres="SELECT 1 FROM payment_links WHERE id = $1 FOR NO KEY UPDATE",
)
_COUNT: Final = "UPDATE payment_links SET completed_sessions = completed_sessions + 1, kept = NULL WHERE id = $1"
_COUNT_IF_LEFT: Final = f"{_COUNT} AND (completed_sessions_max IS NULL OR completed_sessions < completed_sessions_max)"


async def insert(tx: Transaction, link: PaymentLink) -> None:
    """Keep a new link."""
    await tx.execute(
        _INSERT,
        link.id,
        link.project_id,
        link.livemode,
        link.slug,
        link.title,
        link.description,
        link.price.minor,
        link.price.currency,
        link.success_url,
        link.cancel_url,
        link.active,
        link.archived_at,
        link.created_at,
        link.updated_at,
        link.allow_promotion_codes,
        link.expires_at,
        link.completed_sessions_max,
        link.completed_sessions,
    )


async def by_id(tx: Transaction, project_id: str, livemode: bool, link_id: str) -> PaymentLink | None:
    """One link of this project and mode."""
    row = await tx.fetch_one(_BY_ID, link_id, project_id, livemode)
    return _link(row) if row is not None else None


async def locked(tx: Transaction, project_id: str, livemode: bool, link_id: str) -> PaymentLink | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, link_id, project_id, livemode)
    return _link(row) if row is not None else None


async def by_ids(tx: Transaction, project_id: str, livemode: bool, link_ids: Sequence[str]) -> list[PaymentLink]:
    """Several links of this project and mode, those put away among them, in no order."""
    if not link_ids:
        return []
    rows = await tx.fetch_all(_BY_IDS, msgspec.json.encode(link_ids).decode(), project_id, livemode)
    return [_link(row) for row in rows]


async def by_slug(tx: Transaction, slug: str) -> PaymentLink | None:
    """The link with this public address, whosesoever it is."""
    row = await tx.fetch_one(_BY_SLUG, slug)
    return _link(row) if row is not None else None


async def newest(
    tx: Transaction, project_id: str, livemode: bool, page: PageRequest, *, archived: bool, period: Period
) -> list[PaymentLink]:
    """Up to ``limit + 1`` links, newest first; either those in use or those put away."""
    params = [project_id, livemode, archived]
    sql, params = newest_within(_LIST, params, {}, prefix=ids.PAYMENT_LINK, page=page, period=period)
    return [_link(row) for row in await tx.fetch_all(sql, *params)]


async def update(tx: Transaction, link: PaymentLink) -> int:
    """Write what may be changed of a link that is not archived yet."""
    return await tx.execute(
        _UPDATE,
        link.title,
        link.description,
        link.price.minor,
        link.price.currency,
        link.success_url,
        link.cancel_url,
        link.active,
        link.archived_at,
        link.updated_at,
        link.allow_promotion_codes,
        link.expires_at,
        link.completed_sessions_max,
        link.id,
    )


async def hold(tx: Transaction, link_id: str) -> None:
    """Let nobody else change or count a link until this transaction ends."""
    await tx.fetch_one(_HOLD, link_id)


async def count_completed(tx: Transaction, link_id: str, *, within_limit: bool) -> int:
    """One more of a link's sessions is complete; 0 where that may only be within its limit, and is not."""
    return await tx.execute(_COUNT_IF_LEFT if within_limit else _COUNT, link_id)


def _link(row: Row) -> PaymentLink:
    return PaymentLink(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        slug=row["slug"],
        title=row["title"],
        description=row["description"],
        price=Money(row["amount_minor"], row["currency"]),
        success_url=row["success_url"],
        cancel_url=row["cancel_url"],
        active=bool(row["active"]),
        archived_at=row["archived_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        allow_promotion_codes=bool(row["allow_promotion_codes"]),
        expires_at=row["expires_at"],
        completed_sessions_max=row["completed_sessions_max"],
        completed_sessions=row["completed_sessions"],
    )
