"""``/unassigned_transfers``."""

from typing import Annotated

import msgspec

from keyturn import Need
from tillgate.access.audited import write_down_transfer
from tillgate.api.paging import ListObject, ListQuery
from tillgate.base.pages import Page
from tillgate.checkout.settlement import assigning
from tillgate.checkout.unassigned import operations
from tillgate.checkout.unassigned.model import NOTE_MAX, UnassignedStatus, UnassignedTransferObject, to_api
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Relation, Resource
from tillgate.wire.fields import DecimalText, IdText, text
from tillgate.wire.reading import given, instant
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, ASSIGN, RETURN = Need("payments:read"), Need("orders:write"), Need("refunds:write")


class AssignTransfer(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """The order that the money is for. ``value`` is what it is worth, a decimal string in the order's currency; it may
    be left out where the token is worth that currency."""

    order_id: IdText
    value: DecimalText | None = None


class ReturnTransfer(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """``note`` is yours, such as the transaction with which you sent the money back."""

    note: Annotated[str, text(NOTE_MAX)] | None = None


class ListUnassigned(ListQuery, frozen=True, forbid_unknown_fields=True):
    """Filters combine; ``createdAfter`` is inclusive, ``createdBefore`` is not."""

    status: UnassignedStatus | msgspec.UnsetType = msgspec.UNSET


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> UnassignedTransferObject:
    return to_api(await operations.get_unassigned(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[UnassignedTransferObject]:
    query: ListUnassigned = call.query
    page = await operations.list_unassigned(
        tx,
        call.principal,
        call.page,
        status=given(query.status),
        created_after=instant(query.created_after, field="created_after"),
        created_before=instant(query.created_before, field="created_before"),
    )
    return Page([to_api(one) for one in page.data], page.has_more)


async def assign(context: ApiContext, tx: Transaction, call: Call) -> UnassignedTransferObject:
    body: AssignTransfer = call.body
    found = await operations.get_unassigned(tx, call.principal, call.id)
    if found.decision is None:
        # Before the events of the order, which have a lock of their own.
        now = context.checkout.clock.now()
        await write_down_transfer(tx, call.principal, now, "transfer.assigned", found.id, order=body.order_id)
    decided = await assigning.assign(context.checkout, tx, call.principal, found.id, body.order_id, value=body.value)
    return to_api(decided)


async def mark_returned(context: ApiContext, tx: Transaction, call: Call) -> UnassignedTransferObject:
    body: ReturnTransfer = call.body
    found = await operations.get_unassigned(tx, call.principal, call.id)
    if found.decision is None:
        now = context.checkout.clock.now()
        await write_down_transfer(tx, call.principal, now, "transfer.returned", found.id)
    return to_api(await assigning.mark_returned(context.checkout, tx, call.principal, found.id, body.note))


UNASSIGNED_TRANSFER = Resource(
    "unassigned_transfer",
    UnassignedTransferObject,
    READ,
    places=(
        Relation("suggestedOrder", "order", "suggested_order_id"),
        Relation("order", "order", "order_id"),
    ),
)

ROUTES = [
    Route(
        "GET",
        "/unassigned_transfers",
        READ,
        "List transfers that fit no payment, newest first",
        Reads(list_all),
        ListObject[UnassignedTransferObject],
        query=ListUnassigned,
    ),
    Route(
        "GET",
        "/unassigned_transfers/{id}",
        READ,
        "Retrieve an unassigned transfer",
        Reads(retrieve),
        UnassignedTransferObject,
    ),
    Route(
        "POST",
        "/unassigned_transfers/{id}/assign",
        ASSIGN,
        "Assign a transfer to an order, which then waits for your decision",
        Writes(assign),
        UnassignedTransferObject,
        body=AssignTransfer,
    ),
    Route(
        "POST",
        "/unassigned_transfers/{id}/return",
        RETURN,
        "Mark a transfer as returned: you sent the money back",
        Writes(mark_returned),
        UnassignedTransferObject,
        body=ReturnTransfer,
    ),
]
