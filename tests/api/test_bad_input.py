"""Bad input of every kind, at every route: a clear 4xx in the envelope, never a 500, on both databases."""

import math
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.test_requirements_errors import envelope
from tests.api.test_requirements_keys import body_for, concrete
from tests.shop import Shop, ShopBeside
from tillgate.api.application import ROUTES

JSON = {"Content-Type": "application/json"}
AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
LINK = {"title": "Pro plan", "fiatAmount": "99.00"}
ENDPOINT = {"url": "https://merchant.example/in", "events": ["*"]}
GOOD: dict[str, dict[str, Any]] = {
    "/refunds": {"paymentId": "pay_01hxyz0000000000000000000", "reason": "other"},
    "/payment_links": LINK,
    "/checkout_sessions": AMOUNT,
    "/webhook_endpoints": ENDPOINT,
    "/customers": {"name": "Ada"},
    "/products": {"name": "Mug", "price": "12.00"},
    "/coupons": {"name": "Spring", "discountType": "amount", "discountAmount": "5.00", "currency": "USD"},
    "/test_clocks": {"name": "Clock"},
    "/promotion_codes": {"code": "SPRING", "couponId": "cou_01hxyz0000000000000000000"},
}
WITH_BODY = [(route.method, concrete(route.path)) for route in ROUTES if route.body is not None]
WITH_ID = [(route.method, route.path) for route in ROUTES if "{id}" in route.path]
DEEP = 100_000


VERBS: dict[str, dict[str, Any]] = {
    "simulate": {"outcome": "paid"},
    "advance": {"seconds": 60},
    "refund": {"what": "everything"},
    "settle": {"txHash": "0xa"},
}


def good_body(path: str) -> dict[str, Any]:
    verb = path.rpartition("/")[2]
    return GOOD.get(path, VERBS.get(verb, {}))


async def refused(client: httpx.AsyncClient, method: str, path: str, content: Any, headers: Any = JSON) -> Any:
    """The error of a request that must be refused for its content."""
    answer = await client.request(method, path, content=content, headers=headers)
    assert 400 <= answer.status_code < 500, (method, path, content[:80], answer.text)
    return envelope(answer) | {"status": answer.status_code}


BROKEN: list[bytes] = [
    b"",
    b" ",
    b"{",
    b"}",
    b"{} {}",
    b"nothing",
    b"{'title': 1}",
    b'{"title": "a",}',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"title": "\xff"}',
    b'{"title": "\\ud800"}',
    b'{"title": "\\u00zz"}',
    b'{"title": "a\nb"}',
    b'{"metadata": {"n": NaN}}',
    b'{"metadata": {"n": 1e999}}',
    b"[" * DEEP + b"]" * DEEP,
    b'{"metadata": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001,
    b'{"metadata": {"a": ' + b"[" * DEEP + b"]" * DEEP + b"}}",
    b'{"events": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    b"9" * 100_000,
    b"null",
    b"true",
    b"[]",
    b'"{}"',
    b"0",
]


@pytest.mark.anyio
async def test_what_is_not_a_json_object_is_refused_everywhere(shop: Shop) -> None:
    """Broken, misplaced or bottomless JSON is a 400 invalid_body at every route that takes a body."""
    client = await shop.client()
    for method, path in WITH_BODY:
        for content in BROKEN:
            error = await refused(client, method, path, content)
            assert (error["status"], error["code"]) == (400, "invalid_body"), (method, path, content[:60])
    for path in (*GOOD, "/events"):
        assert (await client.get(path)).json()["data"] == []


@pytest.mark.anyio
async def test_every_depth_of_nesting_is_answered(shop: Shop) -> None:
    """Also just below the depth at which decoding stops, nothing further in gives up with a 500."""
    client = await shop.client()
    for depth in range(200, 1_000, 10):
        for path, rest in (
            ("/checkout_sessions", b'"amount": {"value": "1", "currency": "USD"}, '),
            ("/customers", b""),
        ):
            content = b"{" + rest + b'"metadata": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
            answer = await client.post(path, content=content, headers=JSON)
            assert answer.status_code in (201, 400), (depth, answer.text)


