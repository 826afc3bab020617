"""``expand``: what is put into an answer, by whom it may be asked for, and what it costs."""

from collections import Counter
from typing import Any

import httpx
import pytest

from keyturn import KeyWish, Kind, Mode
from tests.makers import stray_transfer
from tests.shop import Shop
from tillgate.api.paging import PAGING
from tillgate.api.resources import EXPANSIONS
from tillgate.base.principal import Principal
from tillgate.wire.context import ApiContext
from tillgate.wire.expanding import EACH_MAX, OBJECTS_MAX, PATHS_MAX, Part, Resource, expanded

pytestmark = pytest.mark.anyio

# Where each object that can be expanded is listed and retrieved.
HOMES = {
    "checkout_session": "/checkout_sessions",
    "order": "/orders",
    "payment": "/payments",
    "transaction": "/transactions",
    "refund": "/refunds",
    "promotion_code": "/promotion_codes",
    "redemption": "/redemptions",
    "customer": "/customers",
    "product": "/products",
    "coupon": "/coupons",
    "payment_link": "/payment_links",
    "test_clock": "/test_clocks",
    "unassigned_transfer": "/unassigned_transfers",
}
PATHS = [(resource, choice) for resource in EXPANSIONS for choice in resource.choices]


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def got(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def bought(client: httpx.AsyncClient, code: str = "spring", **more: Any) -> Any:
    """A session in which everything is named that can be, paid and partly refunded; with its order."""
    session = await made(
        client, "/checkout_sessions?expand=order", lineItems=[{"productId": more.pop("product"), "quantity": 2}],
        promotionCode=code, **more,
    )  # fmt: skip
    await made(client, f"/checkout_sessions/{session['id']}/simulate", outcome="paid")
    await made(client, "/refunds", paymentId=session["order"]["paymentId"], reason="other", amount="1.00")
    return session


async def stocked(client: httpx.AsyncClient) -> dict[str, Any]:
    """What a session can name, by the fields that name it; and a promotion code."""
    product = await made(client, "/products", name="Mug", price="12.35")
    coupon = await made(client, "/coupons", name="Spring", discountType="percentage", discountPercentage="10")
    await made(client, "/promotion_codes", code="SPRING", couponId=coupon["id"])
    customer = await made(client, "/customers", email="ada@example.com")
    clock = await made(client, "/test_clocks", name="c")
    return {"product": product["id"], "customerId": customer["id"], "testClockId": clock["id"]}


def walked(value: Any, path: str) -> Any:
    """What stands at a path in an answer, the first entry of each list."""
    for name in path.split("."):
        value = value[name]
        value = value["data"] if isinstance(value, dict) and "hasMore" in value else value
        value = value[0] if isinstance(value, list) else value
    return value


async def test_everything_that_is_named_can_be_put_in(shop: Shop) -> None:
    """For every declared path, of one object and of a list: exactly what the other object's own route answers, beside
    the id, and nothing else changes."""
    client = await shop.client()
    sold = await bought(client, **await stocked(client))
    stray = await stray_transfer(shop.database, shop.project_id, livemode=False, suggested_order_id=sold["orderId"])
    await made(client, f"/unassigned_transfers/{stray}/assign", orderId=sold["orderId"], value="1.00")
    link = await made(client, "/payment_links", title="Pro", fiatAmount="9.00")
    await made(client, "/checkout_sessions", linkId=link["id"])
    seen = 0
    for resource, path in PATHS:
        home = HOMES[resource.name]
        # The oldest is the one that names everything but a link.
        plain = (await got(client, home))["data"][0 if path == "paymentLink" else -1]
        one = await got(client, f"{home}/{plain['id']}", expand=path)
        listed = (await got(client, home, expand=path))["data"]
        assert one in listed
        other = walked(one, path)
        assert other == await got(client, f"{HOMES[other['object']]}/{other['id']}"), (resource.name, path)
        *above, name = path.split(".")
        (walked(one, above[0]) if above else one).pop(name)
        assert one == plain, (resource.name, path)
        seen += 1
    assert seen == len(PATHS) >= 25


async def test_paths_go_on_and_come_together(shop: Shop) -> None:
    """Dotted paths lead through objects and lists, each level as deep as it was asked for; what is not there is null,
    an empty list is an empty list."""
    client = await shop.client()
    things = await stocked(client)
    session = await bought(client, **things)
    expand = "order.lineItems.product,order.refunds.transaction.payment,payment.transactions,customer,paymentLink"
    found = await got(client, f"/checkout_sessions/{session['id']}", expand=expand)
    order = found["order"]
    assert order["lineItems"][0]["product"]["id"] == order["lineItems"][0]["productId"] == things["product"]
    [refund] = order["refunds"]["data"]
    assert refund["transaction"]["kind"] == "refund"
    assert refund["transaction"]["payment"]["id"] == order["paymentId"] == found["payment"]["id"]
    assert "payment" not in order and "customer" not in order
    assert [one["kind"] for one in found["payment"]["transactions"]["data"]] == ["refund", "transfer"]
    assert (found["customer"]["id"], found["paymentLink"]) == (things["customerId"], None)
    bare = await made(
        client, "/checkout_sessions?expand=customer,coupon,order.customer,order.refunds",
        amount={"value": "1.00", "currency": "USD"},
    )  # fmt: skip
    assert (bare["customer"], bare["coupon"], bare["order"]["customer"]) == (None, None, None)
    assert bare["order"]["refunds"] == {"data": [], "hasMore": False, "nextCursor": None}


async def test_a_list_that_is_put_in_goes_on_at_its_own_route(shop: Shop) -> None:
    """The newest ten, and a cursor with which the list route gives the rest; for each of several orders its own."""
    client = await shop.client()
    orders = []
    for refunds in (EACH_MAX + 2, 2):
        session = await made(client, "/checkout_sessions?expand=order", amount={"value": "50.00", "currency": "USD"})
        await made(client, f"/checkout_sessions/{session['id']}/simulate", outcome="paid")
        for _ in range(refunds):
            await made(client, "/refunds", paymentId=session["order"]["paymentId"], reason="other", amount="1.00")
        orders.append(session["order"]["id"])
    shown = {one["id"]: one["refunds"] for one in (await got(client, "/orders", expand="refunds"))["data"]}
    many, few = shown[orders[0]], shown[orders[1]]
    assert (len(many["data"]), many["hasMore"], len(few["data"]), few["hasMore"]) == (EACH_MAX, True, 2, False)
    rest = await got(client, "/refunds", orderId=orders[0], starting_after=many["nextCursor"])
    assert many["data"] + rest["data"] == (await got(client, "/refunds", orderId=orders[0]))["data"]
    assert few["data"] == (await got(client, "/refunds", orderId=orders[1]))["data"]


def needed(resource: Resource, path: str) -> set[str]:
    """The scopes that a path takes, its start included."""
    needs, here = {resource.need.scope}, resource
    places = list(here.places)
    for name in path.split("."):
        [place] = [one for one in places if one.name == name]
        if isinstance(place, Part):
            places = list(place.relations)
        else:
            here = EXPANSIONS.target(place)
            needs.add(here.need.scope)
            places = list(here.places)
    return needs


async def test_what_is_put_in_takes_the_scope_that_reads_it(sqlite_shop: Shop) -> None:
    """With exactly those scopes a path is answered; without any one of them it is a 403 that names it, also on the way
    to what the key could read, and also where there is nothing to see."""
    reading = await sqlite_shop.client()
    await bought(reading, **await stocked(reading))
    paths = [(resource, path) for resource, path in PATHS]
    [session] = [one for one in EXPANSIONS if one.name == "checkout_session"]
    paths.append((session, "order.payment.transactions"))
    for resource, path in paths:
        scopes = needed(resource, path)
        home = HOMES[resource.name]
        client = await sqlite_shop.client(sorted(scopes))
        assert (await client.get(home, params={"expand": path})).status_code == 200, (resource.name, path)
        for missing in scopes - {resource.need.scope}:
            lacking = await sqlite_shop.client(sorted(scopes - {missing}))
            for where in (home, f"{home}/{'x'}"):
                refused = await lacking.get(where, params={"expand": path})
                error = refused.json()["error"]
                assert (refused.status_code, error["code"]) == (403, "missing_scope"), (resource.name, path, missing)
                assert missing in error["message"]


async def test_a_publishable_key_expands_nothing(sqlite_shop: Shop) -> None:
    """What a page made it may look at, by its client secret; not at what stands beside that, and a refused request
    makes nothing."""
    issued = await sqlite_shop.keys.issuer.issue(
        KeyWish(
            project_id=sqlite_shop.project_id,
            mode=Mode.TEST,
            name="page",
            kind=Kind.PUBLISHABLE,
            scopes=["sessions:write"],
            origins=["https://shop.test"],
            allow=["amount"],
        ),
        by="operator:test",
    )
    page = await sqlite_shop.caller()
    page.headers.update({"x-api-key": issued.secret.reveal(), "origin": "https://shop.test"})
    amount = {"amount": {"value": "1.00", "currency": "USD"}}
    refused = await page.post("/checkout_sessions?expand=order", json=amount)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "secret_key_required")
    session = await made(page, "/checkout_sessions", **amount)
    page.headers["authorization"] = session["clientSecret"]
    path = f"/checkout_sessions/{session['id']}"
    assert (await page.get(path)).status_code == 200
    for wanted in ("order", "customer", "testClock", "order,customer"):
        refused = await page.get(path, params={"expand": wanted})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "secret_key_required")
    assert (await page.get(path, params={"expand": "everything"})).status_code == 400
    assert len((await got(await sqlite_shop.client(), "/checkout_sessions"))["data"]) == 1


