"""Sessions with products, coupons and promotion codes over HTTP: totals add up, places are held and never oversold."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.shop import Shop, eventually
from tillgate.base.clock import HOUR_MS, MINUTE_MS

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
TENTH = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10"}
FIVER = {"name": "Five off", "discountType": "amount", "discountAmount": "5.00", "currency": "USD"}


def error(answer: httpx.Response) -> tuple[int, str, str | None]:
    told = answer.json()["error"]
    return answer.status_code, told["code"], told.get("param")


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def opened(client: httpx.AsyncClient, **body: Any) -> Any:
    """A new session with its order in it."""
    return await made(client, "/checkout_sessions?expand=order", **body)


async def simulated(client: httpx.AsyncClient, session: Any, outcome: str) -> Any:
    answer = await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def uses(client: httpx.AsyncClient, one: Any) -> tuple[int, int]:
    """How many places are held, and how many were paid for."""
    path = "coupons" if one["object"] == "coupon" else "promotion_codes"
    found = (await client.get(f"/{path}/{one['id']}")).json()
    return found["reservedRedemptions"], found["redemptions"]


async def test_products_bring_their_name_and_price_and_totals_add_up(shop: Shop) -> None:
    """A line with a productId takes what the product says; the code takes its part off the goods alone, rounded down;
    the order's amounts are the sum, and what the buyer is to pay."""
    client = await shop.client()
    mug = await made(client, "/products", name="Mug", price="12.35")
    tip = await made(client, "/products", name="Tip", pricing="buyer", priceMin="1", priceMax="10", price="2.00")
    coupon = await made(client, "/coupons", **TENTH)
    code = await made(client, "/promotion_codes", code="Spring", couponId=coupon["id"])
    session = await opened(
        client,
        lineItems=[
            {"productId": mug["id"], "quantity": 3},
            {"productId": tip["id"], "unitAmount": "3.50", "name": "For the kitchen"},
            {"productId": tip["id"]},
            {"name": "Loyal", "unitAmount": "0.66", "kind": "discount"},
            {"name": "VAT", "unitAmount": "7.00", "kind": "tax"},
        ],
        shippingAmount="4.90",
        promotionCode="SPRING",
    )
    order = session["order"]
    assert [(one["name"], one["unitAmount"], one["amount"]) for one in order["lineItems"][:3]] == [
        ("Mug", "12.35", "37.05"),
        ("For the kitchen", "3.50", "3.50"),
        ("Tip", "2.00", "2.00"),
    ]
    # 37.05 + 3.50 + 2.00 - 0.66 = 41.89, a tenth of which is 4.189.
    assert order["discounts"] == [
        {
            "livemode": False,
            "name": "A tenth",
            "amount": "4.18",
            "couponId": coupon["id"],
            "promotionCodeId": code["id"],
        }
    ]
    assert order["amounts"] == {
        "subtotal": "42.55", "tax": "7.00", "shipping": "4.90", "discount": "4.84", "total": "49.61",
    }  # fmt: skip
    assert session["fiat"] == {"amount": "49.61", "currency": "USD"}
    assert await uses(client, coupon) == await uses(client, code) == (1, 0)
    assert (await simulated(client, session, "paid"))["status"] == "paid"
    assert await uses(client, coupon) == await uses(client, code) == (0, 1)
    # What is changed afterwards changes nothing that was promised.
    await client.patch(f"/products/{mug['id']}", json={"price": "99", "name": "Cup", "active": False})
    await client.patch(f"/coupons/{coupon['id']}", json={"name": "Gone", "active": False})
    kept = (await client.get(f"/orders/{order['id']}")).json()
    assert (kept["lineItems"], kept["discounts"], kept["amounts"]) == tuple(
        order[name] for name in ("lineItems", "discounts", "amounts")
    )


