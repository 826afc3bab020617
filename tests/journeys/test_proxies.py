"""Keyturn behind real proxies, each with the very configuration that the guide prints, but for the ports."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.keyturn.test_serving import ROOT, serving
from tests.parts import StartProxy
from tests.running import free_port

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs/keyturn.md"
LANGUAGES = {"nginx": "nginx", "caddy": "caddyfile", "envoy": "yaml"}
PAGE = "https://shop.example"
SPOOFED = {
    "X-Keyturn-Key-Id": "key_of_somebody_else",
    "X-Keyturn-Project": "another",
    "X-Keyturn-Mode": "test",
    "X-Keyturn-Scopes": "*",
    "X-Original-URI": "/open",
    "X-Original-Method": "OPTIONS",
    "X-Forwarded-Uri": "/open",
    "X-Forwarded-Method": "OPTIONS",
    "X-Forwarded-For": "203.0.113.7",
}


class Upstream(http.server.BaseHTTPRequestHandler):
    """Tells what it was asked, as it sees it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps({name.lower(): value for name, value in self.headers.items()} | {"path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    do_OPTIONS = do_GET

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    """The port of an API that believes what its proxy says."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def keyturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A started server, to be spoken to as root."""
    folder = tmp_path_factory.mktemp("keyturn")
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read invoices:write"}
    settings["KEYTURN_PUBLISHABLE_SCOPES"] = "invoices:read"
    # Envoy gives this machine's clients the address of its network card.
    settings["KEYTURN_PLAIN_HTTP_FROM"] = "0.0.0.0/0 ::/0"
    with (
        serving(f"sqlite:///{folder / 'keys.db'}", folder, **settings) as (url, _),
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ROOT}"}, trust_env=False) as client,
    ):
        yield client


def config(name: str, keyturn: int, upstream: int, port: int) -> str:
    """The guide's text of a proxy's configuration."""
    _, _, after = GUIDE.read_text("utf-8").partition(f"```{LANGUAGES[name]}\n")
    text = after.partition("\n```")[0]
    for written, meant in ((":8090", f":{keyturn}"), (":3000", f":{upstream}"), (":8080", f":{port}")):
        assert written in text or name == "envoy"
        text = text.replace(written, meant)
        text = text.replace(f"port_value: {written[1:]}", f"port_value: {meant[1:]}")
    return text


def made(keyturn: httpx.Client, *scopes: str, **more: Any) -> dict[str, Any]:
    answer = keyturn.post("/v1/keys", json={"name": "test", "scopes": scopes, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("name", ["nginx", "caddy", "envoy"])
def test_a_proxy_lets_in_whom_keyturn_knows(
    name: str, request: pytest.FixtureRequest, keyturn: httpx.Client, upstream: int
) -> None:
    """A good key passes with its identity, whatever a client claims to be; each refusal comes back whole; a revoked key
    is refused on the very next request; a preflight is answered without the upstream."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    proxy = start(config(name, keyturn.base_url.port or 0, upstream, port), port)
    key = made(keyturn, "invoices:read", projectId="shop")
    with httpx.Client(base_url=proxy.url, trust_env=False) as client:

        def get(text: str | None, path: str = "/invoices?page=2", **headers: str) -> httpx.Response:
            sent = {"Authorization": f"Bearer {text}"} if text is not None else {}
            return client.get(path, headers=sent | headers)

        answer = get(key["key"])
        assert answer.status_code == 200, answer.text
        seen = answer.json()
        identity = {
            "x-keyturn-key-id": key["id"],
            "x-keyturn-project": "shop",
            "x-keyturn-mode": "live",
            "x-keyturn-scopes": "invoices:read",
        }
        assert {header: seen.get(header) for header in identity} == identity and seen["path"] == "/invoices?page=2"
        if name != "caddy":  # it cannot hand on a header that may be missing
            assert answer.headers["ratelimit"].startswith('"key";r=')
        assert "access-control-allow-origin" not in answer.headers

        spoofed = get(key["key"], **SPOOFED)
        if spoofed.status_code == 200:
            assert {header: spoofed.json().get(header) for header in identity} == identity
        else:
            assert (spoofed.status_code, spoofed.json()["code"]) == (403, "ambiguous_request")
        claimed = dict.fromkeys(identity, "claimed")
        assert "claimed" not in get(key["key"], **claimed).text

        missing = get(None, **SPOOFED)
        assert missing.status_code == 401 and missing.json()["reason"] == "missing", missing.text
        assert missing.headers["content-type"].startswith("application/problem+json")
        assert missing.headers.get_list("www-authenticate") == ['Bearer realm="keyturn"']
        wrong = get(made(keyturn, "invoices:write")["key"])
        assert (wrong.status_code, wrong.json()["code"]) == (403, "missing_scope")
        assert wrong.json()["requiredScope"] == "invoices:read"
        assert ['scope="invoices:read"' in one for one in wrong.headers.get_list("www-authenticate")] == [True]
        in_url = get(None, f"/invoices?key={key['key']}")
        assert (in_url.status_code, in_url.json()["reason"]) == (401, "key_in_url")
        slow = made(keyturn, "invoices:read", rate={"perSecond": 0.01, "burst": 1})
        assert get(slow["key"]).status_code == 200
        too_fast = get(slow["key"])
        assert (too_fast.status_code, too_fast.json()["code"]) == (429, "rate_limited")
        assert int(too_fast.headers["retry-after"]) > 1 and too_fast.headers["ratelimit"].startswith('"key";r=0')
        elsewhere = made(keyturn, "invoices:read", networks=["203.0.113.0/24"])
        assert get(elsewhere["key"], **{"X-Forwarded-For": "203.0.113.7"}).json()["code"] == "address_not_allowed"
        assert (
            get(made(keyturn, "invoices:read", networks=[seen.get("x-forwarded-for", "127.0.0.1")])["key"]).status_code
            == 200
        )
        posted = client.post("/invoices", content=b"x" * 10_000, headers={"Authorization": f"Bearer {key['key']}"})
        assert posted.status_code == 200, "the body goes by"

        asking = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
        refused = client.options("/invoices", headers=asking)
        assert "access-control-allow-origin" not in refused.headers and "path" not in refused.text
        bound = made(keyturn, "invoices:read", origins=[PAGE])
        headers = {"Origin": PAGE}
        answered = get(bound["key"], **headers)
        assert answered.status_code == 200 and answered.headers["access-control-allow-origin"] == PAGE
        assert "Origin" in answered.headers["vary"]
        other_page = get(bound["key"], Origin="https://evil.example")
        assert other_page.json()["code"] == "origin_not_allowed"
        assert "access-control-allow-origin" not in other_page.headers
        asking["Origin"] = "https://shop.example:8443"  # another one, for what was asked is remembered for a moment
        made(keyturn, "invoices:read", origins=[asking["Origin"]])
        preflight = client.options("/invoices", headers=asking)
        assert preflight.status_code == 204, preflight.text
        assert preflight.headers["access-control-allow-origin"] == asking["Origin"]
        assert "authorization" in preflight.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in preflight.headers

        assert get(key["key"]).status_code == 200
        revoked = keyturn.post(f"/v1/keys/{key['id']}/revoke")
        assert revoked.status_code == 200 and revoked.json()["receipt"]["epoch"]
        gone = get(key["key"])
        assert (gone.status_code, gone.json()["reason"]) == (401, "revoked")


@pytest.mark.parametrize("name", ["nginx", "caddy", "envoy"])
def test_without_keyturn_nobody_passes(name: str, request: pytest.FixtureRequest, upstream: int) -> None:
    """Nobody listens where Keyturn should: the proxy refuses, whatever comes."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    proxy = start(config(name, free_port(), upstream, port), port)
    answer = httpx.get(proxy.url, headers={"Authorization": "Bearer x"}, trust_env=False)
    assert answer.status_code in (502, 503) and "path" not in answer.text
