"""Each language against each other: keys, modes, projects, secrets and names of one never serve in another."""

import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from keyturn import NATIVE as NATIVE_KEYS
from keyturn import Kind, Mode, RefusalReason, each_need
from keyturn.insight.logged import LoggedRequest
from keyturn.keys.secret import FORMATS
from keyturn.needs import Access
from tests.dialects.smartpay.conftest import ADDRESS
from tests.makers import one
from tests.requirements.calling import HERE, key_of
from tests.shop import PUBLIC_URL, Shop, open_shop
from tillgate.api.application import NATIVE
from tillgate.base import ids
from tillgate.dialects import SPOKEN
from tillgate.dialects.coin_moebius import COIN_MOEBIUS
from tillgate.dialects.craftkit import CRAFTKIT
from tillgate.dialects.crossmint import CROSSMINT
from tillgate.dialects.smartpay import SMARTPAY
from tillgate.wire.dialect import Dialect
from tillgate.wire.routing import Route
from tillgate.wire.serving import needs_of_path

pytestmark = pytest.mark.anyio

# Those that are about orders. CraftKit's documents are crossed with nothing, and its keys come as Bearer alone.
LANGUAGES = [dialect for dialect in SPOKEN if dialect.routes and dialect is not CRAFTKIT]
LOCAL = "http://localhost:3000"
NAME = "5f3c0a52-6f5b-4c0e-9d52-8e1a6f0d4c11"


class Square:
    """A shop in which every language is spoken, with a key of each format and an order made in each language."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.http = self.visitor(HERE)
        self._keys: dict[Any, str] = {}
        self.product = ""

    def visitor(self, address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.shop.app, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    async def key(self, format: str, *scopes: str, **wish: Any) -> str:
        """The text of a key of this format, made once for each wish."""
        named = (format, scopes, tuple(wish.items()))
        if named not in self._keys:
            self._keys[named] = (await key_of(self.shop, *scopes, format=format, **wish)).secret.reveal()
        return self._keys[named]

    async def call(self, method: str, path: str, key: str = "", body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()} | ({"x-api-key": key} if key else {})
        content = json.dumps(body).encode() if body is not None else b""
        if body is not None:
            named["content-type"] = "application/json"
        return await self.http.request(method, path, content=content, headers=named)

    def new_order(self, language: str) -> tuple[str, dict[str, Any]]:
        """Where an order is made in a language, and with what."""
        match language:
            case "native":
                return "/api/v1/checkout_sessions?expand=order", {"amount": {"value": "5.00", "currency": "USD"}}
            case "smartpay":
                mug = {"name": "Mug", "amount": 500, "currency": "JPY"}
                return "/v1/checkout-sessions?expand=all", {
                    "amount": 500, "currency": "JPY", "items": [mug], "customerInfo": {"emailAddress": "a@example.com"},
                    "shippingInfo": {"address": ADDRESS}, "successUrl": "https://shop.example/ok",
                    "cancelUrl": "https://shop.example/no", "captureMethod": "manual",
                }  # fmt: skip
            case "crossmint":
                return "/api/2022-06-09/orders", {
                    "payment": {"method": "base-sepolia"},
                    "lineItems": {"collectionLocator": f"crossmint:{self.product}"},
                }
            case _:
                return f"/api/checkout/crypto/{self.shop.project_id}", {"productId": self.product}

    async def made(self, language: str) -> str:
        """A new order of a language, by this server's own id of the order."""
        path, body = self.new_order(language)
        answer = await self.call("POST", path, await self.key(FORMAT[language]), body)
        assert answer.is_success, (language, answer.text)
        told = answer.json()
        match language:
            case "native":
                return str(told["orderId"])
            case "smartpay":
                return str(ids.unspelled(ids.ORDER, told["order"]["id"].rpartition("_")[2], "base62"))
            case "crossmint":
                return str(ids.unspelled(ids.ORDER, told["order"]["orderId"], "uuid"))
            case _:
                session = await self.call(
                    "GET", f"/api/v1/checkout_sessions/cs_{told['txId'][3:]}", await self.key(NATIVE_FORMAT)
                )
                return str(session.json()["orderId"])