async def test_a_line_of_a_product_is_what_the_product_allows(sqlite_shop: Shop) -> None:
    """The catalogue's price wins, a buyer's stays in its bounds, currencies do not mix, and what is not there, not for
    sale or no product at all is refused by its field."""
    client = await sqlite_shop.client()
    mug = (await made(client, "/products", name="Mug", price="12.00"))["id"]
    tip = (await made(client, "/products", name="Tip", pricing="buyer", priceMin="1", priceMax="10"))["id"]
    yen = (await made(client, "/products", name="Cup", price="1200", currency="JPY"))["id"]
    live = (await made(await sqlite_shop.client(mode="live"), "/products", name="Mug", price="12.00"))["id"]
    off = (await made(client, "/products", name="Old mug", price="12.00", active=False))["id"]
    for line, field in (
        ({"productId": mug, "unitAmount": "11.99"}, "unitAmount"),
        ({"productId": mug, "unitAmount": "12.001"}, "unitAmount"),
        ({"productId": tip}, "unitAmount"),
        ({"productId": tip, "unitAmount": "0.99"}, "unitAmount"),
        ({"productId": tip, "unitAmount": "10.01"}, "unitAmount"),
        ({"productId": yen}, "productId"),
        ({"productId": live}, "productId"),
        ({"productId": "prod_01hxyz0000000000000000000"}, "productId"),
        ({"productId": mug, "kind": "discount"}, "kind"),
        ({"name": "x"}, "unitAmount"),
        ({"unitAmount": "1"}, "name"),
    ):
        body = {"currency": "USD", "lineItems": [{"name": "Tea", "unitAmount": "1"}, line]}
        refused = await client.post("/checkout_sessions", json=body)
        assert error(refused) == (400, "invalid_body", f"lineItems[1].{field}"), line
    refused = await client.post("/checkout_sessions", json={"lineItems": [{"productId": off}]})
    assert error(refused) == (409, "product_inactive", "lineItems[0].productId")
    assert error(await client.post("/checkout_sessions", json={"lineItems": [{"productId": live}]}))[2] == "currency"
    good = {"lineItems": [{"productId": mug, "unitAmount": "12"}, {"productId": tip, "unitAmount": "10.00"}]}
    assert (await opened(client, **good))["fiat"] == {"amount": "22.00", "currency": "USD"}
    assert len((await client.get("/orders")).json()["data"]) == 1


async def test_a_discount_goes_with_links_and_amounts_too(shop: Shop) -> None:
    """The price of a link or an amount is what the discount is taken off; what is then free of charge is complete."""
    client = await shop.client()
    fiver, all_off = await made(client, "/coupons", **FIVER), TENTH | {"discountPercentage": "100"}
    link = await made(client, "/payment_links", title="Plan", fiatAmount="20.00")
    for body in ({"linkId": link["id"]}, {"amount": {"value": "20.00", "currency": "USD"}}):
        session = await opened(client, **body, couponId=fiver["id"])
        assert session["fiat"]["amount"] == session["order"]["amounts"]["total"] == "15.00"
    free = await made(client, "/coupons", **all_off)
    for coupon, body in ((free, AMOUNT), (fiver, {"amount": {"value": "5.00", "currency": "USD"}})):
        session = await opened(client, **body, couponId=coupon["id"])
        assert (session["status"], session["paymentStatus"]) == ("paid", "no_payment_required")
    both = AMOUNT | {"couponId": fiver["id"], "promotionCode": "X"}
    assert error(await client.post("/checkout_sessions", json=both)) == (400, "invalid_body", "promotionCode")
    euros = {"amount": {"value": "5.00", "currency": "EUR"}, "couponId": fiver["id"]}
    assert error(await client.post("/checkout_sessions", json=euros)) == (409, "discount_not_applicable", "couponId")
    for unknown in ({"couponId": "cou_01hxyz0000000000000000000"}, {"promotionCode": "NONE"}, {"promotionCode": ""}):
        refused = await client.post("/checkout_sessions", json=AMOUNT | unknown)
        assert error(refused) == (400, "invalid_body", next(iter(unknown)))


