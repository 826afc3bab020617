"""Every statement about documents that are kept in the database."""

import base64

from tillgate.store import Transaction


async def insert(tx: Transaction, id: str, content: bytes, now: int) -> None:
    """Keep a document; one that is there already stays. Without content, its bytes are kept elsewhere."""
    text = base64.b64encode(content).decode()
    await tx.execute(
        "INSERT INTO document_files (id, content, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET "
        # Of a file that was kept elsewhere, and is gone.
        "content = excluded.content WHERE document_files.content = ''",
        id,
        text,
        now,
    )


async def by_id(tx: Transaction, id: str) -> bytes | None:
    """A document."""
    row = await tx.fetch_one("SELECT content FROM document_files WHERE id = $1", id)
    return base64.b64decode(row["content"]) if row is not None else None


async def elsewhere(tx: Transaction) -> int:
    """How many documents have their bytes elsewhere."""
    row = await tx.fetch_one("SELECT COUNT(*) FROM document_files WHERE content = ''")
    return int(row[0]) if row is not None else 0


async def delete(tx: Transaction, id: str) -> None:
    """Forget a document."""
    await tx.execute("DELETE FROM document_files WHERE id = $1", id)


async def page(tx: Transaction, after: str, limit: int) -> list[tuple[str, bool]]:
    """The next documents by their ids, and whether the bytes of each are elsewhere."""
    rows = await tx.fetch_all(
        "SELECT id, LENGTH(content) = 0 AS elsewhere FROM document_files WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit,
    )
    return [(row["id"], bool(row["elsewhere"])) for row in rows]


async def empty(tx: Transaction, id: str) -> int:
    """Note that the bytes of a document are elsewhere from now on; how many were not."""
    return await tx.execute("UPDATE document_files SET content = '' WHERE id = $1 AND content <> ''", id)


async def fill(tx: Transaction, id: str, content: bytes) -> int:
    """Take the bytes of a document, where they were elsewhere; how many were."""
    text = base64.b64encode(content).decode()
    return await tx.execute("UPDATE document_files SET content = $1 WHERE id = $2 AND content = ''", text, id)
