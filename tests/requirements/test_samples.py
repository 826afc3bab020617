"""Crossmint's server-side sample on Node, and the guide's own example, against a running server."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.house.source import ROOT
from tests.running import RunningServer

# The route of the document without its types, which Node 20 does not read, and without the import of what it defines
# itself; next/server is the two lines that it needs of it.
ROUTE = """
const NextResponse = { json: (body, init) => ({ body, status: init.status }) };

const crossmintBaseUrl = process.env.CROSSMINT_API_URL;
const crossmintApiKey = process.env.CROSSMINT_API_KEY;

const crossmintAPIHeaders = {
    accept: "application/json",
    "content-type": "application/json",
    "x-api-key": crossmintApiKey,
};

const callCrossmintAPI = async (endpoint, options) => {
    const url = `${crossmintBaseUrl}/${endpoint}`;
    const { body, method } = options;

    const response = await fetch(url, {
        body: body ? JSON.stringify(body) : null,
        method,
        headers: crossmintAPIHeaders,
    });
    const json = await response.json();
    return json;
};

async function POST(req, res) {
    try {
        const body = await req.json();
        console.error("create order: ", body);

        const apiResponse = await callCrossmintAPI("/orders", {
            method: "POST",
            body,
        });

        return NextResponse.json(apiResponse, { status: 200 });
    } catch (error) {
        console.error("failed to create order");
        return NextResponse.json({ message: "Error creating order" }, { status: 500 });
    }
}

console.log(JSON.stringify(await POST({ json: async () => JSON.parse(process.argv[2]) })));
"""


def shop_of(running: RunningServer) -> tuple[str, str]:
    """A server-side key that may make orders and products, and a product."""
    made = running.cli(
        "keys", "create", "--name", "sample", "--mode", "test", "--format", "crossmint", "--json",
        "--scope", "sessions:write", "--scope", "products:write",
    )  # fmt: skip
    key: str = json.loads(made)["key"]
    product = httpx.post(
        f"{running.url}/api/v1/products",
        json={"name": "Mug", "price": "9.00", "currency": "USD"},
        headers={"x-api-key": key},
        trust_env=False,
    )
    return key, product.json()["id"]


@pytest.mark.spec("crossmint R5", "crossmint R6", "crossmint R7", "crossmint R8", "crossmint R9", "crossmint R10",
                  "crossmint R11")  # fmt: skip
def test_the_next_js_route_creates_an_order_and_relays_errors(running: RunningServer, tmp_path: Path) -> None:
    """crossmint R5 to R9: the route joins base and endpoint with two slashes. R10, R11: what is refused it relays as
    JSON with 200; where nobody answers it says 500."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node")
    key, product = shop_of(running)
    route = tmp_path / "route.mjs"
    route.write_text(ROUTE)

    def call(body: object, base: str) -> dict[str, object]:
        variables = os.environ | {"CROSSMINT_API_URL": base, "CROSSMINT_API_KEY": key}
        done = subprocess.run(
            [node, str(route), json.dumps(body)], env=variables, capture_output=True, text=True, check=True
        )
        told: dict[str, object] = json.loads(done.stdout)
        return told

    base = f"{running.url}/api/2022-06-09"
    whole = {"payment": {"method": "base-sepolia"}, "lineItems": {"collectionLocator": f"crossmint:{product}"}}
    made = call(whole, base)
    assert made["status"] == 200
    assert set(made["body"]) == {"clientSecret", "order"}  # type: ignore[call-overload]
    refused = call(whole | {"lineItems": []}, base)
    assert (refused["status"], refused["body"]["error"]) == (200, True)  # type: ignore[index]
    assert call(whole, "http://127.0.0.1:1/api/2022-06-09") == {
        "body": {"message": "Error creating order"}, "status": 500,
    }  # fmt: skip


def test_the_guides_example_runs(running: RunningServer, tmp_path: Path) -> None:
    """docs/dialects/crossmint.md: it prints what the page says."""
    page = (ROOT / "docs/dialects/crossmint.md").read_text("utf-8")
    [program] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    key, product = shop_of(running)
    variables = os.environ | {
        "CROSSMINT_API_URL": f"{running.url}/api/2022-06-09",
        "CROSSMINT_API_KEY": key,
        "PRODUCT_ID": product,
        "NO_PROXY": "*",
    }
    done = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["payment valid awaiting-payment", "0x02"]
    assert all(f"`{line}`" in page for line in done.stdout.splitlines())