async def test_two_hundred_sessions_at_once_share_what_there_is(shop: Shop) -> None:
    """Of 200 parallel requests 20 get a place, and the others are told; nothing of them is kept."""
    client = await shop.client()
    coupon = await made(client, "/coupons", **TENTH, maxRedemptions=20)
    await made(client, "/promotion_codes", code="RUSH", couponId=coupon["id"])
    answers = await asyncio.gather(
        *(client.post("/checkout_sessions", json=AMOUNT | {"promotionCode": "rush"}) for _ in range(200))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 180
    assert {error(answer)[1] for answer in answers if answer.status_code == 409} == {"discount_used_up"}
    assert await uses(client, coupon) == (20, 0)
    assert len((await client.get("/orders", params={"limit": 100})).json()["data"]) == 20
    sessions = [answer.json() for answer in answers if answer.status_code == 201]
    await asyncio.gather(*(simulated(client, one, "paid") for one in sessions[:7]))
    await asyncio.gather(*(simulated(client, one, "failed") for one in sessions[7:10]))
    for one in sessions[10:12]:
        assert (await client.post(f"/checkout_sessions/{one['id']}/expire")).status_code == 200
    assert await uses(client, coupon) == (8, 7)
    shop.clock.ahead_ms += HOUR_MS + MINUTE_MS

    async def freed() -> bool:
        return await uses(client, coupon) == (0, 7)

    await eventually(freed)


async def test_who_pays_late_keeps_the_price_while_redemptions_are_left(shop: Shop) -> None:
    """A late payment takes the place again; where somebody else has it, the session stays expired with its money and
    its order in review, until the merchant accepts it beyond the limit."""
    client = await shop.client()
    coupon = await made(client, "/coupons", **TENTH, maxRedemptions=1)
    first = await opened(client, **AMOUNT, couponId=coupon["id"])
    assert (await simulated(client, first, "late"))["status"] == "paid_late"
    assert await uses(client, coupon) == (0, 1)

    other = await made(client, "/coupons", **TENTH, maxRedemptions=1)
    slow = await opened(client, **AMOUNT, couponId=other["id"])
    await client.post(f"/checkout_sessions/{slow['id']}/expire")
    quick = await opened(client, **AMOUNT, couponId=other["id"])
    late = await simulated(client, slow, "late")
    assert (late["status"], late["exceptions"]) == ("expired", ["late"])
    assert (await client.get(f"/orders/{slow['order']['id']}")).json()["status"] == "review"
    assert await uses(client, other) == (1, 0)
    accepted = await client.post(f"/checkout_sessions/{slow['id']}/accept")
    assert accepted.json()["status"] == "paid_late"
    await simulated(client, quick, "paid")
    assert await uses(client, other) == (0, 2)


@pytest.mark.parametrize("outcomes", [["underpaid", "accept"], ["overpaid", "accept"], ["detected", "paid"]])
async def test_a_redemption_is_reserved_until_the_money_is_settled(sqlite_shop: Shop, outcomes: list[str]) -> None:
    """While a payment is under way or waits for the merchant, the place is held; then it is taken."""
    client = await sqlite_shop.client()
    coupon = await made(client, "/coupons", **TENTH)
    session = await opened(client, **AMOUNT, couponId=coupon["id"])
    await simulated(client, session, outcomes[0])
    assert await uses(client, coupon) == (1, 0)
    if outcomes[1] == "accept":
        assert (await client.post(f"/checkout_sessions/{session['id']}/accept")).status_code == 200
    else:
        await simulated(client, session, outcomes[1])
    assert await uses(client, coupon) == (0, 1)


async def test_codes_for_known_customers_know_what_they_did(shop: Shop) -> None:
    """First payment: not for who has paid, also without a code; once per customer: not twice, but again after a
    session that failed; nobody who is not named gets either."""
    client = await shop.client()
    coupon = await made(client, "/coupons", **TENTH)
    await made(client, "/promotion_codes", code="FIRST", couponId=coupon["id"], firstTimeTransaction=True)
    await made(client, "/promotion_codes", code="ONCE", couponId=coupon["id"], onePerCustomer=True)
    ada, eve = [(await made(client, "/customers"))["id"] for _ in range(2)]

    async def tried(code: str, customer: str | None) -> httpx.Response:
        return await client.post("/checkout_sessions", json=AMOUNT | {"promotionCode": code, "customerId": customer})

    for code in ("FIRST", "ONCE"):
        assert error(await tried(code, None)) == (409, "discount_not_applicable", "promotionCode")
    await simulated(client, await opened(client, **AMOUNT, customerId=ada), "paid")
    assert error(await tried("FIRST", ada))[1] == "discount_not_applicable"
    at_once = await asyncio.gather(*(tried("FIRST", eve) for _ in range(10)))
    assert sorted(answer.status_code for answer in at_once) == [201] + [409] * 9
    session = (await tried("ONCE", ada)).json()
    assert error(await tried("ONCE", ada))[1] == "discount_not_applicable"
    await simulated(client, session, "failed")
    session = (await tried("ONCE", ada)).json()
    await simulated(client, session, "paid")
    assert error(await tried("ONCE", ada))[1] == "discount_not_applicable"
    assert (await tried("ONCE", eve)).status_code == 201
    theirs = (await client.get("/orders", params={"customerId": ada})).json()["data"]
    assert len(theirs) == 3


async def test_a_retry_holds_one_place(shop: Shop) -> None:
    """Fifty parallel requests with one Idempotency-Key make one session and hold one place."""
    client = await shop.client()
    coupon = await made(client, "/coupons", **TENTH, maxRedemptions=2)
    body, headers = AMOUNT | {"couponId": coupon["id"]}, {"Idempotency-Key": "order-1"}
    answers = await asyncio.gather(*(client.post("/checkout_sessions", json=body, headers=headers) for _ in range(50)))
    done = {answer.content for answer in answers if answer.status_code == 201}
    assert len(done) == 1
    assert await uses(client, coupon) == (1, 0)


async def test_what_is_not_delivered_goes_back_at_what_was_paid_for_it(sqlite_shop: Shop) -> None:
    """Half the price was taken off two mugs: one that is not delivered brings back what it cost, so that the other can
    be delivered and stays paid. Where nothing is delivered everything goes back, shipping too, and never more."""
    client = await sqlite_shop.client()
    half = await made(client, "/coupons", name="Half", discountType="percentage", discountPercentage="50")
    lines = [
        {"name": "Blue mug", "unitAmount": "10.01"},
        {"name": "Red mug", "unitAmount": "10.00"},
        {"name": "VAT", "unitAmount": "1.00", "kind": "tax"},
    ]
    ends = {"one": [["first"]], "both, one by one": [["first"], ["second"]], "both": [["first", "second"]]}
    for failing, back in (("one", "5.50"), ("both, one by one", "14.01"), ("both", "14.01")):
        session = await opened(client, currency="USD", lineItems=lines, couponId=half["id"], shippingAmount="3.00")
        order = session["order"]
        assert order["amounts"]["total"] == "14.01"
        await simulated(client, session, "paid")
        named = dict(zip(("first", "second"), [one["id"] for one in order["lineItems"]], strict=False))
        for together in ends[failing]:
            body = {"lineItemIds": [named[one] for one in together]}
            for _ in range(2):  # the second time nothing is left to fail
                answer = await client.post(f"/orders/{order['id']}/fail_delivery", json=body)
                assert answer.status_code == 200, answer.text
        after = (await client.get(f"/orders/{order['id']}")).json()
        assert (after["refunded"], after["status"]) == (back, "paid" if failing == "one" else "refunded")
        if failing == "one":
            rest = await client.post(f"/orders/{order['id']}/deliver", json={})
            assert (rest.status_code, rest.json()["fulfillment"]) == (200, "fulfilled")