NATIVE_FORMAT = NATIVE_KEYS.name
FORMAT = {"native": NATIVE_FORMAT} | {dialect.name: dialect.key_format for dialect in LANGUAGES}


def places(square: Square, order: str, session: str) -> dict[str, str]:
    """Where an order is read in each language."""
    return {
        "native": f"/api/v1/orders/{order}",
        "smartpay": f"/v1/orders/order_test_{ids.spelled(order, 'base62')}",
        "crossmint": f"/api/2022-06-09/orders/{ids.spelled(order, 'uuid')}",
        "coin-moebius": f"/status/{square.shop.project_id}/tx_{session[3:]}",
    }


@pytest.fixture
async def square(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Square]:
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}", visit_limit=None) as shop:
        made = Square(shop)
        async with made.http:
            mug = {"name": "Mug", "price": "5.00", "currency": "USD"}
            answer = await made.call("POST", "/api/v1/products", await made.key(NATIVE_FORMAT), mug)
            made.product = answer.json()["id"]
            yield made


def concrete(square: Square, dialect: Dialect, route: Route, mount: str | None = None) -> str:
    """A path of a route, with objects that do not exist."""
    filled = {"{projectId}": square.shop.project_id, "{provider}": "crypto"}
    path = re.sub(r"\{\w+\}", lambda found: filled.get(found[0], "nothing"), route.path)
    return f"{dialect.mounts[0] if mount is None else mount}{path}"


def enveloped(dialect: Dialect, answer: httpx.Response) -> str:
    """The text of a refusal in a language's own envelope."""
    errors = dialect.errors
    unauthorized = answer.status_code == 401 and errors.unauthorized is not None
    msgspec.json.decode(answer.content, type=errors.unauthorized if unauthorized else errors.error)
    return answer.text


def body_of(route: Route) -> Any:
    return {} if route.body is not None else None


async def test_a_language_takes_keys_of_its_own_format_and_says_where_others_belong(square: Square) -> None:
    """Every route of every language with a key of every format: a foreign one is a 401 in the language's envelope that
    names the base URL it belongs to, before anything else is found wrong; the native API takes them all."""
    for dialect in LANGUAGES:
        for format in FORMATS:
            # CraftKit's document knows three scopes, so that its keys may do nothing natively.
            key = await square.key(format)
            for route in dialect.routes:
                if route.need is Access.OPEN and "{projectId}" not in route.path:
                    continue
                path = concrete(square, dialect, route)
                answer = await square.call(route.method, path, key, body_of(route))
                if format == dialect.key_format:
                    assert answer.status_code != 401, (route.path, answer.text)
                    continue
                assert answer.status_code == 401, (format, route.method, path, answer.text)
                assert "key in the format of" in enveloped(dialect, answer)
                assert f"{PUBLIC_URL}{base_of(format)}" in answer.text or format == "craftkit"
    for format in FORMATS:
        answer = await square.call("GET", "/api/v1/checkout_sessions", await square.key(format))
        assert answer.status_code == (403 if format == "craftkit" else 200), format


async def test_a_key_that_is_none_is_told_how_keys_of_this_language_begin(square: Square) -> None:
    """Every route of every language, also those that need no key: what is no key gets a 401 in the language's envelope
    that names the beginning of its own keys, and of no other's."""
    heads = {name: format.head(Kind.SECRET, Mode.TEST) for name, format in FORMATS.items()}
    for dialect in [each for each in SPOKEN if each.routes]:
        own = heads[dialect.key_format]
        for route in dialect.routes:
            if route.need is Access.OPEN and "{projectId}" not in route.path:
                continue
            path = concrete(square, dialect, route, dialect.mounts[-1])
            for headers in ({"x_api_key": "nonsense"}, {"authorization": "Bearer nonsense"}):
                if dialect.bearer_only and "x_api_key" in headers:
                    continue
                answer = await square.call(route.method, path, "", body_of(route), **headers)
                assert answer.status_code == 401, (dialect.name, path, answer.text)
                named = {head for head in heads.values() if head in enveloped(dialect, answer)}
                assert named == {own}, (dialect.name, path, answer.text)


