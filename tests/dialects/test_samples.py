"""The samples of the other languages' references: each operation's curl, sent to a real server in test mode."""

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from keyturn.http.samples import examples, operations
from tests.curling import Recorded, curled, source_of
from tests.dialects.smartpay.conftest import own
from tests.running import EVERY_SCOPE, RunningServer
from tillgate.dialects.coin_moebius import COIN_MOEBIUS
from tillgate.dialects.craftkit import CRAFTKIT
from tillgate.dialects.crossmint import CROSSMINT
from tillgate.dialects.smartpay import SMARTPAY
from tillgate.wire.dialect import Dialect
from tillgate.wire.openapi import document, operation_id

HOST: Final = "https://your-domain.com"
BASE62: Final = "1lT9hDEsJhHLqVbK4ZqzOe"
ULID: Final = "01j9zk5v8e4w7m2q6r3t5y8x0a"
UUID: Final = "0193c2c3-7c5a-7b1e-9d52-8e1a6f0d4c11"
SHOPPER, PASSWORD = "mei+test@example.com", "correct horse battery staple"
TEMPLATE: Final = '#let data = json("data.json")\n= #data.customer.name\n'
Makes = dict[str, Callable[[], dict[str, str]]]


class Language:
    """A language at a server, with a key of its own format that may do everything."""

    def __init__(self, running: RunningServer, folder: Path, dialect: Dialect) -> None:
        self.running, self.folder = running, folder
        self.project = running.project(dialect.name)
        scopes = [part for scope in EVERY_SCOPE for part in ("--scope", scope)]
        made = running.cli(
            "keys", "create", "--name", "samples", "--mode", "test", "--format", dialect.key_format, "--json",
            "--project", self.project, *scopes,
        )  # fmt: skip
        self.key: str = json.loads(made)["key"]
        self.http = httpx.Client(base_url=running.url, headers={"x-api-key": self.key}, trust_env=False, timeout=30)
        self.numbers = itertools.count(27)
        self.environment = {"CHECKOUT_API_KEY": self.key}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"json": body} if body is not None else {}
        answer = self.http.request(method, path, headers=headers, **sent)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    def native(self, path: str, body: Any) -> Any:
        return self.call("POST", f"/api/v1{path}", body)

    def product(self) -> str:
        made: str = self.native("/products", {"name": "Mug", "price": "49.00", "currency": "USD"})["id"]
        return made

    def problems(self, dialect: Dialect, makes: Makes) -> dict[str, str]:
        """What is wrong with the answers to the samples, each sent about objects of its own.

        Args:
            makes: what an operation needs, as the texts that stand in its sample and what stands for them here.
        """
        told = document(dialect, dialect.name, HOST, "1")
        assert dialect.examples is not None and dialect.words is not None
        recorded = Recorded(dialect.examples, dialect.words, self.running.url)
        wrong = {}
        for _, _, operation in operations(told):
            named = operation["operationId"]
            source = source_of(operation)
            for shown, real in makes.get(named, dict)().items():
                assert shown in source, (named, shown)
                source = source.replace(shown, real)
            source = source.replace(HOST, self.running.url)
            answered = curled(source, self.folder, **self.environment)
            if problem := recorded.problem(answered, operation, told, HOST):
                wrong[named] = f"{problem}\n{source}"
        recorded.write()
        return wrong


Speaking = Callable[[Dialect], Language]


@pytest.fixture
def speaking(running: RunningServer, tmp_path: Path) -> Iterator[Speaking]:
    """Makes a language at the server."""
    made: list[Language] = []

    def make(dialect: Dialect) -> Language:
        made.append(Language(running, tmp_path, dialect))
        return made[-1]

    yield make
    for one in made:
        one.http.close()


