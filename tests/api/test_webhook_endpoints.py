"""``/webhook_endpoints`` and ``/webhook_deliveries`` over HTTP, with a real receiver."""

import asyncio
import base64
import hashlib
import hmac
import time
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.receiver import Received, Receiver
from tests.shop import Shop, eventually, open_shop

pytestmark = pytest.mark.anyio

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
FIELDS = {
    "id", "object", "livemode", "url", "description", "events", "active", "secretPrefix", "previousSecretExpiresAt",
    "failingSince", "disabledReason", "createdAt", "updatedAt",
}  # fmt: skip


def of_type(received: list[Received], type: str) -> list[Received]:
    return [one for one in received if one.json["type"] == type]


def verify_by_hand(received: Received, secret: str) -> None:
    """The documented scheme, written from its description: HMAC-SHA256 over ``<timestamp>.<raw body>``, in hex."""
    parts = dict(part.split("=", 1) for part in received.headers["x-webhook-signature"].split(","))
    assert set(parts) == {"t", "v1"}
    assert parts["t"] == received.headers["x-webhook-timestamp"]
    assert abs(time.time() - int(parts["t"])) < 300
    message = parts["t"].encode() + b"." + received.body
    assert hmac.compare_digest(hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(), parts["v1"])


async def test_an_endpoint_shows_its_secret_once(shop: Shop) -> None:
    """The answer to POST holds the signing secret; no later answer does, only its prefix."""
    client = await shop.client()
    answer = await client.post("/webhook_endpoints", json={"url": "https://merchant.example/in", "events": ["*"]})
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == FIELDS | {"secret"}
    assert made["secret"].startswith(made["secretPrefix"])
    assert made["secretPrefix"].startswith("whsec_")
    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) >= 24
    assert (made["object"], made["livemode"], made["active"], made["events"]) == (
        "webhook_endpoint",
        False,
        True,
        ["*"],
    )
    path = f"/webhook_endpoints/{made['id']}"
    later = [
        await client.get(path),
        await client.get("/webhook_endpoints"),
        await client.patch(path, json={"description": "Orders"}),
        await client.get(f"{path}/deliveries"),
        await client.get("/events"),
        await client.delete(path),
    ]
    assert [one.status_code for one in later] == [200] * 6
    assert set(later[0].json()) == FIELDS
    assert not [one.text for one in later if made["secret"] in one.text or '"secret"' in one.text]


async def test_every_field_of_an_endpoint_can_be_changed(shop: Shop) -> None:
    """PATCH changes what it names and nothing else; the creation event goes by both of its documented names."""
    client = await shop.client()
    made = (
        await client.post("/webhook_endpoints", json={"url": "https://merchant.example/in", "events": ["session.paid"]})
    ).json()
    del made["secret"]
    path = f"/webhook_endpoints/{made['id']}"
    changes: list[tuple[str, Any, Any]] = [
        ("url", "https://merchant.example/other", "https://merchant.example/other"),
        ("events", ["session.pending", "session.paid"], ["session.created", "session.paid"]),
        ("events", ["session.paid", "*"], ["*"]),
        ("description", "Orders", "Orders"),
        ("description", None, None),
        ("active", False, False),
    ]
    for field, given, to_api in changes:
        answer = await client.patch(path, json={field: given})
        assert answer.status_code == 200, answer.text
        made = made | {field: to_api, "updatedAt": answer.json()["updatedAt"]}
        assert answer.json() == made == (await client.get(path)).json()


async def test_a_deleted_endpoint_is_gone(shop: Shop) -> None:
    """DELETE says what was deleted; afterwards the endpoint is a 404 for every method, its deliveries with it."""
    client = await shop.client()
    made = (
        await client.post("/webhook_endpoints", json={"url": "https://merchant.example/in", "events": ["*"]})
    ).json()
    path = f"/webhook_endpoints/{made['id']}"
    assert (await client.delete(path)).json() == {
        "id": made["id"], "object": "webhook_endpoint", "livemode": False, "deleted": True,
    }  # fmt: skip
    for method, below in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/test"), ("GET", "/deliveries")):
        gone = await client.request(method, path + below, json={} if method == "PATCH" else None)
        assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found"), (method, below)
    assert (await client.get("/webhook_endpoints")).json()["data"] == []


