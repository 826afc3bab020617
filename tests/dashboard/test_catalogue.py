"""Products, coupons with their codes, and customers in the dashboard."""

import re
from typing import Any

import pytest

from tests.dashboard.conftest import Owner
from tillgate.base.clock import DAY_MS, to_rfc3339

pytestmark = pytest.mark.anyio

MUG = {"name": "Mug", "pricing": "fixed", "price": "12.00", "currency": "eur"}
TENTH = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10", "currency": "USD"}


async def test_a_product_is_made_changed_and_taken_off_sale(owner_of_both: Owner) -> None:
    """By the form to its page; what the form changes is what the API shows."""
    owner = owner_of_both
    path = await owner.done("/products", **MUG, description="Blue <b>")
    page = await owner.page(path)
    assert "12.00 EUR" in page and "Blue <b>" in page and "For sale" in page
    form = await owner.page(f"{path}/edit")
    assert 'value="12.00"' in form
    changed = {"name": "Tip", "pricing": "buyer", "price": "", "currency": "USD", "priceMin": "1", "priceMax": "20"}
    assert await owner.done(f"{path}/edit", **changed, reference="SKU-1") == path
    taken = await owner.send("/products", **MUG, reference="SKU-1")
    assert taken.status_code == 422
    assert 'href="#reference"' in taken.text and "Another product of this project and mode" in taken.text
    long = await owner.send(f"{path}/edit", **changed, reference="x" * 201)
    assert long.status_code == 422 and 'href="#reference"' in long.text
    assert 'value="SKU-1"' in await owner.page(f"{path}/edit")
    page = await owner.page(path)
    assert ">1.00<" in page and ">20.00 USD<" in page and "buyer’s choice" in page
    assert "Tip" in await owner.page("/products")
    await owner.done(f"{path}/deactivate")
    assert "No product yet" in await owner.page("/products")
    assert "Tip" in await owner.page("/products?off=1")
    api = await owner.shop.client()
    [product] = (await api.get("/products")).json()["data"]
    assert (product["active"], product["priceMax"], product["description"]) == (False, "20.00", None)
    await owner.done(f"{path}/activate")
    assert "Take off sale" in await owner.page(path)


async def test_a_product_goes_live_and_back_to_testing(owner_of_both: Owner) -> None:
    """Asked first; a twin in the other mode is for sale in its place, with its words, its price and its reference, and
    is the same one on the way back."""
    owner = owner_of_both
    path = await owner.done("/products", **MUG)
    assert "Testing" in await owner.page(path)
    assert "in live mode?" in await owner.page(f"{path}/switch")
    for _ in range(2):
        assert await owner.done(f"{path}/switch") == path
        api = await owner.shop.client(mode="live")
        [twin] = (await api.get("/products")).json()["data"]
        assert (twin["name"], twin["price"], twin["active"], twin["livemode"]) == ("Mug", "12.00", True, True)
        page = await owner.page(path)
        assert "For sale in live mode" in page and twin["id"] in page and "Switch to testing" in page
    events = (await api.get("/events?type=product.created")).json()["data"]
    assert [one["data"]["id"] for one in events] == [twin["id"]]
    # And back, from the page that was left.
    assert "in test mode?" in await owner.page(f"{path}/switch")
    for _ in range(2):
        await owner.done(f"{path}/switch", to="test")
        page = await owner.page(path)
        assert "Switch to live" in page and "For sale in live mode" not in page
        [left] = (await api.get("/products")).json()["data"]
        assert (left["id"], left["active"], left["reference"]) == (twin["id"], False, twin["reference"])
    assert (await owner.send(f"{path}/switch", to="both")).status_code == 400


