"""The guide's program that sells access to an API: Tillgate takes the money, Keyturn gives the keys."""

from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.client.quickstart import blocks
from tests.keyturn.test_portal import field_of, secret_of
from tests.keyturn.test_serving import ROOT, serving
from tests.receiver import Receiver
from tests.running import EVERY_SCOPE, RunningServer

GUIDE: Final = Path(__file__).parents[2] / "docs/keyturn.md"
SETTINGS: Final = {
    "KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read", "KEYTURN_PUBLIC_URL": "http://127.0.0.1:{port}",
}  # fmt: skip


def test_who_pays_for_the_plan_gets_keys_of_the_api(
    running: RunningServer, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the order to a key with its quota. A cheaper product, whatever reference its buyer gave, gives nothing; a
    payment of test mode gives no live key; and Tillgate serves no such page itself."""
    project = running.project("API")
    api = running.client(running.key(EVERY_SCOPE, project=project))
    with api, serving(f"sqlite:///{tmp_path / 'keys.db'}", tmp_path, **SETTINGS) as (where, _):
        endpoint = api.post("/webhook_endpoints", json={"url": receiver.url, "events": ["order.paid"]}).json()
        plan, sticker = (
            api.post("/products", json={"name": name, "pricing": "fixed", "price": price, "currency": "USD"}).json()
            for name, price in (("API plan", "49.00"), ("Sticker", "1.00"))
        )
        for name, value in {
            "PLAN_PRODUCT_ID": plan["id"], "KEYTURN_URL": where, "KEYTURN_ROOT_KEY": ROOT,
            "WEBHOOK_SECRET": endpoint["secret"],
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        program: dict[str, Any] = {}
        exec(blocks(GUIDE, "python")["Sell access"], program)  # noqa: S102 — the guide's own words

        def buy(product: dict[str, Any], customer: str) -> None:
            wish = {"lineItems": [{"productId": product["id"]}], "clientReferenceId": customer}
            session = api.post("/checkout_sessions", json=wish).json()
            api.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"}).raise_for_status()
            [arrived] = receiver.wait_for(lambda got: len(got) >= 1)
            receiver.received.clear()
            program["receive"](arrived.body, arrived.headers["x-webhook-signature"])

        with program["keyturn"]:
            buy(sticker, "cus_1")
            assert program["page_of"]("cus_1", "test") is None
            buy(plan, "cus_1")
            assert program["page_of"]("cus_1") is None and program["page_of"]("cus_2", "test") is None
            with httpx.Client(base_url=where, follow_redirects=True, trust_env=False) as browser:
                page = browser.get(program["page_of"]("cus_1", "test")).text
                assert "All your keys together: 0 of 10,000 requests of this month are used." in page
                wish = {"name": "nightly", "scope": "invoices:read", "days": "30"}
                wish |= {name: field_of(page, name) for name in ("token", "once")}
                key = secret_of(browser.post("/portal/keys", data=wish, headers={"origin": where}).text)
            asked = {"key": key, "scope": "invoices:read"}
            verdict = program["keyturn"].post("/v1/keys/verify", json=asked).json()
            assert (verdict["valid"], verdict["quota"]["limit"]) == (True, 10_000)
            with running.client(key) as stranger:
                assert stranger.get("/orders").status_code == 401
    assert httpx.get(f"{running.url}/portal", trust_env=False).status_code == 404
