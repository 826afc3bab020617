"""Every statement about payment tokens."""

from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import Both, with_list
from tillgate.base.invariants import ensure
from tillgate.base.pages import PageRequest
from tillgate.checkout.payment_tokens.model import PaymentToken, TokenStatus
from tillgate.store import Row, Transaction

_COLUMNS: Final = (
    "id, project_id, livemode, status, declines, shopper, reference, metadata, locale, success_url, cancel_url, "
    "created_at, updated_at"
)
_INSERT: Final = (
    f"INSERT INTO payment_tokens ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
)
_BY_ID: Final = f"SELECT {_COLUMNS} FROM payment_tokens WHERE id = $1"
_LOCKED: Final = Both(sqlite=_BY_ID, postgres=f"{_BY_ID} FOR NO KEY UPDATE")
_NEWEST: Final = with_list(
    f"SELECT {_COLUMNS} FROM payment_tokens WHERE status IN {{list}} AND project_id = $2 AND livemode = $3 "
    "AND id < $4 ORDER BY id DESC LIMIT $5"
)
_MOVE: Final = (
    "UPDATE payment_tokens SET status = $1, declines = $2, shopper = $3, updated_at = $4 WHERE id = $5 AND status = $6"
)


async def insert(tx: Transaction, token: PaymentToken) -> None:
    """Keep a new token."""
    await tx.execute(
        _INSERT,
        token.id,
        token.project_id,
        token.livemode,
        token.status.value,
        token.declines,
        token.shopper,
        token.reference,
        token.metadata,
        token.locale,
        token.success_url,
        token.cancel_url,
        token.created_at,
        token.updated_at,
    )


async def by_id(tx: Transaction, token_id: str) -> PaymentToken | None:
    """One token, in any project."""
    row = await tx.fetch_one(_BY_ID, token_id)
    return _token(row) if row is not None else None


async def locked(tx: Transaction, token_id: str) -> PaymentToken | None:
    """The same, and nobody else changes it until this transaction ends."""
    row = await tx.fetch_one(_LOCKED, token_id)
    return _token(row) if row is not None else None


async def newest(
    tx: Transaction, project_id: str, livemode: bool, page: PageRequest, statuses: Sequence[TokenStatus]
) -> list[PaymentToken]:
    """Up to ``limit + 1`` tokens in one of these statuses, newest first."""
    listed = msgspec.json.encode([one.value for one in statuses]).decode()
    rows = await tx.fetch_all(_NEWEST, listed, project_id, livemode, page.before, page.limit + 1)
    return [_token(row) for row in rows]


async def move(tx: Transaction, token: PaymentToken, expected: TokenStatus) -> None:
    """Write a locked token's new status, which it is taken to from the expected one."""
    moved = await tx.execute(
        _MOVE, token.status.value, token.declines, token.shopper, token.updated_at, token.id, expected.value
    )
    ensure(moved == 1, "a locked token stays where it is")


def _token(row: Row) -> PaymentToken:
    return PaymentToken(
        id=row["id"],
        project_id=row["project_id"],
        livemode=bool(row["livemode"]),
        status=TokenStatus(row["status"]),
        declines=bool(row["declines"]),
        shopper=row["shopper"],
        reference=row["reference"],
        metadata=row["metadata"],
        locale=row["locale"],
        success_url=row["success_url"],
        cancel_url=row["cancel_url"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
