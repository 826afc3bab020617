"""``/redemptions`` over HTTP: who holds, took or gave back a place of a coupon."""

from typing import Any

import httpx
import pytest

from tests.shop import Shop
from tillgate.store import migrations

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def listed(client: httpx.AsyncClient, **params: Any) -> list[Any]:
    answer = await client.get("/redemptions", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_a_redemption_has_every_documented_field(shop: Shop) -> None:
    """Held while its session is open, taken when that is paid, given back when it ends unpaid; what it takes off is
    what the order says; the same in the list and on its own."""
    client = await shop.client()
    coupon = await made(client, "/coupons", name="A tenth", discountType="percentage", discountPercentage="10")
    code = await made(client, "/promotion_codes", code="SPRING", couponId=coupon["id"])
    ada = await made(client, "/customers", email="ada@example.com")
    lines = [{"name": "Tea", "unitAmount": "12.355", "quantity": 1}]
    session = await made(
        client, "/checkout_sessions?expand=order", currency="BHD", lineItems=lines, customerId=ada["id"],
        promotionCode="spring",
    )  # fmt: skip
    [redemption] = await listed(client)
    assert redemption == {
        "id": session["id"].replace("cs_", "rdm_"), "object": "redemption", "livemode": False,
        "couponId": coupon["id"], "promotionCodeId": code["id"], "customerId": ada["id"],
        "sessionId": session["id"], "orderId": session["order"]["id"], "status": "reserved", "amount": "1.235",
        "currency": "BHD", "createdAt": redemption["createdAt"], "updatedAt": redemption["createdAt"],
    }  # fmt: skip
    assert redemption["amount"] == session["order"]["discounts"][0]["amount"]
    path = f"/redemptions/{redemption['id']}"
    assert (await client.get(path)).json() == redemption
    await made(client, f"/checkout_sessions/{session['id']}/simulate", outcome="paid")
    paid = (await client.get(path)).json()
    assert paid == redemption | {"status": "redeemed", "updatedAt": paid["updatedAt"]}
    assert (await client.get(f"/coupons/{coupon['id']}")).json()["redemptions"] == 1
    ended = await made(client, "/checkout_sessions", **AMOUNT, couponId=coupon["id"])
    await made(client, f"/checkout_sessions/{ended['id']}/expire")
    [released, _] = await listed(client)
    assert [released[name] for name in ("status", "promotionCodeId", "customerId")] == ["released", None, None]


async def test_redemptions_are_found_by_what_they_are_of(shop: Shop) -> None:
    """Each filter on its own and together with others, page after page, newest first; nobody else's are among them."""
    client = await shop.client()
    coupons = [
        await made(client, "/coupons", name=name, discountType="amount", discountAmount="5", currency="USD")
        for name in ("One", "Two")
    ]
    code = await made(client, "/promotion_codes", code="TWO", couponId=coupons[1]["id"])
    ada = await made(client, "/customers", email="ada@example.com")
    wishes = [{"couponId": coupons[0]["id"]}] * 4 + [{"promotionCode": "TWO", "customerId": ada["id"]}] * 3
    sessions = [await made(client, "/checkout_sessions?expand=order", **AMOUNT, **wish) for wish in wishes]
    await made(client, f"/checkout_sessions/{sessions[0]['id']}/simulate", outcome="paid")
    await made(client, "/checkout_sessions", **AMOUNT)
    newest_first = [one["id"].replace("cs_", "rdm_") for one in reversed(sessions)]
    assert [one["id"] for one in await listed(client)] == newest_first
    one, two = newest_first[3:], newest_first[:3]
    second = sessions[1]["order"]
    for params, found in (
        ({"couponId": coupons[0]["id"]}, one),
        ({"couponId": coupons[1]["id"]}, two),
        ({"promotionCodeId": code["id"]}, two),
        ({"customerId": ada["id"]}, two),
        ({"sessionId": second["sessionId"]}, [one[-2]]),
        ({"orderId": second["id"]}, [one[-2]]),
        ({"orderId": second["id"], "couponId": coupons[1]["id"]}, []),
        ({"status": "redeemed"}, [one[-1]]),
        ({"status": "reserved", "couponId": coupons[0]["id"]}, one[:-1]),
        ({"status": "released"}, []),
        ({"createdAfter": "2099-01-01T00:00:00Z"}, []),
    ):
        assert [found_one["id"] for found_one in await listed(client, **params)] == found, params
    page = (await client.get("/redemptions", params={"couponId": coupons[0]["id"], "limit": 3})).json()
    rest = {"couponId": coupons[0]["id"], "limit": 3, "starting_after": page["nextCursor"]}
    last = (await client.get("/redemptions", params=rest)).json()
    assert [len(page["data"]), page["hasMore"], len(last["data"]), last["hasMore"]] == [3, True, 1, False]
    assert [found_one["id"] for found_one in page["data"] + last["data"]] == one
    for other in (await shop.client(mode="live"), await shop.client(project=await shop.project())):
        assert await listed(other) == await listed(other, couponId=coupons[0]["id"]) == []
        assert await listed(other, orderId=second["id"]) == []
        assert (await other.get(f"/redemptions/{one[0]}")).status_code == 404


async def test_what_is_wrong_about_a_query_is_named(sqlite_shop: Shop) -> None:
    """A 400 that names the parameter; an id of another kind is a 404; and it takes the scope that reads coupons."""
    client = await sqlite_shop.client()
    for name, value in (
        ("couponId", "x"), ("promotionCodeId", "SPRING"), ("status", "used"), ("starting_after", "cs_1"),
        ("orderId", ""),
    ):  # fmt: skip
        refused = await client.get("/redemptions", params={name: value})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, name), refused.text
    session = await made(client, "/checkout_sessions", **AMOUNT)
    for wrong in (session["id"], session["id"].replace("cs_", "rdm_"), "rdm_x", "x"):
        assert (await client.get(f"/redemptions/{wrong}")).status_code == 404
    lacking = await sqlite_shop.client(["orders:read"])
    assert (await lacking.get("/redemptions")).json()["error"]["requiredScope"] == "coupons:read"


async def test_redemptions_from_before_they_were_listed_are_listed(shop: Shop) -> None:
    """The step of the schema that makes them lists finds project and mode for those that are there."""
    client = await shop.client()
    coupon = await made(client, "/coupons", name="A tenth", discountType="percentage", discountPercentage="10")
    await made(client, "/checkout_sessions", **AMOUNT, couponId=coupon["id"])
    before = await listed(client)
    [step] = [one for one in migrations() if one.name == "redemption_lists"]
    [filling] = [one for one in step.statements if "UPDATE redemptions" in one]
    await shop.database.write(lambda tx: tx.execute("UPDATE redemptions SET project_id = NULL, livemode = NULL"))
    assert await listed(client) == []
    await shop.database.write(lambda tx: tx.execute(filling))
    assert await listed(client) == before != []
