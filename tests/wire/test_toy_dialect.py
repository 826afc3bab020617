"""A dialect is a value: a toy language works end to end without a line changed below the wire."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from keyturn import Issued
from tests.makers import rows
from tests.receiver import Received, Receiver
from tests.shop import Shop, eventually, open_shop
from tests.wire.toy import PDF, TOY
from tillgate.base.clock import HOUR_MS, MINUTE_MS

pytestmark = pytest.mark.anyio


class Toy:
    """The toy language beside the native one, in a running shop."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(shop.app), base_url="https://shop.example")

    async def key(self, *scopes: str) -> dict[str, str]:
        return self.header(await self.shop.issued(scopes))

    def header(self, issued: Issued) -> dict[str, str]:
        return {"authorization": f"Bearer {issued.secret.reveal()}"}


@pytest.fixture
async def toy(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Toy]:
    async with open_shop(tmp_path, database_url, dialects=(TOY,)) as shop:
        made = Toy(shop)
        async with made.http:
            yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


async def test_a_charge_is_made_and_looked_at_in_its_own_words(toy: Toy) -> None:
    """Two variables in a path, both named; ids in its own spelling; doubled slashes, and both mounts, lead there."""
    key = await toy.key("sessions:write", "sessions:read")
    made = await toy.http.post("/toy/v2/charges", json={"cents": 4900}, headers=key)
    assert (made.status_code, made.headers["content-type"]) == (200, "application/toy+json")
    charge = made.json()["charge"]
    assert charge.startswith("CH-")
    for path in (
        f"/toy/v2/status/{toy.shop.project_id}/{charge}",
        f"/api/toy//status//{toy.shop.project_id}/{charge}/",
    ):
        looked = await toy.http.get(path, headers=key)
        assert looked.json() == {"charge": charge, "state": "pending", "note": toy.shop.project_id}, looked.text
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
        (await toy.http.get("/toy/v2/hooks", headers=some), 405, "method_not_allowed"),
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
    again = await toy.http.post("/api/toy/charges", json={"cents": 1}, headers=key)
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


async def test_lists_are_asked_for_and_told_in_its_own_pages(toy: Toy) -> None:
    """Its parameters, its cursor in its own spelling, its envelope; the native language's are none of its own."""
    key = await toy.key("sessions:write", "sessions:read")
    made = [
        (await toy.http.post("/toy/v2/charges", json={"cents": n}, headers=key)).json()["charge"] for n in (1, 2, 3)
    ]
    first = (await toy.http.get("/toy/v2/charges", headers=key)).json()
    assert ([one["charge"] for one in first["charges"]], first["below"]) == (made[:0:-1], made[1])
    rest = (await toy.http.get(f"/toy/v2/charges?count=9&below={first['below']}", headers=key)).json()
    assert rest == {"charges": [{"charge": made[0], "state": "pending", "note": None}], "below": None}
    for query in ("limit=1", "starting_after=x", "below=CH-small"):
        assert (await toy.http.get(f"/toy/v2/charges?{query}", headers=key)).status_code == 400, query


