"""``keyturn serve`` takes reports of leaked keys, lets imported ones in, and does what its settings say about exposed
ones."""

import hashlib
import json
import secrets

import httpx
import pytest

from keyturn import Issuer, Mode
from keyturn.admission.layer import open_key_layer
from keyturn.http.server import KeyturnServer
from keyturn.keys.importing import ImportRules, import_keys, parse_form
from keyturn.leaks.github import GitHubReports, UrlPublicKeys
from keyturn.leaks.responding import LeakResponse, LeakRules
from keyturn.settings import Settings, SettingsError, load
from tests.github import GitHub

pytestmark = pytest.mark.anyio

SCOPES = ("keys:verify", "links:read")


def client_of(server: KeyturnServer, peer: str = "198.51.100.7") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(server, client=(peer, 4711))
    return httpx.AsyncClient(transport=transport, base_url="https://keyturn.example")


async def test_reported_keys_end_and_imported_ones_come_in(database_url: str, github: GitHub) -> None:
    """An imported key verifies from the server's first request on; a stranger's report and one of GitHub's end keys;
    who reports is told apart by what a trusted proxy says."""
    texts = ["acme_" + secrets.token_hex(20) for _ in range(3)]
    async with open_key_layer(database_url, scopes=SCOPES) as before:
        rules = ImportRules(project_id="prj_a", mode=Mode.LIVE, forms=(parse_form("acme_{40}"),), scopes=SCOPES)
        content = "\n".join(["digest", *(hashlib.sha256(text.encode()).hexdigest() for text in texts)])
        issuer = Issuer(before.store, before.clock, SCOPES)
        assert (await import_keys(before.store, issuer, before.clock, content, rules, by="operator:cli")).problems == ()
    async with open_key_layer(database_url, scopes=SCOPES) as layer:
        reports = GitHubReports(layer.leaks, UrlPublicKeys(github.url), layer.clock)
        server = KeyturnServer(layer, Settings(scopes=SCOPES), reports)
        async with client_of(server) as stranger, client_of(server, "127.0.0.1") as proxied:

            async def verdict(text: str) -> tuple[int, str | None]:
                asking = {"Authorization": f"Bearer {texts[2]}"}
                answer = await stranger.post("/v1/keys/verify", json={"key": text}, headers=asking)
                return answer.status_code, answer.json().get("reason")

            assert [await verdict(text) for text in texts] == [(200, None)] * 3
            reported = await stranger.post("/credentials/revoke", json={"credentials": [texts[0], "junk"]})
            assert reported.status_code == 202
            body = json.dumps([{"token": texts[1], "type": "acme"}]).encode()
            assert (await stranger.post("/leaks/github", content=body)).status_code == 400
            taken = await stranger.post("/leaks/github", content=body, headers=github.signer.headers(body))
            assert [one["label"] for one in taken.json()] == ["true_positive"]
            assert [await verdict(text) for text in texts] == [(200, "revoked"), (200, "revoked"), (200, None)]
            for number in range(62):
                forwarded = {"X-Forwarded-For": "203.0.113.9" if number < 61 else "203.0.113.10"}
                answer = await proxied.post("/credentials/revoke", json={"credentials": []}, headers=forwarded)
                assert answer.status_code == (429 if number == 60 else 202)


def test_what_is_done_about_leaks_is_set_by_the_environment() -> None:
    """Revoked and not quarantined unless said otherwise; what is no such word is told."""
    assert load({}).leaks == LeakRules() == LeakRules(response=LeakResponse.REVOKE, quarantine=False, quarantined_max=5)
    chosen = load({"KEYTURN_LEAK_RESPONSE": "alert", "KEYTURN_QUARANTINE": "1", "KEYTURN_QUARANTINE_MAX": "2"}).leaks
    assert chosen == LeakRules(response=LeakResponse.ALERT, quarantine=True, quarantined_max=2)
    for name, value in (("LEAK_RESPONSE", "burn"), ("QUARANTINE", "maybe"), ("QUARANTINE_MAX", "-1")):
        with pytest.raises(SettingsError, match=name):
            load({f"KEYTURN_{name}": value})
