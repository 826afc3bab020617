"""Several dialects on one host: a path belongs to the one that has it, an unknown path to the one of its key."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn import KeyWish, Kind, Mode, Need, Refused
from keyturn.http.pipeline import Answer
from keyturn.keys.secret import FORMATS, generate
from keyturn.needs import OPEN
from tests.shop import PUBLIC_URL, Shop, open_shop
from tillgate.dialects.craftkit import CRAFTKIT
from tillgate.wire.context import ApiContext
from tillgate.wire.crossroads import check_apart
from tillgate.wire.dialect import PATH_LENGTH_MAX, Dialect, ErrorStyle, IdempotencyPolicy
from tillgate.wire.routing import Call, Reads, Route

pytestmark = pytest.mark.anyio


def errors(name: str) -> ErrorStyle:
    def refused(refusal: Refused, _: str) -> Answer:
        return Answer(401, f"{name}: {refusal.reason.value}: {refusal.hint}".encode())

    return ErrorStyle(
        refused, lambda *_: Answer(429, name.encode()), lambda error, _: Answer(404, f"{name}: {error.code}".encode())
    )


def made(name: str, mounts: tuple[str, ...], *routes: Route, **more: Any) -> Dialect:
    return Dialect(name, mounts, routes, errors(name), IdempotencyPolicy(name), **more)


async def hello(context: ApiContext, tx: object, call: Call) -> Any:
    return dict(call.params)


def route(path: str, need: Any = OPEN) -> Route:
    return Route("GET", path, need, "", Reads(hello), None)


ONE = made("one", ("/v1", "/one/v1"), route("/orders/{id}", Need("orders:read")), key_format="smartpay")
TWO = made("two", ("", "/two"), route("/v1/button.js"), route("/api/checkout/{id}"), key_format="coin-moebius")
THREE = made("three", ("/api/2022-06-09",), route("/orders"), key_format="crossmint", one_slash=True)


class Host:
    """Three dialects, CraftKit's refusals and the native language on one host."""

    def __init__(self, shop: Shop, http: httpx.AsyncClient) -> None:
        self.shop = shop
        self.http = http

    async def get(self, path: str, format: str | None = None) -> httpx.Response:
        """With a key of this format that nobody was given: nothing but its writing is known of it."""
        headers = {}
        if format is not None:
            headers["authorization"] = f"Bearer {generate(FORMATS[format], Kind.SECRET, Mode.TEST).reveal()}"
        return await self.http.get(path, headers=headers)


@pytest.fixture
async def host(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Host]:
    async with open_shop(tmp_path, database_url, dialects=(ONE, TWO, THREE, CRAFTKIT)) as shop:
        transport = httpx.ASGITransport(shop.app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
            yield Host(shop, http)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/v1/orders/order_1", "one: missing: None"),
        ("/one/v1/orders/order_1", "one: missing: None"),
        ("/v1/button.js", "{}"),
        ("/two/v1/button.js", "{}"),
        ("/api/checkout/prj_1", '{"id":"prj_1"}'),
        ("/api/2022-06-09/orders", "{}"),
        ("//api//2022-06-09/orders", "{}"),
    ],
)
async def test_a_path_belongs_to_the_dialect_that_has_it(host: Host, path: str, answer: str) -> None:
    """Whatever mounts they share, and below prefixes as well."""
    assert (await host.http.get(httpx.URL(PUBLIC_URL).copy_with(raw_path=path.encode()))).text == answer


async def test_an_unknown_path_is_answered_by_the_dialect_of_the_key(host: Host) -> None:
    """As the key is written: nobody was given these keys, and nothing is looked up to tell whose dialect it is."""
    assert (await host.get("/v1/nothing", "smartpay")).text.startswith("one: unknown")
    assert (await host.get("/v1/nothing", "coin-moebius")).text.startswith("two: unknown")
    assert (await host.get("/v1/nothing", "crossmint")).text.startswith("three: unknown")
    ours = await host.get("/v1/nothing", "craftkit")
    assert (ours.status_code, ours.json()["error"]["code"]) == (401, "invalid_credentials")
    # Below a mount that is one dialect's alone, whatever the key.
    assert (await host.get("/one/v1/nothing", "crossmint")).text.startswith("one: malformed")


async def test_an_unknown_path_without_a_key_is_answered_as_craftkit_words_a_missing_one(host: Host) -> None:
    """CraftKit R30, R33: no header at all has a code of its own, whatever else is no key has another."""
    missing = await host.get("/v1/nothing")
    assert (missing.status_code, missing.json()["error"]["code"]) == (401, "missing_authorization")
    assert set(missing.json()["error"]) == {"code", "message"}
    wrong = await host.http.get("/v1/nothing", headers={"authorization": "Bearer nonsense"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_credentials")
    known = await host.http.get(
        "/v1/nothing", headers={"authorization": f"Bearer {(await host.shop.issued()).secret.reveal()}"}
    )
    assert (known.status_code, known.json()["error"]["code"]) == (404, "not_found")


async def test_a_key_of_another_format_is_refused_with_a_hint(host: Host) -> None:
    """In the dialect's own words, with the base URL that the key belongs to; nothing of the key itself is told."""
    refused = await host.get("/v1/orders/order_1", "crossmint")
    assert refused.text == (
        f"one: malformed: This is a key in the format of Crossmint. Its base URL is {PUBLIC_URL}/api/2022-06-09."
    )
    native = await host.shop.issued()
    told = await host.http.get("/v1/orders/order_1", headers={"authorization": f"Bearer {native.secret.reveal()}"})
    assert told.text == (
        f"one: malformed: This is a key in the format of Crypto Checkout. Its base URL is {PUBLIC_URL}/api/v1."
    )


async def test_the_native_api_takes_keys_of_every_format(host: Host) -> None:
    """What a key is written like decides only about the other languages."""
    for format in FORMATS:
        issued = await host.shop.keys.issuer.issue(
            KeyWish(project_id=host.shop.project_id, mode=Mode.TEST, name="a", scopes=()),
            format=format,
            by="operator:test",
        )
        headers = {"authorization": f"Bearer {issued.secret.reveal()}"}
        assert (await host.http.get("/api/v1/nothing", headers=headers)).status_code == 404, format


async def test_a_long_path_is_nobodys_and_costs_nothing(host: Host) -> None:
    """It is measured before it is looked through."""
    long = "/v1/button.js" + "/" * PATH_LENGTH_MAX
    assert (await host.get(long)).json()["error"]["code"] == "missing_authorization"
    assert (await host.get("/v1/orders/" + "a" * PATH_LENGTH_MAX)).status_code == 401


async def test_what_is_no_dialects_path_is_the_sites(host: Host) -> None:
    """A dialect at the root of the host leaves everything else to others."""
    assert (await host.get("/healthz")).text == "ok"
    assert (await host.get("/api/checkout")).json()["error"]["code"] == "invalid_api_key"


def test_two_dialects_cannot_have_the_same_operation() -> None:
    """Which of them is meant would be unknown, so the server does not start."""
    with pytest.raises(ValueError, match="of one and of four"):
        check_apart([ONE, made("four", ("/v1",), route("/orders/{other}"))])
