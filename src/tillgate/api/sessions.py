"""``/checkout_sessions``."""

from http import HTTPStatus
from typing import Any, Literal

import msgspec

from keyturn import Need
from tillgate.api.desk import ApiDesk
from tillgate.api.lists import ListObject, listed
from tillgate.api.reading import ListQuery, instant, object_id
from tillgate.api.routing import Call, Route
from tillgate.base import ids
from tillgate.checkout.sessions import operations
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.checkout.sessions.object import CheckoutSessionObject, shown
from tillgate.checkout.sessions.operations import NewAmount, NewSession
from tillgate.rails.simulated import Outcome

READ, WRITE = Need("sessions:read"), Need("sessions:write")


class Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price: ``value`` is a decimal string, ``currency`` an ISO 4217 code."""

    value: str
    currency: str


class CreateCheckoutSession(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A new session: either from a link (``linkId``) or for an ``amount``."""

    link_id: str | None = None
    amount: Amount | None = None
    metadata: dict[str, Any] | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    return_url: str | None = None
    expires_in_seconds: int | None = None


class ListCheckoutSessions(
    ListQuery,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"link_id": "linkId", "created_after": "createdAfter"},
):
    """Filters combine; ``createdAfter`` is inclusive."""

    status: SessionStatus | None = None
    link_id: str | None = None
    created_after: str | None = None


class SimulatePayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to happen to the test session."""

    outcome: Literal["detected", "paid", "underpaid", "overpaid", "late", "failed"]


async def create(desk: ApiDesk, call: Call) -> CheckoutSessionObject:
    body: CreateCheckoutSession = call.body
    new = NewSession(
        link_id=body.link_id,
        amount=NewAmount(body.amount.value, body.amount.currency) if body.amount is not None else None,
        metadata=body.metadata,
        success_url=body.success_url,
        cancel_url=body.cancel_url,
        return_url=body.return_url,
        expires_in_seconds=body.expires_in_seconds,
    )
    session = await desk.database.write(lambda tx: operations.open_session(desk.checkout, tx, call.principal, new))
    return shown(session, desk.public_url)


async def retrieve(desk: ApiDesk, call: Call) -> CheckoutSessionObject:
    session = await desk.database.read(lambda tx: operations.get_session(tx, call.principal, call.id))
    return shown(session, desk.public_url)


async def list_all(desk: ApiDesk, call: Call) -> ListObject[CheckoutSessionObject]:
    query: ListCheckoutSessions = call.query
    link_id = object_id(query.link_id, ids.PAYMENT_LINK, param="linkId")
    created_after = instant(query.created_after, param="createdAfter")
    page = await desk.database.read(
        lambda tx: operations.list_sessions(
            tx,
            call.principal,
            query.page,
            status=query.status,
            link_id=link_id,
            created_after=created_after,
        )
    )
    return listed([shown(session, desk.public_url) for session in page.data], page.has_more)


async def simulate(desk: ApiDesk, call: Call) -> CheckoutSessionObject:
    outcome = Outcome(call.body.outcome)
    session = await desk.database.write(
        lambda tx: operations.simulate(desk.checkout, tx, call.principal, call.id, outcome)
    )
    return shown(session, desk.public_url)


ROUTES = [
    Route(
        "POST",
        "/checkout_sessions",
        WRITE,
        "Create a checkout session from a link or for an amount",
        create,
        CheckoutSessionObject,
        HTTPStatus.CREATED,
        body=CreateCheckoutSession,
    ),
    Route(
        "GET",
        "/checkout_sessions",
        READ,
        "List checkout sessions, newest first",
        list_all,
        ListObject[CheckoutSessionObject],
        query=ListCheckoutSessions,
    ),
    Route("GET", "/checkout_sessions/{id}", READ, "Retrieve a checkout session", retrieve, CheckoutSessionObject),
    Route(
        "POST",
        "/checkout_sessions/{id}/simulate",
        WRITE,
        "Simulate a payment of a test session",
        simulate,
        CheckoutSessionObject,
        body=SimulatePayment,
    ),
]
