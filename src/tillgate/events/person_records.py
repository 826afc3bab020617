"""Where events, their forms in other dialects and their deliveries may name a person."""

from typing import Final

from tillgate.store.erasing import Place

_OF_EVENT: Final = "EXISTS (SELECT 1 FROM events v WHERE v.id = event_id AND v.project_id = $1 AND v.livemode = $2)"
_OF_DELIVERY: Final = (
    "EXISTS (SELECT 1 FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id "
    "WHERE d.id = delivery_id AND e.project_id = $1 AND e.livemode = $2)"
)
_OF_ENDPOINT: Final = (
    "EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = endpoint_id AND e.project_id = $1 AND e.livemode = $2)"
)

PLACES: Final = (
    Place(
        "events",
        ("id",),
        "project_id = $1 AND livemode = $2",
        linked="object_id IN {list}",
        documents=("data", "previous_attributes"),
        subject="object_id",
    ),
    Place(
        "event_forms",
        ("event_id", "dialect"),
        _OF_EVENT,
        linked="event_id IN (SELECT v.id FROM events v WHERE v.object_id IN {list})",
        documents=("body",),
    ),
    Place("webhook_deliveries", ("id",), _OF_ENDPOINT, documents=("test_body",)),
    # What an endpoint answered may repeat what it was sent.
    Place(
        "webhook_attempts",
        ("id",),
        _OF_DELIVERY,
        linked="delivery_id IN (SELECT d.id FROM webhook_deliveries d JOIN events v ON v.id = d.event_id "
        "WHERE v.object_id IN {list})",
        cleared=("response_excerpt", "error"),
    ),
)
