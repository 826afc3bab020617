"""``/webhook-endpoints``: where events go in Smartpay's words."""

from http import HTTPStatus
from typing import Any, Final

import msgspec

from keyturn import Need
from tillgate.access.audited import write_down_endpoint
from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.dialects.smartpay import checking
from tillgate.dialects.smartpay.checking import required
from tillgate.dialects.smartpay.errors import Missing
from tillgate.dialects.smartpay.ids import as_asked, page, spelled
from tillgate.dialects.smartpay.ids import required as required_id
from tillgate.dialects.smartpay.records import NOTHING, Kept, forget, keep, kept_of
from tillgate.dialects.smartpay.shapes import (
    ChangeWebhookEndpoint,
    Collection,
    CreateWebhookEndpoint,
    ListQuery,
    Query,
    WebhookEndpointObject,
    collection,
    or_unset,
)
from tillgate.dialects.smartpay.webhooks import SMARTPAY_STYLE, to_native, to_subscriptions
from tillgate.events.endpoints import operations
from tillgate.events.endpoints.model import WebhookEndpoint
from tillgate.events.endpoints.operations import EndpointChanges, NewEndpoint
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("webhooks:read"), Need("webhooks:write")


def endpoint_object(endpoint: WebhookEndpoint, kept: Kept) -> WebhookEndpointObject:
    """A webhook endpoint as Smartpay shows it, without its signing secret."""
    return WebhookEndpointObject(
        id=spelled(endpoint.id, livemode=endpoint.livemode),
        object="webhookEndpoint",
        test=not endpoint.livemode,
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
        metadata=kept.metadata,
        active=endpoint.active,
        url=endpoint.url,
        description=or_unset(endpoint.description),
        event_subscriptions=to_subscriptions(endpoint.events),
    )


async def create(context: ApiContext, tx: Transaction, call: Call) -> WebhookEndpointObject:
    """A new endpoint. Only this answer has its signing secret."""
    body: CreateWebhookEndpoint = call.body
    new = NewEndpoint(
        required(body.url, "url"), to_native(body.event_subscriptions or []), body.description, SMARTPAY_STYLE.name
    )
    kept = Kept(metadata=checking.metadata(body.metadata))
    made = await operations.create_endpoint(context.endpoints, tx, call.principal, new)
    await keep(tx, made.endpoint.id, kept)
    await write_down_endpoint(tx, call.principal, context.clock.now(), "webhook.created", made.endpoint.id)
    shown = endpoint_object(made.endpoint, kept)
    return msgspec.structs.replace(shown, signing_secret=made.secret.reveal())


def without_secret(answer: WebhookEndpointObject) -> WebhookEndpointObject:
    """What is kept of the answer for a retry by anybody else."""
    return msgspec.structs.replace(answer, signing_secret=msgspec.UNSET)


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> WebhookEndpointObject:
    """One endpoint."""
    return await _in_words(tx, call, await _endpoint_of(tx, call))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> Collection[Any]:
    """A page of the endpoints that hear events in this language."""
    query: ListQuery = call.query
    asked = page(query.page_token, query.max_results, ids.WEBHOOK_ENDPOINT, call.principal)
    found = await operations.list_endpoints(tx, call.principal, asked, dialect=SMARTPAY_STYLE.name)
    kept = await kept_of(tx, [one.id for one in found.data])
    data = [endpoint_object(one, kept.get(one.id, NOTHING)) for one in found.data]
    return collection(query, data, has_more=found.has_more)


async def update(context: ApiContext, tx: Transaction, call: Call) -> WebhookEndpointObject:
    """An endpoint changed."""
    body: ChangeWebhookEndpoint = call.body
    endpoint = await _endpoint_of(tx, call)
    subscribed = body.event_subscriptions
    changes = EndpointChanges(
        url=or_unset(body.url),
        events=to_native(subscribed) if subscribed is not None else msgspec.UNSET,
        description=or_unset(body.description),
        active=or_unset(body.active),
    )
    if body.active is True:
        tx.after_commit(context.outbox.wake.now)
    endpoint = await operations.update_endpoint(context.endpoints, tx, call.principal, endpoint.id, changes)
    if body.metadata is not None:
        await keep(tx, endpoint.id, Kept(metadata=checking.metadata(body.metadata)))
    return await _in_words(tx, call, endpoint)


async def delete(context: ApiContext, tx: Transaction, call: Call) -> None:
    """An endpoint is gone for good, with what was still to be sent to it."""
    endpoint = await _endpoint_of(tx, call)
    await operations.delete_endpoint(tx, call.principal, endpoint.id)
    await forget(tx, endpoint.id)
    await write_down_endpoint(tx, call.principal, context.clock.now(), "webhook.deleted", endpoint.id)


async def _endpoint_of(tx: Transaction, call: Call) -> WebhookEndpoint:
    """The endpoint that the path names; none that hears events in another language."""
    endpoint_id = required_id(call.id, ids.WEBHOOK_ENDPOINT, call.principal)
    try:
        found = await operations.get_endpoint(tx, call.principal, endpoint_id)
    except NotFound as error:
        raise Missing("webhook-endpoint") from error
    if found.dialect != SMARTPAY_STYLE.name:
        raise Missing("webhook-endpoint")
    return found


async def _in_words(tx: Transaction, call: Call, endpoint: WebhookEndpoint) -> WebhookEndpointObject:
    kept = await kept_of(tx, [endpoint.id])
    return as_asked(call, endpoint_object(endpoint, kept.get(endpoint.id, NOTHING)))


ROUTES: Final = (
    Route(
        "POST",
        "/webhook-endpoints",
        WRITE,
        "Create a webhook endpoint; only this answer has its signing secret",
        Writes(create, kept=without_secret),
        WebhookEndpointObject,
        query=Query,
        body=CreateWebhookEndpoint,
    ),
    Route(
        "GET",
        "/webhook-endpoints",
        READ,
        "List webhook endpoints, newest first",
        Reads(list_all),
        Collection[WebhookEndpointObject],
        query=ListQuery,
    ),
    Route(
        "GET",
        "/webhook-endpoints/{id}",
        READ,
        "Retrieve a webhook endpoint",
        Reads(retrieve),
        WebhookEndpointObject,
        query=Query,
    ),
    Route(
        "PATCH",
        "/webhook-endpoints/{id}",
        WRITE,
        "Change a webhook endpoint",
        Writes(update),
        WebhookEndpointObject,
        query=Query,
        body=ChangeWebhookEndpoint,
    ),
    Route(
        "DELETE",
        "/webhook-endpoints/{id}",
        WRITE,
        "Delete a webhook endpoint",
        Writes(delete),
        None,
        HTTPStatus.NO_CONTENT,
        query=Query,
    ),
)
