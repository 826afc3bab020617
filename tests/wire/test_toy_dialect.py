"""A dialect is a value: a toy language works end to end without a line changed below the wire."""

from collections.abc import AsyncIterator

import httpx
import pytest

from keyturn import Issued
from tests.shop import Shop
from tests.wire.toy import PDF, TOY
from tillgate.base.clock import HOUR_MS
from tillgate.wire.serving import DialectApp

pytestmark = pytest.mark.anyio


class Toy:
    """The toy language over a running shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        app = DialectApp(shop.app._api.context, TOY, plain_http_from_here=True, requests=shop.app._keys.requests)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://shop.example")

    async def key(self, *scopes: str) -> dict[str, str]:
        return self.header(await self.shop.issued(scopes))

    def header(self, issued: Issued) -> dict[str, str]:
        return {"authorization": f"Bearer {issued.secret.reveal()}"}


@pytest.fixture
async def toy(sqlite_shop: Shop) -> AsyncIterator[Toy]:
    made = Toy(sqlite_shop)
    async with made.http:
        yield made


async def test_a_charge_is_made_and_looked_at_in_its_own_words(toy: Toy) -> None:
    """Two variables in a path, both named; ids in its own spelling; doubled slashes, and both mounts, lead there."""
    key = await toy.key("sessions:write", "sessions:read")
    made = await toy.http.post("/toy/v2/charges", json={"cents": 4900}, headers=key)
    assert (made.status_code, made.headers["content-type"]) == (200, "application/toy+json")
    charge = made.json()["charge"]
    assert charge.startswith("CH-")
    for path in (f"/toy/v2/status/{toy.shop.project_id}/{charge}", f"/toy/v3//status//{toy.shop.project_id}/{charge}/"):
        looked = await toy.http.get(path, headers=key)
        assert looked.json() == {"charge": charge, "state": "pending", "note": None}, looked.text
    missing = await toy.http.get(f"/toy/v2/status/{toy.shop.project_id}/CH-small", headers=key)
    assert (missing.status_code, missing.json()["why"]) == (404, "not_found")


async def test_every_refusal_is_answered_in_its_envelope(toy: Toy) -> None:
    """Without a key, without one of two scopes, nowhere, or with a body that does not fit: fields by its own names."""
    everything = await toy.key("sessions:write", "sessions:read")
    some = await toy.key("sessions:write")
    for answer, status, why in (
        (await toy.http.post("/toy/v2/charges", json={}), 401, "missing"),
        (await toy.http.post("/toy/v2/charges", json={}, headers=some), 403, "scope_missing"),
        (await toy.http.get("/toy/v2/nowhere", headers=some), 404, "unknown_path"),
        (await toy.http.get("/toy/v2/charges", headers=some), 405, "method_not_allowed"),
        (await toy.http.post("/toy/v2/charges", json={}, headers=everything), 400, "cents: Required"),
        (
            await toy.http.post("/toy/v2/charges", json={"cents": 0}, headers=everything),
            400,
            "cents: the amount must be greater than zero.",
        ),
        (
            await toy.http.post("/toy/v2/charges", json={"cents": 1}, headers=everything | {"x-once": "a b"}),
            400,
            "IDEMPOTENCY_KEY: expected 1 to 255 visible ASCII characters without spaces, such as a UUID.",
        ),
    ):
        assert (answer.status_code, answer.json()) == (status, {"ok": False, "status": status, "why": why})


async def test_an_open_route_asks_for_no_key_and_any_key_opens_another(toy: Toy) -> None:
    """What is open does not even look at a key; what any key may do is refused without one."""
    hello = await toy.http.get("/toy/v2/hello", headers={"authorization": "Bearer nonsense"})
    assert hello.json() == {"ok": True, "who": "visitor"}
    assert (await toy.http.post("/toy/v2/receipts/CH-A")).status_code == 401
    receipt = await toy.http.post("/toy/v2/receipts/CH-A", headers=await toy.key("events:read"))
    assert (receipt.content, receipt.headers["content-type"]) == (PDF, "application/pdf")


async def test_a_retry_is_answered_by_its_own_policy(toy: Toy) -> None:
    """Under its own header, for six hours, with its own status; bytes and secrets come again as they were, and the
    native language's names are others."""
    issued = await toy.shop.issued(["sessions:write", "sessions:read"])
    key = toy.header(issued) | {"x-once": "a"}
    first = await toy.http.post("/toy/v2/charges", json={"cents": 1}, headers=key)
    again = await toy.http.post("/toy/v3/charges", json={"cents": 1}, headers=key)
    assert (first.status_code, again.status_code, again.content) == (200, 208, first.content)
    assert first.json()["note"] == "for your eyes only"
    other = await toy.key("sessions:write", "sessions:read") | {"x-once": "a"}
    assert (await toy.http.post("/toy/v2/charges", json={"cents": 1}, headers=other)).json()["note"] is None
    native = await toy.shop.caller(issued.secret.reveal())
    amount = {"amount": {"value": "1.00", "currency": "USD"}}
    made = await native.post("/checkout_sessions", json=amount, headers={"Idempotency-Key": "a"})
    assert made.status_code == 201, made.text
    bytes_ = key | {"x-once": "pdf"}
    for status in (200, 208):
        receipt = await toy.http.post("/toy/v2/receipts/CH-A", headers=bytes_)
        assert (receipt.status_code, receipt.content, receipt.headers["content-type"]) == (
            status, PDF, "application/pdf",
        )  # fmt: skip
    toy.shop.clock.ahead_ms += 6 * HOUR_MS
    later = await toy.http.post("/toy/v2/charges", json={"cents": 1}, headers=key)
    assert (later.status_code, later.json()["charge"] == first.json()["charge"]) == (200, False)
