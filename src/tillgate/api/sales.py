"""What the lists of sessions, orders, payments and refunds have in common: whose they are, over how much, and in which
order they come."""

import re
from typing import Annotated, Any, Final, Literal

import msgspec

from keyturn import Need
from tillgate.api.paging import ListQuery
from tillgate.api.search import readable_by
from tillgate.base import ids
from tillgate.base.money import Money
from tillgate.base.pages import AMOUNT, Page, PageRequest, Sort
from tillgate.base.text import checked_text
from tillgate.checkout.search.asking import Asked, asked_by
from tillgate.checkout.search.model import QUERY_MAX, SearchType
from tillgate.store import Transaction
from tillgate.wire.fields import CurrencyText, DecimalText, IdText
from tillgate.wire.reading import given, object_id
from tillgate.wire.routing import Call

# Whose a payment or a refund is, its order alone says.
OF_ORDERS: Final = dict.fromkeys(("customerId", "q"), Need("orders:read"))
NOTHING: Final[Page[Any]] = Page([], False)

# As large as an amount that a database holds.
_MINOR_MAX: Final = 2**63 - 1
_CURSOR: Final = re.compile(rf"([A-Z]{{3}})\.([0-9]{{1,19}})\.({ids.PATTERN})")
# Where a page begins: behind an object's id, and in a sorted list behind what it costs.
CursorText = Annotated[
    str, msgspec.Meta(extra_json_schema={"pattern": rf"^([A-Z]{{3}}\.[0-9]{{1,19}}\.)?{ids.PATTERN}$"})
]
SearchText = Annotated[str, msgspec.Meta(min_length=1, max_length=QUERY_MAX)]


class ListSales(ListQuery, frozen=True, forbid_unknown_fields=True, rename={"customer_id": "customerId"}):
    """What each of these lists takes. In a sorted one a cursor says of the object that it names what that cost: the
    next page begins there, wherever the object is by then."""

    starting_after: CursorText | msgspec.UnsetType = msgspec.UNSET
    customer_id: IdText | msgspec.UnsetType = msgspec.UNSET
    currency: CurrencyText | msgspec.UnsetType = msgspec.UNSET
    amount: DecimalText | msgspec.UnsetType = msgspec.UNSET
    q: SearchText | msgspec.UnsetType = msgspec.UNSET
    sort: Literal["amount", "-amount"] | msgspec.UnsetType = msgspec.UNSET

    @property
    def asks_for_sales(self) -> bool:
        """Whether the list is narrowed to sales of somebody, or to those that a text names."""
        return self.customer_id is not msgspec.UNSET or self.q is not msgspec.UNSET

    def sorted_page(self) -> PageRequest:
        """The page of a sorted list that is asked for. What is no cursor is refused where the list's ids are known."""
        sort, cursor = Sort(AMOUNT, ascending=self.sort == AMOUNT), given(self.starting_after)
        told = _CURSOR.fullmatch(cursor) if cursor is not None else None
        if told is None or int(told[2]) > _MINOR_MAX:
            return PageRequest(self.limit, cursor, sort=sort)
        return PageRequest(self.limit, told[3], sort=sort._replace(beyond=(told[1], int(told[2]))))


class _Last(msgspec.Struct, frozen=True):
    """The last object of a page, by the cursor that goes on behind it."""

    id: str


def page_asked(call: Call) -> PageRequest:
    """Where the page that is asked for begins, in the order that is asked for."""
    query: ListSales = call.query
    return call.page if query.sort is msgspec.UNSET else query.sorted_page()


def page_of(query: ListSales, data: list[Any], last: Money | None, *, has_more: bool) -> Page[Any]:
    """A page of objects in the API's form.

    Args:
        last: what the last of them costs; None on an empty page.
    """
    if last is None or query.sort is msgspec.UNSET:
        return Page(data, has_more)
    return Page(data, has_more, _Last(f"{last.currency}.{last.minor}.{data[-1].id}"))


async def asked_of(tx: Transaction, call: Call, prefix: str) -> Asked | None:
    """What ``q`` and ``customerId`` of a call narrow its list to; None where nothing fits both.

    Raises:
        InvalidInput: one of them is wrong.
    """
    query: ListSales = call.query
    customer_id = object_id(query.customer_id, ids.CUSTOMER, field="customer_id")
    if query.q is msgspec.UNSET:
        return Asked(customer_id=customer_id)
    text = checked_text(query.q, field="q", length_max=QUERY_MAX)
    sees_customers = SearchType.CUSTOMER in readable_by(call.principal)
    return await asked_by(tx, call.principal, text, customer_id, prefix=prefix, sees_customers=sees_customers)