@pytest.mark.parametrize(
    ("path", "expand", "said"),
    [
        ("/checkout_sessions", "", "order, payment, customer, paymentLink, coupon, promotionCode, testClock"),
        ("/checkout_sessions", "order,", "Possible for checkout_session: order,"),
        ("/checkout_sessions", "order.everything", "order: session, payment, customer, refunds, lineItems.product"),
        ("/orders", "lineItems", "lineItems.product"),
        ("/orders", "lineItems.price", "'lineItems.price' leads nowhere"),
        ("/orders", "data.customer", "leads nowhere"),
        ("/orders", "customer.orders", "Possible for customer: none"),
        ("/orders", "session.order.session.order.session", "5 deep; 4 is the most"),
        ("/orders", ",".join(f"session.order.payment.{n}" for n in range(PATHS_MAX + 1)), f"at most {PATHS_MAX}"),
        ("/orders?limit=100", "refunds.payment.transactions", f"the bound is {OBJECTS_MAX}; ask for a smaller limit"),
    ],
)  # fmt: skip
async def test_a_path_that_leads_nowhere_is_refused(sqlite_shop: Shop, path: str, expand: str, said: str) -> None:
    """A 400 that names the parameter and says what is possible there; a path's length, their number and what they
    could come to are bounded."""
    refused = await (await sqlite_shop.client()).get(httpx.URL(path).copy_merge_params({"expand": expand}))
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (400, "invalid_query", "expand"), refused.text
    assert said in error["message"]


