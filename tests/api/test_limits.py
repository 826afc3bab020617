"""The limits that the native API declares are those that it keeps."""

from typing import Any

import pytest

from tests.api.test_bad_fields import BODIES, ENDPOINT_URL
from tests.api.test_bad_fields import Spot as Place
from tests.api.test_bad_fields import base as body_in_which
from tests.api.test_idempotency import request_for
from tests.limits import NONSENSE, Spot, beyond, disagreements
from tests.shop import Shop
from tillgate.api.application import ROUTES
from tillgate.api.mount import ROOT
from tillgate.api.openapi import document

pytestmark = pytest.mark.anyio

TOLD = document(ROUTES, "https://shop.example")
COMPONENTS = TOLD["components"]["schemas"]
LOOKUPS = frozenset({"dialect", "promotionCode"})


async def test_a_limit_of_a_body_is_kept(still_shop: Shop) -> None:
    """In each field of each body a value at the declared limit is not refused for it, and one beyond is, by name."""
    tried, wrong = 0, []
    for route in BODIES:
        assert route.body is not None
        client = await still_shop.client(project=await still_shop.project())
        request = await request_for(route, client, ENDPOINT_URL)
        schema = TOLD["paths"][ROOT + route.path][route.method.lower()]["requestBody"]["content"]["application/json"]

        def base(spot: Spot, request: Any = request, route: Any = route) -> dict[str, Any]:
            return body_in_which(route, request.body or {}, Place(spot.path, str))

        async def send(body: Any, request: Any = request, route: Any = route, client: Any = client) -> Any:
            return await client.request(route.method, request.path, json=body)

        found, differing = await disagreements(
            f"{route.method} {route.path}", schema["schema"], COMPONENTS, base, send, lookups=LOOKUPS
        )
        tried, wrong = tried + found, wrong + differing
    assert not wrong, "\n".join(wrong)
    assert tried > 180


async def test_a_limit_of_a_query_is_kept(still_shop: Shop) -> None:
    """What a parameter is declared not to be is refused, and the refusal names it."""
    client, tried = await still_shop.client(), 0
    for path, operations in TOLD["paths"].items():
        parameters = operations.get("get", {}).get("parameters", ()) if "{" not in path else ()
        for one in parameters:
            for value in beyond(one["schema"], COMPONENTS) if one["in"] == "query" else ():
                answer = await client.get(path.removeprefix(ROOT), params={one["name"]: value})
                told = (path, one["name"], value if value == NONSENSE else str(value)[:20], answer.text)
                assert answer.status_code in (400, 404) and one["name"] in answer.text, told
                tried += 1
    assert tried > 60
