"""Every statement about what owners have seen."""

from tillgate.store import Transaction


async def seen(tx: Transaction, user_id: str, project_id: str) -> int:
    """Up to which line somebody has seen a project's changes; of the installation, where that is empty."""
    row = await tx.fetch_one(
        "SELECT sequence FROM notices_seen WHERE user_id = $1 AND project_id = $2", user_id, project_id
    )
    return int(row["sequence"]) if row is not None else 0


async def set_seen(tx: Transaction, user_id: str, project_id: str, sequence: int) -> None:
    """Remember that somebody has seen a project's changes up to a line; never less than before."""
    await tx.execute(
        "INSERT INTO notices_seen (user_id, project_id, sequence) VALUES ($1, $2, $3) "
        "ON CONFLICT (user_id, project_id) DO UPDATE SET sequence = excluded.sequence "
        "WHERE notices_seen.sequence < excluded.sequence",
        user_id,
        project_id,
        sequence,
    )