async def test_what_cannot_be_expanded_says_so(sqlite_shop: Shop) -> None:
    """A route whose answer names nothing takes no such parameter."""
    client = await sqlite_shop.client()
    for path in ("/customers", "/products", "/events", "/webhook_endpoints", "/payment_links/x"):
        refused = await client.get(path, params={"expand": "customer"})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "expand"), refused.text


async def test_a_repeated_request_is_answered_with_what_was_put_in_then(shop: Shop) -> None:
    """crypto-checkout R62: byte for byte, whatever became of the order since; asked for something else under the same
    key, it is another request."""
    client = await shop.client()
    key = {"idempotency-key": "order-1"}
    body = {"amount": {"value": "5.00", "currency": "USD"}}
    first = await client.post("/checkout_sessions?expand=order,payment", json=body, headers=key)
    assert first.json()["order"]["status"] == "open"
    paid = await client.post(f"/checkout_sessions/{first.json()['id']}/simulate?expand=order", json={"outcome": "paid"})
    assert paid.json()["order"]["status"] == "paid"
    again = await client.post("/checkout_sessions?expand=payment,order", json=body, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    for other in ("/checkout_sessions", "/checkout_sessions?expand=order"):
        refused = await client.post(other, json=body, headers=key)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    order = await got(client, f"/orders/{first.json()['order']['id']}", expand="customer")
    patched = await client.patch(f"/orders/{order['id']}?expand=customer,session", json={"fulfillment": "fulfilled"})
    assert (patched.json()["customer"], patched.json()["session"]["status"]) == (None, "paid")
    events = (await got(client, "/events"))["data"]
    assert not {"order", "payment", "session", "customer"} & {name for event in events for name in event["data"]}


class Counting:
    """A transaction that counts what it is asked."""

    def __init__(self, tx: Any, asked: Counter[str]) -> None:
        self._tx, self._asked = tx, asked

    def __getattr__(self, name: str) -> Any:
        if name.startswith("fetch"):
            self._asked["statements"] += 1
        return getattr(self._tx, name)


async def test_a_longer_page_takes_no_more_statements(shop: Shop) -> None:
    """Whatever is put in is had for all objects of the page at once: as many statements for one as for nine, and at
    most two for each path's object beside its transactions."""
    client = await shop.client()
    things = await stocked(client)
    for _ in range(9):
        await bought(client, **dict(things))
    principal = Principal(shop.project_id, False, "key", "key:x", frozenset({"*"}))
    context: Any = ApiContext(**{**dict.fromkeys(ApiContext._fields), "public_url": "https://shop.example"})  # type: ignore[arg-type]

    async def statements(resource: Resource, path: str, some: list[str]) -> int:
        asked: Counter[str] = Counter()

        async def read(tx: Any) -> None:
            assert resource.by_ids is not None
            objects = list((await resource.by_ids(context, tx, principal, some)).values())
            expansion = EXPANSIONS.parse(resource, path)
            expansion.check_size(len(objects))
            shown = await expanded(context, Counting(tx, asked), principal, objects, expansion, PAGING.envelope)
            assert len(shown) == len(some)

        await shop.database.read(read)
        return asked["statements"]

    [session] = [one for one in EXPANSIONS if one.name == "checkout_session"]
    together = "order.refunds.transaction.payment,payment.transactions,order.lineItems.product"
    for resource, path in [*PATHS, (session, together)]:
        if resource.by_ids is not None:
            ids = [one["id"] for one in (await got(client, HOMES[resource.name]))["data"]]
            one, all_of_them = [await statements(resource, path, some) for some in (ids[:1], ids)]
            assert one == all_of_them <= 2 * len(path.replace(",", ".").split(".")), (resource.name, path)
