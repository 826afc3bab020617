"""``/checkout_sessions``."""

from http import HTTPStatus
from typing import Any, Literal

import msgspec

from keyturn import Need, Reach
from tillgate.api.desk import ApiDesk
from tillgate.api.lists import ListObject, listed
from tillgate.api.reading import ListQuery, given, instant, object_id
from tillgate.api.routing import Call, Reads, Route, Writes
from tillgate.base import ids
from tillgate.checkout.sessions import operations
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.checkout.sessions.object import CheckoutSessionObject, shown
from tillgate.checkout.sessions.operations import NewAmount, NewSession
from tillgate.rails.simulated import Outcome
from tillgate.store import Transaction

READ, WRITE = Need("sessions:read"), Need("sessions:write")
# What a buyer's own browser or app may do, which holds a publishable key and the session's client secret.
CREATE, LOOK, DRIVE = (
    Need("sessions:write", Reach.CREATES),
    Need("sessions:read", Reach.OPENS),
    Need("sessions:write", Reach.OPENS),
)


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

    status: SessionStatus | msgspec.UnsetType = msgspec.UNSET
    link_id: str | msgspec.UnsetType = msgspec.UNSET
    created_after: str | msgspec.UnsetType = msgspec.UNSET


class SimulatePayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to happen to the test session."""

    outcome: Literal["detected", "paid", "underpaid", "overpaid", "late", "failed"]


async def create(desk: ApiDesk, tx: Transaction, call: Call) -> CheckoutSessionObject:
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
    return shown(await operations.open_session(desk.checkout, tx, call.principal, new), desk.public_url)


async def retrieve(desk: ApiDesk, tx: Transaction, call: Call) -> CheckoutSessionObject:
    return shown(await operations.get_session(tx, call.principal, call.id), desk.public_url)


async def list_all(desk: ApiDesk, tx: Transaction, call: Call) -> ListObject[CheckoutSessionObject]:
    query: ListCheckoutSessions = call.query
    page = await operations.list_sessions(
        tx,
        call.principal,
        query.page,
        status=given(query.status),
        link_id=object_id(query.link_id, ids.PAYMENT_LINK, param="linkId"),
        created_after=instant(query.created_after, param="createdAfter"),
    )
    return listed([shown(session, desk.public_url) for session in page.data], page.has_more)


async def simulate(desk: ApiDesk, tx: Transaction, call: Call) -> CheckoutSessionObject:
    outcome = Outcome(call.body.outcome)
    return shown(await operations.simulate(desk.checkout, tx, call.principal, call.id, outcome), desk.public_url)


async def accept(desk: ApiDesk, tx: Transaction, call: Call) -> CheckoutSessionObject:
    return shown(await operations.accept(desk.checkout, tx, call.principal, call.id), desk.public_url)


async def expire(desk: ApiDesk, tx: Transaction, call: Call) -> CheckoutSessionObject:
    return shown(await operations.expire(desk.checkout, tx, call.principal, call.id), desk.public_url)


ROUTES = [
    Route(
        "POST",
        "/checkout_sessions",
        CREATE,
        "Create a checkout session from a link or for an amount",
        Writes(create),
        CheckoutSessionObject,
        HTTPStatus.CREATED,
        body=CreateCheckoutSession,
    ),
    Route(
        "GET",
        "/checkout_sessions",
        READ,
        "List checkout sessions, newest first",
        Reads(list_all),
        ListObject[CheckoutSessionObject],
        query=ListCheckoutSessions,
    ),
    Route("GET", "/checkout_sessions/{id}", LOOK, "Retrieve a session", Reads(retrieve), CheckoutSessionObject),
    Route(
        "POST",
        "/checkout_sessions/{id}/accept",
        WRITE,
        "Take what has come as payment, though it is too little, too much or too late",
        Writes(accept),
        CheckoutSessionObject,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/expire",
        DRIVE,
        "End a pending session before its time",
        Writes(expire),
        CheckoutSessionObject,
    ),
    Route(
        "POST",
        "/checkout_sessions/{id}/simulate",
        DRIVE,
        "Simulate a payment of a test session",
        Writes(simulate),
        CheckoutSessionObject,
        body=SimulatePayment,
    ),
]
