"""Crossmint's webhooks, verified by the published packages that its documentation names."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from svix.webhooks import Webhook, WebhookVerificationError

from tests.dialects.crossmint.conftest import Mint
from tests.receiver import Received, Receiver
from tests.shop import eventually
from tillgate.base.clock import HOUR_MS, MINUTE_MS, SECOND_MS
from tillgate.base.principal import Principal
from tillgate.dialects.crossmint.webhooks import CROSSMINT_STYLE
from tillgate.events.endpoints.operations import NewEndpoint, create_endpoint

pytestmark = pytest.mark.anyio

SVIX = Path(__file__).parents[2] / "svix"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


async def subscribed(mint: Mint, receiver: Receiver) -> str:
    """The secret of a new endpoint that is told everything in Crossmint's language."""
    context = mint.shop.app._api.context
    principal = Principal(mint.shop.project_id, False, "operator", "operator:test")
    new = NewEndpoint(f"{receiver.url}/hook", ["*"], dialect="crossmint")
    made = await context.database.write(lambda tx: create_endpoint(context.endpoints, tx, principal, new))
    return made.secret.reveal()


def types(receiver: Receiver) -> list[str]:
    return [one.json["type"] for one in receiver.received]


def by_node(secret: str, received: Received) -> str:
    """What a receiver on Node says of it."""
    asked = json.dumps({"secret": secret, "headers": received.headers, "body": received.body.decode()})
    ran = subprocess.run(
        [shutil.which("node") or "node", "verify.mjs"],
        input=asked,
        cwd=SVIX,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


async def test_each_step_of_an_order_is_told_and_the_pypi_package_verifies_it(mint: Mint, receiver: Receiver) -> None:
    """In order, with the whole order as it is at that step."""
    secret = await subscribed(mint, receiver)
    order_id = (await mint.made(payment={"method": "base-sepolia", "currency": "usdc"}))["order"]["orderId"]
    payer = {"method": "base-sepolia", "currency": "usdc", "payerAddress": "0x" + "ab" * 20}
    await mint.edited(order_id, payment=payer)
    await mint.simulate(order_id, "declined")
    await mint.simulate(order_id, "paid")
    native = (await mint.own_order(order_id))["id"]
    await mint.native("POST", f"/orders/{native}/deliver", {})
    await eventually(lambda: len(receiver.received) == 6)
    assert sorted(types(receiver)) == sorted(
        [
            "orders.quote.created",
            "orders.quote.updated",
            "orders.payment.failed",
            "orders.payment.succeeded",
            "orders.delivery.initiated",
            "orders.delivery.completed",
        ]
    )
    phases = {}
    for one in receiver.received:
        Webhook(secret).verify(one.body, one.headers)  # raises where it does not fit
        told = one.json
        assert (told["actionId"], told["data"]["orderId"]) == (order_id, order_id)
        phases[told["type"]] = (told["data"]["phase"], told["data"]["payment"]["status"])
    assert phases == {
        "orders.quote.created": ("payment", "requires-crypto-payer-address"),
        "orders.quote.updated": ("payment", "awaiting-payment"),
        "orders.payment.failed": ("payment", "awaiting-payment"),
        "orders.payment.succeeded": ("delivery", "completed"),
        "orders.delivery.initiated": ("delivery", "completed"),
        "orders.delivery.completed": ("completed", "completed"),
    }
    first = receiver.received[0]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(first.body + b" ", first.headers)


async def test_a_failed_delivery_is_told(mint: Mint, receiver: Receiver) -> None:
    """With what went back."""
    order_id = (await mint.made())["order"]["orderId"]
    await mint.simulate(order_id, "paid")
    await subscribed(mint, receiver)
    native = (await mint.own_order(order_id))["id"]
    await mint.native("POST", f"/orders/{native}/fail_delivery", {})
    await eventually(lambda: "orders.delivery.failed" in types(receiver))
    [failed] = [one.json for one in receiver.received if one.json["type"] == "orders.delivery.failed"]
    assert failed["data"]["lineItems"][0]["delivery"]["status"] == "failed"
    types_of_native = {"order.delivery_failed", "order.delivered"}
    listed = await mint.native("GET", "/events?limit=10")
    assert types_of_native & {one["type"] for one in listed["data"]} == {"order.delivery_failed"}


async def test_the_npm_package_verifies_it(mint: Mint, receiver: Receiver) -> None:
    """Unmodified, as the documentation tells receivers to."""
    if not (SVIX / "node_modules/.installed-from").exists():
        pytest.skip("the npm package svix is not installed (scripts/svix.sh)")
    secret = await subscribed(mint, receiver)
    order_id = (await mint.made())["order"]["orderId"]
    [received] = await eventually(lambda: receiver.received)
    assert by_node(secret, received) == "verified"
    assert received.json["data"]["orderId"] == order_id


def test_there_are_eight_attempts_on_the_documented_schedule() -> None:
    """At once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h."""
    assert CROSSMINT_STYLE.attempts_max == 8
    assert CROSSMINT_STYLE.gaps_ms == (
        5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 10 * HOUR_MS,
    )  # fmt: skip
