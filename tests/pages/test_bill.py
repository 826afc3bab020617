"""What a buyer reads about the things that they pay for."""

import html
import re

import httpx
import pytest

from tests.shop import PUBLIC_URL, Shop, shop, sqlite_shop

__all__ = ["shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio

ROW = re.compile(r"<dt>(.*?)</dt><dd>(.*?)</dd>")


async def bill(shop: Shop, path: str = "", **body: object) -> list[tuple[str, str]]:
    """The rows of the bill on a new session's page: what, and how much."""
    made = await (await shop.client()).post("/checkout_sessions", json=body)
    assert made.status_code == 201, made.text
    transport = httpx.ASGITransport(shop.app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
        page = await browser.get(f"/checkout/{made.json()['id']}{path}")
    shown = page.text.partition('<dl class="bill">')[2].partition("</dl>")[0]
    return [(html.unescape(re.sub("<[^>]+>", "", what)), html.unescape(amount)) for what, amount in ROW.findall(shown)]


def line(name: str, amount: str, quantity: int = 1, kind: str = "product") -> dict[str, object]:
    return {"name": name, "unitAmount": amount, "quantity": quantity, "kind": kind}


@pytest.mark.parametrize("path", ["", "/state"])
async def test_every_line_of_an_order_is_on_the_page(shop: Shop, path: str) -> None:
    """Also where the page only looks again; line by line they add up to the price."""
    client = await shop.client()
    coupon = (
        await client.post(
            "/coupons",
            json={"name": "Ten off", "discountType": "amount", "discountAmount": "10.00", "currency": "EUR"},
        )
    ).json()
    items = [
        line("Tote <b>bag</b>", "24.00", 2),
        line("Old stock", "3.00", kind="discount"),
        line("VAT", "9.12", kind="tax"),
    ]
    rows = await bill(shop, path, lineItems=items, currency="EUR", shippingAmount="4.90", couponId=coupon["id"])
    assert rows == [
        ("2 × Tote <b>bag</b>", "€48.00"),
        ("Old stock", "−€3.00"),
        ("VAT", "€9.12"),
        ("Shipping", "€4.90"),
        ("Ten off", "−€10.00"),
    ]


async def test_a_price_that_says_it_all_has_no_bill(sqlite_shop: Shop) -> None:
    """An amount, or a link's: the title and the price are there already."""
    client = await sqlite_shop.client()
    link = (await client.post("/payment_links", json={"title": "Pro plan", "fiatAmount": "99.00"})).json()
    assert await bill(sqlite_shop, amount={"value": "5.00", "currency": "USD"}) == []
    assert await bill(sqlite_shop, linkId=link["id"]) == []


async def test_the_only_line_is_named_where_nothing_else_names_it(sqlite_shop: Shop) -> None:
    """One mug is a mug; and three are three."""
    for quantity, what in ((1, "Mug"), (3, "3 × Mug")):
        rows = await bill(sqlite_shop, lineItems=[line("Mug", "500", quantity)], currency="JPY")
        assert rows == [(what, f"¥{500 * quantity:,}")]


async def test_a_price_less_a_discount_is_shown_before_and_after(sqlite_shop: Shop) -> None:
    """What is taken off needs something that it is taken off."""
    client = await sqlite_shop.client()
    coupon = (
        await client.post("/coupons", json={"name": "Half", "discountType": "percentage", "discountPercentage": "50"})
    ).json()
    rows = await bill(sqlite_shop, amount={"value": "5.00", "currency": "USD"}, couponId=coupon["id"])
    assert rows == [("Price", "$5.00"), ("Half", "−$2.50")]


async def test_a_long_bill_is_folded(sqlite_shop: Shop) -> None:
    """So that the price stays in sight; all of it is there."""
    rows = await bill(sqlite_shop, lineItems=[line(f"Thing {n}", "1.00") for n in range(40)], currency="USD")
    assert rows == [(f"Thing {n}", "$1.00") for n in range(40)]
