"""What a merchant does with customers."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from keyturn.database import UniqueViolation
from tillgate.base import ids
from tillgate.base.errors import Conflict, NotFound
from tillgate.base.pages import ANY_TIME, Page, PageRequest, Period, checked_cursor, cut_newest
from tillgate.base.principal import Principal
from tillgate.base.text import NAME_MAX, checked_email, checked_text, folded, identity, normal_email
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.customers import records
from tillgate.checkout.customers.model import REFERENCE_MAX, Customer, to_api
from tillgate.checkout.customers.words import WORDS_MAX, spelled, split
from tillgate.checkout.emitting import emit_fact
from tillgate.checkout.metadata import changed_metadata, checked_metadata
from tillgate.events.types import CUSTOMER_CREATED, CUSTOMER_UPDATED
from tillgate.store import Transaction

INDEX_BATCH_MAX: Final = 200
# A page by its number says how many there are, without walking through all of them.
COUNTED_BEYOND_MAX: Final = 10_000


class CustomerChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant says about a customer; what is unset stays (or, on a new one, is not there)."""

    email: str | msgspec.UnsetType | None = msgspec.UNSET
    name: str | msgspec.UnsetType | None = msgspec.UNSET
    reference: str | msgspec.UnsetType | None = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class NumberedPage(NamedTuple):
    """One page by its number, the first being 1, and how many there are, as far as they were counted."""

    data: list[Customer]
    total: int
    page: int
    limit: int


class Stated(NamedTuple):
    """Who a buyer says they are.

    Attributes:
        made_known: they were added in this transaction, and nothing has told so yet.
    """

    customer: Customer
    made_known: bool


async def create_customer(
    context: CheckoutContext, tx: Transaction, principal: Principal, new: CustomerChanges
) -> Customer:
    """Add a customer to the caller's project and mode.

    Raises:
        InvalidInput: a field is wrong; it is named.
        Conflict: another customer has this e-mail address or reference.
    """
    customer = await _added(tx, principal, new, context.clock.now())
    await emit_created(context, tx, customer)
    return customer


async def _added(
    tx: Transaction, principal: Principal, new: CustomerChanges, now: int, *, email_stated: bool = False
) -> Customer:
    empty = Customer(
        id=ids.new_id(ids.CUSTOMER),
        project_id=principal.project_id,
        livemode=principal.livemode,
        email=None,
        name=None,
        reference=None,
        metadata=None,
        created_at=now,
        updated_at=now,
        email_stated=email_stated,
    )
    customer = msgspec.structs.replace(empty, **_checked(new, None, creates=True))
    if not await records.insert(tx, customer):
        raise _taken()
    return customer


async def emit_created(context: CheckoutContext, tx: Transaction, customer: Customer) -> None:
    """Report a customer who was made known in this transaction."""
    await emit_fact(context, tx, CUSTOMER_CREATED, customer, to_api(customer))


async def stated_by_email(
    context: CheckoutContext, tx: Transaction, principal: Principal, email: str, *, by_merchant: bool = False
) -> Stated:
    """The customer with an e-mail address that a buyer says is theirs; added where there is none, as one of whom
    nothing else is known. Whoever calls reports them, by :func:`emit_created`, once it has locked all that it locks.

    Args:
        by_merchant: whether it is the merchant who says so.

    Raises:
        InvalidInput: it is no e-mail address.
    """
    wanted = checked_email(email)
    for _ in range(2):
        found = await records.newest(
            tx, principal.project_id, principal.livemode, PageRequest(1), email=wanted, reference=None, period=ANY_TIME
        )
        if found:
            return Stated(found[0], made_known=False)
        try:
            new, now = CustomerChanges(email=wanted), context.clock.now()
            return Stated(await _added(tx, principal, new, now, email_stated=not by_merchant), made_known=True)
        except Conflict:
            # Somebody added them in the same moment, and has committed: now they are found.
            continue
    raise _taken()


async def get_customer(tx: Transaction, principal: Principal, customer_id: str) -> Customer:
    """One customer.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    customer = (
        await records.by_id(tx, principal.project_id, principal.livemode, customer_id)
        if ids.is_id(ids.CUSTOMER, customer_id)
        else None
    )
    if customer is None:
        raise NotFound("customer", customer_id)
    return customer


async def customers_by_id(tx: Transaction, principal: Principal, customer_ids: Sequence[str]) -> dict[str, Customer]:
    """Several customers by their ids; what is not in the caller's project and mode is not among them."""
    found = await records.by_ids(tx, principal.project_id, principal.livemode, customer_ids)
    return {customer.id: customer for customer in found}