async def test_webhooks_arrive_signed_in_both_schemes_with_the_ids_of_the_events(
    shop: Shop, receiver: Receiver
) -> None:
    """The signature verifies with the PyPI package standardwebhooks and with the documented scheme; the body is
    the very event that GET /events shows."""
    client = await shop.client()
    endpoint = (await client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["session.*"]})).json()
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    for outcome in ("detected", "paid"):
        await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": outcome})
    received = await asyncio.to_thread(receiver.wait_for, lambda got: len(got) >= 3)
    events = [one for one in (await client.get("/events")).json()["data"] if one["type"].startswith("session.")]
    assert sorted(one.json["type"] for one in received) == ["session.created", "session.detected", "session.paid"]
    assert {one.json["id"]: one.json for one in received} == {event["id"]: event for event in events}
    for one in received:
        assert one.headers["content-type"] == "application/json"
        assert one.headers["webhook-id"] == one.json["id"]
        verify_by_hand(one, endpoint["secret"])
        assert Webhook(endpoint["secret"]).verify(one.body, one.headers) == one.json
    [paid] = of_type(received, "session.paid")
    assert paid.json["data"]["status"] == "paid"
    assert paid.json["data"]["id"] == session["id"]


async def test_an_endpoint_gets_only_what_it_subscribed_to(shop: Shop, receiver: Receiver) -> None:
    """An endpoint of the other types, of the other mode, of another project, or inactive, gets nothing."""
    client = await shop.client()
    live = await shop.client(mode="live")
    other = await shop.client(project=await shop.project())

    async def endpoint(caller: Any, path: str, *events: str) -> str:
        made = await caller.post("/webhook_endpoints", json={"url": receiver.url + path, "events": list(events)})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    await endpoint(client, "/paid", "session.paid")
    await endpoint(client, "/failed", "session.failed")
    await endpoint(other, "/other", "*")
    off = await endpoint(client, "/off", "*")
    await client.patch(f"/webhook_endpoints/{off}", json={"active": False})
    await live.post("/webhook_endpoints", json={"url": f"{receiver.url}/live", "events": ["*"]})
    session = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
    # The second session's event comes last; whatever was wrongly sent had come before it.
    second = (await client.post("/checkout_sessions", json=AMOUNT)).json()
    await client.post(f"/checkout_sessions/{second['id']}/simulate", json={"outcome": "paid"})
    received = await asyncio.to_thread(receiver.wait_for, lambda got: len(of_type(got, "session.paid")) >= 2)
    assert [one.path for one in received] == ["/paid", "/paid"]


async def test_a_test_send_says_what_the_receiver_answered(shop: Shop, receiver: Receiver) -> None:
    """POST …/test sends a synthetic session.paid with livemode false, also to a live endpoint, and shows the result."""
    for mode in ("test", "live"):
        client = await shop.client(mode=mode)
        made = (
            await client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["session.failed"]})
        ).json()
        receiver.received.clear()
        answer = await client.post(f"/webhook_endpoints/{made['id']}/test")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        [sent] = receiver.received
        verify_by_hand(sent, made["secret"])
        assert (sent.json["type"], sent.json["livemode"], sent.json["data"]["status"]) == (
            "session.paid",
            False,
            "paid",
        )
        assert told["object"] == "webhook_test"
        assert told["livemode"] is (mode == "live")
        assert told["delivered"] is True
        assert told["eventId"] == sent.json["id"]
        assert (told["attempt"]["responseStatus"], told["attempt"]["responseExcerpt"]) == (200, "thank you")
        assert (await client.get("/events")).json()["data"] == []
        delivery = (await client.get(f"/webhook_deliveries/{told['deliveryId']}")).json()
        assert (delivery["status"], delivery["eventId"], delivery["attempts"]) == ("delivered", None, [told["attempt"]])
        refused = await client.post(f"/webhook_deliveries/{told['deliveryId']}/replay")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "delivery_not_replayable")


