"""Every statement about what is kept beside this server's own objects in Smartpay's language."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from keyturn.database import with_list
from tillgate.checkout.orders.records import Beside
from tillgate.store import Transaction

_KEEP: Final = (
    "INSERT INTO smartpay_documents (object_id, document) VALUES ($1, $2) "
    "ON CONFLICT (object_id) DO UPDATE SET document = excluded.document"
)
_FORGET: Final = "DELETE FROM smartpay_documents WHERE object_id = $1"
_OF_ONE: Final = "SELECT object_id, document FROM smartpay_documents WHERE object_id = $1"
# The same, read with an order.
BESIDE_ORDERS: Final = Beside("smartpay_documents", "object_id", "document")
_OF_ALL: Final = with_list("SELECT object_id, document FROM smartpay_documents WHERE object_id IN {list}")

NO_ITEMS: Final = msgspec.Raw(b"[]")
NO_INFO: Final = msgspec.Raw(b"{}")
_encoder: Final = msgspec.json.Encoder()


def as_came(value: Any) -> msgspec.Raw:
    """JSON of what came, to be kept."""
    return msgspec.Raw(_encoder.encode(value))


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only Smartpay's language knows of an object.

    Attributes:
        payment: of a refund, the capture that it gives back.
        token: of an order, the payment token that it was made with.
        items: of an order, its items as they came, in the order of its lines; JSON, which few answers look into.
        customer_info, shipping_info: of an order, as they came, in JSON that is handed on; the first also of a token's
            session.
    """

    description: str | None = None
    reference: str | None = None
    line_items: list[str] = []
    metadata: dict[str, Any] = {}
    payment: str | None = None
    token: str | None = None
    items: msgspec.Raw = NO_ITEMS
    customer_info: msgspec.Raw = NO_INFO
    shipping_info: msgspec.Raw = NO_INFO

    def items_as_they_came(self) -> list[dict[str, Any]]:
        """The items, taken apart."""
        found: list[dict[str, Any]] = msgspec.json.decode(self.items)
        return found


NOTHING: Final = Kept()
_decoder: Final = msgspec.json.Decoder(Kept)


async def keep(tx: Transaction, object_id: str, kept: Kept) -> None:
    """Keep this beside an object whose session's row is held, instead of what was kept before."""
    await tx.execute(_KEEP, object_id, _encoder.encode(kept).decode())


async def forget(tx: Transaction, object_id: str) -> None:
    """Nothing is kept any more of an object that is gone."""
    await tx.execute(_FORGET, object_id)


def kept_in(document: str | None) -> Kept:
    """What a stored document keeps."""
    return _decoder.decode(document) if document is not None else NOTHING


async def kept_of(tx: Transaction, object_ids: Sequence[str]) -> dict[str, Kept]:
    """What is kept of several objects that the caller may see; those are missing that know nothing of Smartpay."""
    if not object_ids:
        return {}
    if len(object_ids) == 1:
        row = await tx.fetch_one(_OF_ONE, object_ids[0])
        return {row["object_id"]: _decoder.decode(row["document"])} if row is not None else {}
    rows = await tx.fetch_all(_OF_ALL, _encoder.encode(object_ids).decode())
    return {row["object_id"]: _decoder.decode(row["document"]) for row in rows}
