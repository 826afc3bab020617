"""Every statement about what is kept beside this server's own objects in Smartpay's language."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from keyturn.database import with_list
from tillgate.store import Transaction

_KEEP: Final = (
    "INSERT INTO smartpay_documents (object_id, document) VALUES ($1, $2) "
    "ON CONFLICT (object_id) DO UPDATE SET document = excluded.document"
)
_FORGET: Final = "DELETE FROM smartpay_documents WHERE object_id = $1"
_OF_ALL: Final = with_list("SELECT object_id, document FROM smartpay_documents WHERE object_id IN {list}")

_encoder: Final = msgspec.json.Encoder()


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only Smartpay's language knows of an object.

    Attributes:
        payment: of a refund, the capture that it gives back.
        token: of an order, the payment token that it was made with.
        items: of an order, its items as they came, in the order of its lines.
        customer_info, shipping_info: of an order, as they came; the first also of a token's session.
    """

    description: str | None = None
    reference: str | None = None
    line_items: list[str] = []
    metadata: dict[str, Any] = {}
    payment: str | None = None
    token: str | None = None
    items: list[dict[str, Any]] = []
    customer_info: dict[str, Any] = {}
    shipping_info: dict[str, Any] = {}


NOTHING: Final = Kept()
_decoder: Final = msgspec.json.Decoder(Kept)


async def keep(tx: Transaction, object_id: str, kept: Kept) -> None:
    """Keep this beside an object whose session's row is held, instead of what was kept before."""
    await tx.execute(_KEEP, object_id, _encoder.encode(kept).decode())


async def forget(tx: Transaction, object_id: str) -> None:
    """Nothing is kept any more of an object that is gone."""
    await tx.execute(_FORGET, object_id)


async def kept_of(tx: Transaction, object_ids: Sequence[str]) -> dict[str, Kept]:
    """What is kept of several objects that the caller may see; those are missing that know nothing of Smartpay."""
    if not object_ids:
        return {}
    rows = await tx.fetch_all(_OF_ALL, _encoder.encode(object_ids).decode())
    return {row["object_id"]: _decoder.decode(row["document"]) for row in rows}
