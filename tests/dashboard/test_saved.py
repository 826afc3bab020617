"""Filters of a list that are kept under a name."""

import html

import pytest

from tests.dashboard.conftest import Owner
from tests.dashboard.test_roles import person_of
from tillgate.access.roles import Role
from tillgate.access.saved.operations import SAVED_MAX
from tillgate.dashboard.saved import LISTS

pytestmark = pytest.mark.anyio


async def test_filters_are_saved_under_a_name_renamed_and_removed(owner_of_both: Owner) -> None:
    """They stand above the list, marked where it is filtered so; the same name stands for the latest; seen by nobody
    else."""
    owner = owner_of_both
    path = "/orders?status=paid&currency=USD"
    assert "Save these filters" in await owner.page(path) and "Save these filters" not in await owner.page("/orders")
    filters = {"list": "orders", "filter_status": "paid", "filter_currency": "USD", "filter_after": "ord_x"}
    assert await owner.done("/saved", **filters, name=" Dollars  in ") == "/orders?currency=USD&status=paid"
    page = await owner.page(path)
    assert '?currency=USD&status=paid" aria-current="true">Dollars in</a>' in page
    assert ">Dollars in</a>" in await owner.page("/orders") and ">Dollars in</a>" not in await owner.page("/payments")
    async with person_of(owner.shop, Role.ADMIN, owner.shop.project_id) as other:
        assert ">Dollars in</a>" not in await other.browser.page("/orders")
        await other.browser.page("/saved?list=orders&name=Dollars+in", 404)

    await owner.done("/saved", list="orders", filter_q="a&b=c", name="Second")
    assert 'href="/dashboard/orders?q=a%26b%3Dc">Second' in await owner.page("/orders")
    shown = await owner.page("/saved?list=orders&name=Dollars+in")
    assert "Rename" in shown and "USD" in shown
    taken = await owner.send("/saved/rename", list="orders", was="Dollars in", name="Second")
    assert taken.status_code == 422 and "other filters of this list under that name" in html.unescape(taken.text)
    assert (await owner.send("/saved/rename", list="orders", was="Dollars in", name=" ")).status_code == 422
    where = await owner.done("/saved/rename", list="orders", was="Dollars in", name="<b>")
    assert where == "/orders?currency=USD&status=paid"
    assert await owner.done("/saved/remove", list="orders", was="<b>") == "/orders"
    assert ">Second</a>" in await owner.page("/orders")
    assert (await owner.send("/saved/remove", list="orders", was="<b>")).status_code == 404


async def test_saved_filters_are_bounded(owner: Owner) -> None:
    """What is no filter of a list is not kept; so are too many, and names that are none."""
    for fields in (
        {"list": "keys", "name": "a", "filter_q": "x"},
        {"list": "orders", "name": "a"},
        {"list": "customers", "name": "a", "filter_status": "paid"},
        {"list": "orders", "name": "", "filter_q": "x"},
        {"list": "orders", "name": "x" * 61, "filter_q": "x"},
        {"list": "orders", "name": "a\x07b", "filter_q": "x"},
        {"list": "orders", "name": "a", "filter_q": "x" * 255},
    ):
        assert (await owner.send("/saved", **fields)).status_code == 400, fields
    for number in range(SAVED_MAX):
        await owner.done("/saved", list="orders", name=f"{number}", filter_q="x")
    assert (await owner.send("/saved", list="orders", name="more", filter_q="x")).status_code == 409
    await owner.done("/saved", list="orders", name="0", filter_q="y")
    for name, (root, _) in LISTS.items():
        await owner.done("/saved", list=name, name="0", filter_q="x") if name in ("customers",) else None
        assert (await owner.http.get(root)).status_code == 200
    await owner.page("/saved?list=none&name=0", 404)