@pytest.mark.anyio
async def test_an_unknown_field_is_refused_by_name_everywhere(sqlite_shop: Shop) -> None:
    """A field that does not exist is named in param, whatever it is called; nested ones by their whole path."""
    client = await sqlite_shop.client()
    for method, path in WITH_BODY:
        for name in ("fiat_amount", "titel", "__proto__", "id", "livemode", "x" * 90, "\u65e5", "a b", "$"):
            content = httpx.Request("POST", "http://x", json=good_body(path) | {name: 1}).content
            error = await refused(client, method, path, content)
            assert (error["status"], error["code"], error["param"]) == (400, "invalid_body", name), (method, path)
    nested = {"amount": {"value": "1", "currency": "USD", "tax": "1"}}
    answer = await client.post("/checkout_sessions", json=nested)
    assert (answer.status_code, envelope(answer)["param"]) == (400, "amount.tax")
    for odd in ("", "a`b", "x" * 10_000, "\0", "\n"):
        answer = await client.post("/payment_links", json=LINK | {odd: 1})
        assert (answer.status_code, envelope(answer)["code"]) == (400, "invalid_body")
        assert len(answer.content) < 1_000


@pytest.mark.anyio
async def test_a_missing_field_is_refused_as_documented(sqlite_shop: Shop) -> None:
    """The sample of the documentation: code invalid_body, message `fiatAmount: Required`, param fiatAmount."""
    client = await sqlite_shop.client()
    error = envelope(await client.post("/payment_links", json={"title": "Pro plan"}))
    assert (error["type"], error["code"]) == ("invalid_request", "invalid_body")
    assert (error["message"], error["param"]) == ("fiatAmount: Required", "fiatAmount")
    for path, body, param in (
        ("/payment_links", {"fiatAmount": "1"}, "title"),
        ("/checkout_sessions", {"amount": {"value": "1"}}, "amount.currency"),
        ("/webhook_endpoints", {"url": "https://merchant.example"}, "events"),
        ("/products", {"price": "1"}, "name"),
        ("/products", {"name": "Mug"}, "price"),
        ("/coupons", {"name": "Spring"}, "discountType"),
        ("/promotion_codes", {"code": "SPRING"}, "couponId"),
    ):
        assert envelope(await client.post(path, json=body))["param"] == param


@pytest.mark.anyio
async def test_every_field_refuses_every_wrong_type(sqlite_shop: Shop) -> None:
    """Numbers for strings, strings for booleans and so on are a 400 that names the field; nothing is coerced."""
    client = await sqlite_shop.client()
    strings = {
        "/payment_links": ["title", "fiatAmount", "fiatCurrency", "description", "successUrl", "cancelUrl"],
        "/checkout_sessions": ["linkId", "successUrl", "cancelUrl", "returnUrl"],
        "/webhook_endpoints": ["url", "description"],
        "/customers": ["name", "email", "reference"],
        "/test_clocks": ["name"],
        "/products": ["name", "price", "currency", "pricing", "priceMin", "priceMax", "description"],
        "/coupons": ["name", "discountType", "discountAmount", "currency", "discountPercentage", "expiresAt"],
        "/promotion_codes": ["code", "couponId", "minimumAmount", "currency", "expiresAt"],
    }
    for path, names in strings.items():
        for name in names:
            for wrong in (1, 1.5, True, [], {}, ["https://merchant.example"], 10**30):
                answer = await client.post(path, json=good_body(path) | {name: wrong})
                assert (answer.status_code, envelope(answer)["param"]) == (400, name), (path, name, wrong)
    clock = (await client.post("/test_clocks", json={})).json()
    others: list[tuple[str, str, list[Any], str]] = [
        ("/checkout_sessions", "metadata", ["x", 1, True, []], "metadata"),
        ("/checkout_sessions", "amount", ["50.00", 50, [], True], "amount"),
        ("/checkout_sessions", "expiresInSeconds", ["600", 600.5, True, []], "expiresInSeconds"),
        ("/webhook_endpoints", "events", ["*", 1, True, {}], "events"),
        ("/webhook_endpoints", "events", [[1], [None], [["*"]]], "events"),
        ("/products", "active", ["true", 1, None, []], "active"),
        (f"/test_clocks/{clock['id']}/advance", "seconds", ["60", 0, -1, 1.5, True, None, 10**9, 2**70], "seconds"),
        ("/coupons", "maxRedemptions", ["1", 1.5, True, 0, -1, 10**12, 2**70], "maxRedemptions"),
        ("/promotion_codes", "firstTimeTransaction", ["true", 1, None], "firstTimeTransaction"),
        ("/promotion_codes", "onePerCustomer", ["true", 1, None], "onePerCustomer"),
    ]
    for path, name, wrongs, param in others:
        for wrong in wrongs:
            answer = await client.post(path, json=good_body(path) | {name: wrong})
            assert answer.status_code == 400, (path, name, wrong, answer.text)
            assert envelope(answer)["param"].startswith(param)
    for name in ("value", "currency"):
        for wrong in (1, 1.5, None, True, [], {}):  # type: ignore[assignment]
            answer = await client.post("/checkout_sessions", json={"amount": {**AMOUNT["amount"], name: wrong}})
            assert (answer.status_code, envelope(answer)["param"]) == (400, f"amount.{name}")


