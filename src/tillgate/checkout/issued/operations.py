"""Issuing documents, in the transaction of what they tell, and finding them again."""

from collections.abc import Mapping
from typing import Final, cast

from tillgate.base import ids
from tillgate.base.invariants import present
from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.issued import records
from tillgate.checkout.issued.model import (
    INVOICED,
    RECEIPTED,
    DocumentKind,
    Facts,
    IssuedDocument,
    NotIssued,
    facts_of,
    facts_of_refund,
    name_of,
)
from tillgate.checkout.issued.records import Named, NewDocument
from tillgate.checkout.orders import records as orders
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.operations import get_order
from tillgate.checkout.payments import records as payments
from tillgate.checkout.refunds.model import Refund
from tillgate.checkout.sessions import records as sessions
from tillgate.events import types
from tillgate.events.facts import Fact
from tillgate.events.outbox import FollowUp, Outbox
from tillgate.store import Database, Transaction

# Of one order: what its page lists, and what a credit note refers to.
LISTED_MAX: Final = 100
_K = DocumentKind


async def _issue_receipt(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
    """The receipt of an order that has been paid just now, whose session's row is held. Where it had been paid before,
    by the same money, its receipt stands; another one is issued for other money."""
    order = cast(Order, fact.subject)
    session, earlier = await records.paying(tx, order)
    facts = facts_of(session, order)
    if earlier is None or earlier.money != facts.money:
        await _issue(tx, _K.RECEIPT, order, facts, fact.at)


async def _issue_credit_note(tx: Transaction, outbox: Outbox, fact: Fact) -> None:
    """The credit note of a refund that has succeeded just now; its session's row is held."""
    refund = cast(Refund, fact.subject)
    if refund.reorged:
        # It had succeeded before, and its credit note stands.
        return
    order = present(
        await orders.by_id(tx, refund.project_id, refund.livemode, refund.order_id), "the order of a refund"
    )
    session = present(await sessions.by_id(tx, order.session_id), "the session of a refund")
    moved = present(
        await payments.transaction_by_id(tx, refund.project_id, refund.livemode, refund.transaction_id),
        "the transaction of a refund",
    )
    others = await records.names(tx, refund.order_id, LISTED_MAX)
    refers_to = tuple(
        name_of(one.kind, one.number, livemode=refund.livemode) for one in others if one.kind is not _K.CREDIT_NOTE
    )
    await _issue(tx, _K.CREDIT_NOTE, order, facts_of_refund(session, refund, moved, refers_to), fact.at)


# After the event: the row of the log's last number, which is held by then, comes before that of a series.
FOLLOW_UPS: Final[Mapping[str, FollowUp]] = {
    types.ORDER_PAID.name: _issue_receipt,
    types.REFUND_SUCCEEDED.name: _issue_credit_note,
}


async def get_document(
    context: CheckoutContext,
    database: Database,
    principal: Principal,
    order_id: str,
    kind: DocumentKind,
    place: int | None = None,
) -> IssuedDocument:
    """An order's newest document of a kind, or the one of this place. An invoice is issued when it is asked for; so is
    the receipt of an order that was paid before there were any.

    Raises:
        NotFound: the order is not in the caller's project and mode.
        NotIssued: it has no such document.
    """

    async def look(tx: Transaction) -> IssuedDocument | None:
        order = await get_order(tx, principal, order_id)
        if place is not None:
            return await records.of_place(tx, order.id, kind, place)
        found = await records.latest(tx, order.id, kind)
        return None if found is not None and _is_old(found, order) else found

    async def issue(tx: Transaction) -> IssuedDocument:
        order = present(
            await orders.locked(tx, principal.project_id, principal.livemode, order_id), "an order that was just read"
        )
        session, _ = await records.paying(tx, order)
        found = await records.latest(tx, order.id, kind)
        if found is None or _is_old(found, order):
            if order.status not in (RECEIPTED if kind is _K.RECEIPT else INVOICED):
                raise NotIssued(kind)
            await _issue(tx, kind, order, facts_of(session, order), context.clock.now())
            found = await records.latest(tx, order.id, kind)
        return present(found, "what was just issued")

    found = await database.read(look)
    if found is not None:
        return found
    if place is not None or kind is _K.CREDIT_NOTE:
        raise NotIssued(kind)
    return await database.write(issue)


async def issued_for(tx: Transaction, order_id: str) -> list[Named]:
    """What was issued for an order that the caller may see, oldest first."""
    return await records.names(tx, order_id, LISTED_MAX)


def _is_old(document: IssuedDocument, order: Order) -> bool:
    """Whether an invoice is about another basket than the order has by now, which it had while it was open."""
    if document.kind is not _K.INVOICE:
        return False
    facts = document.facts
    lines = tuple((one.kind, one.name, one.quantity, one.unit_minor) for one in facts.lines)
    now = tuple((one.kind, one.name, one.quantity, one.unit_minor) for one in order.line_items)
    return (lines, facts.discounts, facts.shipping_minor) != (now, order.discounts, order.shipping_minor)


async def _issue(tx: Transaction, kind: DocumentKind, order: Order, facts: Facts, now: int) -> None:
    new = NewDocument(ids.new_id(ids.DOCUMENT), order.project_id, order.livemode, kind, facts, order.customer_id)
    await records.insert(tx, new, now)
