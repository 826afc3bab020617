"""A real browser calls the API from a page of another origin: preflight, keys, and what its script may read."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.running import RunningServer

# crossmint R23: the component's own code, but for the host and for what it leaves undefined.
COMPONENT = """async ([base, key, orderInput]) => {
    const process = { env: { NEXT_PUBLIC_CLIENT_SIDE_KEY: key } };
    const state = {};
    const setOrder = (order) => { state.order = order; };
    const setClientSecret = (secret) => { state.clientSecret = secret; };
    const createOrder = async (orderInput) => {
        try {
            const res = await fetch(`${base}/api/2022-06-09/orders`, {
                method: "POST",
                headers: {
                    "Content-Type": "application/json",
                    "x-api-key": process.env.NEXT_PUBLIC_CLIENT_SIDE_KEY,
                },
                body: JSON.stringify(orderInput),
            });

            const order = await res.json();

            setOrder(order.order);
            setClientSecret(order.clientSecret);
        } catch (e) {
            console.error(e);
            throw new Error("Failed to create order");
        }
    };
    try {
        await createOrder(orderInput);
    } catch (error) {
        return String(error);
    }
    return state;
}"""

AMOUNT = {"amount": {"value": "9.00", "currency": "USD"}}

# The document's sample, but for where it calls.
CALL = """async ([method, url, headers, body]) => {
    try {
        const answer = await fetch(url, { method, headers, body: body === null ? undefined : JSON.stringify(body) });
        return [answer.status, await answer.json()];
    } catch (error) {
        return [0, String(error)];
    }
}"""


class Blank(http.server.BaseHTTPRequestHandler):
    """An empty page, whatever is asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    """A web origin of local development, such as ``http://localhost:3000``."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def made(server: RunningServer, *arguments: str) -> str:
    """The text of a new key."""
    create = ("keys", "create", "--name", "page", "--mode", "test", "--json", *arguments)
    text: str = json.loads(server.cli(*create))["key"]
    return text


@pytest.mark.spec("smartpay R27")
def test_a_page_calls_the_api_from_its_own_origin_and_no_other_page_does(
    running: RunningServer, page: Page, origin: str
) -> None:
    """A page at a local development origin that the key names creates a session, and reads it with the clientSecret; a
    page elsewhere is denied, and its fetch fails. R27: ``Authorization: Bearer`` serves such requests at Smartpay's own
    routes, with a secret key that is bound to the origin, too."""
    sessions = f"{running.url}/api/v1/checkout_sessions"
    client = made(
        running,
        "--kind",
        "publishable",
        "--format",
        "crossmint",
        "--scope",
        "sessions:write",
        "--origin",
        origin,
        "--allow",
        "amount",
    )
    scopes = ("--scope", "sessions:read", "--scope", "orders:read")
    server = made(running, "--format", "smartpay", *scopes, "--origin", origin)
    own = f"{running.url}/v1/checkout-sessions"
    json_type = {"Content-Type": "application/json"}

    def call(method: str, url: str, headers: dict[str, str], body: Any = None) -> Any:
        return page.evaluate(CALL, [method, url, headers, body])

    page.goto(origin)
    status, session = call("POST", sessions, json_type | {"x-api-key": client}, AMOUNT)
    assert (status, session["object"]) == (201, "checkout_session")
    opened = {"x-api-key": client, "authorization": session["clientSecret"]}
    assert call("GET", f"{sessions}/{session['id']}", opened)[1]["id"] == session["id"]
    status, refused = call("GET", f"{sessions}/{session['id']}", {"x-api-key": client})
    assert (status, refused["error"]["code"]) == (403, "client_secret_missing")
    status, created = call("POST", sessions, json_type | {"Authorization": f"Bearer {client}"}, AMOUNT)
    assert status == 201
    status, listed = call("GET", own, {"Authorization": f"Bearer {server}"})
    there = [one["createdAt"] for one in listed["data"]]
    assert (status, listed["object"], len(there) >= 2) == (200, "collection", True)
    assert created["id"] != session["id"]

    page.goto(origin.replace("localhost", "127.0.0.1"))
    status, error = call("GET", sessions, {"Authorization": f"Bearer {client}"})
    assert (status, "Failed to fetch" in error) == (0, True)
    # Smartpay's answers are read from everywhere: this one says that the key is bound to another origin.
    assert call("GET", own, {"Authorization": f"Bearer {server}"})[0] == 403
    status, error = call("POST", sessions, json_type | {"x-api-key": client}, AMOUNT)
    assert (status, "Failed to fetch" in error) == (0, True)
    page.goto(origin)
    listed = call("GET", own, {"Authorization": f"Bearer {server}"})[1]["data"]
    assert [one["createdAt"] for one in listed] == there


@pytest.mark.spec("crossmint R12", "crossmint R15", "crossmint R17", "crossmint R18", "crossmint R19", "crossmint R21",
                  "crossmint R23", "crossmint R25")  # fmt: skip
def test_crossmints_component_makes_an_order_and_goes_on_with_its_client_secret(
    running: RunningServer, page: Page, origin: str
) -> None:
    """crossmint R12, R17, R18, R23: the component's code, run by a page of another origin, keeps order and secret. R19,
    R21: with the secret the page changes and reads that order. R15, R25: elsewhere it says that it failed."""
    client = made(
        running, "--kind", "publishable", "--format", "crossmint", "--scope", "sessions:write", "--origin", origin
    )
    server = made(running, "--format", "crossmint", "--scope", "products:write")
    product = httpx.post(
        f"{running.url}/api/v1/products",
        json={"name": "Mug", "price": "9.00", "currency": "USD"},
        headers={"x-api-key": server},
        trust_env=False,
    ).json()["id"]
    wanted = {
        "payment": {"method": "base-sepolia", "currency": "usdc"},
        "lineItems": {"collectionLocator": f"crossmint:{product}"},
    }
    page.goto(origin)
    state = page.evaluate(COMPONENT, [running.url, client, wanted])
    assert state["order"]["quote"]["status"] == "requires-recipient"
    orders = f"{running.url}/api/2022-06-09/orders/{state['order']['orderId']}"
    opened = {"Content-Type": "application/json", "x-api-key": client, "authorization": state["clientSecret"]}
    change = {"recipient": {"email": "buyer@example.com"}}
    status, order = page.evaluate(CALL, ["PATCH", orders, opened, change])
    assert (status, order["payment"]["status"]) == (200, "requires-crypto-payer-address")
    assert page.evaluate(CALL, ["GET", orders, opened, None])[1] == order
    page.goto(origin.replace("localhost", "127.0.0.1"))
    assert page.evaluate(COMPONENT, [running.url, client, wanted]) == "Error: Failed to create order"
