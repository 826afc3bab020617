"""Values as people and their programs write them: whole numbers with a point, ids of another kind, bodies that are no
plain UTF-8."""

import gzip
import json
import zlib
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from keyturn.http.reading import decode_json
from keyturn.http.server import ROUTES as KEYTURN_ROUTES
from tests.shop import Shop
from tillgate.api.application import ROUTES

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "5.00", "currency": "USD"}}
EVERY_ROUTE: list[Any] = [*ROUTES, *KEYTURN_ROUTES]
WITH_BODY = [(route.method, route.path, route.body) for route in EVERY_ROUTE if route.body is not None]


def whole_fields(body: type[msgspec.Struct]) -> list[str]:
    """The fields of a body that take an integer."""
    found = []
    for field in inspect.type_info(body).fields:  # type: ignore[attr-defined]
        kind = field.type
        kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
        plain = [one.type if isinstance(one, inspect.Metadata) else one for one in kinds]
        if any(isinstance(one, inspect.IntType) for one in plain):
            found.append(field.encode_name)
    return found


def test_every_field_that_takes_an_integer_takes_one_with_a_point() -> None:
    """``2.0`` is 2 in every body that a route declares; 2.5 is none, and a text that holds the like stays as it is."""
    tried = 0
    for method, path, body in WITH_BODY:
        decoder = msgspec.json.Decoder(body)
        for name in whole_fields(body):
            tried += 1
            for written in ("20.0", "20.000"):
                plain = outcome(decoder, b'{"%s": 20 }' % name.encode())
                assert outcome(decoder, f'{{"{name}": {written} }}'.encode()) == plain, (method, path, name)
            refused = outcome(decoder, f'{{"{name}": 20.5}}'.encode())
            assert "got `float`" in refused, (method, path, name)
    assert tried > 5


def outcome(decoder: msgspec.json.Decoder[object], body: bytes) -> str:
    """What a body is, or what is the matter with it."""
    try:
        return repr(decode_json(decoder, body))
    except msgspec.ValidationError as error:
        return str(error)


async def test_a_whole_number_with_a_point_is_one_and_texts_stay_as_they_are(sqlite_shop: Shop) -> None:
    """At any depth, several in one body; metadata and texts come back as they were sent."""
    client = await sqlite_shop.client()
    text = '"quantity": 2.0, "expiresInSeconds": 3.0'
    made = await client.post(
        "/checkout_sessions",
        content=json.dumps(
            {
                "lineItems": [{"name": text, "unitAmount": "12.00", "quantity": 2.0}],
                "currency": "USD",
                "expiresInSeconds": 3600.0,
                "metadata": {"weight": 2.0, "note": text},
            }
        ),
        headers={"content-type": "application/json"},
    )
    assert made.status_code == 201, made.text
    answer = made.json()
    assert answer["fiat"]["amount"] == "24.00"
    assert answer["metadata"] == {"weight": 2.0, "note": text} and '"weight":2.0' in made.text.replace(" ", "")
    [line] = (await client.get(f"/orders/{answer['orderId']}")).json()["lineItems"]
    assert (line["name"], line["quantity"]) == (text, 2)
    half = await client.post("/checkout_sessions", json=AMOUNT | {"expiresInSeconds": 3600.5})
    assert (half.status_code, half.json()["error"]["param"]) == (400, "expiresInSeconds")


async def test_an_id_of_another_kind_says_so(sqlite_shop: Shop) -> None:
    """By its prefix alone, whether or not there is such an object; what is no id is quoted as before."""
    client = await sqlite_shop.client()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    for path, words in (
        (f"/orders/{session['id']}", "cs_ begins the id of a checkout session."),
        (f"/payments/{session['orderId']}", "ord_ begins the id of an order."),
        ("/checkout_sessions/cus_0000000000000000000000000a", "cus_ begins the id of a customer."),
    ):
        answer = await client.get(path)
        assert answer.status_code == 404 and answer.json()["error"]["message"].endswith(words), answer.text
    for unknown in ("cs_0000000000000000000000000a", "nothing"):
        told = (await client.get(f"/checkout_sessions/{unknown}")).json()["error"]["message"]
        assert "begins the id" not in told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\xef\xbb\xbf" + json.dumps(AMOUNT).encode(), "byte order mark"),
        (json.dumps(AMOUNT).encode("utf-16"), "UTF-16"),
        (gzip.compress(json.dumps(AMOUNT).encode()), "gzip"),
        (zlib.compress(json.dumps(AMOUNT).encode()), "deflate"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "zstd"),
    ],
    ids=["bom", "utf-16", "gzip", "deflate", "zstd"],
)
async def test_a_body_that_is_no_plain_utf_8_says_what_it_is(sqlite_shop: Shop, body: bytes, words: str) -> None:
    """400 with what to send instead, whatever the headers claim."""
    client = await sqlite_shop.client()
    for headers in ({}, {"content-encoding": "gzip"}):
        sent = {"content-type": "application/json"} | headers
        answer = await client.post("/checkout_sessions", content=body, headers=sent)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_body")
        assert words in answer.json()["error"]["message"], answer.text
