"""What the databases do for the lists: every filter of every list is answered from an index, in the list's order."""

import re
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from keyturn.database import Transaction
from tests.planner import Asked, Planner, open_planner, whole_table
from tillgate.api.application import ROUTES
from tillgate.api.customers import CustomerListObject
from tillgate.api.events import EventListObject
from tillgate.api.paging import PAGING as PAGED
from tillgate.api.paging import ListObject
from tillgate.base import ids
from tillgate.base.pages import PageRequest
from tillgate.base.principal import Principal
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import ONE, Call, Reads, Route

pytestmark = pytest.mark.anyio

PAGING = {"limit", "starting_after", "page", "log", "sort"}
LISTS = [
    route
    for route in ROUTES
    if route.method == "GET"
    and (
        getattr(route.answers, "__origin__", None) is ListObject
        or route.answers in (CustomerListObject, EventListObject)
    )
]


CONTEXT: Any = ApiContext(**{**dict.fromkeys(ApiContext._fields), "public_url": "https://shop.example"})  # type: ignore[arg-type]


@pytest.fixture
async def planner(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Planner]:
    async with open_planner(tmp_path, database_url) as found:
        yield found


async def asked_by(planner: Planner, route: Route, **filters: Any) -> list[Asked]:
    """The statements of one page."""
    query = msgspec.convert(filters, route.query, strict=False) if route.query is not None else None

    async def read(tx: Transaction, principal: Principal) -> None:
        assert isinstance(route.action, Reads)
        page = PAGED.asked(query) if isinstance(query, PAGED.query) else ONE
        call = Call(principal, {"id": planner.endpoint_id}, query, None, page=page)
        await route.action.run(CONTEXT, tx, call)

    return await planner.asked(read)


def filters_of(route: Route) -> list[str]:
    return (
        [field.name for field in msgspec.structs.fields(route.query) if field.name not in PAGING] if route.query else []
    )


VALUES = {
    "status": "abandoned",
    "session_id": ids.new_id(ids.CHECKOUT_SESSION),
    "link_id": ids.new_id(ids.PAYMENT_LINK),
    "order_id": ids.new_id(ids.ORDER),
    "payment_id": ids.new_id(ids.PAYMENT),
    "customer_id": ids.new_id(ids.CUSTOMER),
    "coupon_id": ids.new_id(ids.COUPON),
    "promotion_code_id": ids.new_id(ids.PROMOTION_CODE),
    "created_after": "2026-01-01T00:00:00Z",
    "created_before": "2099-01-01T00:00:00Z",
    "currency": "EUR",
    "amount": "7.77",
    "type": "session.created",
    "after": 7,
    "object_id": ids.new_id(ids.ORDER),
    "related_object": ids.new_id(ids.PRODUCT),
    "email": "ada@example.com",
    "reference": "A-1",
    "code": "SPRING",
    "q": "A-1",
}


def value_of(route: Route, name: str) -> Any:
    """Something that the filter takes, and that is rare: a word of its own, or one that is known here."""
    assert route.query is not None
    [field] = [one for one in msgspec.structs.fields(route.query) if one.name == name]
    for kind in (field.type, *get_args(field.type)):
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return list(kind)[-1].value
        if kind is bool:
            return name == "archived"
    return VALUES[name]


def wire(route: Route, name: str) -> str:
    assert route.query is not None
    [field] = [one for one in msgspec.structs.fields(route.query) if one.name == name]
    return field.encode_name


# An index of which a piece is read, from an id to another.
BOUNDED = re.compile(r"id>\? AND (session_)?id<\?|Index Cond: .*id >= '")
FILTERS = [(route, name) for route in LISTS for name in filters_of(route)]


