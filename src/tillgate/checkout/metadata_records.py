"""Every statement about the values of metadata, by which search finds the objects that carry them.

A value is kept as a digest of the text that is compared: of one length however long it is, and telling nobody what it
was. So a value is found as a whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final, Protocol

import msgspec

from keyturn.database import Both, with_list
from tillgate.base import ids
from tillgate.base.text import folded
from tillgate.store import Transaction

BATCH_MAX: Final = 100
# What is searched for is not longer.
VALUE_LENGTH_MAX: Final = 254
# 128 bits of SHA-256, in hexadecimal.
_DIGEST_LENGTH: Final = 32
# Goes up whenever values are compared otherwise: then every table is walked again.
FORM: Final = 1
_WALK: Final = "metadata of "

# The tables whose rows carry metadata that is searched, by what their ids begin with.
TABLES: Final = {
    ids.ORDER: "orders",
    ids.CHECKOUT_SESSION: "checkout_sessions",
    ids.PAYMENT: "payments",
    ids.REFUND: "refunds",
    ids.CUSTOMER: "customers",
    ids.PRODUCT: "products",
    ids.COUPON: "coupons",
    ids.PROMOTION_CODE: "promotion_codes",
}

_DROP: Final = "DELETE FROM metadata_values WHERE object_id = $1"
_ADD: Final = Both(
    sqlite="INSERT INTO metadata_values (object_id, project_id, livemode, value) "
    "SELECT $2, $3, $4, value FROM json_each($1)",
    postgres="INSERT INTO metadata_values (object_id, project_id, livemode, value) SELECT $2, $3, $4, value "
    "FROM json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON)) AS listed (value)",
)
_OF: Final = "SELECT project_id, livemode FROM metadata_values WHERE object_id = $1 LIMIT 1"
FIND: Final = (
    "SELECT object_id FROM metadata_values WHERE project_id = $1 AND livemode = $2 AND value = $3 "
    "AND object_id > $4 AND object_id < $5 ORDER BY object_id DESC LIMIT $6"
)
_PLACES: Final = with_list("SELECT name, form, after, through FROM renormalised WHERE name IN {list}")
_PLACE: Final = (
    "INSERT INTO renormalised (name, form, after, through) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE "
    "SET form = excluded.form, after = excluded.after, through = excluded.through"
)


def _statements(table: str) -> tuple[str, Both]:
    page = f"SELECT id FROM {table} WHERE id > $1 ORDER BY id LIMIT $2"  # noqa: S608 — one of the tables above
    rows = with_list(
        f"SELECT id, project_id, livemode, metadata FROM {table} "  # noqa: S608
        "WHERE id IN {list} AND metadata IS NOT NULL ORDER BY id"
    )
    return page, Both(sqlite=rows.sqlite, postgres=f"{rows.postgres} FOR NO KEY UPDATE")


WALKS: Final = {table: _statements(table) for table in TABLES.values()}


class Carrier(Protocol):
    """What has metadata."""

    @property
    def id(self) -> str: ...
    @property
    def project_id(self) -> str: ...
    @property
    def livemode(self) -> bool: ...
    @property
    def metadata(self) -> str | None: ...


def digest_of(text: str) -> str | None:
    """What a text is found by; None for one that is not kept."""
    compared = folded(text)
    if not compared or len(text) > VALUE_LENGTH_MAX:
        return None
    return sha256(compared.encode(errors="replace")).hexdigest()[:_DIGEST_LENGTH]


def digests_of(metadata: str | None) -> list[str]:
    """What an object is found by: its values that are texts or numbers."""
    decoded: dict[str, msgspec.Raw] = msgspec.json.decode(metadata, type=dict[str, msgspec.Raw]) if metadata else {}
    found = (digest_of(text) for raw in decoded.values() if (text := _compared(bytes(raw).decode())))
    return list(dict.fromkeys(one for one in found if one is not None))


def _compared(value: str) -> str:
    if value[0] == '"':
        return msgspec.json.decode(value, type=str)
    return value if value[0].isdigit() or value[0] == "-" else ""


async def keep(tx: Transaction, made: Carrier) -> None:
    """Write the values of a new object, in the transaction that makes it."""
    await _add(tx, made.id, made.project_id, made.livemode, made.metadata)


async def replace(tx: Transaction, changed: Carrier) -> None:
    """Write the values of a locked object that may have others now."""
    await tx.execute(_DROP, changed.id)
    await keep(tx, changed)


async def set_metadata(tx: Transaction, object_id: str, project_id: str, livemode: bool, metadata: str | None) -> None:
    """The same by what is known of it."""
    await tx.execute(_DROP, object_id)
    await _add(tx, object_id, project_id, livemode, metadata)


async def rewritten(tx: Transaction, object_id: str, changes: Mapping[str, str | None]) -> None:
    """Somebody was taken out of an object's row, and of its values with it."""
    if "metadata" not in changes:
        return
    row = await tx.fetch_one(_OF, object_id)
    if row is not None:
        await set_metadata(tx, object_id, row["project_id"], bool(row["livemode"]), changes["metadata"])


async def with_value(
    tx: Transaction, project_id: str, livemode: bool, text: str, prefixes: Iterable[str], limit: int
) -> list[str]:
    """The ids of up to ``limit`` objects with a value, the newest of each kind first."""
    wanted, found = digest_of(text), list[str]()
    for prefix in prefixes if wanted is not None else ():
        first, last = f"{prefix}_", f"{prefix}`"  # the letter after the underscore
        rows = await tx.fetch_all(FIND, project_id, livemode, wanted, first, last, limit - len(found))
        found += [row["object_id"] for row in rows]
        if len(found) >= limit:
            break
    return found


async def index_batch(tx: Transaction) -> int:
    """Write the values of a batch of objects of earlier versions; 0 once all tables are through."""
    names = [_WALK + table for table in WALKS]
    rows = await tx.fetch_all(_PLACES, msgspec.json.encode(names).decode())
    places = {row["name"]: row for row in rows if row["form"] == FORM}
    for table, (page, walked) in WALKS.items():
        place = places.get(_WALK + table)
        if place is not None and place["through"]:
            continue
        found = [row["id"] for row in await tx.fetch_all(page, place["after"] if place is not None else "", BATCH_MAX)]
        await _walk(tx, walked, found)
        last = found[-1] if found else ""
        await tx.execute(_PLACE, _WALK + table, FORM, last, len(found) < BATCH_MAX)
        return max(len(found), 1)
    return 0


async def _walk(tx: Transaction, statement: Both, object_ids: Sequence[str]) -> None:
    for row in await tx.fetch_all(statement, msgspec.json.encode(object_ids).decode()):
        await set_metadata(tx, row["id"], row["project_id"], bool(row["livemode"]), row["metadata"])


async def _add(tx: Transaction, object_id: str, project_id: str, livemode: bool, metadata: str | None) -> None:
    values = digests_of(metadata) if metadata is not None else []
    if values:
        await tx.execute(_ADD, msgspec.json.encode(values).decode(), object_id, project_id, livemode)