AMOUNTS = [
    "", " ", "0", "0.00", "-0", "-1", "+1", "1e9", "1E9", "0x10", "1_000", "1,000", "1.", ".5", "1..5", "1.5.0",
    "10.005", "NaN", "Infinity", "-Infinity", "$5", "5 USD", " 5", "5 ", "5\n", "\u0665", "\uff15", "5\0", "null",
    "9" * 13, "9" * 10_000, "0." + "0" * 100 + "1", "99999999999999999999.99",
]  # fmt: skip
# What may cost nothing, as free orders do.
MAY_BE_ZERO = {(zero, param) for zero in ("0", "0.00") for param in ("fiatAmount", "price", "priceMin")}


@pytest.mark.anyio
async def test_what_is_no_amount_is_refused(sqlite_shop: Shop) -> None:
    """A price is a plain decimal, zero or more, in the currency's own digits; anything else is a 400 that names it."""
    client = await sqlite_shop.client()
    link = (await client.post("/payment_links", json=LINK)).json()
    for amount in AMOUNTS:
        for method, path, body, param in (
            ("POST", "/payment_links", LINK | {"fiatAmount": amount}, "fiatAmount"),
            ("PATCH", f"/payment_links/{link['id']}", {"fiatAmount": amount}, "fiatAmount"),
            ("POST", "/checkout_sessions", {"amount": {"value": amount, "currency": "USD"}}, "amount.value"),
            ("POST", "/products", {"name": "Mug", "price": amount}, "price"),
            ("POST", "/products", {"name": "Mug", "pricing": "buyer", "priceMin": amount}, "priceMin"),
            ("POST", "/coupons", GOOD["/coupons"] | {"discountAmount": amount}, "discountAmount"),
        ):
            answer = await client.request(method, path, json=body)
            if (amount, param) in MAY_BE_ZERO:
                assert answer.is_success, (amount, path, answer.text)
                continue
            assert (answer.status_code, envelope(answer)["param"]) == (400, param), (amount, answer.text)
            assert len(answer.content) < 1_000


CURRENCIES = ["", "usd", "Usd", "US", "USDT", "XXX", "BTC", "\u20ac", "USD ", "U\0D", "x" * 999]


@pytest.mark.anyio
async def test_what_is_no_currency_is_refused(sqlite_shop: Shop) -> None:
    """A currency is an ISO 4217 code in capitals; one in lower case is told how to write it."""
    client = await sqlite_shop.client()
    for currency in CURRENCIES:
        for path, body, param in (
            ("/payment_links", LINK | {"fiatCurrency": currency}, "fiatCurrency"),
            ("/checkout_sessions", {"amount": {"value": "1", "currency": currency}}, "amount.currency"),
            ("/products", GOOD["/products"] | {"currency": currency}, "currency"),
            ("/coupons", GOOD["/coupons"] | {"currency": currency}, "currency"),
        ):
            answer = await client.post(path, json=body)
            error = envelope(answer)
            assert (answer.status_code, error["param"]) == (400, param), currency
            assert currency != "usd" or "USD" in error["message"]


