# Made from tillgate_client/aio by scripts/client_sync.py; change that, not this.
"""``client.events``."""

from collections.abc import Sequence
from datetime import datetime

from tillgate_client.calls import call_of, given, path_of
from tillgate_client.objects import Event, ListAnswer, WebhookDelivery
from tillgate_client.sync.pages import Page, list_page
from tillgate_client.sync.transport import Transport


class Events:
    """The event log. Needs the scope ``events:read``; ``replay`` needs ``webhooks:write``."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: int | None = None,
        starting_after: str | None = None,
        type: str | None = None,
        object_id: str | None = None,
        related_object: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        after: int | None = None,
        log: str | None = None,
    ) -> Page[Event]:
        """List events, newest first. ``type`` matches exactly, or is a pattern such as ``order.*``; ``created_after``
        is inclusive, ``created_before`` is not. ``object_id`` is what an event is about; ``related_object`` is an
        order, its session, its payment, a transaction or a refund of it, and finds the events of all of them.

        ``after`` catches up: the events behind that ``sequence``, oldest first. Keep the last one you handled, and with
        it the page's ``log_id``, to be given as ``log``.

        Args:
            limit: How many objects a page holds at most, from 1 to 100.
            starting_after: The id of the last object of the page before; the list goes on after it.
            type: Only events of this type, or of all types of an object with a pattern such as ``session.*``.
            object_id: Only events about the object with this id.
            related_object: Only events of one sale: of the order, the session, the payment and the refunds that belong
                to the object with this id.
            created_after: Only objects that were created at this instant or later.
            created_before: Only objects that were created before this instant, which is excluded.
            after: The sequence number after which events are listed, oldest first. 0 begins at the start of the log.
            log: The ``log_id`` that the position in ``after`` belongs to. A position of another log is refused.

        Raises:
            SequenceAheadError: this log has no such place; the server's database was restored, as a rule.
        """
        query = {
            "limit": limit,
            "starting_after": starting_after,
            "type": type,
            "objectId": object_id,
            "relatedObject": related_object,
            "createdAfter": created_after,
            "createdBefore": created_before,
            "after": after,
            "log": log,
        }
        return list_page(self._transport, "/events", query, Event)

    def retrieve(self, id: str) -> Event:
        """Retrieve an event."""
        return self._transport.send(call_of("GET", path_of("events", id)), Event)

    def replay(
        self, id: str, *, endpoint_id: str | None = None, idempotency_key: str | None = None
    ) -> Sequence[WebhookDelivery]:
        """Replay an event to one webhook endpoint or to all subscribed ones; the deliveries that it makes.

        Args:
            endpoint_id: The webhook endpoint. In a replay of one event, None means each active endpoint that
                subscribed.
            idempotency_key: Makes a retry safe: the same call with the same key is answered as the first one was.
        """
        call = call_of(
            "POST", path_of("events", id, "replay"), body=given(endpointId=endpoint_id), idempotency_key=idempotency_key
        )
        return (self._transport.send(call, ListAnswer[WebhookDelivery])).data
