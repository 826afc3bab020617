"""An order made and read in each language, next to the same natively: on one server, in the same rounds."""

import asyncio
import json
from pathlib import Path
from typing import Any, NamedTuple

from bench.measuring import Numbers, Stage, get, post, say
from bench.servers import Server
from bench.table import Row, compared
from keyturn import KeyWish, Mode
from keyturn.keys.secret import NATIVE
from tests.running import free_port
from tillgate.access import API_SCOPES
from tillgate.access.accounts import Accounts
from tillgate.base import ids
from tillgate.base.clock import SystemClock
from tillgate.opening import open_keys, open_migrated
from tillgate.settings import load

TARGET = 0.85
ORDERS = 32
FORMATS = (NATIVE.name, "smartpay", "crossmint", "coin-moebius")
ADDRESS = {"line1": "1-2-3", "locality": "Tokyo", "postalCode": "100-0001", "country": "JP"}
EMAIL = "a@example.com"
URLS = {"successUrl": "https://shop.example/ok", "cancelUrl": "https://shop.example/no"}


class Shop(NamedTuple):
    """A project with a key of each format."""

    project_id: str
    keys: dict[str, str]


class Pair(NamedTuple):
    """The same in a language and natively."""

    what: str
    language: list[str]
    native: list[str]


async def stock(data: Path, port: int) -> Shop:
    """Make the project and its keys, before any server runs."""
    settings = load(data=str(data), port=port)
    clock = SystemClock()
    database = await open_migrated(settings, clock)
    try:
        project = await Accounts(database, clock).create_project("Bench")
        issuer, keys = open_keys(database, clock).issuer, {}
        for format in FORMATS:
            wish = KeyWish(project_id=project.id, mode=Mode.TEST, name=format, scopes=API_SCOPES)
            issued = await issuer.issue(wish, by="operator:bench", format=format)
            keys[format] = issued.secret.reveal()
        return Shop(project.id, keys)
    finally:
        await database.close()


class Languages:
    """The part ``languages`` of one run."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def run(self) -> list[Row]:
        say("starting a server …")
        port, data = free_port(), self._stage.directory / "languages"
        shop = asyncio.run(stock(data, port))
        server = self._stage.serve("tillgate.cli", "serve", "--dev", "--data", str(data), "--port", port=port)
        found = [(pair, Numbers(), Numbers()) for pair in self._pairs(server, shop)]
        for number in range(-1, self._stage.pace.rounds):
            say("warming up …" if number < 0 else f"round {number + 1} of {self._stage.pace.rounds} …")
            for pair, ours, theirs in found:
                sides = [(pair.language, ours), (pair.native, theirs)]
                for requests, numbers in sides if number % 2 else reversed(sides):
                    self._stage.load(server, requests, numbers if number >= 0 else None)
        return [compared(pair.what, ours, theirs, against="natively", target=TARGET) for pair, ours, theirs in found]

    def _pairs(self, server: Server, shop: Shop) -> list[Pair]:
        native = shop.keys[NATIVE.name]

        def asked(path: str, key: str, body: object) -> Any:
            return json.loads(self._stage.once(server, post(path, key, body)))

        def order_of(session: str) -> str:
            told = json.loads(self._stage.once(server, get(f"{plain}/{session}", native)))
            return f"/api/v1/orders/{told['orderId']}"

        mug = {"name": "Mug", "price": "5.00", "currency": "USD"}
        product = asked("/api/v1/products", native, mug)["id"]
        line = {"name": "Mug", "kind": "product"}
        buyer = asked("/api/v1/customers", native, {"email": EMAIL})["id"]
        lines = [line | {"unitAmount": "500"}]
        yen = {"currency": "JPY", "lineItems": lines, "captureMethod": "manual", "customerId": buyer, **URLS}
        dollars = {"lineItems": [{"productId": product}]}
        plain, whole = "/api/v1/checkout_sessions", "/api/v1/checkout_sessions?expand=order"
        smartpay = {
            "amount": 500,
            "currency": "JPY",
            "items": [line | {"amount": 500, "currency": "JPY"}],
            "customerInfo": {"emailAddress": EMAIL},
            "shippingInfo": {"address": ADDRESS},
            "captureMethod": "manual",
            **URLS,
        }
        crossmint = {
            "payment": {"method": "base-sepolia"},
            "recipient": {"email": EMAIL},
            "lineItems": {"collectionLocator": f"crossmint:{product}"},
        }
        coin = {"productId": product}
        checkout = f"/api/checkout/crypto/{shop.project_id}"
        pairs = [
            Pair("create an order, Smartpay", [post("/v1/checkout-sessions", shop.keys["smartpay"], smartpay)],
                 [post(whole, native, yen)]),
            Pair("create an order, Crossmint", [post("/api/2022-06-09/orders", shop.keys["crossmint"], crossmint)],
                 [post(whole, native, dollars)]),
            Pair("create an order, Coin Moebius", [post(checkout, shop.keys["coin-moebius"], coin)],
                 [post(plain, native, dollars)]),
        ]  # fmt: skip
        made = {
            "smartpay": [asked("/v1/checkout-sessions", shop.keys["smartpay"], smartpay) for _ in range(ORDERS)],
            "crossmint": [asked("/api/2022-06-09/orders", shop.keys["crossmint"], crossmint) for _ in range(ORDERS)],
            "coin-moebius": [asked(checkout, shop.keys["coin-moebius"], coin) for _ in range(ORDERS)],
        }
        theirs = {
            "smartpay": [f"/v1/orders/{one['order']['id']}" for one in made["smartpay"]],
            "crossmint": [f"/api/2022-06-09/orders/{one['order']['orderId']}" for one in made["crossmint"]],
            "coin-moebius": [f"/status/{shop.project_id}/{one['txId']}" for one in made["coin-moebius"]],
        }
        own = {
            "smartpay": [_order(path.rpartition("_")[2], "base62") for path in theirs["smartpay"]],
            "crossmint": [_order(path.rpartition("/")[2], "uuid") for path in theirs["crossmint"]],
            "coin-moebius": [order_of(f"cs_{path.rpartition('_')[2]}") for path in theirs["coin-moebius"]],
        }
        titles = {"smartpay": "Smartpay", "crossmint": "Crossmint", "coin-moebius": "Coin Moebius"}
        for name, title in titles.items():
            reads = [get(path, shop.keys[name]) for path in theirs[name]]
            pairs.append(Pair(f"read an order, {title}", reads, [get(path, native) for path in own[name]]))
        return pairs


def _order(text: str, spelling: Any) -> str:
    """The native path of an order that a language spells so."""
    return f"/api/v1/orders/{ids.unspelled(ids.ORDER, text, spelling)}"