URLS = [
    "", "x", "merchant.example", "//merchant.example", "javascript:alert(1)", "JavaScript:alert(1)", " javascript:x",
    "java\nscript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://merchant.example", "http://merchant.example",
    "https:", "https://", "https:///path", "https://user@merchant.example", "https://:p@merchant.example",
    "https://merchant.example:port", "https://merchant.example:99999", "https://merchant.example/ a",
    "https://merchant.example/\0", "https://merchant.example/\\", "https://[::1", "https://" + "x" * 10_000,
    "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://0/",
]  # fmt: skip


@pytest.mark.anyio
async def test_what_is_no_safe_url_is_refused(sqlite_shop: Shop) -> None:
    """A buyer is sent to https only (in test mode also to the developer's own machine); javascript: and its like
    are a 400 that names the field, and so is everything else that is no absolute URL."""
    client = await sqlite_shop.client()
    link = (await client.post("/payment_links", json=LINK)).json()
    endpoint = (await client.post("/webhook_endpoints", json=ENDPOINT)).json()
    for url in URLS:
        for method, path, body, param in (
            ("POST", "/payment_links", LINK, "successUrl"),
            ("POST", "/payment_links", LINK, "cancelUrl"),
            ("PATCH", f"/payment_links/{link['id']}", {}, "successUrl"),
            ("POST", "/checkout_sessions", AMOUNT, "successUrl"),
            ("POST", "/checkout_sessions", AMOUNT, "cancelUrl"),
            ("POST", "/checkout_sessions", AMOUNT, "returnUrl"),
            ("POST", "/webhook_endpoints", ENDPOINT, "url"),
            ("PATCH", f"/webhook_endpoints/{endpoint['id']}", {}, "url"),
        ):
            answer = await client.request(method, path, json={**body, param: url})
            assert (answer.status_code, envelope(answer)["param"]) == (400, param), (url, answer.text)


@pytest.mark.anyio
async def test_live_mode_takes_https_only(sqlite_shop: Shop) -> None:
    """In live mode a return URL to this machine by plain http is refused; in test mode it is a developer's own."""
    test, live = await sqlite_shop.client(), await sqlite_shop.client(mode="live")
    for url in ("http://localhost:3000/thanks", "http://127.0.0.1/thanks", "http://[::1]:3000/"):
        assert (await test.post("/payment_links", json=LINK | {"successUrl": url})).status_code == 201
        for name in ("successUrl", "cancelUrl"):
            answer = await live.post("/payment_links", json=LINK | {name: url})
            assert (answer.status_code, envelope(answer)["param"]) == (400, name)
        answer = await live.post("/checkout_sessions", json=AMOUNT | {"successUrl": url})
        assert (answer.status_code, envelope(answer)["param"]) == (400, "successUrl")


LONG = "x" * 10_000
TEXTS: list[tuple[str, str, list[str]]] = [
    ("/payment_links", "title", ["", "   ", LONG, "a\0b", "a\x1bb", "\u0000"]),
    ("/payment_links", "description", [LONG, "a\0b", "\x07"]),
    ("/webhook_endpoints", "description", [LONG, "a\0b"]),
    ("/customers", "name", [LONG, "a\0b"]),
    ("/customers", "email", [LONG, "a\0b@example.com", "nobody", "@"]),
    ("/customers", "reference", [LONG, "a\0b"]),
    ("/products", "name", ["", "  ", LONG, "a\0b"]),
    ("/products", "description", [LONG, "a\0b"]),
    ("/coupons", "name", ["", LONG, "a\0b"]),
    ("/coupons", "description", [LONG, "a\0b"]),
]


@pytest.mark.anyio
async def test_long_and_unprintable_text_is_refused(shop: Shop) -> None:
    """Empty, endless or control-character text is a 400 that names the field: no database is asked to keep it."""
    client = await shop.client()
    for path, name, values in TEXTS:
        for value in values:
            answer = await client.post(path, json=good_body(path) | {name: value})
            assert (answer.status_code, envelope(answer)["param"]) == (400, name), (path, name, value[:10], answer.text)
            assert len(answer.content) < 1_000
    for odd in (
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
        "\u202e",
        "' OR 1=1 --",
        "<b>",
        "\t",
    ):
        answer = await client.post("/payment_links", json=LINK | {"title": f"a{odd}b"})
        assert (answer.status_code, answer.json()["title"]) == (201, f"a{odd}b")


