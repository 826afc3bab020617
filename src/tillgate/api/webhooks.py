"""``/webhook_endpoints`` and ``/webhook_deliveries``."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec

from keyturn import Need
from keyturn.http.vocabulary import declares
from tillgate.access.audited import write_down_endpoint
from tillgate.api.paging import ListObject, ListQuery, period
from tillgate.base.clock import to_rfc3339
from tillgate.base.pages import Page
from tillgate.checkout.settlement.simulating import example_of_paid
from tillgate.events.deliveries import operations as deliveries
from tillgate.events.deliveries.model import Attempt, DeliveryStatus
from tillgate.events.deliveries.operations import DeliveryWithAttempts
from tillgate.events.deliveries.records import Claimed
from tillgate.events.endpoints import operations
from tillgate.events.endpoints.model import (
    EVENTS_MAX,
    OVERLAP_DEFAULT_SECONDS,
    OVERLAP_MAX_SECONDS,
    WebhookEndpointObject,
    to_api,
)
from tillgate.events.endpoints.operations import CreatedEndpoint, EndpointChanges, NewEndpoint
from tillgate.events.model import SEQUENCE_MAX
from tillgate.events.styles import NATIVE_DIALECT
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.fields import DescriptionText, IdText, SubscriptionText, UrlText
from tillgate.wire.routing import Call, Reads, Route, Sends, Writes

READ, WRITE = Need("webhooks:read"), Need("webhooks:write")


Subscriptions = Annotated[list[SubscriptionText], declares(minItems=1, maxItems=EVENTS_MAX)]


class CreateWebhookEndpoint(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A new endpoint: an https URL, and event types, patterns (``session.*``) or ``["*"]``.

    Attributes:
        dialect: in which language events are sent to it, with that language's signature and schedule: ``native``, or
            one of those that this server speaks, such as ``crossmint``. It cannot be changed later.
    """

    url: UrlText
    events: Subscriptions
    description: DescriptionText | None = None
    dialect: Annotated[str, msgspec.Meta(max_length=40)] = NATIVE_DIALECT


