"""Every statement about shoppers, and about those who have signed in."""

from typing import Final

from tillgate.checkout.shoppers.model import ACCESS_TOKENS_MAX, AccessToken, Progress, Shopper
from tillgate.store import Row, Transaction

_COLUMNS: Final = "id, project_id, email, phone, password, created_at"
_INSERT: Final = (
    f"INSERT INTO shoppers ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (project_id, email) DO NOTHING"
)
_PROTECT: Final = "UPDATE shoppers SET password = $1 WHERE project_id = $2 AND email = $3 AND password = ''"
_ACCOUNT: Final = f"SELECT {_COLUMNS} FROM shoppers WHERE email = $1 AND password <> ''"
_BY_EMAIL: Final = f"SELECT {_COLUMNS} FROM shoppers WHERE project_id = $1 AND email > $2 ORDER BY email LIMIT $3"
_BY_ID: Final = f"SELECT {_COLUMNS} FROM shoppers WHERE id = $1 AND project_id = $2"
_AT: Final = f"SELECT {_COLUMNS} FROM shoppers WHERE project_id = $1 AND email = $2"
_REMOVE: Final = "DELETE FROM shoppers WHERE id = $1 AND project_id = $2"
_KEEP_SIGN_IN: Final = "INSERT INTO shopper_tokens (digest, shopper_id, created_at, expires_at) VALUES ($1, $2, $3, $4)"
_FORGET_SIGN_INS: Final = (
    "DELETE FROM shopper_tokens WHERE shopper_id = $1 AND digest NOT IN (SELECT digest FROM shopper_tokens "
    f"WHERE shopper_id = $1 AND expires_at > $2 ORDER BY created_at DESC, digest DESC LIMIT {ACCESS_TOKENS_MAX})"
)
_SIGNED_IN: Final = (
    "SELECT s.id, s.project_id, s.email, s.phone, s.password, s.created_at FROM shopper_tokens t "
    "JOIN shoppers s ON s.id = t.shopper_id WHERE t.digest = $1 AND t.expires_at > $2"
)
_VISIT: Final = "SELECT session_id AS of, email, phone, verified_at FROM shopper_visits WHERE session_id = $1"
_KEEP_VISIT: Final = (
    "INSERT INTO shopper_visits (session_id, email, phone, verified_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (session_id) DO UPDATE SET email = excluded.email, phone = excluded.phone, "
    "verified_at = excluded.verified_at"
)
_FORGET_VISIT: Final = "DELETE FROM shopper_visits WHERE session_id = $1"
_VISIT_OF_PROMISE: Final = (
    "SELECT token_id AS of, email, phone, verified_at FROM payment_token_visits WHERE token_id = $1"
)
_KEEP_VISIT_OF_PROMISE: Final = (
    "INSERT INTO payment_token_visits (token_id, email, phone, verified_at) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (token_id) DO UPDATE SET email = excluded.email, phone = excluded.phone, "
    "verified_at = excluded.verified_at"
)
_FORGET_VISIT_OF_PROMISE: Final = "DELETE FROM payment_token_visits WHERE token_id = $1"


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


async def set_password(tx: Transaction, project_id: str, email: str, password: str) -> bool:
    """Give the project's shopper with this address a password's hash; False if there is none, or they have one.

    Raises:
        UniqueViolation: an account of another project has this address and a password.
    """
    return await tx.execute(_PROTECT, password, project_id, email) == 1


async def account(tx: Transaction, email: str) -> Shopper | None:
    """The shopper who signs in by this address, in any project."""
    row = await tx.fetch_one(_ACCOUNT, email)
    return _shopper(row) if row is not None else None


async def by_email(tx: Transaction, project_id: str, after: str, limit: int) -> list[Shopper]:
    """Up to ``limit`` shoppers of a project whose address comes after this one, in that order."""
    return [_shopper(row) for row in await tx.fetch_all(_BY_EMAIL, project_id, after, limit)]


async def by_id(tx: Transaction, project_id: str, shopper_id: str) -> Shopper | None:
    """One shopper of a project."""
    row = await tx.fetch_one(_BY_ID, shopper_id, project_id)
    return _shopper(row) if row is not None else None


async def at(tx: Transaction, project_id: str, email: str) -> Shopper | None:
    """A project's shopper with this address."""
    row = await tx.fetch_one(_AT, project_id, email)
    return _shopper(row) if row is not None else None


async def remove(tx: Transaction, project_id: str, shopper_id: str) -> bool:
    """Forget a shopper and their tokens; False if the project has none with this id."""
    return await tx.execute(_REMOVE, shopper_id, project_id) == 1


async def keep_token(tx: Transaction, shopper_id: str, token: AccessToken, now: int, expires_at: int) -> None:
    """Keep a new token of a shopper, and forget those that are over and the oldest beyond what one may have."""
    await tx.execute(_KEEP_SIGN_IN, token.digest, shopper_id, now, expires_at)
    await tx.execute(_FORGET_SIGN_INS, shopper_id, now)


async def forget_tokens(tx: Transaction) -> None:
    """Every shopper, of every project, signs in again."""
    await tx.execute("DELETE FROM shopper_tokens")


async def by_token(tx: Transaction, token: AccessToken, now: int) -> Shopper | None:
    """Whose token it is, while it holds."""
    row = await tx.fetch_one(_SIGNED_IN, token.digest, now)
    return _shopper(row) if row is not None else None


async def progress(tx: Transaction, session_id: str) -> Progress | None:
    """How far somebody has come at the checkout of a session; None where nobody has begun."""
    row = await tx.fetch_one(_VISIT, session_id)
    return _progress(row) if row is not None else None


async def keep_progress(tx: Transaction, progress: Progress) -> None:
    """Keep how far somebody has come, instead of what was kept before. The session's row is held."""
    await tx.execute(_KEEP_VISIT, progress.of, progress.email, progress.phone, progress.verified_at)


async def forget_progress(tx: Transaction, session_id: str) -> None:
    """Begin again. The session's row is held."""
    await tx.execute(_FORGET_VISIT, session_id)


async def token_progress(tx: Transaction, token_id: str) -> Progress | None:
    """How far somebody has come at the page of a payment token; None where nobody has begun."""
    row = await tx.fetch_one(_VISIT_OF_PROMISE, token_id)
    return _progress(row) if row is not None else None


async def keep_token_progress(tx: Transaction, progress: Progress) -> None:
    """Keep how far somebody has come, instead of what was kept before. The token's row is held."""
    await tx.execute(_KEEP_VISIT_OF_PROMISE, progress.of, progress.email, progress.phone, progress.verified_at)


async def forget_token_progress(tx: Transaction, token_id: str) -> None:
    """Begin again. The token's row is held."""
    await tx.execute(_FORGET_VISIT_OF_PROMISE, token_id)


def _progress(row: Row) -> Progress:
    return Progress(row["of"], row["email"], row["phone"], row["verified_at"])


def _shopper(row: Row) -> Shopper:
    return Shopper(
        id=row["id"],
        project_id=row["project_id"],
        email=row["email"],
        phone=row["phone"],
        password=row["password"],
        created_at=row["created_at"],
    )
