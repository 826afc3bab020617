"""Every statement about links that set another password."""

from tillgate.store import Transaction


async def insert(tx: Transaction, token_digest: str, user_id: str, *, now: int, expires_at: int, most: int) -> None:
    """Keep a new link of somebody, and only the newest of theirs."""
    await tx.execute("DELETE FROM password_resets WHERE expires_at <= $1", now)
    await tx.execute(
        "INSERT INTO password_resets (token_digest, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        token_digest,
        user_id,
        now,
        expires_at,
    )
    await tx.execute(
        "DELETE FROM password_resets WHERE user_id = $1 AND token_digest NOT IN (SELECT token_digest "
        "FROM password_resets WHERE user_id = $1 ORDER BY created_at DESC, token_digest LIMIT $2)",
        user_id,
        most,
    )


async def has_enough(tx: Transaction, user_id: str, now: int, *, most: int, newest: int) -> bool:
    """Whether somebody has as many links that work as anybody may, one of them younger than an instant."""
    row = await tx.fetch_one(
        "SELECT COUNT(*) AS count, MAX(created_at) AS newest FROM password_resets "
        "WHERE user_id = $1 AND expires_at > $2",
        user_id,
        now,
    )
    return row is not None and row["count"] >= most and row["newest"] > newest


async def email_of(tx: Transaction, token_digest: str, now: int) -> str | None:
    """Whose password a link sets; None where it does not work."""
    row = await tx.fetch_one(
        "SELECT u.email FROM password_resets r JOIN users u ON u.id = r.user_id "
        "WHERE r.token_digest = $1 AND r.expires_at > $2",
        token_digest,
        now,
    )
    return str(row["email"]) if row is not None else None


async def end_of(tx: Transaction, user_id: str) -> int:
    """End every link of somebody; how many."""
    return await tx.execute("DELETE FROM password_resets WHERE user_id = $1", user_id)
