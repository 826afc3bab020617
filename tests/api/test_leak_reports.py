"""Leaked keys handed in over HTTP, and what the owner hears of keys: the whole server, on both databases."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn import NATIVE, KeyWish, Kind, Mode, generate
from keyturn.insight.expiry import emit_expiring
from keyturn.keys.revoking import set_enabled
from keyturn.leaks.github import FAILED_MS
from keyturn.leaks.responding import LeakResponse, LeakRules
from tests.github import GitHub
from tests.shop import PUBLIC_URL, Shop, eventually, open_shop
from tillgate.base.clock import DAY_MS
from tillgate.settings import SettingsError, load

pytestmark = pytest.mark.anyio


async def events_of(shop: Shop, key_id: str, mode: str = "live") -> list[dict[str, Any]]:
    """The events about a key, oldest first, as the API lists them."""
    client = await shop.client(["events:read"], mode=mode)
    listed = (await client.get("/events", params={"after": 0, "limit": 100})).json()["data"]
    return [one for one in listed if one["data"]["id"] == key_id]


def outside(shop: Shop, address: str = "198.51.100.7") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(shop.app, client=(address, 4711)), base_url=PUBLIC_URL)


@pytest.mark.spec("crypto-checkout R68")
async def test_a_finder_of_keys_ends_them_and_learns_nothing(shop: Shop) -> None:
    """crypto-checkout R68: no key is asked for, the answer is the same for any list, and those that are secret keys
    here are refused from then on; their owner has the events."""
    live, test = await shop.issued(mode="live"), await shop.issued()
    public = await shop.keys.issuer.issue(
        KeyWish(
            project_id=shop.project_id,
            mode=Mode.LIVE,
            name="p",
            kind=Kind.PUBLISHABLE,
            scopes=["sessions:write"],
            origins=["https://a.example"],
        ),
        by="operator:test",
    )
    texts = [one.secret.reveal() for one in (live, test, public)]
    async with outside(shop) as anybody:
        answers = [
            await anybody.post("/credentials/revoke", json={"credentials": given})
            for given in (
                texts,
                texts,
                [],
                ["junk", "\0", "é" * 999],
                [generate(NATIVE, Kind.SECRET, Mode.LIVE).reveal()],
            )
        ]
    assert {(one.status_code, one.content, tuple(sorted(one.headers))) for one in answers} == {
        (202, answers[0].content, tuple(sorted(answers[0].headers)))
    }
    for text in texts[:2]:
        assert (await (await shop.caller(text)).get("/events")).json()["error"]["reason"] == "revoked"
    kept = await shop.keys.store.by_id(shop.project_id, public.key.id)
    assert kept is not None and kept.revoked_at is None and kept.exposed_at is None
    for one, mode in ((live, "live"), (test, "test")):
        told = await events_of(shop, one.key.id, mode)
        assert [event["type"] for event in told] == ["api_key.exposed", "api_key.revoked"]
        assert told[1]["data"]["revokedReason"] == "reported as exposed"
        assert told[1]["previousAttributes"]["status"] == "active"


async def test_what_is_no_report_is_refused_with_the_reason(sqlite_shop: Shop) -> None:
    """Another form, too many, too large, another method, a path that is not set up; nothing is done then."""
    issued = await sqlite_shop.issued(mode="live")
    text = issued.secret.reveal()
    async with outside(sqlite_shop) as anybody:

        async def told(method: str, path: str, **more: Any) -> tuple[int, str]:
            answer = await anybody.request(method, path, **more)
            return answer.status_code, answer.json()["error"]["code"]

        revoke = "/credentials/revoke"
        assert await told("POST", revoke, content=b"{") == (400, "invalid_body")
        assert await told("POST", revoke, json=[text]) == (400, "invalid_body")
        assert await told("POST", revoke, json={"credentials": [text, 1]}) == (400, "invalid_body")
        assert await told("POST", revoke, json={"credentials": [text] * 1_001}) == (400, "invalid_body")
        assert await told("POST", revoke, content=b"[" * 500_000) == (400, "invalid_body")
        for odd in (b"\xff", b'{"credentials":["\xff"]}', b'{"\xc3\x28":1}', b'{"credentials":["\\ud800"]}'):
            assert await told("POST", revoke, content=odd) == (400, "invalid_body"), odd
        assert await told("POST", revoke, content=b" " * 600_000) == (413, "body_too_large")
        assert await told("GET", revoke) == (405, "method_not_allowed")
        assert await told("POST", "/leaks/github", json=[]) == (404, "unknown_path")
        assert text not in (await anybody.post(revoke, json={"credentials": [text, 1]})).text
    assert await sqlite_shop.keys.store.by_id(sqlite_shop.project_id, issued.key.id) == issued.key


async def test_one_address_may_report_so_often(sqlite_shop: Shop) -> None:
    """Sixty an hour for an IPv4 address or an IPv6 network; another address is another sender."""
    async with (
        outside(sqlite_shop, "2001:db8::1") as a,
        outside(sqlite_shop, "2001:db8::2") as b,
        outside(sqlite_shop, "2001:db8:0:1::1") as other,
    ):
        sent = [await (a, b)[n % 2].post("/credentials/revoke", json={"credentials": []}) for n in range(61)]
        assert [one.status_code for one in sent] == [202] * 60 + [429]
        assert 1 <= int(sent[-1].headers["retry-after"]) <= 60
        assert (await other.post("/credentials/revoke", json={"credentials": []})).status_code == 202


async def test_github_reports_over_http(tmp_path: Path, database_url: str, github: GitHub) -> None:
    """The partner's endpoint with its headers, the list from a real server; a report that is not GitHub's is a 400 and
    nothing is done; without the list it is a 503."""
    async with open_shop(tmp_path, database_url, github_public_keys=github.url) as shop, outside(shop) as sender:
        issued = await shop.issued(mode="live")
        body = json.dumps(
            [{"token": issued.secret.reveal(), "type": "ck_live", "url": "https://github.com/x"}]
        ).encode()

        async def post(headers: dict[str, str]) -> httpx.Response:
            return await sender.post("/leaks/github", content=body, headers=headers)

        github.answers = b""
        assert (await post(github.signer.headers(body))).status_code == 503
        github.answers = None
        shop.clock.ahead_ms += FAILED_MS
        for wrong in ({}, github.signer.headers(body + b" "), {"Github-Public-Key-Identifier": "x"}):
            refused = await post(wrong)
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_report")
        assert await shop.keys.store.by_id(shop.project_id, issued.key.id) == issued.key
        taken = await post(github.signer.headers(body))
        assert taken.status_code == 200
        assert [one["label"] for one in taken.json()] == ["true_positive"]
        assert issued.secret.reveal() not in taken.text
        assert [event["type"] for event in await events_of(shop, issued.key.id)] == [
            "api_key.exposed",
            "api_key.revoked",
        ]


async def test_a_key_in_clear_text_is_noted_and_may_be_quarantined(tmp_path: Path, database_url: str) -> None:
    """Without being asked, the server writes the event; with quarantine the key is off from then on."""
    rules = LeakRules(quarantine=True)
    async with open_shop(tmp_path, database_url, dev=False, leaks=rules) as shop:
        issued, canary = await shop.issued(mode="live"), await canary_of(shop)
        transport = httpx.ASGITransport(shop.app, client=("198.51.100.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as plain:
            for one in (issued, canary):
                sent = {"Authorization": f"Bearer {one.secret.reveal()}", "User-Agent": "thief/1"}
                answer = await plain.get("/api/v1/events", headers=sent)
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "https_required")

        async def told() -> list[str]:
            return [event["type"] for one in (issued, canary) for event in await events_of(shop, one.key.id)]

        assert await eventually(lambda: three(told)) == ["api_key.exposed", "api_key.disabled", "api_key.canary_used"]
        over_tls = await shop.caller(issued.secret.reveal())
        assert (await over_tls.get("/events")).json()["error"]["reason"] == "disabled"
        lines = await shop.keys.store.audit_of(shop.project_id, canary.key.id, None, 1)
        assert lines[0].detail == {"address": "198.51.100.7", "agent": "thief/1", "path": "GET /events"}


async def three(told: Any) -> Any:
    found = await told()
    return found if len(found) == 3 else None


async def canary_of(shop: Shop) -> Any:
    wish = KeyWish(project_id=shop.project_id, mode=Mode.LIVE, name="canary", canary=True)
    return await shop.keys.issuer.issue(wish, by="operator:test")


async def test_a_key_that_ends_is_an_event(shop: Shop) -> None:
    """The server looks on its own when it starts; here by hand, too. Whoever looks, it is reported once."""
    issued = await shop.issued(mode="live", expires_at=shop.clock.now() + 10 * DAY_MS)

    async def told_of(*types: str) -> list[dict[str, Any]] | None:
        found = await events_of(shop, issued.key.id)
        return found if [event["type"] for event in found] == list(types) else None

    await emit_expiring(shop.keys.store, shop.clock)
    await eventually(lambda: told_of("api_key.expiring"))
    shop.clock.ahead_ms += 11 * DAY_MS
    await emit_expiring(shop.keys.store, shop.clock)
    told: list[dict[str, Any]] = await eventually(lambda: told_of("api_key.expiring", "api_key.expired"))
    assert await emit_expiring(shop.keys.store, shop.clock) == 0
    assert told[0]["data"]["expiresAt"] == told[1]["data"]["expiresAt"] is not None


async def test_what_is_done_to_a_key_is_reported_with_its_reason(shop: Shop) -> None:
    """Switched off, on again, and ended: an event each, which says what the key was before."""
    key = (await shop.issued()).key
    done = {"project_id": shop.project_id, "key_id": key.id, "by": "operator:test"}
    for enabled, reason in ((False, "looked odd"), (False, "again"), (True, None)):
        await set_enabled(shop.keys.store, shop.clock, enabled=enabled, reason=reason, **done)
    await shop.revoke(key.id)
    off, on, ended = await events_of(shop, key.id, mode="test")
    assert [one["type"] for one in (off, on, ended)] == ["api_key.disabled", "api_key.enabled", "api_key.revoked"]
    assert (off["data"]["status"], off["data"]["disabledReason"]) == ("disabled", "looked odd")
    assert (on["data"]["status"], on["previousAttributes"]["status"]) == ("active", "disabled")
    assert (ended["data"]["status"], ended["previousAttributes"]["status"]) == ("revoked", "active")
    assert key.id in json.dumps(ended) and "digest" not in json.dumps(ended)


def test_what_is_done_about_leaks_is_set_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting counts, and one that is no such word is told by its name."""
    for name, value in (("LEAK_RESPONSE", "disable"), ("QUARANTINE", "1"), ("QUARANTINE_MAX", "9")):
        monkeypatch.setenv(f"TILLGATE_{name}", value)
    assert load().leaks == LeakRules(response=LeakResponse.DISABLE, quarantine=True, quarantined_max=9)
    assert load().github_public_keys == ""
    wrong = {"LEAK_RESPONSE": "burn", "QUARANTINE": "maybe", "QUARANTINE_MAX": "-1", "GITHUB_PUBLIC_KEYS": "ftp://x"}
    for name, value in wrong.items():
        with monkeypatch.context() as patched:
            patched.setenv(f"TILLGATE_{name}", value)
            with pytest.raises(SettingsError, match=f"TILLGATE_{name}"):
                load()
