"""What no field can hold, in each field of each route that changes something: refused by name, and nothing is changed.

The fields come from the types that the routes declare, so a new one is tried at once; what they cannot hold comes from
their types and names. Each route is called as in ``WAYS`` of ``test_idempotency``, which holds every route.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import urlencode

import httpx
import msgspec
import pytest
from msgspec import inspect

from tests.api.bodies import fields_of, inner
from tests.api.test_bad_input import AMOUNTS, CURRENCIES, JSON, LONG, METADATA, URLS
from tests.api.test_idempotency import (
    MUTATING,
    WAYS,
    clock,
    coupon,
    customer,
    endpoint,
    link,
    made,
    paid_payment,
    product,
    request_for,
)
from tests.api.test_requirements_errors import envelope
from tests.api.test_requirements_keys import body_for, concrete
from tests.makers import stray_transfer
from tests.shop import Shop
from tests.snapshots import Books
from tillgate.api.application import ROUTES
from tillgate.wire.routing import Route

ENDPOINT_URL = "https://merchant.example/in"
BODIES = [route for route in MUTATING if route.body is not None]

# The fields beside which another one means something, where the request in WAYS has others.
AMOUNT = {"value": "50.00", "currency": "USD"}
LINES = {"lineItems": [{"name": "Mug", "unitAmount": "12.00"}], "currency": "USD"}
BUYER_PRICED = {"name": "Mug", "pricing": "buyer", "priceMin": "1.00", "priceMax": "9.00"}
MONEY_OFF = {"name": "Spring", "discountType": "amount", "discountAmount": "5.00", "currency": "USD"}
INSTEAD: dict[tuple[str, str], dict[str, Any]] = {
    ("CreateCheckoutSession", "linkId"): {},
    ("CreateCheckoutSession", "lineItems"): LINES,
    ("CreateCheckoutSession", "currency"): LINES,
    ("CreateCheckoutSession", "shippingAmount"): LINES,
    ("CreateProduct", "priceMin"): BUYER_PRICED,
    ("CreateProduct", "priceMax"): BUYER_PRICED,
    ("CreateCoupon", "discountAmount"): MONEY_OFF,
    ("CreateCoupon", "currency"): MONEY_OFF,
    ("SimulatePayment", "payer"): {},
}
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("CreatePromotionCode", "minimumAmount"): {"currency": "USD"},
    ("CreatePromotionCode", "currency"): {"minimumAmount": "1.00"},
}

OF_ANY_TYPE: list[Any] = [1, 0, -1, 1.5, 2**70, True, "x", [], {}, [None], ["x"], {"a": 1}, None]
INSTANTS = ["", "tomorrow", "2020-01-01T00:00:00Z", "2030-13-01T00:00:00Z", "2030-01-01", "1893456000", "\0", LONG]
NO_IDS = ["", "x", "\0", "a\0b", "\ud800", LONG, "cs_", "CUS_01HXYZ0000000000000000000", "' OR 1=1 --", "%00", "{id}"]
# An endpoint's answer to an unknown event names all that there are.
ANSWER_BYTES_MAX = 2_500
# As JSON it is short enough for a body, and too long for a value.
DEEP: dict[str, Any] = {"k": json.loads("[" * 300 + "]" * 300)}
AT_LEAST_ONE = {"quantity", "maxRedemptions", "maxCompletedSessions", "seconds", "expiresInSeconds", "before"}
# Names that a merchant's own systems gave.
ANY_TEXT = {"clientReferenceId", "transactionId", "tokenId"}


class Spot(NamedTuple):
    """A place in a body.

    Attributes:
        path: names and positions on the way to it.
        hint: the type that is declared for it.
    """

    path: tuple[str | int, ...]
    hint: Any

    @property
    def name(self) -> str:
        return str(self.path[-1])

    def put(self, body: dict[str, Any], value: Any) -> dict[str, Any]:
        """The body with a value in this place."""
        changed: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(body))
        node: Any = changed
        for step in self.path[:-1]:
            node = node[step]
        node[self.path[-1]] = value
        return changed


def spots(body: type[msgspec.Struct], path: tuple[str | int, ...] = ()) -> Iterator[Spot]:
    """Every place of a body, those in its inner objects included."""
    hints = get_type_hints(body, include_extras=True)
    for field in fields_of(body):
        own = (*path, field.encode_name)
        yield Spot(own, hints[field.name])
        types = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        for one in types:
            if isinstance(one, inspect.StructType):
                yield from spots(one.cls, own)
            if isinstance(one, inspect.ListType) and isinstance(one.item_type, inspect.StructType):
                yield from spots(one.item_type.cls, (*own, 0))


def cannot_hold(spot: Spot) -> Iterator[Any]:
    """Values that this place must not take: of other types, and such as its name does not allow."""
    for value in OF_ANY_TYPE:
        try:
            msgspec.convert(value, spot.hint)
        except msgspec.ValidationError:
            yield value
    name = spot.name
    if name in ("discountPercentage", "value", "price") or name.endswith(("Amount", "amount", "Min", "Max")):
        if _is_text(spot):
            yield from AMOUNTS
    elif name in ("currency", "fiatCurrency"):
        yield from CURRENCIES
    elif name == "url" or name.endswith("Url"):
        yield from URLS
    elif name == "expiresAt":
        yield from INSTANTS
    elif name.endswith("Id") and name not in ANY_TEXT:
        yield from NO_IDS
    elif name == "metadata":
        yield from (*METADATA, DEEP)
    elif name == "events":
        yield from ([], ["nope"], ["*", "nope"], ["*"] * 10_000, ["session.\0"], [LONG], ["**"], [""])
    elif name == "lineItems":
        yield from ([], LINES["lineItems"] * 1_000)  # type: ignore[operator]
    elif _is_text(spot):
        yield from ("a\0b", "\0", "\ud800", LONG)
    if name in AT_LEAST_ONE:
        yield 0


def _is_text(spot: Spot) -> bool:
    try:
        msgspec.convert("x", spot.hint)
    except msgspec.ValidationError:
        return False
    return True


def base(route: Route, body: dict[str, Any], spot: Spot) -> dict[str, Any]:
    """The body of a request in which this place counts."""
    assert route.body is not None
    where = (route.body.__name__, str(spot.path[0]))
    return INSTEAD.get(where, body) | BESIDE.get(where, {})


async def send(client: httpx.AsyncClient, method: str, path: str, body: Any, **headers: str) -> httpx.Response:
    """A request whose body may hold what is no UTF-8: escaped, it is JSON all the same."""
    return await client.request(method, path, content=json.dumps(body), headers={**JSON, **headers})


# What a session asks for may cost nothing: it is then complete without a payment.
MAY_BE_ZERO = {
    *(f"/checkout_sessions {name}" for name in ("value", "unitAmount", "shippingAmount")),
    *(f"/payment_links{one} fiatAmount" for one in ("", "/{id}")),
    *(f"/products{one} {name}" for one in ("", "/{id}") for name in ("price", "priceMin")),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.anyio
async def test_no_field_takes_what_it_cannot_hold(still_shop: Shop) -> None:
    """Wrong types, lone surrogates, NUL, endless text, odd amounts, currencies, URLs, ids, times and numbers, in every
    field of every body: a 400 that names the field. Nothing has changed then, and the right request is still taken."""
    books = Books(still_shop.database)
    tried, wrong = 0, []
    for route in BODIES:
        assert route.body is not None
        # A project for each, so that what is unique in one is free in the next.
        client = await still_shop.client(project=await still_shop.project())
        request = await request_for(route, client, ENDPOINT_URL)
        key = {"Idempotency-Key": f"{route.method}{route.path}"}
        before = await books.read()
        for spot in spots(route.body):
            body = base(route, request.body or {}, spot)
            for value in cannot_hold(spot):
                if value in ("0", "0.00") and f"{route.path} {spot.name}" in MAY_BE_ZERO:
                    continue
                answer = await send(client, route.method, request.path, spot.put(body, value), **key)
                if not refuses(answer, spot, value):
                    wrong.append(f"{route.method} {route.path} {spot.path} {value!r:.60}: {answer.text:.300}")
                tried += 1
        wrong += books.difference(before, await books.read())
        answer = await send(client, route.method, request.path, request.body, **key)
        assert answer.is_success, (route.path, answer.text)
    assert not wrong, "\n".join(wrong[:20])
    assert tried > 1_000


def refuses(answer: httpx.Response, spot: Spot, value: Any) -> bool:
    """Whether it is a short 400 that names the field; half a character makes a body that is no text at all."""
    if answer.status_code != 400 or len(answer.content) > ANSWER_BYTES_MAX:
        return False
    told = envelope(answer)
    named = str(told.get("param")).replace("[", ".").split(".")[0]
    return told["code"] == "invalid_body" and (named == spot.path[0] or value == "\ud800")


DIGITS = [("USD", "1.005"), ("JPY", "1.0"), ("JPY", "1.5"), ("BHD", "1.0005"), ("EUR", "0.001")]
PRICED: list[tuple[str, Callable[[str, str], dict[str, Any]], str]] = [
    ("/payment_links", lambda c, a: {"title": "A", "fiatAmount": a, "fiatCurrency": c}, "fiatAmount"),
    ("/checkout_sessions", lambda c, a: {"amount": {"value": a, "currency": c}}, "amount.value"),
    ("/checkout_sessions", lambda c, a: {"lineItems": [{"name": "A", "unitAmount": a}], "currency": c}, "lineItems"),
    ("/products", lambda c, a: {"name": "A", "price": a, "currency": c}, "price"),
    ("/products", lambda c, a: {"name": "A", "pricing": "buyer", "priceMax": a, "currency": c}, "priceMax"),
    ("/coupons", lambda c, a: MONEY_OFF | {"discountAmount": a, "currency": c}, "discountAmount"),
]


@pytest.mark.anyio
async def test_an_amount_has_no_more_digits_than_its_currency(still_shop: Shop) -> None:
    """Wherever a price is said: a third digit of a dollar, any of a yen and a fourth of a dinar are refused, and what
    the currency has is taken as it is."""
    client, books = await still_shop.client(), Books(still_shop.database)
    before = await books.read()
    for path, body, param in PRICED:
        for currency, amount in DIGITS:
            told = envelope(await client.post(path, json=body(currency, amount)))
            assert told["code"] == "invalid_body" and told["param"].startswith(param), (path, currency, amount, told)
    assert books.difference(before, await books.read()) == []
    for path, body, _ in PRICED:
        for currency, amount in (("USD", "1.05"), ("JPY", "150"), ("BHD", "1.005")):
            answer = await client.post(path, json=body(currency, amount))
            assert answer.status_code == 201 and amount in answer.text, (path, currency, answer.text)


@pytest.mark.anyio
async def test_no_field_is_added_to_a_body(still_shop: Shop) -> None:
    """A field that does not exist is refused by name at every route, in inner objects too, and so is one too many."""
    client, books = await still_shop.client(), Books(still_shop.database)
    for route in BODIES:
        assert route.body is not None
        request = await request_for(route, client, ENDPOINT_URL)
        before = await books.read()
        inner = {spot.path[:-1]: spot for spot in spots(route.body)}
        for path, spot in inner.items():
            body = base(route, request.body or {}, spot)
            for name in ("fiat_amount", "__proto__", "livemode", "projectId", "\u65e5"):
                answer = await send(client, route.method, request.path, Spot((*path, name), Any).put(body, 1))
                told = envelope(answer)
                assert (answer.status_code, told["code"]) == (400, "invalid_body"), (route.path, name, answer.text)
                assert told["param"].endswith(name), (route.path, name, answer.text)
        assert books.difference(before, await books.read()) == []


async def redeemed(client: httpx.AsyncClient, url: str) -> None:
    await made(client, "/checkout_sessions", {"amount": AMOUNT, "couponId": await coupon(client, url)})


# What nobody makes on its own: it comes of something else, and is found in its list.
COMES_OF: dict[str, Callable[[httpx.AsyncClient, str], Awaitable[Any]]] = {
    "transactions": paid_payment,
    "redemptions": redeemed,
}


async def own_id(route: Route, client: httpx.AsyncClient, shop: Shop) -> str:
    """The id of something that the route is about."""
    noun = route.path.split("/")[1]
    if noun == "unassigned_transfers":
        # No request makes one: it comes on a chain.
        return await stray_transfer(shop.database, shop.project_id, livemode=False)
    makers = (maker for name, (maker, *_) in WAYS.items() if maker is not None and f" /{noun}/" in name)
    if (maker := next(makers, None)) is not None:
        return await maker(client, ENDPOINT_URL)
    assert noun in COMES_OF, f"say what {noun} come of, so that another's are tried"
    await COMES_OF[noun](client, ENDPOINT_URL)
    return str((await client.get(f"/{noun}")).json()["data"][0]["id"])


@pytest.mark.anyio
async def test_what_is_anothers_or_another_thing_is_not_there(still_shop: Shop) -> None:
    """Another project's key and the other mode's key find nothing at a real id, a right one finds nothing at an id of
    another kind, and none of them changes anything: the same 404 everywhere, wherever an id is in the path."""
    books = Books(still_shop.database)
    client, other = await still_shop.client(), await still_shop.client(project=await still_shop.project())
    live = await still_shop.client(mode="live")
    for route in ROUTES:
        if "{id}" not in route.path:
            continue
        known = await own_id(route, client, still_shop)
        of_another_kind = await (customer if "customers" not in route.path else coupon)(client, ENDPOINT_URL)
        body = body_for(route.method, route.path)
        before = await books.read()
        for asking, asked in ((other, known), (live, known), (client, of_another_kind)):
            answer = await asking.request(route.method, route.path.replace("{id}", asked), json=body)
            code = envelope(answer)["code"]
            test_only = asking is live and code == "test_mode_only"
            assert (answer.status_code, code) == (404, "not_found") or test_only, (route.path, answer.text)
        assert books.difference(before, await books.read()) == [], route.path


@pytest.mark.anyio
async def test_an_id_in_a_body_is_of_this_project_mode_and_kind(still_shop: Shop) -> None:
    """Where a body names something, another project's, the other mode's and a thing of another kind are refused as if
    there were none, naming the field, and nothing is changed."""
    books = Books(still_shop.database)
    client, other = await still_shop.client(), await still_shop.client(project=await still_shop.project())
    live = await still_shop.client(mode="live")
    theirs = {
        "linkId": await link(other, ""),
        "customerId": await customer(other, ""),
        "couponId": await coupon(other, ""),
        "productId": await product(other, ""),
        "testClockId": await clock(other, ""),
        "paymentId": await paid_payment(other, ""),
        "endpointId": await endpoint(other, ENDPOINT_URL),
    }
    in_live_mode = {
        "linkId": await link(live, ""),
        "customerId": await customer(live, ""),
        "couponId": await coupon(live, ""),
        "productId": await product(live, ""),
        "endpointId": await endpoint(live, ENDPOINT_URL),
    }
    tried = set()
    for route in BODIES:
        assert route.body is not None
        request = await request_for(route, client, ENDPOINT_URL)
        before = await books.read()
        for spot in spots(route.body):
            if not spot.name.endswith("Id") or spot.name in ANY_TEXT:
                continue
            another_kind = theirs["customerId"] if spot.name != "customerId" else theirs["couponId"]
            for foreign in filter(None, (theirs[spot.name], in_live_mode.get(spot.name), another_kind)):
                body = spot.put(base(route, request.body or {}, spot), foreign)
                answer = await send(client, route.method, request.path, body)
                assert refuses(answer, spot, foreign), (route.path, body, answer.text)
            tried.add(spot.name)
        assert books.difference(before, await books.read()) == [], route.path
    assert tried == theirs.keys()


NO_QUERY_VALUES = ["", "\0", "x" * 5_000, "\u202e", "a\nb", "[]", "null", "-1", "0x1", "1.5", "9" * 30, "%"]


@pytest.mark.anyio
async def test_no_parameter_of_a_query_takes_what_it_cannot_hold(still_shop: Shop) -> None:
    """Numbers, words, times, ids and cursors that are none, a parameter twice and one that does not exist: a 400
    invalid_query that names it, at every route; a route without parameters takes none at all."""
    client, books = await still_shop.client(), Books(still_shop.database)
    before = await books.read()
    wrong = []
    for route in ROUTES:
        path = concrete(route.path)
        content = json.dumps(body_for(route.method, route.path) or {}) if route.body is not None else None
        taken = {field.encode_name: field for field in fields_of(route.query)} if route.query is not None else {}
        tries = [(name, f"{name}=1&{name}=1") for name in taken]
        tries += [("nope", "nope=1"), ("Limit", "Limit=1"), ("limit[]", "limit[]=1")]
        for name, field in taken.items():
            for value in NO_QUERY_VALUES:
                text = isinstance(inner(field.type), inspect.StrType) and not name.endswith(("Id", "After", "_after"))
                if not text or value in ("\0", "a\nb", "\u202e"):
                    tries.append((name, urlencode({name: value})))
        for name, query in tries:
            answer = await client.request(route.method, f"{path}?{query}", content=content, headers=JSON)
            named = envelope(answer).get("param") if answer.is_error else None
            if (answer.status_code, named) != (400, name) or envelope(answer)["code"] != "invalid_query":
                wrong.append(f"{route.method} {route.path}?{query:.60}: {answer.status_code} {answer.text:.200}")
    assert not wrong, "\n".join(wrong[:20])
    assert books.difference(before, await books.read()) == []