async def test_every_filter_of_every_list_has_its_index(planner: Planner) -> None:
    """With a filter, the page comes out of an index that holds what is asked for, in the list's order: no table is read
    from end to end, nothing is sorted, and it is not the index of the whole list that is walked until enough fits."""
    wrong = []
    for route, name in FILTERS:
        wanted = {wire(route, name): value_of(route, name)} | ({"currency": "EUR"} if name == "amount" else {})
        [asked] = [one for one in await asked_by(planner, route, **wanted) if one.lists]
        plan = await planner.plan(asked)
        newest = re.search(r"\b(\w+_newest)\b", plan)
        if name in ("created_after", "created_before"):
            # That list begins and stops in its index where ids are too young, and too old.
            whole = newest is not None or "payment_links_by_archived" in plan
            answered = whole and re.search(BOUNDED, plan) is not None
            answered = answered and (name == "created_after" or PageRequest().before not in asked.params)
        elif planner.dialect == "postgres" and newest is not None:
            # With so few rows of this project either index is as good; what counts is what is done with the other.
            plan = await planner.plan(asked, without=newest[1])
            answered = re.search(r"Index Scan Backward using \w+_pkey", plan) is None
            if not answered:
                # What is unique is one row at most, and needs no order of its own.
                plan = await planner.plan(asked, without=newest[1], sorting=True)
                found = re.search(rf"using ({newest[1].removesuffix('newest')}\w+)", plan)
                answered = found is not None and found[1] in await planner.unique() and "Seq Scan" not in plan
                plan = "" if answered else plan
        else:
            answered = newest is None and re.search(r"Index Scan Backward using \w+_pkey", plan) is None
        if not answered or whole_table(plan):
            wrong.append(f"{route.path} by {name}:\n{plan}")
    assert not wrong, "\n\n".join(wrong)


async def test_a_list_without_filters_and_with_all_of_them_sorts_nothing(planner: Planner) -> None:
    """Also the statements that read what belongs to a page go by its ids."""
    for route in LISTS:
        names = [name for name in filters_of(route) if name not in ("after", "related_object")]
        for wanted in ({}, {wire(route, name): value_of(route, name) for name in names}):
            for asked in await asked_by(planner, route, **wanted):
                plan = await planner.plan(asked)
                # What is unique is one row at most.
                lines = whole_table(plan) if "customers_by_" not in plan else []
                if not asked.lists:
                    lines = [line for line in lines if "SCAN" in line or "Seq Scan" in line]
                assert not lines, (route.path, wanted, asked.sql, lines)


async def test_every_sort_of_the_apis_lists_has_its_index(planner: Planner) -> None:
    """Both ways, from the first page on and from one in the middle, of any currency and of one."""
    wrong = []
    for route in (one for one in LISTS if one.query is not None and "sort" in one.query.__struct_fields__):
        noun = {"/checkout_sessions": ids.CHECKOUT_SESSION, "/orders": ids.ORDER, "/payments": ids.PAYMENT}
        cursor = f"EUR.500.{ids.new_id(noun.get(route.path, ids.REFUND))}"
        for sort in ("amount", "-amount"):
            for more in ({}, {"starting_after": cursor}, {"starting_after": cursor, "currency": "EUR"}):
                [asked] = [one for one in await asked_by(planner, route, sort=sort, **more) if one.lists]
                plan = await planner.plan(asked)
                found = not more or planner.dialect == "postgres" or "<" in plan or ">" in plan
                if whole_table(plan) or not found or "_by_amount" not in plan:
                    wrong.append(f"{route.path} {sort} {more}:\n{asked.sql}\n{plan}")
    assert not wrong, "\n\n".join(wrong)


async def test_what_is_to_be_fulfilled_has_an_index_of_its_own(planner: Planner) -> None:
    """Most orders that are paid are fulfilled, and most that are not are not paid: neither list alone is walked."""
    [route] = [route for route in LISTS if route.path == "/orders"]
    [asked] = [one for one in await asked_by(planner, route, status="paid", fulfillment="unfulfilled") if one.lists]
    plan = await planner.plan(asked)
    assert planner.dialect == "postgres" or "orders_to_fulfil" in plan, plan
    assert not whole_table(plan)


def test_every_list_can_be_narrowed_to_a_period() -> None:
    """What was created from an instant on, and before one, whatever is listed."""
    assert [route.path for route in LISTS if not {"created_after", "created_before"} <= set(filters_of(route))] == []


def test_there_are_lists_to_look_at() -> None:
    """The routes that list are found, and the filters of all of them."""
    assert len(LISTS) >= 15
    assert {("/orders", "fulfillment"), ("/transactions", "order_id"), ("/customers", "email")} <= {
        (route.path, name) for route, name in FILTERS
    }