async def test_a_coupon_and_its_codes_are_made_and_switched(owner_of_both: Owner) -> None:
    """Both kinds of discount are on the form, and only the chosen one counts; a day's end is the expiry; a code that
    exists is told beside its field."""
    owner = owner_of_both
    tomorrow = to_rfc3339(owner.shop.clock.now() + DAY_MS)[:10]
    path = await owner.done("/coupons", **TENTH, discountAmount="5", expiresAt=tomorrow, maxRedemptions="3")
    page = await owner.page(path)
    assert "10 %" in page and "0 of 3" in page
    api = await owner.shop.client()
    [coupon] = (await api.get("/coupons")).json()["data"]
    assert (coupon["discountAmount"], coupon["expiresAt"]) == (None, f"{tomorrow}T23:59:59.999Z")
    code = {"code": "Spring", "minimumAmount": "20", "currency": "usd", "onePerCustomer": "1"}
    assert await owner.done(f"{path}/codes", **code) == path
    page = await owner.page(path)
    assert "Spring" in page and "Once per customer, from 20.00 USD" in page
    await owner.done(f"{path}/codes", code="PLAIN", minimumAmount="", currency="USD")
    again = await owner.send(f"{path}/codes", code="SPRING", currency="USD")
    assert (again.status_code, 'id="code-problem"' in again.text) == (422, True)
    assert 'value="SPRING"' in again.text
    [plain, spring] = (await api.get("/promotion_codes")).json()["data"]
    assert (plain["minimumAmount"], spring["minimumAmount"], spring["onePerCustomer"]) == (None, "20.00", True)
    await owner.done(f"/coupons/codes/{spring['id']}/deactivate")
    assert (await api.get(f"/promotion_codes/{spring['id']}")).json()["active"] is False
    await owner.done(f"/coupons/codes/{spring['id']}/activate")
    await owner.done(f"{path}/deactivate")
    assert "No coupon yet" in await owner.page("/coupons")
    assert "A tenth" in await owner.page("/coupons?off=1")
    await owner.done(f"{path}/activate")
    amount = {"name": "Five", "discountType": "amount", "discountAmount": "5", "currency": "eur"}
    assert "5.00 EUR" in await owner.page(await owner.done("/coupons", **amount))


async def test_a_coupons_page_shows_who_used_it(owner_of_both: Owner) -> None:
    """The latest sessions that hold, took or gave back a place: what was taken off, by which code, for whom, and the
    ways to both."""
    api = await owner_of_both.shop.client()

    async def made(path: str, **body: Any) -> Any:
        answer = await api.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    coupon = await made("/coupons", name="A tenth", discountType="percentage", discountPercentage="10")
    path = f"/coupons/{coupon['id']}"
    assert "No redemption yet." in await owner_of_both.page(path)
    await made("/promotion_codes", code="SPRING", couponId=coupon["id"])
    ada, amount = await made("/customers", name="Ada"), {"value": "50.00", "currency": "USD"}
    paid = await made("/checkout_sessions", amount=amount, promotionCode="spring", customerId=ada["id"])
    await made(f"/checkout_sessions/{paid['id']}/simulate", outcome="paid")
    await made("/checkout_sessions", amount=amount, couponId=coupon["id"])
    page = await owner_of_both.page(path)
    rows = re.findall(r'<tr role="row">.*?</tr>', page[page.index('id="redemptions"') :], re.S)[1:]
    assert len(rows) == 2
    for words in ("Reserved", "5.00 USD", "None"):
        assert words in rows[0], words
    for words in ("Redeemed", "SPRING", f"/dashboard/customers/{ada['id']}", f"/dashboard/sessions/{paid['id']}"):
        assert words in rows[1], words
    for _ in range(9):
        await made("/checkout_sessions", amount=amount, couponId=coupon["id"])
    assert "The newest 10 are shown" in await owner_of_both.page(path)


async def test_a_sessions_page_shows_what_was_bought_and_by_whom(owner: Owner) -> None:
    """Lines, what was taken off and why, the total, and the ways to product, coupon and customer."""
    api = await owner.shop.client()

    async def made(path: str, **body: Any) -> Any:
        answer = await api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    mug, ada = await made("/products", name="Mug <1>", price="12.35"), await made("/customers", name="Ada")
    coupon = await made("/coupons", name="A tenth", discountType="percentage", discountPercentage="10")
    await made("/promotion_codes", code="SPRING", couponId=coupon["id"])
    lines = [{"productId": mug["id"], "quantity": 3}]
    basket = {"lineItems": lines, "shippingAmount": "4.90", "promotionCode": "spring", "customerId": ada["id"]}
    session = await made("/checkout_sessions", **basket)
    page = await owner.page(f"/sessions/{session['id']}")
    for words in ("Mug <1>", "37.05", "−3.70", "A tenth", "promotion code", "4.90", "38.25 USD"):
        assert words in page, words
    for path in (f"products/{mug['id']}", f"coupons/{coupon['id']}", f"customers/{ada['id']}"):
        assert f"/dashboard/{path}" in page


