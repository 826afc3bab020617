"""The dashboard's search: every result leads to a page, and pages are found by their names."""

import re

import pytest

from tests.dashboard.conftest import Owner

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
