"""The OpenAPI document: derived from the declarations that route and check, and true of the real answers."""

from collections.abc import Iterator
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Literal, get_args

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import validator_for

from keyturn import Need
from keyturn.http.routing import Router
from keyturn.needs import ANY_KEY, OPEN
from tests.shop import Shop, ShopBeside
from tillgate.api.application import ROUTES
from tillgate.api.openapi import document
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.payments.model import PaymentState, Unusual
from tillgate.checkout.redemptions.model import RedemptionStatus
from tillgate.checkout.refunds.model import RefundStatus
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.events.deliveries.model import DeliveryStatus
from tillgate.wire.routing import Reads, Route, check_needs

PUBLIC_URL = "https://shop.example"


class Pong(msgspec.Struct):
    """An answer that only this file knows."""

    pong: bool


async def ping(*_: Any) -> Pong:
    return Pong(True)


async def list_pings(*_: Any) -> Pong:
    return Pong(True)


PING = Route("GET", "/ping/{id}", Need("links:read"), "Ping", Reads(ping), Pong)


@pytest.mark.anyio
async def test_the_document_is_served_and_has_every_route(sqlite_shop: Shop) -> None:
    """GET /openapi.json is OpenAPI 3.1 with every method and path, the scope of each and no other."""
    client = await sqlite_shop.client()
    answer = await client.get(f"{PUBLIC_URL}/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    told = answer.json()
    assert told["openapi"].startswith("3.1.")
    assert told["servers"] == [{"url": PUBLIC_URL}]
    listed = {
        (method.upper(), path.removeprefix("/api/v1"), operation["x-required-scope"])
        for path, operations in told["paths"].items()
        for method, operation in operations.items()
    }
    assert listed == {(route.method, route.path, route.scope) for route in ROUTES}
    operations = [operation for path in told["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(ROUTES)
    assert all({"200", "201"} & set(operation["responses"]) for operation in operations)
    assert all({"400", "401", "403", "404"} <= set(operation["responses"]) for operation in operations)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_document_is_sound() -> None:
    """Every reference leads somewhere, every schema is valid JSON Schema 2020-12, and no component is unused."""
    told = msgspec.json.decode(msgspec.json.encode(document(ROUTES, PUBLIC_URL)))
    found = set(references(told))
    for reference in found:
        node = told
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    components = told["components"]["schemas"]
    for name, schema in components.items():
        assert name.replace("_", "").isalnum(), name
        validator_for(
            {**schema, "$schema": "https://json-schema.org/draft/2020-12/schema", "components": told["components"]}
        )


# What stands in answers and is no object: pages of objects, and sums of money.
NO_OBJECTS = {
    "BalancesObject",
    "CryptoAmount",
    "FiatAmount",
    "KeyUsageObject",
    "MovementObject",
    "OnNetworkObject",
    "OrderAmounts",
    "PaymentAmounts",
    "PaymentOptionObject",
    "RateLegObject",
    "RateObject",
    "ReportLineObject",
    "Token",
}
# What a merchant says, in words of their own.
OWN_WORDS = {"DeliveryObject.reason"}


def answered(told: dict[str, Any]) -> set[str]:
    """The schemas that successes are made of, by whatever detour."""
    found: set[str] = set()
    waiting: list[Any] = [
        answer
        for operations in told["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status < "300"
    ]
    while waiting:
        for reference in references(waiting.pop()):
            kind, _, name = reference.removeprefix("#/components/").partition("/")
            if kind == "schemas" and name not in found:
                found.add(name)
                waiting.append(told["components"]["schemas"][name])
    return found


def test_every_object_says_its_mode() -> None:
    """crypto-checkout R46: `livemode` is on every object that the API shows, those inside others included."""
    told = msgspec.json.decode(msgspec.json.encode(document(ROUTES, PUBLIC_URL)))
    components = told["components"]["schemas"]
    found = answered(told)
    objects = {name for name in found if "properties" in components[name]} - NO_OBJECTS
    pages = {name for name in objects if components[name]["properties"].get("data", {}).get("type") == "array"}
    assert found >= NO_OBJECTS
    assert {"LineItemObject", "DiscountObject", "AttemptObject", "EventObject", "RefundObject"} <= objects - pages
    for name in objects - pages:
        schema = components[name]
        assert schema["properties"].get("livemode", {}).get("type") == "boolean", f"{name} does not say its mode"
        assert "livemode" in schema["required"], f"{name} may leave its mode out"
    for name in pages | NO_OBJECTS:
        assert "object" not in components[name]["properties"], f"{name} calls itself an object"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("CheckoutSessionObject", SessionStatus),
        ("OrderObject", OrderStatus),
        ("PaymentObject", PaymentState),
        ("RefundObject", RefundStatus),
        ("RedemptionObject", RedemptionStatus),
        ("WebhookDeliveryObject", DeliveryStatus),
    ],
)
def test_a_status_has_its_words(schema: str, words: type[StrEnum]) -> None:
    """The document lists every word that a state can be, so that generated clients have them."""
    properties = document(ROUTES, PUBLIC_URL)["components"]["schemas"][schema]["properties"]
    assert set(properties["status"]["enum"]) == {one.value for one in words}
    if "exceptions" in properties:
        assert set(properties["exceptions"]["items"]["enum"]) == set(get_args(Unusual))


def test_no_status_is_any_text() -> None:
    """Whatever is called a status, a state or a kind in an answer says which words there are."""
    told = msgspec.json.decode(msgspec.json.encode(document(ROUTES, PUBLIC_URL)))
    for name in answered(told):
        for field, schema in told["components"]["schemas"][name].get("properties", {}).items():
            if field in ("status", "state", "kind", "reason", "decision", "fulfillment", "exceptions"):
                if f"{name}.{field}" in OWN_WORDS:
                    continue
                assert "enum" in msgspec.json.encode(schema).decode() or "$ref" in schema, f"{name}.{field}"


@pytest.mark.anyio
async def test_every_path_below_the_mount_asks_for_a_key(sqlite_shop: Shop) -> None:
    """crypto-checkout R1: every route that is declared, and every path that is not, is a 401 without a key; where the
    document used to stand as well. It is public outside."""
    assert [route.path for route in ROUTES if route.need in (OPEN, ANY_KEY)] == []
    nobody, client = await sqlite_shop.caller(), await sqlite_shop.client()
    declared = [(route.method, route.path.replace("{id}", "x")) for route in ROUTES]
    others = [("GET", path) for path in ("", "/", "/openapi.json", "/openapi.yaml", "/docs", "/healthz", "/nothing")]
    others += [("HEAD", "/openapi.json"), ("POST", "/openapi.json"), ("OPTIONS", "/openapi.json")]
    for method, path in declared + others:
        assert (await nobody.request(method, path)).status_code == 401, f"{method} {path}"
    gone = await client.get("/openapi.json")
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "unknown_path")
    assert gone.json()["error"]["message"].endswith("the paths are listed in /openapi.json.")
    for method in ("GET", "HEAD"):
        public = await nobody.request(method, f"{PUBLIC_URL}/openapi.json")
        assert (public.status_code, public.headers["content-type"]) == (200, "application/json")
    assert (await nobody.post(f"{PUBLIC_URL}/openapi.json")).status_code == 405


def links_of(told: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The links of an operation's success, references followed, by the operation they lead to."""
    responses = told["paths"][f"/api/v1{path}"][method]["responses"]
    success = responses.get("200", responses.get("201"))
    found = {}
    for name, link in success.get("links", {}).items():
        found[name] = told["components"]["links"][link["$ref"].rpartition("/")[2]]
        assert found[name]["operationId"] == name
    return found


def test_an_answer_says_where_it_leads() -> None:
    """A new session leads to what can be done with it and to its order; a payment to its refunds; a page to its first
    object and to the next page. No answer leads to where it came from."""
    told = document(ROUTES, PUBLIC_URL)
    session = links_of(told, "post", "/checkout_sessions")
    own = {"parameters": {"id": "$response.body#/id"}}
    for verb in ("retrieve", "accept", "expire", "simulate"):
        name = f"checkout_sessions_{verb}"
        assert session[name] == {"operationId": name} | own
    assert session["orders_list_all"]["parameters"] == {"sessionId": "$response.body#/id"}
    assert session["payment_links_retrieve"]["parameters"] == {"id": "$response.body#/linkId"}
    payment = links_of(told, "get", "/payments/{id}")
    assert payment["refunds_create"]["requestBody"] == {"paymentId": "$response.body#/id"}
    assert payment["orders_retrieve"]["parameters"] == {"id": "$response.body#/orderId"}
    assert "payments_retrieve" not in payment
    endpoint = links_of(told, "post", "/webhook_endpoints")
    assert {f"webhook_endpoints_{verb}" for verb in ("rotate_secret", "test", "replay_range", "delete")} < set(endpoint)
    assert links_of(told, "delete", "/webhook_endpoints/{id}") == {}
    page = links_of(told, "get", "/webhook_endpoints/{id}/deliveries")
    assert page["webhook_deliveries_retrieve_delivery"]["parameters"] == {"id": "$response.body#/data/0/id"}
    following = {"starting_after": "$response.body#/nextCursor", "id": "$request.path.id"}
    assert page["webhook_endpoints_list_deliveries"]["parameters"] == following


def test_every_link_fits_what_it_leads_to() -> None:
    """A link's parameters and body fields are ones that its operation takes, and what it reads is in the answer."""
    told = document(ROUTES, PUBLIC_URL)
    schemas = told["components"]["schemas"]
    operations = {one["operationId"]: one for path in told["paths"].values() for one in path.values()}
    seen = set()
    for operation in operations.values():
        for status, answer in operation["responses"].items():
            for link in answer.get("links", {}).values():
                name = link["$ref"].rpartition("/")[2]
                to_api, target = told["components"]["links"][name], operations[name.partition(".")[2]]
                taken = {one["name"] for one in target["parameters"] if one["in"] in ("path", "query")}
                assert set(to_api.get("parameters", {})) <= taken, name
                needed = {one["name"] for one in target["parameters"] if one["required"]}
                assert needed <= set(to_api.get("parameters", {})), name
                if "requestBody" in to_api:
                    body = target["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                    assert set(to_api["requestBody"]) <= set(schemas[body]["properties"]), name
                answered = operation["responses"][status]["content"]["application/json"]["schema"]["$ref"]
                fields = schemas[answered.rpartition("/")[2]]["properties"]
                for expression in [*to_api.get("parameters", {}).values(), *to_api.get("requestBody", {}).values()]:
                    where = expression.removeprefix("$response.body#/").split("/")[0]
                    assert where in fields or expression == "$request.path.id", name
                seen.add(name)
    assert seen == set(told["components"]["links"])


class Pinged(msgspec.Struct, rename="camel"):
    """A resource that only this file knows."""

    id: str
    session_id: str
    object: Literal["ping"] = "ping"


class ListPings(msgspec.Struct, rename="camel"):
    """What its list takes."""

    order_id: str | msgspec.UnsetType = msgspec.UNSET


def test_a_new_resource_has_its_links_at_once() -> None:
    """What a route declares and what its fields are called is enough; nobody keeps a list of links."""
    one = PING._replace(path="/pings/{id}", answers=Pinged)
    many = PING._replace(path="/pings", query=ListPings)
    told = document([*ROUTES, one, many._replace(action=Reads(list_pings))], PUBLIC_URL)
    session = links_of(told, "get", "/pings/{id}")["checkout_sessions_retrieve"]
    assert session["parameters"] == {"id": "$response.body#/sessionId"}
    assert links_of(told, "get", "/orders/{id}")["pings_list_pings"]["parameters"] == {"orderId": "$response.body#/id"}


def test_a_field_that_could_refer_to_two_things_does_not_start() -> None:
    """Where a name is ambiguous, a link would be a guess."""

    class OtherSession(Pinged):
        object: Literal["other_session"] = "other_session"  # type: ignore[assignment]

    with pytest.raises(ValueError, match="session_id could be the id of any of checkout_session, other_session"):
        document([*ROUTES, PING._replace(path="/others/{id}", answers=OtherSession)], PUBLIC_URL)


def test_a_new_route_is_in_the_document_and_in_the_router_at_once() -> None:
    """Routing, checking and the document read one declaration."""
    told = document([*ROUTES, PING], PUBLIC_URL)
    operation = told["paths"]["/api/v1/ping/{id}"]["get"]
    assert operation["x-required-scope"] == "links:read"
    assert operation["responses"]["200"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Pong"
    }
    assert "Pong" in told["components"]["schemas"]
    found = Router([*ROUTES, PING]).find("/ping/x")
    assert found is not None
    assert (found.by_method["GET"], found.values, found.allow) == (PING, ("x",), "GET, HEAD")


@pytest.mark.parametrize("need", [None, "", Need(""), Need("links"), Need("*"), "links:read"])
def test_a_route_without_a_need_does_not_start(need: Any) -> None:
    """The default refuses: an endpoint that declares no scope keeps the whole API from starting."""
    with pytest.raises(TypeError, match="does not declare which scope it needs"):
        check_needs([*ROUTES, PING._replace(need=need)])


def test_a_route_that_is_declared_twice_does_not_start() -> None:
    """Two declarations of one method and path are a mistake, not an order of precedence."""
    with pytest.raises(ValueError, match="declared twice"):
        Router([PING, PING._replace(status=HTTPStatus.CREATED)])


CHECKS: list[schemathesis.CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_headers_conformance,
    schemathesis.checks.response_schema_conformance,
    schemathesis.checks.negative_data_rejection,
]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_schemathesis_finds_no_answer_that_the_document_does_not_promise(shop_beside: ShopBeside) -> None:
    """For requests made up from the document: no 5xx, only declared statuses, bodies of their declared schemas,
    and nothing accepted that the document forbids."""
    told = shop_beside.request("GET", f"{PUBLIC_URL}/openapi.json").json()
    # Every request here carries a key; what happens without one is shown elsewhere.
    del told["security"]
    schema = schemathesis.openapi.from_dict(told)
    tested = 0
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]

        @settings(
            max_examples=12,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy() | operation.as_strategy(schemathesis.GenerationMode.NEGATIVE))
        def holds(case: schemathesis.Case) -> None:
            asked = requests.Request(**case.as_transport_kwargs(base_url=PUBLIC_URL)).prepare()
            headers = dict(asked.headers) | {"Authorization": f"Bearer {shop_beside.key}"}
            answer = shop_beside.request(asked.method, asked.url, content=asked.body, headers=headers)
            case.validate_response(answer, checks=CHECKS)

        holds()
        tested += 1
    assert tested == len(ROUTES)