METADATA: list[Any] = [
    {f"key{number}": 1 for number in range(51)},
    {"": 1},
    {"k" * 41: 1},
    {"k": "v" * 501},
    {"k": ["v" * 500]},
    {"k": list(range(500))},
    {"k": 10**600},
    {"k": "\0"},
    {"\0": 1},
]


@pytest.mark.anyio
async def test_metadata_has_bounds(shop: Shop) -> None:
    """More than 50 keys, long keys or values, and a NUL are a 400 that names metadata; big numbers are data."""
    client = await shop.client()
    for path in ("/checkout_sessions", "/customers", "/products", "/coupons"):
        for metadata in METADATA:
            answer = await client.post(path, json=good_body(path) | {"metadata": metadata})
            assert answer.status_code == 400, (path, str(metadata)[:60], answer.text)
            assert envelope(answer)["param"].startswith("metadata")
            assert len(answer.content) < 1_000
        kept = {"k" * 40: "v" * 500, "n": 2**64, "m": -(2**70), "f": 1e308, "e": {}, "\u20ac": "\U0001f600"}
        answer = await client.post(path, json=good_body(path) | {"metadata": kept})
        assert (answer.status_code, answer.json()["metadata"]) == (201, kept), answer.text


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "json",
     "application/json, application/json", "\xff"],
)  # fmt: skip
@pytest.mark.anyio
async def test_only_json_is_taken(sqlite_shop: Shop, content_type: str | None) -> None:
    """Another content type, or none, is a 415 at every route that takes a body."""
    client = await sqlite_shop.client()
    headers = {} if content_type is None else {"Content-Type": content_type.encode("latin-1")}
    for method, path in WITH_BODY:
        error = await refused(client, method, path, b"{}", headers)
        assert (error["status"], error["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x"])
@pytest.mark.anyio
async def test_json_is_recognised_in_every_spelling(sqlite_shop: Shop, content_type: str) -> None:
    """Media types are case-insensitive and may have parameters."""
    client = await sqlite_shop.client()
    answer = await client.post("/payment_links", content=b'{"title":"a","fiatAmount":"1"}',
                               headers={"Content-Type": content_type})  # fmt: skip
    assert answer.status_code == 201


async def in_chunks(total: int) -> AsyncIterator[bytes]:
    yield b'{"title": "'
    for _ in range(math.ceil(total / 16_384)):
        yield b"x" * 16_384
    yield b'", "fiatAmount": "1"}'


@pytest.mark.anyio
async def test_a_body_of_a_megabyte_is_refused(sqlite_shop: Shop) -> None:
    """413 at every route, also chunked without a Content-Length and also where no body is taken."""
    client = await sqlite_shop.client()
    for method, path in WITH_BODY:
        error = await refused(client, method, path, b"x" * 1_048_576)
        assert (error["status"], error["code"]) == (413, "body_too_large")
        answer = await client.request(method, path, content=in_chunks(1_048_576), headers=JSON)
        assert (answer.status_code, envelope(answer)["code"]) == (413, "body_too_large")
    answer = await client.request("DELETE", "/payment_links/pl_x", content=b"x" * 1_048_576)
    assert (answer.status_code, envelope(answer)["code"]) == (413, "body_too_large")


IDS = [
    "x", "cs_", "0", "-1", "null", "undefined", "%00", "%0a", "%20", "%ff", "%ed%a0%80", "%", "%zz", "%2e%2e", "..%2f",
    "\u65e5\u672c", "%F0%9F%98%80", "'", '"', "' OR 1=1 --", "$1", "{id}", "*", "a" * 64, "a" * 65, "a" * 6_000,
    "cs_01hxyz0000000000000000000%00", "pl_01HXYZ0000000000000000000", ";", "a;b=c", "@", "~",
]  # fmt: skip


