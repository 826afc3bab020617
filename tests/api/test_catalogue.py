"""``/products``, ``/coupons`` and ``/promotion_codes`` over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.shop import Shop
from tillgate.base.clock import MINUTE_MS, to_rfc3339

pytestmark = pytest.mark.anyio

MUG = {"name": "Mug", "price": "12.00", "currency": "EUR", "description": "Blue", "metadata": {"shelf": "3"}}
TIP = {"name": "Tip", "pricing": "buyer", "priceMin": "1", "priceMax": "50"}
TENTH = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10.00"}
FIVER = {"name": "Five euros", "discountType": "amount", "discountAmount": "5", "currency": "EUR"}
PAST = "2024-11-01T12:00:00Z"


def error(answer: httpx.Response) -> tuple[int, str, str | None]:
    told = answer.json()["error"]
    return answer.status_code, told["code"], told.get("param")


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def listed(client: httpx.AsyncClient, path: str, **params: Any) -> list[str]:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


async def last_event(client: httpx.AsyncClient) -> Any:
    return (await client.get("/events", params={"limit": 1})).json()["data"][0]


async def test_a_product_is_created_read_and_updated_with_an_event_each(shop: Shop) -> None:
    """Every field comes back as given, a change changes what it names, and each is an event with the snapshot."""
    client = await shop.client()
    mug = await made(client, "/products", **MUG)
    assert mug["id"].startswith("prod_")
    assert mug | MUG == mug
    assert (mug["object"], mug["livemode"], mug["pricing"], mug["active"]) == ("product", False, "fixed", True)
    assert (mug["priceMin"], mug["priceMax"]) == (None, None)
    path = f"/products/{mug['id']}"
    assert (await client.get(path)).json() == mug
    event = await last_event(client)
    assert (event["type"], event["data"], event["previousAttributes"]) == ("product.created", mug, None)
    shop.clock.ahead_ms += 10
    changed = (await client.patch(path, json={"price": "13", "active": False, "metadata": None})).json()
    assert changed == mug | {"price": "13.00", "active": False, "metadata": None, "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > mug["updatedAt"]
    event = await last_event(client)
    assert (event["type"], event["data"]) == ("product.updated", changed)
    previous = {name: mug[name] for name in ("price", "active", "metadata", "updatedAt")}
    assert event["previousAttributes"] == previous
    # What changes nothing is no change.
    assert (await client.patch(path, json={"price": "13.00", "name": "Mug"})).json() == changed
    assert (await client.patch(path, json={})).json() == changed
    assert (await last_event(client))["sequence"] == event["sequence"]


async def test_a_product_has_a_reference_that_is_its_own(shop: Shop) -> None:
    """Given, changed, cleared and found by it; no other product of the mode has it, and the twin of the other may."""
    client, live = await shop.client(), await shop.client(mode="live")
    mug = await made(client, "/products", **MUG, reference=" SKU\u200b-1 ")
    cup = await made(client, "/products", **MUG)
    assert (mug["reference"], cup["reference"]) == ("SKU-1", None)
    assert await listed(client, "/products", reference="SKU-1") == [mug["id"]]
    assert await listed(client, "/products", reference="SKU-1", active="false") == []
    assert await listed(client, "/products", reference="sku-1") == []
    assert (await client.get(f"/products/{mug['id']}")).json() == mug
    taken = (409, "product_reference_taken", "reference")
    assert error(await client.post("/products", json=MUG | {"reference": "SKU-1"})) == taken
    assert error(await client.patch(f"/products/{cup['id']}", json={"reference": "SKU-1"})) == taken
    assert (await client.get(f"/products/{cup['id']}")).json() == cup
    assert (await made(live, "/products", **MUG, reference="SKU-1"))["livemode"] is True
    for wrong in ("", " ", "x" * 201, "\x01"):
        assert error(await client.post("/products", json=MUG | {"reference": wrong}))[::2] == (400, "reference")
    assert error(await client.get("/products", params={"reference": "x" * 201}))[::2] == (400, "reference")
    cleared = (await client.patch(f"/products/{mug['id']}", json={"reference": None})).json()
    assert cleared["reference"] is None
    assert (await last_event(client))["previousAttributes"]["reference"] == "SKU-1"
    answers = await asyncio.gather(*(client.post("/products", json=MUG | {"reference": "SKU-1"}) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409, 409]


async def test_a_buyer_priced_product_has_bounds(sqlite_shop: Shop) -> None:
    """The suggested price lies between the bounds, each of which may be missing; a fixed price has none."""
    client = await sqlite_shop.client()
    tip = await made(client, "/products", **TIP)
    assert (tip["price"], tip["priceMin"], tip["priceMax"], tip["currency"]) == (None, "1.00", "50.00", "USD")
    path = f"/products/{tip['id']}"
    for body, param in (
        ({"price": "0.99"}, "price"),
        ({"price": "50.01"}, "price"),
        ({"priceMin": "50.01"}, "priceMax"),
        ({"pricing": "fixed", "price": "5"}, "priceMin"),
        ({"pricing": "fixed", "price": None}, "price"),
        ({"pricing": "auction"}, "pricing"),
        ({"currency": "JPY", "priceMin": "1.5"}, "priceMin"),
    ):
        assert error(await client.patch(path, json=body)) == (400, "invalid_body", param), body
    assert (await client.get(path)).json() == tip
    fixed = {"pricing": "fixed", "price": "5", "priceMin": None, "priceMax": None}
    assert (await client.patch(path, json=fixed)).json()["price"] == "5.00"
    free = await made(client, "/products", name="Donation", pricing="buyer", currency="JPY")
    assert (free["price"], free["priceMin"], free["priceMax"]) == (None, None, None)
    for body, param in (({"name": "x"}, "price"), ({"name": "x", "price": "1", "priceMax": "2"}, "priceMax")):
        assert error(await client.post("/products", json=body)) == (400, "invalid_body", param)


async def test_another_currency_takes_the_same_figures_or_is_refused(sqlite_shop: Shop) -> None:
    """12.00 EUR can become 12.00 USD and 12.000 BHD; no yen has cents."""
    client = await sqlite_shop.client()
    path = f"/products/{(await made(client, '/products', **MUG))['id']}"
    assert (await client.patch(path, json={"currency": "BHD"})).status_code == 200
    assert (await client.get(path)).json()["price"] == "12.000"
    assert error(await client.patch(path, json={"currency": "JPY"})) == (400, "invalid_body", "price")
    assert (await client.patch(path, json={"currency": "JPY", "price": "12"})).json()["price"] == "12"


@pytest.mark.spec("smartpay 5.1", "smartpay 5.2")
async def test_a_coupon_is_created_read_and_updated_with_an_event_each(shop: Shop) -> None:
    """smartpay 5.1, 5.2: an amount with its currency, or a percentage; expiry, limit and metadata; active, name,
    description and metadata may be changed, what it is worth may not."""
    client = await shop.client()
    expires_at = to_rfc3339(shop.clock.now() + MINUTE_MS)
    fiver = await made(
        client, "/coupons", **FIVER, expiresAt=expires_at, maxRedemptions=3, metadata={"a": 1}, description="Welcome"
    )
    assert (fiver["object"], fiver["livemode"], fiver["active"]) == ("coupon", False, True)
    assert (fiver["discountType"], fiver["discountAmount"], fiver["currency"]) == ("amount", "5.00", "EUR")
    assert (fiver["discountPercentage"], fiver["expiresAt"], fiver["maxRedemptions"]) == (None, expires_at, 3)
    assert (fiver["redemptions"], fiver["reservedRedemptions"], fiver["metadata"]) == (0, 0, {"a": 1})
    tenth = await made(client, "/coupons", **TENTH)
    assert (tenth["discountType"], tenth["discountPercentage"]) == ("percentage", "10")
    assert (tenth["discountAmount"], tenth["currency"], tenth["maxRedemptions"]) == (None, None, None)
    assert (await last_event(client))["data"] == tenth
    path = f"/coupons/{tenth['id']}"
    shop.clock.ahead_ms += 10
    changed = (await client.patch(path, json={"active": False, "name": "Ten", "description": "10 %"})).json()
    named = {"active": False, "name": "Ten", "description": "10 %", "updatedAt": changed["updatedAt"]}
    assert changed == tenth | named == (await client.get(path)).json()
    event = await last_event(client)
    assert (event["type"], event["data"]) == ("coupon.updated", changed)
    assert event["previousAttributes"] == {name: tenth[name] for name in named}
    for fixed in ("discountType", "discountAmount", "currency", "discountPercentage", "expiresAt", "maxRedemptions"):
        assert error(await client.patch(path, json={fixed: None})) == (400, "invalid_body", fixed)
    assert await listed(client, "/coupons") == [tenth["id"], fiver["id"]]
    assert await listed(client, "/coupons", active=True) == [fiver["id"]]
    assert await listed(client, "/coupons", active=False) == [tenth["id"]]


WRONG_COUPONS: list[tuple[dict[str, Any], str]] = [
    (TENTH | {"discountType": "gift"}, "discountType"),
    (TENTH | {"discountPercentage": None}, "discountPercentage"),
    (TENTH | {"discountPercentage": "100.5"}, "discountPercentage"),
    (TENTH | {"currency": "USD"}, "currency"),
    (TENTH | {"discountAmount": "5"}, "discountAmount"),
    (FIVER | {"discountPercentage": "5"}, "discountPercentage"),
    (FIVER | {"currency": None}, "currency"),
    (FIVER | {"discountAmount": None}, "discountAmount"),
    (FIVER | {"currency": "JPY", "discountAmount": "5.5"}, "discountAmount"),
    (FIVER | {"expiresAt": PAST}, "expiresAt"),
    (FIVER | {"expiresAt": "tomorrow"}, "expiresAt"),
    (FIVER | {"maxRedemptions": 0}, "maxRedemptions"),
    (FIVER | {"maxRedemptions": 1_000_000_001}, "maxRedemptions"),
    (FIVER | {"redemptions": 5}, "redemptions"),
]


async def test_what_cannot_be_a_coupon_is_refused(sqlite_shop: Shop) -> None:
    """A part that is missing, malformed or of the other type is a 400 that names it, and nothing is made."""
    client = await sqlite_shop.client()
    for body, param in WRONG_COUPONS:
        assert error(await client.post("/coupons", json=body)) == (400, "invalid_body", param), body
    assert await listed(client, "/coupons") == []
    assert (await client.get("/events")).json()["data"] == []


@pytest.mark.spec("smartpay 5.1", "smartpay 5.2", "smartpay 4")
async def test_a_promotion_code_is_created_read_and_updated_with_an_event_each(shop: Shop) -> None:
    """smartpay 5.1, 5.2: a code of a coupon with its conditions; active and metadata may be changed, all else not.
    Its coupon is shown whole where that is asked for."""
    client = await shop.client()
    coupon = await made(client, "/coupons", **FIVER)
    body = {
        "code": "Spring.26",
        "couponId": coupon["id"],
        "firstTimeTransaction": True,
        "onePerCustomer": True,
        "minimumAmount": "20.00",
        "currency": "EUR",
        "expiresAt": to_rfc3339(shop.clock.now() + MINUTE_MS),
        "maxRedemptions": 7,
        "metadata": {"channel": "mail"},
    }
    code = await made(client, "/promotion_codes", **body)
    assert code["id"].startswith("promo_")
    assert code | body == code
    assert (code["object"], code["livemode"], code["active"], code["redemptions"]) == ("promotion_code", False, True, 0)
    event = await last_event(client)
    assert (event["type"], event["data"]) == ("promotion_code.created", code)
    path = f"/promotion_codes/{code['id']}"
    assert (await client.get(path)).json() == code
    assert (await client.get(path, params={"expand": "coupon"})).json() == code | {"coupon": coupon}
    plain = await made(client, "/promotion_codes", code="PLAIN", couponId=coupon["id"])
    assert [plain[name] for name in ("minimumAmount", "currency", "expiresAt", "maxRedemptions")] == [None] * 4
    expanded = (await client.get("/promotion_codes", params={"expand": "coupon"})).json()["data"]
    assert expanded == [plain | {"coupon": coupon}, code | {"coupon": coupon}]
    changed = (await client.patch(path, json={"active": False, "metadata": None})).json()
    assert changed == code | {"active": False, "metadata": None, "updatedAt": changed["updatedAt"]}
    assert (await last_event(client))["type"] == "promotion_code.updated"
    for fixed in set(body) - {"metadata"}:
        assert error(await client.patch(path, json={fixed: None})) == (400, "invalid_body", fixed)
    other = await made(client, "/coupons", **TENTH)
    await made(client, "/promotion_codes", code="OTHER", couponId=other["id"])
    assert await listed(client, "/promotion_codes", couponId=coupon["id"]) == [plain["id"], code["id"]]
    assert await listed(client, "/promotion_codes", code="sPRING.26") == [code["id"]]
    assert await listed(client, "/promotion_codes", couponId=coupon["id"], active=True) == [plain["id"]]


@pytest.mark.spec("smartpay 4")
async def test_a_code_is_unique_whatever_its_case(shop: Shop) -> None:
    """smartpay 4: of many that want one code at once, in different spellings, one gets it and the others hear
    promotion_code_exists; switched off, it frees its word for another, and comes back only once that is free. Another
    mode and another project have codes of their own."""
    client = await shop.client()
    coupon = await made(client, "/coupons", **TENTH)
    spellings = ["STRASSE", "strasse", "Straße", "ＳＴＲＡＳＳＥ", "Str\u200bAsse"] * 2
    answers = await asyncio.gather(
        *(client.post("/promotion_codes", json={"code": one, "couponId": coupon["id"]}) for one in spellings)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert {error(answer)[1] for answer in answers if answer.status_code == 409} == {"promotion_code_exists"}
    [only] = (await client.get("/promotion_codes", params={"code": "strasse"})).json()["data"]
    await client.patch(f"/promotion_codes/{only['id']}", json={"active": False})
    again = await made(client, "/promotion_codes", code="Strasse", couponId=coupon["id"])
    back = await client.patch(f"/promotion_codes/{only['id']}", json={"active": True})
    assert error(back)[:2] == (409, "promotion_code_exists")
    listed_now = (await client.get("/promotion_codes", params={"code": "strasse"})).json()["data"]
    assert [(one["id"], one["active"]) for one in listed_now] == [(again["id"], True), (only["id"], False)]
    for other in (await shop.client(mode="live"), await shop.client(project=await shop.project())):
        theirs = await made(other, "/coupons", **TENTH)
        await made(other, "/promotion_codes", code="strasse", couponId=theirs["id"])


async def test_what_cannot_be_a_promotion_code_is_refused(shop: Shop) -> None:
    """A wrong field, a coupon that is not there or another's, or a minimum that no price could ever reach in the
    coupon's currency: a 400 that names the field, and nothing is made."""
    client = await shop.client()
    coupon = (await made(client, "/coupons", **FIVER))["id"]
    theirs = (await made(await shop.client(mode="live"), "/coupons", **FIVER))["id"]
    good = {"code": "SPRING", "couponId": coupon}
    for wrong, param in (
        ({"code": ""}, "code"),
        ({"code": "x" * 81}, "code"),
        ({"code": "two words"}, "code"),
        ({"code": "nul\0"}, "code"),
        ({"couponId": theirs}, "couponId"),
        ({"couponId": "cou_01hxyz0000000000000000000"}, "couponId"),
        ({"couponId": "x"}, "couponId"),
        ({"minimumAmount": "5"}, "currency"),
        ({"currency": "EUR"}, "minimumAmount"),
        ({"minimumAmount": "5", "currency": "USD"}, "currency"),
        ({"minimumAmount": "0", "currency": "EUR"}, "minimumAmount"),
        ({"expiresAt": PAST}, "expiresAt"),
        ({"maxRedemptions": 0}, "maxRedemptions"),
    ):
        assert error(await client.post("/promotion_codes", json=good | wrong)) == (400, "invalid_body", param), wrong
    assert await listed(client, "/promotion_codes") == []
    longest = await made(client, "/promotion_codes", code="x" * 80, couponId=coupon)
    assert await listed(client, "/promotion_codes", code="X" * 80) == [longest["id"]]