WRONG = [
    ("/products", MUG, "name", ""),
    ("/products", MUG, "price", ""),
    ("/products", MUG, "price", "1e9"),
    ("/products", MUG, "currency", "XXX"),
    ("/products", MUG, "pricing", "auction"),
    ("/products", MUG | {"pricing": "buyer", "priceMin": "9"}, "priceMax", "5"),
    ("/coupons", TENTH, "name", ""),
    ("/coupons", TENTH, "discountType", ""),
    ("/coupons", TENTH, "discountPercentage", "101"),
    ("/coupons", TENTH, "expiresAt", "2020-01-01"),
    ("/coupons", TENTH, "expiresAt", "tomorrow"),
    ("/coupons", TENTH, "maxRedemptions", "-1"),
    ("/coupons", TENTH, "maxRedemptions", "0"),
    ("/coupons", TENTH | {"discountType": "amount"}, "discountAmount", ""),
]


async def test_a_wrong_field_is_named_and_nothing_is_saved(owner: Owner) -> None:
    """Each problem stands beside its field, and what was typed is still there."""
    for path, good, field, value in WRONG:
        answer = await owner.send(path, **(good | {"description": "Kept words"} | {field: value}))
        assert answer.status_code == 422, (path, field, value, answer.text)
        assert f'id="{field}-problem"' in answer.text and f'href="#{field}"' in answer.text
        assert "Kept words" in answer.text
    assert "No product yet" in await owner.page("/products")
    assert "No coupon yet" in await owner.page("/coupons")
    path = await owner.done("/coupons", **TENTH)
    for field, value in (("code", "two words"), ("minimumAmount", "x"), ("maxRedemptions", "x"), ("expiresAt", "x")):
        answer = await owner.send(f"{path}/codes", **({"code": "OK", "currency": "USD"} | {field: value}))
        assert (answer.status_code, f'id="{field}-problem"' in answer.text) == (422, True), field
    assert "No promotion code." in await owner.page(path)


async def test_customers_are_found_and_shown(owner_of_both: Owner) -> None:
    """Walked both ways, searched by the whole address or reference; a page shows all that is known."""
    owner = owner_of_both
    assert "No customer yet" in await owner.page("/customers")
    api = await owner.shop.client()
    for number in range(27):
        body = {"name": f"Buyer {number}", "email": f"b{number}@example.com", "reference": f"crm-{number}"}
        answer = await api.post("/customers", json=body | {"metadata": {"plan": "pro", "seats": [1]}})
        assert answer.status_code == 201
    first = await owner.page("/customers")
    older = re.findall(r'rel="next" href="/dashboard([^"]*)"', first)
    second = await owner.page(older[0])
    seen = [re.findall(r'href="/dashboard(/customers/cus_\w+)"', page) for page in (first, second)]
    assert [len(found) for found in seen] == [25, 2]
    assert 'rel="next"' in first and 'rel="next"' not in second and 'rel="prev"' in second
    for wanted in ("B7@example.com", "crm-7"):
        page = await owner.page(f"/customers?q={wanted}")
        assert "Buyer 7<" in page and page.count("/dashboard/customers/cus_") == 1
    assert "No matching customer" in await owner.page("/customers?q=crm-99")
    made = {"amount": {"value": "49.00", "currency": "USD"}, "customerId": seen[1][0].rpartition("/")[2]}
    session = (await api.post("/checkout_sessions", json=made | {"reference": "A <1>"})).json()
    page = await owner.page(seen[1][0])
    assert f"/dashboard/sessions/{session['id']}" in page and "A <1>" in page and "49.00 USD" in page
    assert "No order yet." in await owner.page(seen[1][1])
    assert "Buyer 1" in page and "b1@example.com" in page and "crm-1" in page and "plan" in page and "[1]" in page
    for odd in ("0", "x", "ord_01hxyz0000000000000000000", "9" * 500):
        await owner.page(f"/customers?after={odd}", 400)
    await owner.page("/customers/cus_01hxyz0000000000000000000", 404)