async def hold_customer(tx: Transaction, principal: Principal, customer_id: str) -> Customer:
    """One customer, whom nobody else changes or holds until this transaction ends.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    customer = await records.locked(tx, principal.project_id, principal.livemode, customer_id)
    if customer is None:
        raise NotFound("customer", customer_id)
    return customer


async def list_customers(
    tx: Transaction,
    principal: Principal,
    *,
    page: int,
    limit: int,
    email: str | None = None,
    reference: str | None = None,
    period: Period = ANY_TIME,
) -> NumberedPage:
    """A page of customers, newest first, that match what is given exactly. Those beyond the page are counted up to
    :data:`COUNTED_BEYOND_MAX`."""
    wanted = normal_email(email) if email is not None else None
    reference = identity(reference) if reference is not None else None
    project_id, livemode = principal.project_id, principal.livemode
    offset = (page - 1) * limit
    most = offset + limit + COUNTED_BEYOND_MAX
    total = await records.count(tx, project_id, livemode, most, email=wanted, reference=reference, period=period)
    found = await records.newest(
        tx,
        project_id,
        livemode,
        PageRequest(limit),
        email=wanted,
        reference=reference,
        period=period,
        offset=offset,
    )
    return NumberedPage(found[:limit], total, page, limit)


async def newest_customers(
    tx: Transaction,
    principal: Principal,
    page: PageRequest,
    *,
    email: str | None = None,
    reference: str | None = None,
    period: Period = ANY_TIME,
) -> Page[Customer]:
    """Customers, newest first, that match what is given exactly."""
    checked_cursor(page, ids.CUSTOMER)
    found = await records.newest(
        tx,
        principal.project_id,
        principal.livemode,
        page,
        email=normal_email(email) if email is not None else None,
        reference=identity(reference) if reference is not None else None,
        period=period,
    )
    return cut_newest(found, page)


async def count_customers(
    tx: Transaction,
    principal: Principal,
    most: int,
    *,
    email: str | None = None,
    reference: str | None = None,
    period: Period = ANY_TIME,
) -> int:
    """How many customers match what is given exactly, counted up to ``most``."""
    return await records.count(
        tx,
        principal.project_id,
        principal.livemode,
        most,
        email=normal_email(email) if email is not None else None,
        reference=identity(reference) if reference is not None else None,
        period=period,
    )


async def update_customer(
    context: CheckoutContext, tx: Transaction, principal: Principal, customer_id: str, changes: CustomerChanges
) -> Customer:
    """Change a customer. ``metadata`` is merged by its keys.

    Raises:
        NotFound: it is not in the caller's project and mode.
        InvalidInput: a field is wrong; it is named.
        Conflict: another customer has this e-mail address or reference, or this one was erased.
    """
    customer = await hold_customer(tx, principal, customer_id)
    if customer.erased_at is not None:
        raise Conflict(
            "This customer was erased, and nothing is kept of them any more. Create a new customer.",
            code="customer_erased",
        )
    after = msgspec.structs.replace(customer, **_checked(changes, customer.metadata))
    if changes.email is not msgspec.UNSET:
        after = msgspec.structs.replace(after, email_stated=False)
    if after == customer:
        return customer
    after = msgspec.structs.replace(after, updated_at=context.clock.now())
    try:
        await records.update(tx, after)
    except UniqueViolation as error:
        raise _taken() from error
    await emit_fact(context, tx, CUSTOMER_UPDATED, after, to_api(after))
    return after


async def require_customer(tx: Transaction, principal: Principal, customer_id: str) -> None:
    """
    Raises:
        NotFound: it is not in the caller's project and mode, or was erased.
    """
    if (await get_customer(tx, principal, customer_id)).erased_at is not None:
        raise NotFound("customer", customer_id)


def _checked(changes: CustomerChanges, held: str | None, *, creates: bool = False) -> dict[str, str | None]:
    checked: dict[str, str | None] = {}
    if changes.email is not msgspec.UNSET:
        checked["email"] = checked_email(changes.email) if changes.email is not None else None
    if changes.name is not msgspec.UNSET:
        checked["name"] = _text(changes.name, "name", NAME_MAX)
    if changes.reference is not msgspec.UNSET:
        reference = _text(changes.reference, "reference", REFERENCE_MAX)
        checked["reference"] = identity(reference) if reference is not None else None
    if changes.metadata is not msgspec.UNSET:
        given = changes.metadata
        checked["metadata"] = checked_metadata(given) if creates else changed_metadata(held, given)
    return checked


def _text(text: str | None, field: str, length_max: int) -> str | None:
    return None if text is None else checked_text(text, field=field, length_max=length_max)


def _taken() -> Conflict:
    return Conflict(
        "Another customer of this project and mode has this e-mail address or reference; update that one instead.",
        code="customer_exists",
    )


async def find_customers(tx: Transaction, principal: Principal, text: str, looked_at: int) -> list[Customer]:
    """Customers whose name or e-mail address has a word with each of the beginnings that the text consists of; at most
    ``looked_at`` are looked at."""
    parts = [text] if "@" in text else split(text)
    beginnings = list(dict.fromkeys(spelled(folded(one)) for one in parts))[:WORDS_MAX]
    if not beginnings:
        return []
    project_id, livemode = principal.project_id, principal.livemode
    found = await records.with_words(tx, project_id, livemode, beginnings, looked_at)
    by_id = {one.id: one for one in await records.by_ids(tx, project_id, livemode, found)}
    return [by_id[one] for one in found if one in by_id]


async def index_batch(tx: Transaction) -> int:
    """Write down the words of a batch of customers of earlier versions; says how many."""
    return await records.index_batch(tx, INDEX_BATCH_MAX)