@pytest.mark.anyio
async def test_an_id_of_any_shape_is_just_not_found(shop: Shop) -> None:
    """Strange characters, escapes, other types' ids and endless ones are a 404, wherever an id goes."""
    client = await shop.client()
    for method, path in WITH_ID:
        for odd in IDS:
            answer = await client.request(method, path.replace("{id}", odd), json=body_for(method, path))
            assert (answer.status_code, envelope(answer)["type"]) == (404, "not_found"), (
                method,
                path,
                odd,
                answer.text,
            )
            assert len(answer.content) < 1_000


QUERIES = [
    "=", "&", "&&&", "?", "%", "%zz", "%00", "%00=%00", "a=b", "limit", "limit=", "limit=1&limit=1", "limit=%00",
    "limit=1;limit=2", "starting_after=%00", "starting_after=%ED%A0%80", "email=%00", "email=%00&reference=%00",
    "reference=%00", "status=%00", "linkId=%00", "type=%00", "createdAfter=%00", "archived=perhaps", "archived=%00",
    "page=0", "page=99999999999999999999", "page=-1", "x" * 5_000, "&".join(f"a{n}=1" for n in range(2_000)),
    "active=%00", "active=perhaps", "code=%00", "code=", "couponId=%00", "expand=", "expand=everything", "expand=%00",
    "createdAfter=0001-01-01T00:00:00%2B23:59", "createdAfter=9999-12-31T23:59:59-23:59",
]  # fmt: skip


@pytest.mark.anyio
async def test_a_query_of_any_shape_is_answered(shop: Shop) -> None:
    """A list answers any query with a page or with a clear 400; a route that takes no query says so."""
    client = await shop.client()
    for route in ROUTES:
        for query in QUERIES:
            json = good_body(route.path) if route.body is not None else None
            answer = await client.request(route.method, f"{concrete(route.path)}?{query}", json=json)
            assert answer.status_code in (200, 201, 400, 404), (route.method, route.path, query[:60], answer.text)
            if answer.status_code >= 400:
                envelope(answer)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(
    {name for route in ROUTES if route.body is not None for name in route.body.__struct_encode_fields__}
    | {"value", "currency"}
)
likely = st.sampled_from(
    ["1", "99.00", "USD", "EUR", "JPY", "https://merchant.example/", "*", "session.paid", "paid", "late", 300, True, []]
)
bodies = st.dictionaries(st.sampled_from(FIELDS), likely | json_values, max_size=5)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=st.tuples(st.sampled_from(WITH_BODY), bodies | json_values))
def test_any_json_at_all_is_answered_without_a_500(shop_beside: ShopBeside, request: Any) -> None:
    """Whatever JSON is sent to whatever route: a success or a 4xx in the envelope."""
    (method, path), body = request
    answer = shop_beside.request(method, path, json=body)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        envelope(answer)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=st.tuples(st.sampled_from(WITH_BODY), st.binary(max_size=200)))
def test_any_bytes_at_all_are_answered_without_a_500(shop_beside: ShopBeside, request: Any) -> None:
    """Whatever bytes are sent as JSON to whatever route: a success or a 4xx in the envelope."""
    (method, path), content = request
    answer = shop_beside.request(method, path, content=content, headers=JSON)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        envelope(answer)


@pytest.mark.anyio
async def test_a_nul_is_refused_wherever_it_is(sqlite_shop: Shop) -> None:
    """Receivers keep metadata as jsonb, which holds none (PostgreSQL, 8.14); the field is named, however deep."""
    client = await sqlite_shop.client()
    for body, param in (
        (AMOUNT | {"metadata": {"a": "\0"}}, "metadata.a"),
        (AMOUNT | {"metadata": {"a": {"b": [1, "x\0"]}}}, "metadata.a.b"),
        (AMOUNT | {"metadata": {"\0": 1}}, "metadata"),
        (AMOUNT | {"successUrl": "https://a.example/\0"}, "successUrl"),
    ):
        answer = await client.post("/checkout_sessions", json=body)
        assert (answer.status_code, envelope(answer)["param"]) == (400, param), body
        assert "U+0000" in envelope(answer)["message"]
    taken = await client.post("/checkout_sessions", json=AMOUNT | {"metadata": {"a": r"\u0000"}})
    assert (taken.status_code, taken.json()["metadata"]) == (201, {"a": r"\u0000"})
