"""Whole stories over HTTP only, against a real server process, on either database."""

import time
from collections.abc import Callable
from typing import Any

import httpx
from standardwebhooks import Webhook

from tests.receiver import Receiver
from tests.running import EVERY_SCOPE, RunningServer

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
SECONDS_MAX = 20


def until(found: Callable[[], Any]) -> Any:
    """What ``found`` gives as soon as it is truthy."""
    deadline = time.monotonic() + SECONDS_MAX
    while not (value := found()):
        assert time.monotonic() < deadline, "this did not happen in time"
        time.sleep(0.02)
    return value


def test_a_first_payment_from_the_key_to_its_revocation(
    server: RunningServer, project: str, receiver: Receiver
) -> None:
    """crypto-checkout R9, crypto-checkout R10, crypto-checkout R68: a key, a link, a session, a payment, a signed
    webhook, the events; then the key is revoked and the next request is a 401."""
    issued = server.issued(EVERY_SCOPE, project=project)
    with server.client(issued["key"]) as client:
        endpoint = client.post("/webhook_endpoints", json={"url": receiver.url, "events": ["session.paid"]}).json()
        link = client.post("/payment_links", json={"title": "Pro plan", "fiatAmount": "99.00"}).json()
        session = client.post("/checkout_sessions", json={"linkId": link["id"]}).json()
        page = httpx.get(session["checkoutUrl"], trust_env=False)
        assert page.status_code == 200
        assert "Pro plan" in page.text
        paid = client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"}).json()
        assert paid["status"] == "paid"
        [arrived] = receiver.wait_for(lambda got: len(got) >= 1)
        assert Webhook(endpoint["secret"]).verify(arrived.body, arrived.headers)["data"] == paid
        newest = client.get("/events", params={"limit": 1}).json()["data"][0]
        assert newest == arrived.json
        deliveries = f"/webhook_endpoints/{endpoint['id']}/deliveries"
        until(lambda: client.get(deliveries).json()["data"][0]["status"] == "delivered")
        server.cli("keys", "revoke", "--yes", issued["id"])
        refused = client.get(f"/checkout_sessions/{session['id']}")
        assert (refused.status_code, refused.json()["error"]["reason"]) == (401, "revoked")
        assert client.post("/checkout_sessions", json={"linkId": link["id"]}).status_code == 401


def test_a_key_works_from_wherever_it_is_used(server: RunningServer, project: str) -> None:
    """crypto-checkout R4: the same key from two source addresses of this machine."""
    key = server.key(project=project)
    for address in ("127.0.0.1", "127.0.0.2"):
        transport = httpx.HTTPTransport(local_address=address)
        with httpx.Client(transport=transport, headers={"Authorization": f"Bearer {key}"}) as client:
            assert client.get(f"{server.url}/api/v1/checkout_sessions").status_code == 200


def test_two_projects_know_nothing_of_each_other(server: RunningServer, receiver: Receiver) -> None:
    """Objects, lists, events and webhooks of one project do not exist for a key of another."""
    ours, theirs = (server.project(name) for name in ("Ours", "Theirs"))
    with server.client(server.key(project=ours)) as mine, server.client(server.key(project=theirs)) as other:
        for client, path in ((mine, "/mine"), (other, "/other")):
            client.post("/webhook_endpoints", json={"url": receiver.url + path, "events": ["*"]})
        session = mine.post("/checkout_sessions", json=AMOUNT).json()
        simulate = f"/checkout_sessions/{session['id']}/simulate"
        assert other.get(f"/checkout_sessions/{session['id']}").status_code == 404
        assert other.post(simulate, json={"outcome": "paid"}).status_code == 404
        assert other.get("/checkout_sessions").json()["data"] == []
        assert other.get("/events").json()["data"] == []
        assert mine.post(simulate, json={"outcome": "paid"}).status_code == 200
        received = receiver.wait_for(lambda got: len(got) >= 2)
        assert {one.path for one in received} == {"/mine"}


def test_a_key_is_rotated_without_a_gap(server: RunningServer, project: str) -> None:
    """crypto-checkout R67: the new key works before the old one ends, so nobody is ever locked out."""
    old, new = (server.issued(project=project, name=name) for name in ("2025", "2026"))
    with server.client(old["key"]) as before, server.client(new["key"]) as after:
        session = before.post("/checkout_sessions", json=AMOUNT).json()
        assert after.get(f"/checkout_sessions/{session['id']}").json() == session
        server.cli("keys", "revoke", "--yes", old["id"])
        assert before.get("/checkout_sessions").status_code == 401
        assert after.get(f"/checkout_sessions/{session['id']}").json() == session


def test_live_and_test_keys_of_one_project_are_worlds_apart(server: RunningServer, project: str) -> None:
    """crypto-checkout R39, crypto-checkout R44, crypto-checkout R45: neither mode sees what the other made, and a
    live session is refused as long as there is no wallet it could be paid to."""
    live_key, test_key = (server.key(mode=mode, project=project) for mode in ("live", "test"))
    with server.client(live_key) as live, server.client(test_key) as test:
        session = test.post("/checkout_sessions", json=AMOUNT).json()
        assert live.get(f"/checkout_sessions/{session['id']}").status_code == 404
        link = live.post("/payment_links", json={"title": "Real", "fiatAmount": "1"}).json()
        assert test.get(f"/payment_links/{link['id']}").status_code == 404
        refused = live.post("/checkout_sessions", json=AMOUNT)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "live_mode_not_configured")


def test_a_megabyte_is_refused_and_the_server_goes_on(server: RunningServer, project: str) -> None:
    """413 over a real socket, with and without Content-Length. The connection is closed, for no more than 256 KiB of an
    unread body are discarded; the next one is served."""
    key, headers = server.key(project=project), {"Content-Type": "application/json"}
    for content in (b"x" * 1_048_576, iter([b"x" * 65_536] * 16)):
        with server.client(key) as client:
            refused = client.post("/payment_links", content=content, headers=headers)
            assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")
        with server.client(key) as client:
            assert client.get("/payment_links").status_code == 200
