"""Secrets are planted everywhere, every path is walked, and then each place that keeps something is searched."""

import re
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.receiver import Receiver
from tests.running import EVERY_SCOPE, RunningServer

AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}
PASSWORD = "a password that is nowhere"
WRONG_PASSWORD = "another one that is nowhere"


def hidden_part(secret: str) -> str:
    """What must be nowhere of a key or a signing secret: all but its shown prefix and its last four."""
    return re.sub(r"^(ck_(test|live)_|whsec_).{6}", "", secret)[:-4]


def over_tls(server: RunningServer, key: str) -> httpx.Client:
    """A client whose requests came over TLS, as a proxy before the server says."""
    client = server.client(key)
    client.headers["X-Forwarded-Proto"] = "https"
    return client


@pytest.mark.parametrize("dev", [True, False], ids=["readable logs", "JSON logs"])
def test_no_secret_is_stored_or_printed_anywhere(tmp_path: Path, receiver: Receiver, dev: bool) -> None:
    """crypto-checkout R17, crypto-checkout R18, crypto-checkout R65: after successes, refusals, bad input, failing
    webhooks and a crash of the server's own, no key, signing secret or password is in its log, in its database
    (write-ahead log included) or in any answer but the one that shows it once."""
    server = RunningServer(tmp_path / "data", dev=dev).start()
    answers: list[httpx.Response] = []
    secrets: list[str] = []
    try:
        server.project()
        server.cli("users", "create", "--email", "a@example.com", "--password-stdin", stdin=f"{PASSWORD}\n")
        issued = [server.issued(EVERY_SCOPE, mode) for mode in ("test", "live")]
        reader = server.issued(["events:read"])
        keys = [one["key"] for one in (*issued, reader)]
        secrets += keys
        with over_tls(server, keys[0]) as client:
            url = receiver.url if dev else "https://merchant.example/in"
            for number in range(2):
                made = client.post(
                    "/webhook_endpoints",
                    json={"url": f"{url}/{number}", "events": ["*"]},
                    headers={"Idempotency-Key": f"endpoint-{number}"},
                )
                assert made.status_code == 201, made.text
                secrets.append(made.json()["secret"])
            replayed = client.post(
                "/webhook_endpoints",
                json={"url": f"{url}/0", "events": ["*"]},
                headers={"Idempotency-Key": "endpoint-0"},
            )
            answers += [replayed, *walk(client)]
        for text in keys:
            for header in (
                f"Bearer {text}x",
                f"Bearer {text[:-1]}",
                f"Basic {text}",
                text,
                f"Bearer {text} {text}",
                f"bearer  {text}",
            ):
                with httpx.Client(headers={"Authorization": header}, trust_env=False) as stranger:
                    for path in ("/payment_links", "/nowhere"):
                        answers.append(stranger.get(f"{server.url}/api/v1{path}"))
            # Where a key does not belong; the caller may see it again, but nobody else.
            httpx.get(f"{server.url}/api/v1/payment_links?api_key={text}", trust_env=False)
            httpx.get(f"{server.url}/api/v1/{text}", trust_env=False)
            httpx.get(f"{server.url}/dashboard?key={text}", trust_env=False)
        with over_tls(server, keys[2]) as limited:
            answers += walk(limited)
        with over_tls(server, keys[1]) as live:
            answers += walk(live)
        for password in (WRONG_PASSWORD, PASSWORD):
            form = {"email": "a@example.com", "password": password}
            answers.append(httpx.post(f"{server.url}/dashboard/sign-in", data=form, trust_env=False))
        server.cli("keys", "revoke", "--yes", issued[1]["id"])
        with over_tls(server, keys[1]) as revoked:
            answers += walk(revoked)
        # A failure of the server's own, in the middle of a request.
        with sqlite3.connect(tmp_path / "data" / "tillgate.db") as database:
            database.execute("ALTER TABLE payment_links RENAME TO elsewhere")
        database.close()
        with over_tls(server, keys[0]) as client:
            broken = [
                client.get("/payment_links"),
                client.post("/payment_links", json={"title": "a", "fiatAmount": "1"}),
            ]
            assert [(one.status_code, one.json()["error"]["code"]) for one in broken] == [(500, "internal_error")] * 2
            answers += broken
            assert broken[0].headers["x-request-id"] in server.log.read_text()
        # Not a clean stop: what is still in the write-ahead log stays there to be searched.
        server.kill()
        kept = {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir()}
        assert "tillgate.db-wal" in kept
        kept["the server's log"] = server.log.read_bytes()
        # A replay answers its own caller with the secret again.
        first = [one for one in answers if "idempotency-replayed" not in one.headers]
        kept |= {f"{one.request.method} {one.request.url} {one.status_code}": one.content for one in first}
        hidden = [hidden_part(secret) for secret in secrets] + [PASSWORD, WRONG_PASSWORD]
        assert len(hidden) == 7
        assert all(len(one) >= 20 for one in hidden)
        assert [(place, one) for place, content in kept.items() for one in hidden if one.encode() in content] == []
        # The search itself works: what may be kept is found.
        assert keys[0][:14].encode() in b"".join(kept.values())
    finally:
        server.stop()


def walk(client: httpx.Client) -> list[httpx.Response]:
    """Good and bad requests of every kind."""
    answers = [
        client.get(path)
        for path in ("/payment_links", "/checkout_sessions", "/webhook_endpoints", "/events", "/nowhere")
    ]
    answers.append(client.post("/payment_links", json={"title": "Plan", "fiatAmount": "5"}))
    answers.append(client.post("/payment_links", json={"title": "Plan", "fiatAmount": "1e9"}))
    answers.append(client.post("/payment_links", content=b"{", headers={"Content-Type": "application/json"}))
    answers.append(client.put("/payment_links"))
    session = client.post("/checkout_sessions", json=AMOUNT)
    answers.append(session)
    if session.status_code == 201:
        path = f"/checkout_sessions/{session.json()['id']}"
        answers += [client.post(f"{path}/simulate", json={"outcome": "paid"}), client.get(path)]
    endpoints = client.get("/webhook_endpoints")
    for endpoint in endpoints.json().get("data", []):
        path = f"/webhook_endpoints/{endpoint['id']}"
        answers += [client.get(path), client.post(f"{path}/test"), client.get(f"{path}/deliveries")]
        answers.append(client.patch(path, json={"description": "again"}))
    return answers
