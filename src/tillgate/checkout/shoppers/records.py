"""Every statement about shoppers."""

from typing import Final

from tillgate.checkout.shoppers.model import Shopper, Visit
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, project_id, email, phone, password, created_at"
_INSERT: Final = (
    f"INSERT INTO shoppers ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (project_id, email) DO NOTHING"
)
_BY_EMAIL: Final = f"SELECT {_COLUMNS} FROM shoppers WHERE project_id = $1 AND email = $2"
_VISIT: Final = "SELECT session_id, email, phone, verified_at FROM shopper_visits WHERE session_id = $1"
_KEEP_VISIT: Final = (
    "INSERT INTO shopper_visits (session_id, email, phone, verified_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (session_id) DO UPDATE SET email = excluded.email, phone = excluded.phone, "
    "verified_at = excluded.verified_at"
)
_FORGET_VISIT: Final = "DELETE FROM shopper_visits WHERE session_id = $1"


async def insert(tx: Transaction, shopper: Shopper) -> bool:
    """Keep a new shopper; False if the project has one with this address."""
    changed = await tx.execute(
        _INSERT,
        shopper.id,
        shopper.project_id,
        shopper.email,
        shopper.phone,
        shopper.password,
        shopper.created_at,
    )
    return changed == 1


async def by_email(tx: Transaction, project_id: str, email: str) -> Shopper | None:
    """The project's shopper with this address."""
    row = await tx.fetch_one(_BY_EMAIL, project_id, email)
    return _shopper(row) if row is not None else None


async def visit(tx: Transaction, session_id: str) -> Visit | None:
    """How far somebody has come at the checkout of a session; None where nobody has begun."""
    row = await tx.fetch_one(_VISIT, session_id)
    if row is None:
        return None
    return Visit(row["session_id"], row["email"], row["phone"], row["verified_at"])


async def keep_visit(tx: Transaction, visit: Visit) -> None:
    """Keep how far somebody has come, instead of what was kept before. The session's row is held."""
    await tx.execute(_KEEP_VISIT, visit.session_id, visit.email, visit.phone, visit.verified_at)


async def forget_visit(tx: Transaction, session_id: str) -> None:
    """Begin again. The session's row is held."""
    await tx.execute(_FORGET_VISIT, session_id)


def _shopper(row: Row) -> Shopper:
    return Shopper(
        id=row["id"],
        project_id=row["project_id"],
        email=row["email"],
        phone=row["phone"],
        password=row["password"],
        created_at=row["created_at"],
    )