class UpdateWebhookEndpoint(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What may be changed; fields that are left out stay as they are."""

    url: UrlText | msgspec.UnsetType = msgspec.UNSET
    events: Subscriptions | msgspec.UnsetType = msgspec.UNSET
    description: DescriptionText | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class RotateSecret(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """For how long the secret before signs as well: at most seven days; 0 ends it at once."""

    overlap_seconds: Annotated[int, msgspec.Meta(ge=0, le=OVERLAP_MAX_SECONDS)] = OVERLAP_DEFAULT_SECONDS


class ReplayEvent(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Which endpoint is to get the event again; each active one that subscribed where it is left out."""

    endpoint_id: IdText | None = None


class ReplayRange(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Two sequences, both excluded; to the newest event without ``before``. ``failedOnly`` leaves out what arrived."""

    after: Annotated[int, msgspec.Meta(ge=0, le=SEQUENCE_MAX)]
    before: Annotated[int, msgspec.Meta(ge=1, le=SEQUENCE_MAX)] = SEQUENCE_MAX
    failed_only: bool = False


class CreatedWebhookEndpointObject(WebhookEndpointObject, frozen=True, rename="camel", kw_only=True):
    """A webhook endpoint with its new ``secret``, shown this one time, and null when the answer is a replay."""

    secret: str | None
    secret_shown_before: bool | msgspec.UnsetType = msgspec.UNSET


class DeletedObject(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a deleted endpoint."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    livemode: bool
    deleted: bool = True


class AttemptObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One try: what came back (the first 2 kB), or why nothing did."""

    livemode: bool
    number: int
    attempted_at: str
    duration_ms: int
    response_status: int | None
    response_excerpt: str | None
    error: str | None


class WebhookTestObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The outcome of a test send."""

    object: Literal["webhook_test"] = "webhook_test"
    livemode: bool
    delivery_id: str
    event_id: str
    delivered: bool
    attempt: AttemptObject


class WebhookDeliveryObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """One event on its way to one endpoint. ``eventId`` is null for a test send."""

    id: str
    object: Literal["webhook_delivery"] = "webhook_delivery"
    livemode: bool
    endpoint_id: str
    event_id: str | None
    event_type: str
    status: Literal["pending", "delivered", "abandoned"]
    attempts: list[AttemptObject]
    attempts_max: int
    next_attempt_at: str | None
    created_at: str


class ListWebhookDeliveries(ListQuery, frozen=True, forbid_unknown_fields=True):
    """``status`` finds the deliveries that were given up after their last attempt."""

    status: Literal["abandoned"] | msgspec.UnsetType = msgspec.UNSET


class WebhookReplayObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """How many deliveries a replay made. ``nextAfter`` is the ``after`` to go on with; null where all was looked at."""

    object: Literal["webhook_replay"] = "webhook_replay"
    livemode: bool
    endpoint_id: str
    deliveries: int
    next_after: int | None


async def create(context: ApiContext, tx: Transaction, call: Call) -> CreatedWebhookEndpointObject:
    body: CreateWebhookEndpoint = call.body
    new = NewEndpoint(body.url, body.events, body.description, body.dialect)
    made = await operations.create_endpoint(context.endpoints, tx, call.principal, new)
    await write_down_endpoint(tx, call.principal, context.checkout.clock.now(), "webhook.created", made.endpoint.id)
    return _with_secret(made)


async def rotate_secret(context: ApiContext, tx: Transaction, call: Call) -> CreatedWebhookEndpointObject:
    body: RotateSecret = call.body
    made = await operations.rotate_secret(context.endpoints, tx, call.principal, call.id, body.overlap_seconds)
    now = context.checkout.clock.now()
    await write_down_endpoint(tx, call.principal, now, "webhook.secret_rotated", made.endpoint.id)
    return _with_secret(made)


def _with_secret(made: CreatedEndpoint) -> CreatedWebhookEndpointObject:
    described = to_api(made.endpoint)
    return CreatedWebhookEndpointObject(
        **{name: getattr(described, name) for name in described.__struct_fields__},
        secret=made.secret.reveal(),
    )


def without_secret(answer: CreatedWebhookEndpointObject) -> CreatedWebhookEndpointObject:
    """What is answered when the request comes again: a one-time secret is not given twice."""
    return msgspec.structs.replace(answer, secret=None, secret_shown_before=True)


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> WebhookEndpointObject:
    return to_api(await operations.get_endpoint(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Page[WebhookEndpointObject]:
    page = await operations.list_endpoints(tx, call.principal, call.page, period=period(call.query))
    return Page([to_api(endpoint) for endpoint in page.data], page.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> WebhookEndpointObject:
    body: UpdateWebhookEndpoint = call.body
    changes = EndpointChanges(**{name: getattr(body, name) for name in body.__struct_fields__})
    if changes.active is True:
        tx.after_commit(context.outbox.wake.now)
    return to_api(await operations.update_endpoint(context.endpoints, tx, call.principal, call.id, changes))


async def delete(context: ApiContext, tx: Transaction, call: Call) -> DeletedObject:
    await operations.delete_endpoint(tx, call.principal, call.id)
    await write_down_endpoint(tx, call.principal, context.checkout.clock.now(), "webhook.deleted", call.id)
    return DeletedObject(id=call.id, livemode=call.principal.livemode)


async def test(context: ApiContext, tx: Transaction, call: Call) -> Claimed:
    example = example_of_paid(context.checkout, call.principal.project_id)
    return await operations.prepare_test(context.endpoints, tx, call.principal, call.id, example)


async def send_test(context: ApiContext, call: Call, claimed: Claimed) -> WebhookTestObject:
    attempt = await context.worker.attempt_now(claimed)
    return WebhookTestObject(
        livemode=call.principal.livemode,
        delivery_id=claimed.delivery_id,
        event_id=claimed.event_id,
        delivered=attempt.succeeded,
        attempt=_attempt(attempt, livemode=call.principal.livemode),
    )


async def list_deliveries(context: ApiContext, tx: Transaction, call: Call) -> Page[WebhookDeliveryObject]:
    abandoned = call.query.status == DeliveryStatus.ABANDONED
    page = await deliveries.list_deliveries(
        tx, call.principal, call.id, call.page, abandoned=abandoned, period=period(call.query)
    )
    return Page([_delivery(one, livemode=call.principal.livemode) for one in page.data], page.has_more)


async def retrieve_delivery(context: ApiContext, tx: Transaction, call: Call) -> WebhookDeliveryObject:
    found = await deliveries.get_delivery(tx, call.principal, call.id)
    return _delivery(found, livemode=call.principal.livemode)


async def replay(context: ApiContext, tx: Transaction, call: Call) -> WebhookDeliveryObject:
    made = await deliveries.replay(tx, context.outbox, context.clock, call.principal, call.id)
    return _delivery(DeliveryWithAttempts(made, []), livemode=call.principal.livemode)


async def replay_event(context: ApiContext, tx: Transaction, call: Call) -> Page[WebhookDeliveryObject]:
    body: ReplayEvent = call.body
    made = await deliveries.replay_event(tx, context.outbox, context.clock, call.principal, call.id, body.endpoint_id)
    livemode = call.principal.livemode
    return Page([_delivery(DeliveryWithAttempts(one, []), livemode=livemode) for one in made], False)


async def replay_range(context: ApiContext, tx: Transaction, call: Call) -> WebhookReplayObject:
    body: ReplayRange = call.body
    replayed = await deliveries.replay_range(
        tx,
        context.outbox,
        context.clock,
        call.principal,
        call.id,
        after=body.after,
        before=body.before,
        failed_only=body.failed_only,
    )
    return WebhookReplayObject(
        livemode=call.principal.livemode,
        endpoint_id=call.id,
        deliveries=replayed.deliveries,
        next_after=replayed.next_after,
    )


def _attempt(attempt: Attempt, *, livemode: bool) -> AttemptObject:
    return AttemptObject(
        livemode=livemode,
        number=attempt.number,
        attempted_at=to_rfc3339(attempt.attempted_at),
        duration_ms=attempt.duration_ms,
        response_status=attempt.response_status,
        response_excerpt=attempt.response_excerpt,
        error=attempt.error,
    )


def _delivery(found: DeliveryWithAttempts, *, livemode: bool) -> WebhookDeliveryObject:
    delivery = found.delivery
    pending = delivery.status is DeliveryStatus.PENDING
    return WebhookDeliveryObject(
        id=delivery.id,
        livemode=livemode,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        status=delivery.status.value,
        attempts=[_attempt(attempt, livemode=livemode) for attempt in found.attempts],
        attempts_max=delivery.attempts_max,
        next_attempt_at=to_rfc3339(delivery.next_attempt_at) if pending else None,
        created_at=to_rfc3339(delivery.created_at),
    )


ROUTES = [
    Route(
        "POST",
        "/webhook_endpoints",
        WRITE,
        "Create a webhook endpoint; only this answer contains its secret",
        Writes(create, kept=without_secret),
        CreatedWebhookEndpointObject,
        HTTPStatus.CREATED,
        body=CreateWebhookEndpoint,
    ),
    Route(
        "GET",
        "/webhook_endpoints",
        READ,
        "List webhook endpoints, newest first",
        Reads(list_all),
        ListObject[WebhookEndpointObject],
        query=ListQuery,
    ),
    Route("GET", "/webhook_endpoints/{id}", READ, "Retrieve an endpoint", Reads(retrieve), WebhookEndpointObject),
    Route(
        "PATCH",
        "/webhook_endpoints/{id}",
        WRITE,
        "Update a webhook endpoint",
        Writes(update),
        WebhookEndpointObject,
        body=UpdateWebhookEndpoint,
    ),
    Route(
        "DELETE",
        "/webhook_endpoints/{id}",
        WRITE,
        "Delete a webhook endpoint",
        Writes(delete),
        DeletedObject,
    ),
    Route(
        "POST",
        "/webhook_endpoints/{id}/rotate_secret",
        WRITE,
        "Rotate a webhook endpoint's signing secret; only this answer contains the new one, and the old one also "
        "signs during the overlap",
        Writes(rotate_secret, kept=without_secret),
        CreatedWebhookEndpointObject,
        body=RotateSecret,
    ),
    Route(
        "POST",
        "/webhook_endpoints/{id}/test",
        WRITE,
        "Send a test event to a webhook endpoint, and return its response",
        Sends(test, send_test),
        WebhookTestObject,
    ),
    Route(
        "GET",
        "/webhook_endpoints/{id}/deliveries",
        READ,
        "List a webhook endpoint's deliveries, newest first",
        Reads(list_deliveries),
        ListObject[WebhookDeliveryObject],
        query=ListWebhookDeliveries,
    ),
    Route(
        "POST",
        "/webhook_endpoints/{id}/replay",
        WRITE,
        "Replay a range of events to a webhook endpoint, all of them or those that failed",
        Writes(replay_range),
        WebhookReplayObject,
        HTTPStatus.CREATED,
        body=ReplayRange,
    ),
    Route(
        "POST",
        "/events/{id}/replay",
        WRITE,
        "Replay an event to one webhook endpoint or to all subscribed ones",
        Writes(replay_event),
        ListObject[WebhookDeliveryObject],
        HTTPStatus.CREATED,
        body=ReplayEvent,
    ),
    Route(
        "GET",
        "/webhook_deliveries/{id}",
        READ,
        "Retrieve a delivery",
        Reads(retrieve_delivery),
        WebhookDeliveryObject,
    ),
    Route(
        "POST",
        "/webhook_deliveries/{id}/replay",
        WRITE,
        "Replay a delivery",
        Writes(replay),
        WebhookDeliveryObject,
        HTTPStatus.CREATED,
    ),
]
