"""The deliveries that were given up, of all endpoints: what did not arrive, and sending it again."""

from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from tillgate.access.accounts import Right
from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.pages import Page, PageRequest
from tillgate.dashboard.calls import READ, Call, Need, Unusable, View
from tillgate.dashboard.selecting import selected
from tillgate.dashboard.webhooks import WEBHOOKS
from tillgate.events.deliveries.operations import (
    DeliveryWithAttempts,
    FailedDelivery,
    failed_by_id,
    get_delivery,
    list_failed,
    replay,
)
from tillgate.store import Transaction

FAILED: Final = f"{WEBHOOKS}/failed"
AGAIN: Final = f"{FAILED}/replay"
OUTCOME: Final = f"{FAILED}/replayed"


async def list_all(call: Call) -> Response:
    """Deliveries that were given up, newest first."""
    request = PageRequest(starting_after=call.query("after"))

    async def operation(tx: Transaction) -> Page[FailedDelivery]:
        return await list_failed(tx, call.principal, request)

    return call.page("webhooks/failed.html", section="webhooks", found=await call.read(operation), page=request)


async def ask(call: Call) -> Response:
    """Ask before those that were ticked are sent again, and say which are not."""
    rows = await _chosen(call)
    return call.page(
        "webhooks/replay_failed.html",
        section="webhooks",
        again=[one for one in rows if one.can_be_sent],
        left=[one for one in rows if not one.can_be_sent],
    )


async def replay_chosen(call: Call) -> Response:
    """Send them again, each on its own; what has arrived meanwhile, or is on its way, is left alone."""
    wanted = selected(call, "delivery")
    if not wanted:
        raise Unusable("Select at least one delivery.")
    made, left = list[str](), list[str]()

    async def send(delivery_id: str) -> str | None:
        async def operation(tx: Transaction) -> str | None:
            found = await failed_by_id(tx, call.principal, [delivery_id])
            if not found or not found[0].can_be_sent:
                return None
            return (await replay(tx, call.context.outbox, call.context.clock, call.principal, delivery_id)).id

        try:
            return await call.write(operation)
        except NotFound:
            return None

    for delivery_id in wanted:
        if (new := await send(delivery_id)) is not None:
            made.append(new)
        else:
            left.append(delivery_id)
    told = [*(("delivery", one) for one in made), *(("left", one) for one in left)]
    return call.go(f"{OUTCOME}?{urlencode(told)}")


async def outcome(call: Call) -> Response:
    """The outcome of each, as it is now."""
    made, left = selected(call, "delivery"), selected(call, "left")

    async def operation(tx: Transaction) -> list[DeliveryWithAttempts]:
        found = []
        for one in made:
            if ids.is_id(ids.DELIVERY, one):
                try:
                    found.append(await get_delivery(tx, call.principal, one))
                except NotFound:  # its endpoint was deleted meanwhile
                    continue
        return found

    return call.page("webhooks/replayed.html", section="webhooks", sent=await call.read(operation), left=left)


async def _chosen(call: Call) -> list[FailedDelivery]:
    wanted = [one for one in selected(call, "delivery") if ids.is_id(ids.DELIVERY, one)]

    async def operation(tx: Transaction) -> list[FailedDelivery]:
        return await failed_by_id(tx, call.principal, wanted)

    return await call.read(operation)


VIEWS: Final = (
    View("GET", FAILED, list_all, READ),
    View("GET", AGAIN, ask, Need(Right.WEBHOOKS)),
    View("POST", AGAIN, replay_chosen, Need(Right.WEBHOOKS)),
    View("GET", OUTCOME, outcome, READ),
)