async def test_a_failed_test_send_is_reported_and_not_repeated(shop: Shop, receiver: Receiver) -> None:
    """A receiver that answers 500, or is not there, is an answer of 200 that says so; nothing is sent again."""
    client = await shop.client()
    receiver.status, receiver.answer = 500, b"\0\xff" + b"x" * 5_000
    made = (await client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["*"]})).json()
    told = (await client.post(f"/webhook_endpoints/{made['id']}/test")).json()
    assert (told["delivered"], told["attempt"]["responseStatus"]) == (False, 500)
    assert 2_000 <= len(told["attempt"]["responseExcerpt"]) <= 2_048
    delivery = (await client.get(f"/webhook_deliveries/{told['deliveryId']}")).json()
    assert (delivery["status"], delivery["nextAttemptAt"], delivery["attemptsMax"]) == ("abandoned", None, 1)
    receiver.close()
    told = (await client.post(f"/webhook_endpoints/{made['id']}/test")).json()
    assert (told["delivered"], told["attempt"]["responseStatus"]) == (False, None)
    assert told["attempt"]["error"]


async def test_test_sends_have_an_allowance_of_their_project(shop: Shop, receiver: Receiver) -> None:
    """Ten at once, by whichever of its keys; then 429 with the seconds to wait, nothing sent and nothing written.
    Another project has its own."""
    client, other_key = await shop.client(), await shop.client()
    elsewhere = await shop.client(project=await shop.project())
    body = {"url": receiver.url, "events": ["session.failed"]}
    path = f"/webhook_endpoints/{(await client.post('/webhook_endpoints', json=body)).json()['id']}"
    answers = [await one.post(f"{path}/test") for one in [client, other_key] * 6]
    assert [answer.status_code for answer in answers[:10]] == [200] * 10
    assert {answer.status_code for answer in answers[10:]} == {429}
    assert answers[-1].json()["error"]["code"] == "rate_limited"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 6
    assert len(receiver.received) == 10
    assert len((await client.get(f"{path}/deliveries")).json()["data"]) == 10
    there = (await elsewhere.post("/webhook_endpoints", json=body)).json()["id"]
    assert (await elsewhere.post(f"/webhook_endpoints/{there}/test")).status_code == 200


async def test_a_failed_delivery_is_tried_again_later_and_logged(shop: Shop, receiver: Receiver) -> None:
    """The log shows each attempt with status, code, duration and answer; the event id is the same on every one,
    and each is signed again."""
    client = await shop.client()
    receiver.status, receiver.answer = 503, b"not now"
    made = (await client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["*"]})).json()
    path = f"/webhook_endpoints/{made['id']}/deliveries"
    await client.post("/checkout_sessions", json=AMOUNT)

    async def attempts(number: int) -> Any:
        [delivery] = (await client.get(path)).json()["data"]
        # The attempt may be read a moment after its delivery, which does not say yet what follows.
        first = number == 1 and delivery["nextAttemptAt"] == delivery["createdAt"]
        return delivery if len(delivery["attempts"]) == number and not first else None

    waiting = await eventually(lambda: attempts(1))
    assert (waiting["status"], waiting["attemptsMax"]) == ("pending", 6)
    assert waiting["nextAttemptAt"] > waiting["createdAt"]
    assert waiting["attempts"][0]["responseStatus"] == 503
    assert waiting["attempts"][0]["responseExcerpt"] == "not now"
    receiver.status = 204
    receiver.answer = b""
    shop.clock.ahead_ms += 61_000
    done = await eventually(lambda: attempts(2))
    assert (done["status"], done["nextAttemptAt"]) == ("delivered", None)
    assert [one["responseStatus"] for one in done["attempts"]] == [503, 204]
    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["x-webhook-signature"] != second.headers["x-webhook-signature"]
    assert (await client.get(f"/webhook_deliveries/{done['id']}")).json() == done