def test_each_operation_of_smartpay_answers_its_curl(running: RunningServer, speaking: Speaking) -> None:
    """Those of shoppers as well, who sign in with the address and the password of the sample."""
    smart = speaking(SMARTPAY)
    running.cli(
        "shoppers", "create", "--email", SHOPPER, "--project", smart.project, "--password-stdin", stdin=f"{PASSWORD}\n"
    )
    signed_in = smart.call("POST", "/consumers/auth/login", {"emailAddress": SHOPPER, "password": PASSWORD})
    smart.environment["ACCESS_TOKEN"] = signed_in["accessToken"]
    bodies = examples(SMARTPAY.examples or Path()).body

    def sent(path: str, **more: Any) -> Any:
        return smart.call("POST", f"/v1{path}", bodies[f"post_{path[1:].replace('-', '_')}"] | more)

    def id_of(kind: str, made: Any) -> dict[str, str]:
        return {f"{kind}_test_{BASE62}": made["id"]}

    def session(outcome: str = "", **more: Any) -> dict[str, str]:
        made = sent("/checkout-sessions", **more)
        if outcome:
            smart.native(f"/checkout_sessions/{own('cs', made['id'])}/simulate", {"outcome": outcome})
        return {"session": made["id"], "order": made["order"]["id"]}

    def authorized() -> dict[str, str]:
        return {f"order_test_{BASE62}": session("authorized", captureMethod="manual")["order"]}

    def paid() -> str:
        order = session("authorized", captureMethod="manual")["order"]
        made: str = sent("/payments", order=order)["id"]
        return made

    def token(*, approved: bool = True) -> dict[str, str]:
        body = {
            "mode": "token",
            "customerInfo": {},
            "successUrl": "https://a.example",
            "cancelUrl": "https://a.example",
        }
        made = smart.call("POST", "/v1/checkout-sessions", body)["token"]
        if approved:
            held = {"x-api-key": "", "Authorization": f"Bearer {signed_in['accessToken']}"}
            path = f"{running.url}/tokens/{made['id']}/approve"
            assert httpx.put(path, json={}, headers=held, trust_env=False).is_success
        return id_of("paytok", made)

    def coupon() -> dict[str, str]:
        return id_of("coupon", sent("/coupons"))

    def code() -> dict[str, str]:
        [made] = coupon().values()
        return id_of("promotioncode", sent("/promotion-codes", coupon=made, code=f"SPRING{next(smart.numbers)}"))

    def endpoint() -> dict[str, str]:
        return id_of("webhookendpoint", sent("/webhook-endpoints"))

    def payment() -> dict[str, str]:
        return {f"payment_test_{BASE62}": paid()}

    def refund() -> dict[str, str]:
        return id_of("refund", sent("/refunds", payment=paid()))

    of_noun: dict[str, Callable[[], dict[str, str]]] = {
        "checkout_sessions": lambda: {f"checkout_test_{BASE62}": session()["session"]},
        "orders": lambda: {f"order_test_{BASE62}": session()["order"]},
        "payments": payment,
        "refunds": refund,
        "coupons": coupon,
        "promotion_codes": code,
        "tokens": token,
        "webhook_endpoints": endpoint,
    }
    makes: Makes = {
        f"{method}_{noun}_id": make for noun, make in of_noun.items() for method in ("get", "patch", "delete")
    } | {
        "post_orders": token,
        "post_payments": authorized,
        "post_refunds": payment,
        "post_promotion_codes": coupon,
        "put_orders_id_cancellation": authorized,
        "put_tokens_id_enable": token,
        "put_tokens_id_disable": token,
        "post_orders_id_authorizations": of_noun["orders"],
        "put_tokens_id_approve": lambda: token(approved=False),
    }
    [shoppers] = SMARTPAY.beside
    assert smart.problems(SMARTPAY, makes) | smart.problems(shoppers, makes) == {}


def test_each_operation_of_crossmint_answers_its_curl(speaking: Speaking) -> None:
    """An order of a product, which the sample reads and changes."""
    mint = speaking(CROSSMINT)
    product = mint.product()

    def order() -> dict[str, str]:
        body = examples(CROSSMINT.examples or Path()).body["post_orders"]
        body = body | {"lineItems": {"collectionLocator": f"crossmint:{product}"}}
        return {UUID: mint.call("POST", "/api/2022-06-09/orders", body)["order"]["orderId"]}

    makes: Makes = {
        "post_orders": lambda: {f"prod_{ULID}": product},
        "get_orders_id": order,
        "patch_orders_id": order,
    }
    assert mint.problems(CROSSMINT, makes) == {}