async def test_each_scope_opens_its_own_and_nothing_else(sqlite_shop: Shop) -> None:
    """products:read and products:write, coupons:read and coupons:write, which is for promotion codes as well."""
    keys = {scope: await sqlite_shop.client([scope]) for scope in (
        "products:read", "products:write", "coupons:read", "coupons:write", "customers:write"
    )}  # fmt: skip
    coupon = (await made(keys["coupons:write"], "/coupons", **TENTH))["id"]
    for path, noun, body in (
        ("/products", "products", MUG),
        ("/coupons", "coupons", TENTH),
        ("/promotion_codes", "coupons", {"code": "SPRING", "couponId": coupon}),
    ):
        new = await made(keys[f"{noun}:write"], path, **body)
        for scope, client in keys.items():
            assert ((await client.get(path)).status_code == 200) == (scope == f"{noun}:read")
            assert ((await client.get(f"{path}/{new['id']}")).status_code == 200) == (scope == f"{noun}:read")
            changed = await client.patch(f"{path}/{new['id']}", json={"active": False})
            assert (changed.status_code == 200) == (scope == f"{noun}:write"), (scope, changed.text)
            answer = await client.post(path, json=body)
            assert (answer.status_code != 403) == (scope == f"{noun}:write")


async def test_a_product_may_cost_nothing(sqlite_shop: Shop) -> None:
    """A fixed price of zero; and a buyer's price from zero, where the least is said to be zero, and only there."""
    client = await sqlite_shop.client()
    free = await made(client, "/products", name="Sample", price="0")
    assert free["price"] == "0.00"
    line = {"productId": free["id"]}
    session = await made(client, "/checkout_sessions", lineItems=[line | {"unitAmount": "0"}])
    assert (session["status"], session["paymentStatus"]) == ("paid", "no_payment_required")
    gift = await made(client, "/products", name="Gift", pricing="buyer", price="0", priceMin="0")
    assert (gift["price"], gift["priceMin"]) == ("0.00", "0.00")
    line = {"productId": gift["id"], "unitAmount": "0"}
    assert (await made(client, "/checkout_sessions", lineItems=[line]))["status"] == "paid"
    tip = await made(client, "/products", **TIP)
    least = await client.post("/checkout_sessions", json={"lineItems": [{"productId": tip["id"], "unitAmount": "0"}]})
    assert error(least) == (400, "invalid_body", "lineItems[0].unitAmount")
    for body, param in (
        ({"pricing": "buyer", "price": "0"}, "price"),
        ({"pricing": "buyer", "priceMax": "0"}, "priceMax"),
    ):
        assert error(await client.post("/products", json={"name": "x"} | body)) == (400, "invalid_body", param)
