"""Erasing a customer: what is known of them is gone from their row at once, and from all others in a job.

The orders stay, and so do issued documents: they are books, which the law has merchants keep.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from tillgate.base.principal import Principal
from tillgate.checkout.context import CheckoutContext
from tillgate.checkout.customers import erasure_records, records
from tillgate.checkout.customers.erasure_records import Erasure
from tillgate.checkout.customers.model import Customer, to_api
from tillgate.checkout.customers.operations import hold_customer
from tillgate.checkout.emitting import emit_fact
from tillgate.events.types import CUSTOMER_ERASED
from tillgate.store import Database, Transaction
from tillgate.store.erasing import Place
from tillgate.store.erasure_records import beginning, find, look, look_at_linked
from tillgate.store.jobs import Again, Job, Kind
from tillgate.store.jobs.operations import enqueue

ERASE: Final = "customers.erase"
# Pages of rows in one run; then it is the turn of other jobs.
PAGES_MAX: Final = 200
# Of these, how many are only read before it is written down where the walk stands.
PAGES_READ_MAX: Final = 20


async def erase_customer(context: CheckoutContext, tx: Transaction, principal: Principal, customer_id: str) -> Customer:
    """Forget who a customer is. One who was erased stays so.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    customer = await hold_customer(tx, principal, customer_id)
    if customer.erased_at is not None:
        return customer
    now = context.clock.now()
    after = msgspec.structs.replace(
        customer,
        email=None,
        name=None,
        reference=None,
        metadata=None,
        email_stated=False,
        erased_at=now,
        updated_at=now,
    )
    await records.update(tx, after)
    await erasure_records.add(tx, customer)
    await emit_fact(context, tx, CUSTOMER_ERASED, after, to_api(after))
    await enqueue(
        tx,
        context.outbox.wake.jobs,
        kind=ERASE,
        key=customer.id,
        project_id=customer.project_id,
        payload={},
        now=now,
    )
    return after


def kind(database: Database, places: Sequence[Place]) -> Kind:
    """The job that looks at every place in which a customer may be named.

    Args:
        places: of all rooms, in the order in which they are looked at.
    """

    async def run(job: Job) -> Again | None:
        pages = 0
        while pages < PAGES_MAX:
            erasure = await database.read(lambda tx: erasure_records.standing(tx, job.key))
            if erasure is None:
                return None
            if erasure.place:
                pages += await _of_place(database, places, erasure)
            else:
                await _of_orders(database, places, erasure)
                pages += 1
        return Again()

    return Kind(ERASE, run, seconds_max=120)


async def _of_orders(database: Database, places: Sequence[Place], erasure: Erasure) -> None:
    """Everything about the customer, or about a page of their orders."""
    customer_id = erasure.person.customer_id
    if erasure.after:
        last = erasure.after[0]
        page = await database.read(lambda tx: erasure_records.objects_after(tx, customer_id, last))
    else:
        page = erasure_records.OrderedPage([customer_id], "")
    for place in (one for one in places if one.linked and page.object_ids):
        after: tuple[str, ...] | None = beginning(place)
        while after is not None:
            start = after
            looked = await database.write(
                lambda tx, place=place, start=start: look_at_linked(  # type: ignore[misc]
                    tx, place, start, erasure.person, page.object_ids
                )
            )
            after = looked.after
    if page.last is None:
        first = places[0]
        await database.write(lambda tx: erasure_records.move(tx, customer_id, first.table, beginning(first)))
    else:
        done = page.last
        await database.write(lambda tx: erasure_records.move(tx, customer_id, "", [done]))


async def _of_place(database: Database, places: Sequence[Place], erasure: Erasure) -> int:
    """Pages of everything else of the project and mode, up to the first that names the customer; says how many."""
    place = next(one for one in places if one.table == erasure.place)
    of, after, pages = (erasure.project_id, erasure.livemode), erasure.after, 0
    while pages < PAGES_READ_MAX:
        pages += 1
        # Most rows name somebody else: they are only read, and nobody who writes waits for that.
        found = await database.read(lambda tx, after=after: find(tx, place, after, erasure.person, of))  # type: ignore[misc]
        if found.rows or found.last is None:
            break
        after = found.last
        # A read of SQLite waits for nothing, and somebody else is to have a turn.
        await asyncio.sleep(0)
    standing = erasure._replace(after=after)
    await database.write(lambda tx: _go_on(tx, places, standing))
    return pages


async def _go_on(tx: Transaction, places: Sequence[Place], erasure: Erasure) -> None:
    """Take the customer out of the page at which the walk stands, and write down where it goes on."""
    at = next(number for number, one in enumerate(places) if one.table == erasure.place)
    place, customer_id = places[at], erasure.person.customer_id
    looked = await look(tx, place, erasure.after, erasure.person, (erasure.project_id, erasure.livemode))
    if looked.after is not None:
        await erasure_records.move(tx, customer_id, place.table, looked.after)
    elif at + 1 < len(places):
        await erasure_records.move(tx, customer_id, places[at + 1].table, beginning(places[at + 1]))
    else:
        await erasure_records.drop(tx, customer_id)
