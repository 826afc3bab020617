"""Events: what happened, as it was told."""

from typing import Final

from starlette.responses import Response

from tillgate.base.pages import Page, PageRequest
from tillgate.dashboard.calls import READ, Call, View
from tillgate.events.deliveries.operations import DeliveryWithAttempts, list_deliveries_of_events
from tillgate.events.deliveries.records import encode
from tillgate.events.endpoints.model import WebhookEndpoint
from tillgate.events.endpoints.operations import ENDPOINTS_MAX, list_endpoints
from tillgate.events.model import EventObject
from tillgate.events.operations import get_event
from tillgate.events.operations import list_events as list_operation
from tillgate.events.types import EVENT_TYPES
from tillgate.store import Transaction

EVENTS: Final = "/dashboard/events"


async def list_events(call: Call) -> Response:
    """Events, newest first; of one type where that is asked for."""
    request = PageRequest(starting_after=call.query("after"))
    type = call.query("type")

    async def operation(tx: Transaction) -> Page[EventObject]:
        return await list_operation(tx, call.principal, request, type=type)

    found = await call.read(operation)
    return call.page("events/list.html", section="events", found=found, types=EVENT_TYPES, type=type, page=request)


async def event_page(call: Call) -> Response:
    """One event, byte for byte what webhooks carry, and where it went."""

    async def operation(
        tx: Transaction,
    ) -> tuple[EventObject, list[DeliveryWithAttempts], Page[WebhookEndpoint]]:
        event = await get_event(tx, call.principal, call.param("event"))
        sent = await list_deliveries_of_events(tx, call.principal, [event.id])
        return event, sent.get(event.id, []), await list_endpoints(tx, call.principal, PageRequest(ENDPOINTS_MAX))

    event, deliveries, endpoints = await call.read(operation)
    return call.page(
        "events/detail.html",
        section="events",
        event=event,
        body=encode(event),
        deliveries=deliveries,
        endpoints={endpoint.id: endpoint for endpoint in endpoints.data},
    )


VIEWS: Final = (
    View("GET", EVENTS, list_events, READ),
    View("GET", f"{EVENTS}/{{event}}", event_page, READ),
)