def base_of(format: str) -> str:
    return next((one.mounts[0] for one in (NATIVE, *LANGUAGES) if (one.key_format or NATIVE_FORMAT) == format), "")


async def test_an_order_is_one_in_all_languages_and_none_across_modes_and_projects(square: Square) -> None:
    """Made in any language, it is read in every other by the ids that are computed from its own. With a key of the
    other mode or of another project it is absent everywhere, in the words for an order that never was."""
    native, stranger = await square.key(NATIVE_FORMAT), await square.shop.project()
    never, nowhere = ids.new_id(ids.ORDER), ids.new_id(ids.CHECKOUT_SESSION)
    for language in FORMAT:
        order = await square.made(language)
        session = (await square.call("GET", f"/api/v1/orders/{order}", native)).json()["sessionId"]
        absent = places(square, never, nowhere)
        for reader, path in places(square, order, session).items():
            found = await square.call("GET", path, await square.key(FORMAT[reader]))
            assert found.status_code == 200, (language, reader, found.text)
            for wish in ({"mode": "live"}, {"project_id": stranger}):
                key = await square.key(FORMAT[reader], **wish)
                answers = [await square.call("GET", one, key) for one in (path, absent[reader])]
                told = [without(one, order, session, never, nowhere) for one in answers]
                assert [one.status_code for one in answers] == [404, 404], (language, reader, wish)
                assert told[0] == told[1], (language, reader, wish)


def without(answer: httpx.Response, *named: str) -> str:
    """A refusal without what differs in every answer: the request's id, and the object's in any writing."""
    text = answer.text.replace(answer.headers["x-request-id"], "REQUEST")
    for id in named:
        rest = id.partition("_")[2]
        for written in (id, rest, ids.spelled(id, "base62"), ids.spelled(id, "uuid")):
            text = text.replace(written, "ID")
    return text


async def test_a_name_of_one_language_is_none_of_another(square: Square) -> None:
    """One `Idempotency-Key` in all four languages, with a key and without, makes an order each; each retry gets the
    answer of its own language."""
    first: dict[str, bytes] = {}
    for _ in range(2):
        for language, format in (*FORMAT.items(), ("coin-moebius", "")):
            path, body = square.new_order(language)
            key = await square.key(format) if format else ""
            answer = await square.call("POST", path, key, body, idempotency_key=NAME)
            assert answer.is_success, (language, answer.text)
            assert first.setdefault(language + format, answer.content) == answer.content, language
    assert len(set(first.values())) == 5
    assert await one(square.shop.database, "SELECT COUNT(*) FROM checkout_sessions") == 5