async def test_its_webhooks_have_a_form_a_signature_and_a_schedule_of_their_own(toy: Toy, receiver: Receiver) -> None:
    """Beside a native endpoint, which hears the same fact in its own way; the form is the same on every attempt and
    replay, and what its language does not have is never delivered to it."""
    shop = toy.shop
    native = await shop.client()
    key = await toy.key("sessions:write", "sessions:read", "webhooks:write")
    receiver.status = 500
    hook = await toy.http.post("/toy/v2/hooks", json={"to": f"{receiver.url}/toy"}, headers=key)
    await native.post("/webhook_endpoints", json={"url": f"{receiver.url}/native", "events": ["session.*"]})
    made = (await toy.http.post("/toy/v2/charges", json={"cents": 490}, headers=key)).json()["charge"]
    [event] = (await native.get("/events?type=session.created")).json()["data"]
    form = msgspec.json.encode({"charge": made, "state": "pending", "note": None})

    async def attempts(path: str, number: int) -> list[Received]:
        return await eventually(
            lambda: len(found := [one for one in receiver.received if one.path == path]) >= number and found
        )

    (first,), (told,) = await attempts("/toy", 1), await attempts("/native", 1)
    assert first.body == b'{"attempt":1,"of":%s}' % form
    signed = hmac.new(hook.json()["secret"].encode(), first.body, hashlib.sha512).hexdigest()
    expected = {"x-toy": signed, "user-agent": "Toy/1", "content-type": "application/toy+json"}
    assert expected.items() <= first.headers.items()
    assert not [name for name in first.headers if name.startswith(("webhook-", "x-webhook-"))]
    assert (told.headers["webhook-id"], told.json["id"]) == (event["id"], event["id"])

    listed = (await native.get("/webhook_endpoints")).json()["data"]
    [own] = [one["id"] for one in listed if one["url"].endswith("/toy")]

    async def delivery() -> Any:
        [found] = (await native.get(f"/webhook_endpoints/{own}/deliveries")).json()["data"]
        return found if found["attempts"] else None

    tried = await eventually(delivery)
    assert (tried["status"], tried["attemptsMax"]) == ("pending", 2)
    shop.clock.ahead_ms += MINUTE_MS
    [_, second] = await attempts("/toy", 2)
    assert second.body == b'{"attempt":2,"of":%s}' % form

    async def given_up() -> Any:
        return (await delivery())["status"] == "abandoned"

    await eventually(given_up)
    receiver.status = 200
    await native.post(f"/events/{event['id']}/replay", json={"endpointId": own})
    assert (await attempts("/toy", 3))[2].body == first.body


async def test_forms_are_made_only_where_a_project_listens_in_the_dialect(toy: Toy) -> None:
    """No project pays for a language that it does not use. What happened before there was such an endpoint, and what
    its language does not have, cannot be sent to it again, and is left out of a range."""
    shop = toy.shop
    native = await shop.client()
    key = await toy.key("webhooks:write", "sessions:write", "sessions:read")
    await toy.http.post("/toy/v2/charges", json={"cents": 1}, headers=key)
    assert await forms(shop) == []
    await toy.http.post("/toy/v2/hooks", json={"to": "http://127.0.0.1:9/"}, headers=key)
    await toy.http.post("/toy/v2/charges", json={"cents": 2}, headers=key)
    await native.post("/customers", json={"name": "Ada"})
    other = await shop.client(project=await shop.project())
    await other.post("/checkout_sessions", json={"amount": {"value": "1.00", "currency": "USD"}})
    before, formed, foreign = sorted((await native.get("/events")).json()["data"], key=lambda one: one["sequence"])
    assert await forms(shop) == [(formed["id"], "toy")]
    [endpoint] = (await native.get("/webhook_endpoints")).json()["data"]
    await native.patch(f"/webhook_endpoints/{endpoint['id']}", json={"events": ["*"], "active": False})
    for event, status in ((before, 409), (formed, 201), (foreign, 409)):
        again = await native.post(f"/events/{event['id']}/replay", json={"endpointId": endpoint["id"]})
        assert again.status_code == status, again.text
        assert status == 201 or again.json()["error"]["code"] == "delivery_not_replayable"
    await native.post("/checkout_sessions", json={"amount": {"value": "1.00", "currency": "USD"}})
    ranged = await native.post(f"/webhook_endpoints/{endpoint['id']}/replay", json={"after": 0})
    assert ranged.json()["deliveries"] == 1, "the newest; what is on its way already is left out"


async def test_a_test_send_is_made_in_the_dialect(toy: Toy, receiver: Receiver) -> None:
    """An example of a paid session in its form, by its style, once."""
    key = await toy.key("webhooks:write")
    await toy.http.post("/toy/v2/hooks", json={"to": receiver.url}, headers=key)
    native = await toy.shop.client()
    [endpoint] = (await native.get("/webhook_endpoints")).json()["data"]
    sent = (await native.post(f"/webhook_endpoints/{endpoint['id']}/test")).json()
    assert sent["delivered"] is True
    assert sent["eventId"].startswith("evt_")
    [received] = receiver.received
    assert (received.json["attempt"], received.json["of"]["state"]) == (1, "paid")


async def forms(shop: Shop) -> list[tuple[str, str]]:
    found = await rows(shop.database, "SELECT event_id, dialect FROM event_forms ORDER BY event_id")
    return [(row["event_id"], row["dialect"]) for row in found]
