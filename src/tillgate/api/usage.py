"""``/usage``."""

from typing import Annotated, Final, Literal

import msgspec

from keyturn import Need
from keyturn.http.vocabulary import declares
from tillgate.base.errors import InvalidInput
from tillgate.documents.renders.model import MONTH, checked_month, month_of
from tillgate.documents.renders.operations import get_usage
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route

READ: Final = Need("usage:read")


class UsageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``month`` such as ``2026-11``, in UTC; the current one where there is none."""

    month: Annotated[str, declares(pattern=f"^{MONTH}$", examples=["2026-11"])] | None = None


class KeyUsageObject(msgspec.Struct, frozen=True):
    """``key`` is the id of the key that asked, ``hook``, ``server`` or ``embed``."""

    key: Annotated[str, msgspec.Meta(description="The key's id, or hook, server or embed.")]
    renders: Annotated[int, msgspec.Meta(description="How many live renders of it have succeeded.")]


class UsageObject(msgspec.Struct, frozen=True, kw_only=True):
    """How many live renders of a month have succeeded, which is what they are billed by, and who asked for them: up to
    1,000, by their ids. Test renders are free: a key of test mode sees none."""

    object: Literal["usage"] = "usage"
    livemode: bool
    month: Annotated[str, msgspec.Meta(description="A month in UTC.", examples=["2026-11"])]
    renders: Annotated[int, msgspec.Meta(description="Of all together, also where more than 1,000 have asked.")]
    keys: list[KeyUsageObject]


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> UsageObject:
    asked: UsageQuery = call.query
    try:
        month = checked_month(asked.month) if asked.month is not None else month_of(context.clock.now())
    except InvalidInput as error:
        error.code = "invalid_query"
        raise
    if not call.principal.livemode:
        return UsageObject(livemode=False, month=month, renders=0, keys=[])
    found = await get_usage(tx, call.principal.project_id, month)
    keys = [KeyUsageObject(one.asked_by, one.renders) for one in found.by]
    return UsageObject(livemode=True, month=month, renders=found.renders, keys=keys)


ROUTES: Final = [
    Route("GET", "/usage", READ, "Count live renders by month and key", Reads(retrieve), UsageObject, query=UsageQuery),
]
