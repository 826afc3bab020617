"""The clients that Smartpay published, unmodified: every call they have, over TLS."""

import asyncio
import contextlib
import json
import re
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvicorn

from tests.dialects.smartpay.conftest import ADDRESS, OK, Smart, opened
from tests.receiver import Receiver
from tests.running import clean_environment, run_cli
from tests.shop import eventually

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
HERE = ROOT / "tests/smartpay"
PYTHON = ROOT / ".venv/smartpay/bin/python"
PASSWORD = "a long sentence of hers"
CANCEL = "https://shop.example/no"
SHIPPING = {"address": {**ADDRESS, "line2": "4F"}, "feeAmount": 50, "feeCurrency": "JPY"}
ITEMS = [{"name": "Mug", "amount": 250, "currency": "JPY", "quantity": 2}]
CUSTOMER = {"emailAddress": "a@example.com", "firstName": "Anna"}
# No amount: the clients add it up themselves.
ORDER = {"currency": "JPY", "items": ITEMS, "shippingInfo": SHIPPING, "customerInfo": CUSTOMER}
FLAT = ORDER | {"successUrl": OK, "cancelUrl": CANCEL, "captureMethod": "manual"}


class Client:
    """A published client in a process of its own, which calls what it is told to."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def said(self, name: str, *args: Any, **more: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"name": name, "args": args, "more": more}).encode() + b"\n")
        await self._process.stdin.drain()
        answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer

    async def call(self, name: str, *args: Any, **more: Any) -> Any:
        """What a call gives."""
        answer = await self.said(name, *args, **more)
        assert "done" in answer, (name, answer)
        return answer["done"]

    async def refused(self, name: str, *args: Any, **more: Any) -> dict[str, Any]:
        """How a call fails."""
        answer = await self.said(name, *args, **more)
        failed: dict[str, Any] = answer["failed"]
        return failed


@pytest.fixture
async def served(tmp_path: Path, anyio_backend: object) -> AsyncIterator[tuple[Smart, dict[str, str]]]:
    """The shop behind TLS, and the environment in which the clients find it and trust it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with opened(tmp_path, f"sqlite:///{tmp_path / 'tillgate.db'}") as smart:
        config = uvicorn.Config(
            smart.shop.app, lifespan="off", log_config=None, ssl_context_factory=lambda *_: context, ws="none"
        )
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            running = asyncio.create_task(server.serve([listening]))
            port = listening.getsockname()[1]
            environment = {
                "SMARTPAY_SECRET_KEY": smart.key,
                "SMARTPAY_API_PREFIX": f"https://127.0.0.1:{port}/api.smartpay/v1",
                "NODE_EXTRA_CA_CERTS": str(tmp_path / "authority.pem"),
                "REQUESTS_CA_BUNDLE": str(tmp_path / "authority.pem"),
                "NO_PROXY": "127.0.0.1",
            }
            try:
                yield smart, environment
            finally:
                server.should_exit = True
                await running