async def test_a_delivery_is_given_up_after_six_attempts(shop: Shop, receiver: Receiver) -> None:
    """Six attempts on the documented schedule, then abandoned; a replay starts again with the same event id."""
    client = await shop.client()
    receiver.status = 500
    made = (await client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["session.created"]})).json()
    path = f"/webhook_endpoints/{made['id']}/deliveries"
    await client.post("/checkout_sessions", json=AMOUNT)

    async def attempts(number: int) -> Any:
        [delivery] = (await client.get(path)).json()["data"]
        return delivery if len(delivery["attempts"]) == number else None

    for number, minutes in enumerate((1, 10, 60, 360, 1_440), start=1):
        await eventually(lambda number=number: attempts(number))
        shop.clock.ahead_ms += minutes * 60_000 + 1_000
    abandoned = await eventually(lambda: attempts(6))
    assert (abandoned["status"], abandoned["nextAttemptAt"]) == ("abandoned", None)
    receiver.status = 200
    replayed = await client.post(f"/webhook_deliveries/{abandoned['id']}/replay")
    assert replayed.status_code == 201
    assert replayed.json()["id"] != abandoned["id"]
    assert replayed.json()["eventId"] == abandoned["eventId"]

    async def delivered() -> bool:
        return bool((await client.get(f"/webhook_deliveries/{replayed.json()['id']}")).json()["status"] == "delivered")

    await eventually(delivered)
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    assert len({one.body for one in receiver.received}) == 1
    assert len(receiver.received) == 7


async def test_a_redirect_is_not_followed(sqlite_shop: Shop, receiver: Receiver) -> None:
    """A receiver that redirects has failed: a webhook goes to the address that was given, or nowhere."""
    client = await sqlite_shop.client()
    receiver.status, receiver.headers = 307, {"location": f"{receiver.url}/elsewhere"}
    made = (await client.post("/webhook_endpoints", json={"url": f"{receiver.url}/in", "events": ["*"]})).json()
    told = (await client.post(f"/webhook_endpoints/{made['id']}/test")).json()
    assert (told["delivered"], told["attempt"]["responseStatus"]) == (False, 307)
    assert [one.path for one in receiver.received] == ["/in"]


async def test_plain_http_is_refused_outside_of_development(tmp_path: Path, receiver: Receiver) -> None:
    """Without --dev a webhook endpoint is https only; with it, plain http to this machine alone."""
    async with open_shop(tmp_path, f"sqlite:///{tmp_path / 'strict.db'}", dev=False) as strict:
        client = await strict.client()
        for url in (receiver.url, "http://merchant.example/in"):
            refused = await client.post("/webhook_endpoints", json={"url": url, "events": ["*"]})
            assert (refused.status_code, refused.json()["error"]["param"]) == (400, "url")
        allowed = await client.post("/webhook_endpoints", json={"url": "https://merchant.example/in", "events": ["*"]})
        assert allowed.status_code == 201
        changed = await client.patch(f"/webhook_endpoints/{allowed.json()['id']}", json={"url": receiver.url})
        assert (changed.status_code, changed.json()["error"]["param"]) == (400, "url")


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://merchant.example/in", "events": []},
        {"url": "https://merchant.example/in", "events": ["session.refunded"]},
        {"url": "https://merchant.example/in", "events": ["session.paid"] * 100},
        {"url": "http://merchant.example/in", "events": ["*"]},
        {"url": "javascript:alert(1)", "events": ["*"]},
        {"url": "https://user:secret@merchant.example/in", "events": ["*"]},
        {"url": "/in", "events": ["*"]},
        {"url": "https://", "events": ["*"]},
        {"url": "https://merchant.example:99999/in", "events": ["*"]},
        {"url": "https://" + "x" * 3_000, "events": ["*"]},
    ],
)
async def test_what_cannot_be_an_endpoint_is_refused(sqlite_shop: Shop, body: dict[str, Any]) -> None:
    """A wrong URL or subscription is a 400 that names the field."""
    client = await sqlite_shop.client()
    refused = await client.post("/webhook_endpoints", json=body)
    assert refused.status_code == 400, refused.text
    assert refused.json()["error"]["param"] == ("url" if "*" in body["events"] else "events")
