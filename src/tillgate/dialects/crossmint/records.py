"""Every statement about what is kept beside an order in Crossmint's language."""

from collections.abc import Sequence
from typing import Final

import msgspec

from keyturn.database import with_list
from tillgate.dialects.crossmint.shapes import Kept
from tillgate.store import Transaction

_KEEP: Final = (
    "INSERT INTO crossmint_orders (order_id, document, updated_at) VALUES ($1, $2, $3) "
    "ON CONFLICT (order_id) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at"
)
_OF: Final = "SELECT document FROM crossmint_orders WHERE order_id = $1"
_OF_ALL: Final = with_list("SELECT order_id, document FROM crossmint_orders WHERE order_id IN {list}")

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Kept)


async def keep(tx: Transaction, order_id: str, kept: Kept, now: int) -> None:
    """Keep this of an order whose session's row is held, instead of what was kept before."""
    await tx.execute(_KEEP, order_id, _encoder.encode(kept).decode(), now)


async def document_of(tx: Transaction, order_id: str) -> str | None:
    """What is kept of an order that the caller may see, as it is stored; None where it was made in another language."""
    row = await tx.fetch_one(_OF, order_id)
    return row[0] if row is not None else None


def kept_in(document: str | None) -> Kept | None:
    """What a stored document keeps."""
    return _decoder.decode(document) if document is not None else None


async def kept_of(tx: Transaction, order_id: str) -> Kept | None:
    """What is kept of an order that the caller may see; None where it was made in another language."""
    return kept_in(await document_of(tx, order_id))


async def kept_of_all(tx: Transaction, order_ids: Sequence[str]) -> dict[str, Kept]:
    """The same of several, by the orders' ids."""
    if not order_ids:
        return {}
    rows = await tx.fetch_all(_OF_ALL, msgspec.json.encode(order_ids).decode())
    return {row["order_id"]: _decoder.decode(row["document"]) for row in rows}
