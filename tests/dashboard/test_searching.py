"""The dashboard's search: every result leads to a page, and pages are found by their names."""

import re

import pytest

from tests.dashboard.conftest import Owner
from tests.dashboard.test_roles import person_of
from tillgate.access.accounts import Role
from tillgate.dashboard.calls import View
from tillgate.dashboard.routing import VIEWS
from tillgate.dashboard.searching import OFFERS

pytestmark = pytest.mark.anyio


async def test_what_is_found_leads_to_its_page(owner: Owner) -> None:
    """By reference, name and id, with where it belongs; in the mode that is looked at alone, and as text."""
    api = await owner.shop.client()

    async def made(path: str, **body: object) -> str:
        answer = await api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    customer = await made("/customers", name="Ada <b>King</b>", email="ada@shop.example")
    coupon = await made("/coupons", name="Spring", discountType="percentage", discountPercentage="10")
    found = [
        customer,
        coupon,
        await made("/promotion_codes", code="TENTH", couponId=coupon),
        await made("/products", name="Mug", price="5.00"),
        await made("/payment_links", title="Pro", fiatAmount="1"),
        await made("/checkout_sessions", amount={"value": "5.00", "currency": "USD"}, reference="A-77"),
    ]
    for text in (*found, "A-77", "king", "tenth"):
        page = await owner.page(f"/search?q={text}")
        [path] = re.findall(r'class="row-link breaks" href="/dashboard(/[^"]+)"', page)
        await owner.page(path)
    raw = (await owner.http.get("/dashboard/search?q=king")).text
    assert "Ada &lt;b&gt;King&lt;/b&gt;" in raw
    assert 'href="/dashboard/refunds"' in await owner.page("/search?q=refu")
    assert "Nothing found" in await owner.page("/search?q=%3Cscript%3E")
    assert "Nothing was looked for" in await owner.page("/search?q=" + "a" * 300, status=422)
    await owner.done("/mode", mode="live")
    assert "Nothing found" in await owner.page("/search?q=A-77")


async def test_an_id_at_the_end_of_a_path_leads_to_its_object(owner: Owner) -> None:
    """Whoever puts what the API answered behind the list's path sees it; not in the other mode, and no other id."""
    api = await owner.shop.client()
    session = (await api.post("/checkout_sessions", json={"amount": {"value": "5.00", "currency": "USD"}})).json()
    await api.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    refund = (await api.post("/refunds", json={"paymentId": session["paymentId"], "reason": "other"})).json()
    paths = [
        f"/dashboard/orders/{session['orderId']}",
        f"/dashboard/payments/{session['paymentId']}",
        f"/dashboard/refunds/{refund['id']}",
        f"/dashboard/transactions/{refund['transactionId']}",
    ]
    for path in paths:
        answer = await owner.http.get(path, follow_redirects=False)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"/dashboard/sessions/{session['id']}")
    await owner.done("/mode", mode="live")
    for path in (*paths, "/dashboard/orders/ord_none", f"/dashboard/nowhere/{'a' * 300}"):
        assert (await owner.http.get(path, follow_redirects=False)).status_code == 404


# What nobody goes to on its own: a file, a part of another page, a step of a form, and the search.
NO_PAGES = re.compile(r"/(export|file|plan|table|renders|app|search|fulfil(?:led)?|tag|revoke|replay(?:ed)?|saved)$")


async def test_every_page_is_found_by_whoever_may_see_it_and_by_nobody_else(owner: Owner) -> None:
    """The table of pages and actions is that of the views: each that needs no id of anything, with the need that the
    view has; a new one is missed here."""
    views = {
        view.path: view.need
        for view in VIEWS
        if isinstance(view, View) and view.method == "GET" and "{" not in view.path and not NO_PAGES.search(view.path)
    }
    assert {one.path: one.need for one in OFFERS} == views
    for one in OFFERS:
        page = await owner.page(f"/search?q={one.name}")
        assert f'href="{one.path}">{one.name}</a>' in page


async def test_actions_are_found_by_their_words_and_by_role(owner: Owner) -> None:
    """Every word begins one of the action's, in any order; a viewer is offered what a viewer may do."""
    for text in ("new link", "link new", "create+paym", "NEW"):
        assert 'href="/dashboard/payment-links/new">New payment link</a>' in await owner.page(f"/search?q={text}")
    assert "/dashboard/payment-links/new" not in await owner.page("/search?q=old link")
    for role, seen in ((Role.VIEWER, False), (Role.DEVELOPER, True)):
        async with person_of(owner.shop, role, owner.shop.project_id) as person:
            page = await person.browser.page("/search?q=new")
            assert ("/dashboard/webhooks/new" in page) is seen
            assert "/dashboard/networks/new" not in page
            assert "/dashboard/people" not in await person.browser.page("/search?q=people")