@contextlib.asynccontextmanager
async def running(*command: str | Path, environment: dict[str, str]) -> AsyncIterator[Client]:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env=clean_environment() | environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    try:
        yield Client(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def require(part: Path) -> None:
    if not part.exists():
        pytest.skip(f"{part.relative_to(ROOT)} is not there (scripts/smartpay.sh)")


async def test_the_npm_client_makes_every_call(served: Any) -> None:
    """@smartpay/sdk-node 0.9.1, as an ES module and as CommonJS: objects, pages, refusals, empty answers."""
    require(HERE / "node_modules/.installed-from")
    smart, environment = served
    driver = HERE / "drive.mjs"
    async with running("node", driver, environment=environment) as node:
        await node_orders(smart, node)
        await node_discounts(node)
        await node_tokens(smart, node)
        await node_endpoints(smart, node)
    async with running("node", driver, "commonjs", environment=environment) as node:
        assert (await node.call("listOrders", {}))["object"] == "collection"


async def node_orders(smart: Smart, node: Client) -> None:
    session = await node.call("createCheckoutSession", FLAT | {"reference": "A-1"})
    flat = await node.call("createFlatCheckoutSession", FLAT | {"captureMethod": "autommatic"})
    assert (session["order"]["amount"], session["order"]["lineItems"][0]["name"]) == (550, "Mug")
    assert (await node.call("getCheckoutSession", {"id": session["id"]}))["order"] == session["order"]["id"]
    page = await node.call("listCheckoutSessions", {"maxResults": 1})
    assert [one["id"] for one in page["data"]] == [flat["id"]]
    rest = await node.call("listCheckoutSessions", {"pageToken": page["nextPageToken"], "expand": "all"})
    assert rest["data"][0]["order"]["object"] == "order" and "nextPageToken" not in rest
    assert await node.call("Smartpay.getSessionUrl", session) == session["url"]
    with_code = await node.call("Smartpay.getSessionURL", session, {"promotionCode": "A"})
    assert with_code == f"{session['url']}?promotion-code=A"

    order = session["order"]["id"]
    assert (await node.refused("cancelOrder", {"id": order}))["errorCode"] == "order.cannot-cancel"
    for one in (session, flat):
        await smart.simulate(one, "authorized")
    assert (await node.call("getOrder", {"id": flat["order"]["id"], "expand": "all"}))["status"] == "succeeded"
    assert [one["id"] for one in (await node.call("listOrders", {}))["data"]] == [flat["order"]["id"], order]
    capture = {"order": order, "amount": 50, "currency": "JPY", "cancelRemainder": "manual"}
    payment = await node.call("createPayment", capture | {"reference": "P-1", "idempotencyKey": "one"})
    assert await node.call("createPayment", capture | {"reference": "P-1", "idempotencyKey": "one"}) == payment
    await node.call("capture", capture)
    assert (await node.call("getPayment", {"id": payment["id"]}))["order"] == order
    assert len((await node.call("listPayments", {}))["data"]) == 3
    changed = await node.call("updatePayment", {"id": payment["id"], "description": "new", "idempotencyKey": "two"})
    assert (changed["description"], changed["reference"]) == ("new", "P-1")
    back = {"payment": payment["id"], "amount": 20, "currency": "JPY", "reason": "requested_by_customer"}
    refund = await node.call("createRefund", back)
    await node.call("refund", back | {"reason": "fraudulent"})
    assert (await node.refused("refund", back))["statusCode"] == 403
    assert (await node.call("getRefund", {"id": refund["id"]}))["payment"] == payment["id"]
    assert len((await node.call("listRefunds", {}))["data"]) == 2
    assert (await node.call("updateRefund", {"id": refund["id"], "metadata": {"a": "1"}}))["metadata"] == {"a": "1"}
    # What was captured stays; the rest is released.
    assert (await node.call("cancelOrder", {"id": order, "idempotencyKey": "three"}))["status"] == "succeeded"


async def node_discounts(node: Client) -> None:
    percentage = {"name": "Tenth", "discountType": "percentage", "discountPercentage": 10}
    tenth = await node.call("createCoupon", percentage | {"metadata": {"a": "1"}})
    off = {"name": "Off", "discountType": "amount", "discountAmount": 100, "currency": "JPY"}
    coupon = await node.call("createCoupon", off | {"expiresAt": 4_000_000_000_000, "maxRedemptionCount": 5})
    assert (coupon["discountAmount"], coupon["expiresAt"], coupon["redemptionCount"]) == (100, 4_000_000_000_000, 0)
    assert await node.call("getCoupon", {"id": tenth["id"]}) == tenth
    assert tenth["discountPercentage"] == 10 and "discountAmount" not in tenth
    assert (await node.call("updateCoupon", {"id": tenth["id"], "active": False}))["active"] is False
    assert [one["id"] for one in (await node.call("listCoupons", {}))["data"]] == [coupon["id"], tenth["id"]]
    code = await node.call("createPromotionCode", {"coupon": coupon["id"], "code": "SAVE.1", "maxRedemptionCount": 9})
    assert (code["coupon"], code["active"], code["currency"]) == (coupon["id"], True, None)
    again = await node.refused("createPromotionCode", {"coupon": coupon["id"], "code": "save.1"})
    assert (again["errorCode"], again["statusCode"]) == ("promotion-code.exists", 409)
    bound = {"coupon": coupon["id"], "code": "BIG", "minimumAmount": 400, "currency": "JPY", "active": False}
    assert (await node.call("createPromotionCode", bound))["minimumAmount"] == 400
    assert await node.call("getPromotionCode", {"id": code["id"]}) == code
    session = await node.call("createCheckoutSession", FLAT | {"promotionCode": "SAVE.1"})
    assert (session["order"]["discountAmount"], session["order"]["amount"]) == (100, 450)
    assert session["url"].endswith("?promotion-code=SAVE.1")
    changed = await node.call("updatePromotionCode", {"id": code["id"], "active": False, "metadata": {"a": "1"}})
    assert (changed["active"], changed["metadata"]) == (False, {"a": "1"})
    assert len((await node.call("listPromotionCodes", {"maxResults": 5}))["data"]) == 2
    absent = await node.refused("createPromotionCode", {"coupon": "coupon_test_" + "0" * 22, "code": "A"})
    assert (absent["errorCode"], absent["statusCode"]) == ("coupon.not-found", 404)


async def node_tokens(smart: Smart, node: Client) -> None:
    asked = {"mode": "token", "customerInfo": CUSTOMER, "successUrl": OK, "cancelUrl": CANCEL}
    token = (await node.call("createTokenCheckoutSession", asked))["token"]["id"]
    other = (await node.call("createCheckoutSession", asked))["token"]["id"]
    assert (await node.refused("enableToken", {"id": token}))["errorCode"] == "token.not-found"
    for one in (token, other):
        await smart.approve(one)
    assert (await node.call("getToken", {"id": token}))["status"] == "active"
    order = await node.call("createOrder", ORDER | {"amount": 550, "token": token, "reference": "T-1"})
    assert (order["status"], order["tokenId"], order["amount"]) == ("succeeded", token, 550)
    assert await node.call("disableToken", {"id": token}) == ""
    assert (await node.refused("createOrder", ORDER | {"amount": 550, "token": token}))["errorCode"] == "token.invalid"
    assert await node.call("enableToken", {"id": token, "idempotencyKey": "four"}) == ""
    assert await node.call("deleteToken", {"id": other, "idempotencyKey": "five"}) == ""
    assert [one["id"] for one in (await node.call("listTokens", {}))["data"]] == [token]


async def node_endpoints(smart: Smart, node: Client) -> None:
    receiver = Receiver()
    try:
        made = await node.call("createWebhookEndpoint", {"url": receiver.url, "metadata": {"a": "1"}})
        secret = made["signingSecret"]
        read = await node.call("getWebhookEndpoint", {"id": made["id"]})
        assert read == {name: value for name, value in made.items() if name != "signingSecret"}
        assert (read["eventSubscriptions"], read["metadata"]) == ([], {"a": "1"})
        await node.call("createCoupon", {"name": "Told", "discountType": "percentage", "discountPercentage": 12.5})
        [told] = await eventually(lambda: receiver.received)
    finally:
        receiver.close()
    assert told.json["eventData"]["data"]["discountPercentage"] == 12.5
    signature = told.headers["smartpay-signature"]
    data = f"{told.headers['smartpay-signature-timestamp']}.{told.body.decode()}"
    signed = {"data": data, "secret": secret}
    assert await node.call("Smartpay.calculateWebhookSignature", signed) == signature
    assert await node.call("Smartpay.verifyWebhookSignature", signed | {"signature": signature}) is True
    assert await node.call("Smartpay.verifyWebhookSignature", signed | {"signature": signature, "data": "x"}) is False
    changes = {"id": made["id"], "active": False, "eventSubscriptions": ["order.authorized", "token.used"]}
    changed = await node.call("updateWebhookEndpoint", changes)
    assert (changed["active"], changed["eventSubscriptions"]) == (False, changes["eventSubscriptions"])
    assert len((await node.call("listWebhookEndpoints", {}))["data"]) == 1
    assert await node.call("deleteWebhookEndpoint", {"id": made["id"]}) == ""
    assert (await node.refused("getWebhookEndpoint", {"id": made["id"]}))["errorCode"] == "webhook-endpoint.not-found"


async def test_the_pypi_client_makes_every_call(served: Any) -> None:
    """smartpay 0.6.0: nulls for what is absent, JSON in every answer, and refusals whose text is compact."""
    require(PYTHON.parents[1] / ".installed-from")
    smart, environment = served
    async with running(PYTHON, HERE / "drive.py", environment=environment) as python:
        await python.call("set_public_key", "pk_test_PCLEGPw9RrKIAlRcK504Bj")
        normal = await python.call("normalize_checkout_session_payload", FLAT)
        assert normal["amount"] == 550 and normal["customerInfo"]["lastName"] is None
        session = await python.call("create_checkout_session", FLAT)
        assert await python.call("get_session_url", session) == session["url"]
        order = session["order"]["id"]
        await smart.simulate(session, "authorized")
        assert (await python.call("get_order", id=order, expand="all"))["status"] == "requires_capture"
        listed = await python.call("get_orders", max_results=1)
        assert [one["id"] for one in listed["data"]] == [order]
        capture = {"order": order, "amount": 100, "currency": "JPY", "cancel_remainder": "manual"}
        payment = await python.call("create_payment", **capture)
        await python.call("capture", **capture)
        assert (await python.call("get_payment", id=payment["id"], expand="all"))["amount"] == 100
        back = {"payment": payment["id"], "amount": 60, "currency": "JPY", "reason": "requested_by_customer"}
        refund = await python.call("create_refund", **back)
        assert (await python.call("get_refund", id=refund["id"]))["status"] == "succeeded"
        assert (await python.call("refund", **back | {"amount": 40}))["amount"] == 40
        message = (await python.refused("refund", **back))["message"]
        assert message.startswith("403: ") and '"errorCode":"amount.insufficient"' in message
        assert (await python.call("cancel_order", id=order))["status"] == "succeeded"


async def test_the_guides_examples_print_what_it_says(served: Any) -> None:
    """docs/dialects/smartpay.md: the blocks as they stand, in the environment that it names."""
    require(PYTHON.parents[1] / ".installed-from")
    require(HERE / "node_modules/.installed-from")
    _, environment = served
    page = (ROOT / "docs/dialects/smartpay.md").read_text("utf-8")
    [script] = [part.partition("```")[0] for part in page.split("```js\n")[1:]]
    program = page.split("```python\n")[1].partition("```")[0]
    printed = re.findall(r"Both print `(.+)`", page)
    for command in (("node", "--input-type=module", "--eval", script), (PYTHON, "-c", program)):
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=HERE,
            env=clean_environment() | environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert out.decode().splitlines() == printed


async def test_the_guides_shopper_approves_what_the_shop_made(served: Any, tmp_path: Path) -> None:
    """docs/dialects/smartpay.md: the command makes an account, once; the block prints what the page says."""
    smart, environment = served
    page = (ROOT / "docs/dialects/smartpay.md").read_text("utf-8")
    [line] = re.findall(r"\| tillgate (shoppers create .+)", page)
    command = line.replace("--project shop", f"--project {smart.shop.project_id}").split()
    email = command[command.index("--email") + 1]
    where = ("--data", str(tmp_path))
    made = await asyncio.to_thread(run_cli, *command, *where, stdin=f"{PASSWORD}\n")
    assert made == f"{email} can sign in as a test shopper of {smart.shop.project_id}.\n"
    other = [f"other+{email}" if word == email else word for word in command]
    told = json.loads(await asyncio.to_thread(run_cli, *other, *where, "--json", stdin=f"{PASSWORD}\n"))
    assert (told["email"], told["projectId"]) == (f"other+{email}", smart.shop.project_id)
    again = await asyncio.to_thread(run_cli, *command, *where, stdin=f"{PASSWORD}\n", status=1)
    assert "already signs in" in again
    listing = ("shoppers", "list", "--project", smart.shop.project_id, *where)
    listed = json.loads(await asyncio.to_thread(run_cli, *listing, "--json"))
    assert [(one["email"], one["hasPassword"]) for one in listed] == [(email, True), (f"other+{email}", True)]
    assert "password" in await asyncio.to_thread(run_cli, *listing)
    order = (await smart.done("POST", "/checkout-sessions", smart.payload()))["order"]["id"]
    asked = {"mode": "token", "customerInfo": {}, "successUrl": OK, "cancelUrl": CANCEL}
    token = (await smart.done("POST", "/checkout-sessions", asked))["token"]["id"]
    program = page.split("```python\n")[2].partition("```")[0]
    names = {
        "HOST": environment["SMARTPAY_API_PREFIX"].removesuffix("/api.smartpay/v1"),
        "EMAIL": email,
        "PASSWORD": PASSWORD,
        "ORDER": order,
        "TOKEN": token,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "".join(f"{name} = {value!r}\n" for name, value in names.items()) + program,
        env=clean_environment() | environment | {"SSL_CERT_FILE": environment["NODE_EXTRA_CA_CERTS"]},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    [status, number] = re.findall(r"this prints `(\w+)` and `(\d+)`", page)[0]
    assert out.decode().split() == [status, number]
    assert (await smart.done("GET", f"/tokens/{token}"))["status"] == "active"
