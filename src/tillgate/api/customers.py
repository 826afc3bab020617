"""``/customers``."""

from http import HTTPStatus
from typing import Annotated, Any

import msgspec

from keyturn import Need
from tillgate.access.audited import write_down_erasing
from tillgate.api.kept import kept_answer
from tillgate.api.paging import ListQuery, period
from tillgate.base.errors import InvalidInput
from tillgate.base.principal import Principal
from tillgate.base.problems import Problem
from tillgate.base.text import EMAIL_MAX
from tillgate.checkout import kept
from tillgate.checkout.customers import operations
from tillgate.checkout.customers.erasing import erase_customer
from tillgate.checkout.customers.model import PAGE_MAX, REFERENCE_MAX, CustomerObject, to_api
from tillgate.checkout.customers.operations import CustomerChanges
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import Resource
from tillgate.wire.fields import EmailText, NameText, text
from tillgate.wire.reading import given
from tillgate.wire.routing import Call, Reads, Route, Writes

READ, WRITE = Need("customers:read"), Need("customers:write")


Reference = Annotated[str, text(REFERENCE_MAX)]


class CreateCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A new customer; every field may be left out. ``email`` and ``reference`` are unique where given."""

    email: EmailText | None = None
    name: NameText | None = None
    reference: Reference | None = None
    metadata: dict[str, Any] | None = None


class UpdateCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What may be changed; fields that are left out stay, null clears, ``metadata`` is merged by key."""

    email: EmailText | msgspec.UnsetType | None = msgspec.UNSET
    name: NameText | msgspec.UnsetType | None = msgspec.UNSET
    reference: Reference | msgspec.UnsetType | None = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class ListCustomers(ListQuery, frozen=True, forbid_unknown_fields=True):
    """Pages by number, the first where none is named; or, with ``starting_after``, by cursor, as all other lists are.
    ``email`` and ``reference`` match exactly."""

    page: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] | msgspec.UnsetType = msgspec.UNSET
    email: Annotated[str, msgspec.Meta(max_length=EMAIL_MAX)] | msgspec.UnsetType = msgspec.UNSET
    reference: Annotated[str, msgspec.Meta(max_length=REFERENCE_MAX)] | msgspec.UnsetType = msgspec.UNSET


class CustomerListObject(msgspec.Struct, frozen=True, rename="camel"):
    """One page, newest first. A page by number has ``total``, ``page`` and ``limit``; ``total`` says how many customers
    match, counted up to 10,000 beyond this page. A page by cursor has ``hasMore`` and ``nextCursor`` instead."""

    data: list[CustomerObject]
    total: int | msgspec.UnsetType = msgspec.UNSET
    page: int | msgspec.UnsetType = msgspec.UNSET
    limit: int | msgspec.UnsetType = msgspec.UNSET
    has_more: bool | msgspec.UnsetType = msgspec.UNSET
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


async def create(context: ApiContext, tx: Transaction, call: Call) -> CustomerObject:
    return to_api(await operations.create_customer(context.checkout, tx, call.principal, _changes(call.body)))


async def retrieve(context: ApiContext, tx: Transaction, call: Call) -> CustomerObject | msgspec.Raw:
    if (answer := await kept_answer(context, tx, call, kept.CUSTOMER)) is not None:
        return answer
    return to_api(await operations.get_customer(tx, call.principal, call.id))


async def list_all(context: ApiContext, tx: Transaction, call: Call) -> CustomerListObject:
    query: ListCustomers = call.query
    email, reference, created = given(query.email), given(query.reference), period(query)
    if query.starting_after is msgspec.UNSET:
        number = query.page if query.page is not msgspec.UNSET else 1
        counted = await operations.list_customers(
            tx, call.principal, page=number, limit=query.limit, email=email, reference=reference, period=created
        )
        return CustomerListObject([to_api(one) for one in counted.data], counted.total, counted.page, counted.limit)
    if query.page is not msgspec.UNSET:
        raise InvalidInput("page", Problem.EITHER_WAY, code="invalid_query", other="starting_after")
    found = await operations.newest_customers(
        tx, call.principal, call.page, email=email, reference=reference, period=created
    )
    data = [to_api(one) for one in found.data]
    return CustomerListObject(data, has_more=found.has_more, next_cursor=data[-1].id if found.has_more else None)


async def update(context: ApiContext, tx: Transaction, call: Call) -> CustomerObject:
    changes = _changes(call.body)
    return to_api(await operations.update_customer(context.checkout, tx, call.principal, call.id, changes))


async def erase(context: ApiContext, tx: Transaction, call: Call) -> CustomerObject:
    standing = (await operations.hold_customer(tx, call.principal, call.id)).erased_at is None
    erased = await erase_customer(context.checkout, tx, call.principal, call.id)
    if standing:
        await write_down_erasing(tx, call.principal, context.clock.now(), call.id)
    return to_api(erased)


def _changes(body: CreateCustomer | UpdateCustomer) -> CustomerChanges:
    return CustomerChanges(email=body.email, name=body.name, reference=body.reference, metadata=body.metadata)


async def by_ids(
    context: ApiContext, tx: Transaction, principal: Principal, wanted: list[str]
) -> dict[str, CustomerObject]:
    found = await operations.customers_by_id(tx, principal, wanted)
    return {id: to_api(one) for id, one in found.items()}


CUSTOMER = Resource("customer", CustomerObject, READ, by_ids)

ROUTES = [
    Route(
        "POST",
        "/customers",
        WRITE,
        "Create a customer",
        Writes(create),
        CustomerObject,
        HTTPStatus.CREATED,
        body=CreateCustomer,
    ),
    Route(
        "GET",
        "/customers",
        READ,
        "List customers, newest first",
        Reads(list_all),
        CustomerListObject,
        query=ListCustomers,
    ),
    Route("GET", "/customers/{id}", READ, "Retrieve a customer", Reads(retrieve), CustomerObject),
    Route("PATCH", "/customers/{id}", WRITE, "Update a customer", Writes(update), CustomerObject, body=UpdateCustomer),
    Route("DELETE", "/customers/{id}", WRITE, "Erase a customer's personal data", Writes(erase), CustomerObject),
]