async def test_a_client_secret_opens_its_own_object_in_its_own_language(square: Square) -> None:
    """Crossmint's, held by whoever holds the client-side key, opens that one order at Crossmint's routes: not natively,
    not in Smartpay's or Coin Moebius' language, nor does a native session's open an order; and it is no key."""
    page = {"kind": Kind.PUBLISHABLE, "origins": (LOCAL,)}
    client, public = await square.key("crossmint", **page), await square.key(NATIVE_FORMAT, **page)
    path, body = square.new_order("crossmint")
    made = (await square.call("POST", path, client, body, origin=LOCAL)).json()
    order = str(ids.unspelled(ids.ORDER, made["order"]["orderId"], "uuid"))
    native = (
        await square.call(
            "POST", "/api/v1/checkout_sessions", public, {"amount": {"value": "5.00", "currency": "USD"}}, origin=LOCAL
        )
    ).json()
    read = await square.call("GET", f"/api/v1/orders/{order}", await square.key(NATIVE_FORMAT))
    session = read.json()["sessionId"]
    where = places(square, order, session) | {"session": f"/api/v1/checkout_sessions/{session}"}
    opened = await square.call("GET", where["crossmint"], client, origin=LOCAL, authorization=made["clientSecret"])
    assert opened.status_code == 200
    for key in (client, public):
        for name, at in where.items():
            for secret in (made["clientSecret"], native["clientSecret"]):
                if (key, name, secret) == (client, "crossmint", made["clientSecret"]):
                    continue
                answer = await square.call("GET", at, key, origin=LOCAL, authorization=secret)
                assert answer.status_code in (401, 403), (name, answer.text)
    for at in where.values():
        answer = await square.call("GET", at, authorization=made["clientSecret"])
        assert answer.status_code == 401, answer.text
        answer = await square.call("GET", at, authorization=f"Bearer {made['clientSecret']}")
        assert answer.status_code == 401, answer.text


async def test_an_unknown_path_below_v1_is_answered_by_the_keys_language(square: Square) -> None:
    """In its own envelope, whichever of the languages share the mount; without a key in CraftKit's words."""
    for dialect in LANGUAGES:
        answer = await square.call("GET", "/v1/nothing", await square.key(dialect.key_format))
        assert answer.status_code == 404, answer.text
        assert "/v1/nothing" in enveloped(dialect, answer)
    bearer = f"Bearer {await square.key('craftkit')}"
    craftkit = await square.call("GET", "/v1/nothing", authorization=bearer)
    assert (craftkit.status_code, set(craftkit.json()["error"])) == (404, {"code", "message"})
    assert (await square.call("GET", "/v1/nothing")).json()["error"]["code"] == "missing_authorization"


WAYS: tuple[Callable[[str], str], ...] = (
    lambda path: path,
    lambda path: f"{path}/",
    lambda path: f"/{path}",
    lambda path: path.replace("/orders", "//orders"),
    lambda path: path.upper(),
    lambda path: path.replace("orders", "%6frders"),
    lambda path: f"/healthz/..{path}",
    lambda path: f"/static/../.{path}",
    lambda path: f"{path};x=1",
    lambda path: f"{path}%00",
    lambda path: f"{path}?x-api-key=sk_test_x",
)


async def test_there_is_no_way_round_admission(square: Square) -> None:
    """Every route that asks for a key, below each of its mounts, without one and with one that nobody was given, in
    every writing of the path and whatever a header says the method is: never done, never a 5xx."""
    every = (*LANGUAGES, CRAFTKIT)
    nobodys = {one.name: (await square.key(one.key_format))[:-4] + "AAAA" for one in every}
    before = await one(square.shop.database, "SELECT COUNT(*) FROM checkout_sessions")
    for dialect in every:
        for route in dialect.routes:
            if route.need is Access.OPEN:
                continue
            for mount in dialect.mounts:
                for way in WAYS:
                    for key in ("", nobodys[dialect.name]):
                        path = way(concrete(square, dialect, route, mount))
                        answer = await square.call(
                            route.method,
                            path,
                            key,
                            body_of(route),
                            x_http_method_override="GET",
                            x_original_url="/healthz",
                        )
                        assert 400 <= answer.status_code < 500, (route.method, path, answer.status_code)
    assert await one(square.shop.database, "SELECT COUNT(*) FROM checkout_sessions") == before


