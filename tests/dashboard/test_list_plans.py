"""What the databases do for the dashboard's lists: each filter, each sort and each count is answered from an index."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keyturn.database import Transaction
from tests.planner import Asked, Planner, open_planner, whole_table
from tillgate.base import ids
from tillgate.base.pages import PageRequest, Sort
from tillgate.base.principal import Principal
from tillgate.dashboard.exports import EXPORTS
from tillgate.dashboard.filters import Filters
from tillgate.dashboard.listing import COUNTED_MAX, Listing

pytestmark = pytest.mark.anyio

LISTINGS = [export.listing for export in EXPORTS.values()]
# A value of each filter, as an address has it; those of one state are rare ones.
VALUES = {
    "fulfillment": "fulfilled",
    "todo": "fulfil",
    "customer": ids.new_id(ids.CUSTOMER),
    "link": ids.new_id(ids.PAYMENT_LINK),
    "q": "A-1",
}
STATUS = {"payments": "failed"}
# Where a list is read on from, under each sort.
KEYS: dict[str, tuple[str | int, ...]] = {"amount": ("USD", 500), "status": ("paid",), "fulfillment": ("fulfilled",)}
PREFIX = {
    "sessions": ids.CHECKOUT_SESSION,
    "transactions": ids.CHECKOUT_SESSION,
    "orders": ids.ORDER,
    "payments": ids.PAYMENT,
    "refunds": ids.REFUND,
    "customers": ids.CUSTOMER,
}


@pytest.fixture
async def planner(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Planner]:
    async with open_planner(tmp_path, database_url) as found:
        yield found


def filtered(listing: Listing) -> list[Filters]:
    """Each filter of a list alone."""
    none = Filters({}, {}, "UTC", PageRequest())
    found = [none]
    for name in listing.filters:
        value = STATUS.get(listing.name, "canceled") if name == "status" else VALUES[name]
        if name == "status" and listing.name in ("sessions", "transactions"):
            value = "failed"
        found.append(none._replace(values={name: value}))
    if listing.name == "customers":
        return [*found, none._replace(values={"q": "ada@example.com"})]
    return [*found, none._replace(currency="EUR"), none._replace(currency="EUR", amount_minor=777)]


async def page_of(planner: Planner, listing: Listing, filters: Filters) -> Asked:
    """The statement that finds the page."""

    async def read(tx: Transaction, principal: Principal) -> None:
        await listing.page(tx, principal, filters)

    return [one for one in await planner.asked(read) if one.lists][-1]


async def test_every_filter_of_the_dashboards_lists_has_its_index(planner: Planner) -> None:
    """No table is read from end to end and nothing is sorted, and it is not the whole list that is walked until enough
    fits."""
    wrong = []
    for listing in LISTINGS:
        for filters in filtered(listing):
            asked = await page_of(planner, listing, filters)
            plan = await planner.plan(asked)
            newest = re.search(r"\b(\w+_newest)\b", plan)
            narrowed = filters.values or filters.currency
            walked = planner.dialect == "sqlite" and narrowed and newest is not None
            unique = "customers_by_" in plan
            if walked or (whole_table(plan) and not unique):
                wrong.append(f"{listing.name} by {filters.values} {filters.currency}:\n{asked.sql}\n{plan}")
    assert not wrong, "\n\n".join(wrong)


async def test_every_sort_of_the_dashboards_lists_has_its_index(planner: Planner) -> None:
    """Both ways, from the first page on and from one in the middle, of any currency and of one."""
    wrong = []
    for listing in LISTINGS:
        for by in ("created", *listing.sorts):
            for ascending in (True, False):
                for cursor in (None, ids.new_id(PREFIX[listing.name])):
                    sort = Sort(by, ascending, KEYS.get(by, ()) if cursor is not None else ())
                    page = PageRequest(starting_after=cursor, sort=sort)
                    for currency in (None, "EUR") if by == "amount" else (None,):
                        asked = await page_of(planner, listing, Filters({}, {}, "UTC", page, currency=currency))
                        plan = await planner.plan(asked)
                        # The place in the index where the page begins is found in it.
                        found = cursor is None or planner.dialect == "postgres" or "<" in plan or ">" in plan
                        if whole_table(plan) or not found:
                            wrong.append(f"{listing.name} {page.sort} {currency}:\n{asked.sql}\n{plan}")
    assert not wrong, "\n\n".join(wrong)


async def test_a_count_reads_an_index_alone(planner: Planner) -> None:
    """And no more of it than it says."""
    wrong = []
    for listing in LISTINGS:
        for filters in filtered(listing):

            async def read(
                tx: Transaction, principal: Principal, listing: Listing = listing, of: Filters = filters
            ) -> None:
                assert await listing.total(tx, principal, of, COUNTED_MAX + 1) <= 1

            [asked] = [one for one in await planner.asked(read) if "COUNT(" in one.sql]
            assert asked.params[-1] == COUNTED_MAX + 1 and " LIMIT $" in asked.sql
            plan = await planner.plan(asked)
            only = "COVERING INDEX" in plan if planner.dialect == "sqlite" else "Index Only Scan" in plan
            # These indexes are of one customer or link, whichever project it is of; of the other there is one at most.
            other = filters.values.keys() & {"customer", "link"} or (listing.name == "customers" and filters.values)
            if whole_table(plan) or not (only or other):
                wrong.append(f"{listing.name} by {filters.values} {filters.currency}:\n{asked.sql}\n{plan}")
    assert not wrong, "\n\n".join(wrong)
