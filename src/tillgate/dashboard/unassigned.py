"""Money that fits no payment, and what a person decides about it."""

from typing import Final, NamedTuple

from starlette.responses import Response

from tillgate.access.audited import write_down_transfer
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.money import Money
from tillgate.base.pages import LIMIT_DEFAULT, PageRequest
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import get_order
from tillgate.checkout.settlement import assigning
from tillgate.checkout.unassigned.model import NOTE_MAX, UnassignedStatus, UnassignedTransfer, to_api
from tillgate.checkout.unassigned.operations import get_unassigned, list_unassigned
from tillgate.dashboard.calls import MONEY, READ, Call, Unusable, View
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.store import Transaction

UNASSIGNED: Final = "/dashboard/unassigned"


async def list_all(call: Call) -> Response:
    """The transfers, newest first, a page at a time."""
    shown, after = call.query("show"), call.query("after")
    if shown is not None and shown not in list(UnassignedStatus):
        raise Unusable("Unknown filter.")
    status, request = UnassignedStatus(shown) if shown is not None else None, PageRequest(LIMIT_DEFAULT, after)
    page = await call.read(lambda tx: list_unassigned(tx, call.principal, request, status=status))
    return call.page(
        "unassigned/list.html",
        section="unassigned",
        transfers=[to_api(one) for one in page.data],
        found=page,
        page=request,
        chosen=shown or "",
    )


class _Known(NamedTuple):
    """A transfer, and the order of whoever was given its address, or that it was assigned to."""

    transfer: UnassignedTransfer
    order: Order | None


async def _known(call: Call) -> _Known:
    async def operation(tx: Transaction) -> _Known:
        found = await get_unassigned(tx, call.principal, call.param("transfer"))
        order_id = found.order_id or found.suggested_order_id
        return _Known(found, await get_order(tx, call.principal, order_id) if order_id is not None else None)

    return await call.read(operation)


async def show(call: Call) -> Response:
    """One transfer, and what can be done about it."""
    the = await _known(call)
    worth = the.transfer.worth_minor(the.order.currency) if the.order is not None else None
    value = str(Money(worth, the.order.currency)) if worth and the.order is not None else ""
    order_id = the.order.id if the.order is not None else ""
    return _page(call, the, draft(orderId=order_id, value=value, note=""))


def _page(call: Call, the: _Known, filled: Draft) -> Response:
    return call.page(
        "unassigned/show.html",
        status_code=filled.status_code,
        section="unassigned",
        transfer=to_api(the.transfer),
        order=the.order,
        open=the.transfer.status is UnassignedStatus.UNASSIGNED,
        draft=filled,
        note_max=NOTE_MAX,
    )


async def assign(call: Call) -> Response:
    """Count the money for an order, which then waits for a decision."""
    form, now = call.form, call.context.clock.now()

    async def operation(tx: Transaction) -> None:
        found = await get_unassigned(tx, call.principal, call.param("transfer"))
        order_id = form.text("orderId").strip()
        if found.decision is None:
            await write_down_transfer(tx, call.principal, now, "transfer.assigned", found.id, order=order_id[:64])
        value = form.optional("value")
        await assigning.assign(call.context.checkout, tx, call.principal, found.id, order_id, value=value)

    return await _decided(call, operation, "transfer_assigned")


async def mark_returned(call: Call) -> Response:
    """Say that the money went back."""
    now = call.context.clock.now()

    async def operation(tx: Transaction) -> None:
        found = await get_unassigned(tx, call.principal, call.param("transfer"))
        if found.decision is None:
            await write_down_transfer(tx, call.principal, now, "transfer.returned", found.id)
        note = call.form.optional("note")
        await assigning.mark_returned(call.context.checkout, tx, call.principal, found.id, note)

    return await _decided(call, operation, "transfer_returned")


async def _decided(call: Call, operation: object, flash: str) -> Response:
    try:
        await call.write(operation)  # type: ignore[arg-type]
    except (InvalidInput, Conflict) as error:
        values: dict[str, object] = {name: call.form.one(name) for name in ("orderId", "value", "note")}
        return _page(call, await _known(call), Draft(values, problems_of(error)))
    return call.go(f"{UNASSIGNED}/{call.param('transfer')}", flash=flash)


VIEWS: Final = (
    View("GET", UNASSIGNED, list_all, READ),
    View("GET", f"{UNASSIGNED}/{{transfer}}", show, READ),
    View("POST", f"{UNASSIGNED}/{{transfer}}/assign", assign, MONEY),
    View("POST", f"{UNASSIGNED}/{{transfer}}/return", mark_returned, MONEY),
)