def test_each_operation_of_coin_moebius_answers_its_curl(speaking: Speaking) -> None:
    """Without a key, by the project; what no provider here does is refused as the page says."""
    coin = speaking(COIN_MOEBIUS)
    product = coin.product()
    project = {f"proj_{ULID}": coin.project.replace("prj_", "proj_")}

    def opened() -> dict[str, str]:
        path = f"/coin-moebius/api/checkout/crypto/{coin.project}"
        return project | {f"tx_{ULID}": coin.call("POST", path, {"productId": product})["txId"]}

    makes: Makes = {
        "post_api_checkout_provider_projectId": lambda: project | {f"prod_{ULID}": product},
        "get_status_projectId_txId": opened,
        "get_api_projects_projectId_public_info": lambda: project,
        "post_webhook_provider_projectId": lambda: project,
        "post_api_subscriptions_projectId_subscriptionId_portal_url": lambda: project,
    }
    assert coin.problems(COIN_MOEBIUS, makes) == {}


def test_each_operation_of_craftkit_answers_its_curl(
    running: RunningServer, speaking: Speaking, tmp_path: Path
) -> None:
    """A template with the slug of the samples, its hook, and a partner who may embed."""
    press = speaking(CRAFTKIT)
    (tmp_path / "invoice.typ").write_text(TEMPLATE)
    (tmp_path / "invoice.json").write_text(json.dumps({"variables": [{"key": "customer.name", "required": True}]}))
    published = json.loads(
        running.cli(
            "templates", "publish", "--slug", "invoice", "--name", "Invoice", "--project", press.project, "--json",
            "--source", str(tmp_path / "invoice.typ"), "--manifest", str(tmp_path / "invoice.json"),
        )
    )  # fmt: skip
    enabled = json.loads(running.cli("embed", "enable", "--project", press.project, "--json"))
    press.environment |= {"HOOK_TOKEN": published["testHookToken"], "PUBLISHABLE_KEY": enabled["testPublishableKey"]}

    def render() -> dict[str, str]:
        body = {"data": {"customer": {"name": "Ada"}}, "options": {"sync": True}}
        made = press.call("POST", "/v1/templates/invoice/render", body, Authorization=f"Bearer {press.key}")
        assert made["status"] == "succeeded", made
        return {UUID: made["id"]}

    def session() -> dict[str, str]:
        body = examples(CRAFTKIT.examples or Path()).body["post_embed_sessions"]
        made = press.call("POST", "/v1/embed/sessions", body, Authorization=f"Bearer {press.key}")
        return {"ert_…": made["renew_token"]}

    makes: Makes = {
        "get_renders_id": render,
        "get_renders_id_download": render,
        "post_embed_sessions_refresh": session,
    }
    assert press.problems(CRAFTKIT, makes) == {}
    assert (tmp_path / "invoice-1001.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "dialect", [SMARTPAY, *SMARTPAY.beside, CROSSMINT, COIN_MOEBIUS, CRAFTKIT], ids=lambda one: one.described_at
)
def test_every_example_of_a_language_is_of_an_operation(dialect: Dialect) -> None:
    """No entry of the file is left over; a body is one that the operation takes."""
    assert dialect.examples is not None
    given = examples(dialect.examples)
    parts = (SMARTPAY, *SMARTPAY.beside) if dialect.name == "smartpay" else (dialect,)
    known = {operation_id(route): route for one in parts for route in one.routes}
    for part in (given.body, given.query, given.header, given.output, given.refused, given.answers):
        assert part.keys() <= known.keys()
    for name, body in given.body.items():
        if known[name].body is not None:
            msgspec.convert(body, known[name].body, strict=False)
