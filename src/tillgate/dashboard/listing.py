"""A list of what a merchant sells, as a page: narrowed, sorted and counted as its address says."""

from collections.abc import Callable, Coroutine
from typing import Any, Final, NamedTuple

from starlette.responses import Response

from tillgate.base.pages import Page
from tillgate.base.principal import Principal
from tillgate.dashboard.calls import READ, Call, View
from tillgate.dashboard.filters import Filters, Sorts, filters_of, saved_beside
from tillgate.dashboard.forms import USUAL_CURRENCIES
from tillgate.store import Transaction

# More than anybody pages through; counting them takes a few milliseconds.
COUNTED_MAX: Final = 10_000

Reading = Callable[[Transaction, Principal, Filters], Coroutine[Any, Any, Page[Any]]]
Counting = Callable[[Transaction, Principal, Filters, int], Coroutine[Any, Any, int]]


class Listing(NamedTuple):
    """A list, by what its page needs.

    Attributes:
        root: the address of its page; its last part is the list's name, also in the menu and of saved filters.
        template: of its page.
        filters: those of its address beside period, currency and amount.
        sorts: the columns that it may be sorted by beside the time, with what a row has in them.
        page, total: what reads a page of it, and how many rows there are in all, up to a number.
    """

    root: str
    template: str
    filters: tuple[str, ...]
    sorts: Sorts
    page: Reading
    total: Counting

    @property
    def name(self) -> str:
        return self.root.rpartition("/")[2]

    async def filters_of(self, call: Call) -> Filters:
        """What the list's address says."""
        return await filters_of(call, *self.filters, sorts=self.sorts)

    def view(self) -> View:
        """What answers its address."""

        async def answer(call: Call) -> Response:
            return await show(call, self, await self.filters_of(call))

        return View("GET", self.root, answer, READ)


class Shown(NamedTuple):
    """A page of a list, and how many rows there are in all: one more than :data:`COUNTED_MAX` stands for any number
    beyond."""

    found: Page[Any]
    total: int


async def show(call: Call, listing: Listing, filters: Filters, **more: object) -> Response:
    """The page of a list; ``more`` is what its template takes beside the list itself."""

    async def operation(tx: Transaction) -> Shown:
        found = await listing.page(tx, call.principal, filters)
        # What fits on one page is counted already.
        whole = not found.has_more and not (filters.page.starting_after or filters.page.ending_before)
        total = len(found.data) if whole else await listing.total(tx, call.principal, filters, COUNTED_MAX + 1)
        return Shown(found, total)

    shown = await call.read(operation) if not filters.problems else Shown(Page([], False), 0)
    return call.page(
        listing.template,
        status_code=filters.draft.status_code,
        section=listing.name,
        found=shown.found,
        total=shown.total,
        counted_max=COUNTED_MAX,
        filters=filters,
        kept=await saved_beside(call, listing.name),
        draft=filters.draft,
        root=listing.root,
        currencies=USUAL_CURRENCIES,
        **more,
    )