async def test_admission_the_log_and_what_a_path_is_said_to_need_agree(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For every route of every language, by keys with all of what it needs, all but one, something else, and by a
    client-side key: what is refused is what `tillgate keys explain` says of that path."""
    requests = square.shop.app._keys.requests
    assert requests is not None
    lines: list[LoggedRequest] = []
    monkeypatch.setattr(requests, "has_room", lambda *_: True)
    monkeypatch.setattr(requests, "note", lines.append)
    spoken = (NATIVE, *SPOKEN)
    for dialect in LANGUAGES:
        for route in dialect.routes:
            for mount in dialect.mounts:
                path = concrete(square, dialect, route, mount)
                assert each_need(needs_of_path(spoken, route.method, path)) == route.needs, path
            wanted = frozenset(need.scope for need in route.needs)
            if not wanted:
                continue
            holders = {wanted: True, frozenset({"events:read"}): False}
            holders |= {rest: False for scope in wanted if (rest := wanted - {scope})}
            for scopes, enough in holders.items():
                key = await square.key(dialect.key_format, *sorted(scopes))
                answer = await square.call(route.method, concrete(square, dialect, route), key, body_of(route))
                line = lines.pop()
                assert each_need(line.need) == route.needs, route.path
                assert line.refusal == (None if enough else RefusalReason.SCOPE_MISSING.value), (route.path, scopes)
                assert enough or answer.status_code == 403, (route.path, answer.text)
    with pytest.raises(LookupError):
        needs_of_path(spoken, "GET", "/v1/nothing")


async def test_a_stranger_gets_nothing_out_of_the_routes_without_a_key(square: Square) -> None:
    """Somebody who knows a project's id: they list, read and change nothing, but for the status of a transaction whose
    id they hold. Another project's is absent, a forged event changes nothing, and who goes through projects is
    told to wait before long, whatever they say of where they come from."""
    path, body = square.new_order("coin-moebius")
    made = (await square.call("POST", path, "", body)).json()
    session = f"cs_{made['txId'][3:]}"
    project, other = square.shop.project_id, await square.shop.project()
    status = f"/status/{project}/{made['txId']}"
    before = (await square.call("GET", status)).json()
    theirs = await square.call("GET", f"/status/{other}/{made['txId']}")
    never = await square.call("GET", f"/status/{other}/tx_{ids.new_id(ids.CHECKOUT_SESSION)[3:]}")
    assert (theirs.status_code, never.status_code) == (404, 404)
    for event in ({"status": "succeeded", "id": made["txId"]}, [], "paid", {"type": "checkout.session.completed"}):
        for provider in ("crypto", "manual", "stripe"):
            answer = await square.call(
                "POST", f"/webhook/{provider}/{project}", "", event, stripe_signature="t=1,v1=00", x_signature="00"
            )
            assert 400 <= answer.status_code < 500, answer.text
    assert (await square.call("GET", status)).json() == before
    for method, closed in (
        ("GET", f"/status/{project}"),
        ("GET", f"/status/{project}/"),
        ("GET", f"/status/{project}/{session}/events"),
        ("GET", f"/api/projects/{project}"),
        ("GET", "/api/projects"),
        ("GET", f"/api/projects/{project}/keys"),
        ("DELETE", status),
        ("PATCH", status),
        ("GET", f"/api/checkout/crypto/{project}"),
        ("GET", f"/coin-moebius/api/v1/orders?projectId={project}"),
    ):
        answer = await square.call(method, closed)
        assert 400 <= answer.status_code < 500, (method, closed, answer.text)
    answers = []
    for number in range(400):
        project_id = ids.new_id(ids.PROJECT)
        forwarded = f"198.51.{number // 256}.{number % 256}"
        answer = await square.call("GET", f"/api/projects/{project_id}/public-info", x_forwarded_for=forwarded)
        answers.append(answer.status_code)
    assert set(answers) == {404, 429}, "whoever names a new project each time is counted all the same"
    async with square.visitor("198.51.100.9") as elsewhere:
        assert (await elsewhere.get(f"{PUBLIC_URL}{status}")).status_code == 200


def test_every_language_is_crossed() -> None:
    """A language that is new stands in these tests, or one of them fails."""
    crossed = {one.name for one in LANGUAGES}
    assert (
        {SMARTPAY.name, CROSSMINT.name, COIN_MOEBIUS.name} == crossed == {one.name for one in SPOKEN} - {CRAFTKIT.name}
    )
