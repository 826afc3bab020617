"""Keyturn behind real proxies, each with the very configuration that the guide prints, but for the ports."""

import http.client
import http.server
import json
import socket
import tempfile
import threading
import wsgiref.simple_server
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as open_web_socket
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_web_sockets

from tests.keyturn.test_serving import ROOT, serving
from tests.parts import StartProxy
from tests.running import free_port

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs/keyturn.md"
LANGUAGES = {"nginx": "nginx", "caddy": "caddyfile", "envoy": "yaml"}
MANY = [f"resource_{number:03}_of_much:administer" for number in range(150)]
SPOOFED = {
    "X-Keyturn-Key-Id": "key_of_somebody_else",
    "X-Keyturn-Project": "another",
    "X-Keyturn-Mode": "test",
    "X-Keyturn-Scopes": "*",
    "X-Keyturn-External-Id": "cus_of_somebody_else",
    "X-Keyturn-Metadata": '{"plan":"all"}',
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
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": " ".join(["invoices:read", "invoices:write", *MANY])}
    settings["KEYTURN_PUBLISHABLE_SCOPES"] = "invoices:read"
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
def test_a_proxy_admits_whom_keyturn_knows(
    name: str, request: pytest.FixtureRequest, keyturn: httpx.Client, upstream: int
) -> None:
    """A good key passes with its identity, whatever a client claims to be; each refusal comes back whole; a revoked key
    is refused on the very next request; a preflight is answered without the upstream."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    proxy = start(config(name, keyturn.base_url.port or 0, upstream, port), port)
    # Nothing in it is read as the proxy's own words.
    known = {"plan": "größer", "seats": "{env.PATH}$host"}
    key = made(keyturn, "invoices:read", projectId="shop", externalId="cus_7", metadata=known)
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
            "x-keyturn-external-id": "cus_7",
            "x-keyturn-metadata": r'{"plan":"gr\u00f6\u00dfer","seats":"{env.PATH}$host"}',
        }
        assert {header: seen.get(header) for header in identity} == identity and seen["path"] == "/invoices?page=2"
        assert not {"authorization", "x-api-key"} & set(seen), "the key ends at the proxy"
        plain = get(made(keyturn, "invoices:read")["key"], **SPOOFED)
        assert plain.status_code == 403 or not plain.json().get("x-keyturn-external-id"), plain.text
        by_api_key = client.get("/invoices", headers={"x-api-key": key["key"]})
        assert by_api_key.status_code == 200 and key["key"] not in by_api_key.text
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
        in_path = get(None, f"/invoices/{key['key']}/lines")
        assert (in_path.status_code, in_path.json()["reason"]) == (401, "key_in_url")
        full = {"externalId": "x" * 200, "metadata": {f"name_{n}": "v" * 180 for n in range(5)}}
        many = get(made(keyturn, "invoices:read", *MANY, **full)["key"])
        assert many.status_code == 200 and many.json()["x-keyturn-scopes"].startswith("invoices:read resource_000")
        slow = made(keyturn, "invoices:read", rate={"perSecond": 0.01, "burst": 1})
        assert get(slow["key"]).status_code == 200
        too_fast = get(slow["key"])
        assert (too_fast.status_code, too_fast.json()["code"]) == (429, "rate_limited")
        assert int(too_fast.headers["retry-after"]) > 1 and too_fast.headers["ratelimit"].startswith('"key";r=0')
        monthly = made(keyturn, "invoices:read", monthlyQuota=1)
        assert get(monthly["key"]).status_code == 200
        used_up = get(monthly["key"])
        assert (used_up.status_code, used_up.json()["code"]) == (429, "quota_exceeded")
        assert "begins again at 20" in used_up.json()["detail"] and int(used_up.headers["retry-after"]) > 0
        assert (
            '"month";r=0;t=' in used_up.headers["ratelimit"] and '"month";q=1;w=' in used_up.headers["ratelimit-policy"]
        )
        elsewhere = made(keyturn, "invoices:read", networks=["203.0.113.0/24"])
        assert get(elsewhere["key"], **{"X-Forwarded-For": "203.0.113.7"}).json()["code"] == "address_not_allowed"
        assert get(made(keyturn, "invoices:read", networks=["127.0.0.1"])["key"]).status_code == 200
        posted = client.post("/invoices", content=b"x" * 10_000, headers={"Authorization": f"Bearer {key['key']}"})
        assert posted.status_code == 200, "the body goes by"

        page = f"https://{name}.shop.example"  # the server is the same for all of them
        asking = {"Origin": page, "Access-Control-Request-Method": "GET"}
        for claims in ({}, dict.fromkeys(identity, "claimed"), {"Authorization": f"Bearer {key['key']}"}):
            left = client.options("/invoices?page=2", headers=asking | claims)
            assert left.status_code == 200 and "access-control-allow-origin" not in left.headers
            assert left.json()["path"] == "/invoices?page=2", "the application answers it"
            assert not any(left.json().get(header) for header in (*identity, "authorization")), left.text
        bound = made(keyturn, "invoices:read", origins=[page])
        headers = {"Origin": page}
        answered = get(bound["key"], **headers)
        assert answered.status_code == 200 and answered.headers["access-control-allow-origin"] == page
        assert "Origin" in answered.headers["vary"]
        other_page = get(bound["key"], Origin="https://evil.example")
        assert other_page.json()["code"] == "origin_not_allowed"
        assert "access-control-allow-origin" not in other_page.headers
        assert client.options("/invoices", headers={"Origin": page}).status_code == 401, "no preflight"
        asking["Access-Control-Request-Headers"] = "authorization, traceparent"
        asking["Origin"] = f"{page}:8443"  # another one, for what was asked is remembered for a moment
        made(keyturn, "invoices:read", origins=[asking["Origin"]])
        preflight = client.options("/invoices", headers=asking)
        assert preflight.status_code == 204, preflight.text
        assert preflight.headers["access-control-allow-origin"] == asking["Origin"]
        assert preflight.headers["access-control-allow-headers"] == "authorization, traceparent"
        assert "access-control-allow-credentials" not in preflight.headers

        assert get(key["key"]).status_code == 200
        revoked = keyturn.post(f"/v1/keys/{key['id']}/revoke")
        assert revoked.status_code == 200 and revoked.json()["receipt"]["epoch"]
        gone = get(key["key"])
        assert (gone.status_code, gone.json()["reason"]) == (401, "revoked")


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing."""


def _wsgi(environ: Mapping[str, Any], respond: Callable[..., Any]) -> list[bytes]:
    """Tells what it reads: a name with underscores is the same to it as one with hyphens (RFC 3875, 4.1.18)."""
    respond("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({name: value for name, value in environ.items() if name.startswith("HTTP_")}).encode()]


@pytest.fixture(scope="module")
def wsgi() -> Iterator[int]:
    """The port of an API over WSGI that believes what its proxy says."""
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, _wsgi, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def raw(port: int, *lines: bytes) -> tuple[int, bytes]:
    """What comes back for these very bytes: status and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"\r\n".join([*lines, b"", b""]))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


def test_nginx_asks_through_a_unix_socket(nginx: StartProxy, upstream: int, tmp_path: Path) -> None:
    """As the guide says it, with the client's own address behind it."""
    # Where nginx's own user may go, which is not the one of the tests.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        _ask_through(Path(folder) / "keyturn.sock", nginx, upstream, tmp_path)


def _ask_through(where: Path, nginx: StartProxy, upstream: int, folder: Path) -> None:
    port = free_port()
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read"}
    with serving(f"sqlite:///{folder / 'keys.db'}", folder, None, None, where, **settings):
        text = config("nginx", 1, upstream, port).replace("http://127.0.0.1:1/", f"http://unix:{where}:/")
        proxy = nginx(text, port)
        root = {"Authorization": f"Bearer {ROOT}"}
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(where)), base_url="http://localhost", headers=root
        ) as one:
            keys = [
                made(one, "invoices:read", networks=[network])["key"] for network in ("127.0.0.1", "203.0.113.0/24")
            ]
        answers = [
            httpx.get(f"{proxy.url}/invoices", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
            for key in keys
        ]
        assert [one.status_code for one in answers] == [200, 403]


@pytest.fixture(scope="module")
def talking() -> Iterator[int]:
    """The port of an API over web sockets, which says whose each is, and then what it hears."""

    def talk(connection: ServerConnection) -> None:
        headers = connection.request.headers if connection.request is not None else {}
        connection.send(f"{headers.get('x-keyturn-key-id', '')} {headers.get('authorization', '')}".strip())
        for message in connection:
            connection.send(message)

    with serve_web_sockets(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.socket.getsockname()[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["nginx", "caddy", "envoy"])
def test_a_web_socket_is_opened_through_a_proxy_by_its_key(
    name: str, request: pytest.FixtureRequest, keyturn: httpx.Client, talking: int
) -> None:
    """The upgrade goes by with the key's identity and without the key, and both sides are heard; without a key, or with
    one that may not, the handshake is refused and the upstream hears nothing."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    start(config(name, keyturn.base_url.port or 0, talking, port), port)
    key = made(keyturn, "invoices:read")
    where = f"ws://127.0.0.1:{port}/invoices"
    with open_web_socket(where, additional_headers={"Authorization": f"Bearer {key['key']}"}, proxy=None) as one:
        assert one.recv() == key["id"]
        for words in ("hello", "x" * 5_000):
            one.send(words)
            assert one.recv() == words
    for headers in ({}, {"Authorization": f"Bearer {made(keyturn, 'invoices:write')['key']}"}):
        with pytest.raises(InvalidStatus) as refused:
            open_web_socket(where, additional_headers=headers, proxy=None)
        assert refused.value.response.status_code == (403 if headers else 401)


@pytest.mark.parametrize("name", ["nginx", "caddy", "envoy"])
def test_nobody_says_for_keyturn_whose_a_request_is(
    name: str, request: pytest.FixtureRequest, keyturn: httpx.Client, wsgi: int
) -> None:
    """Neither under names that the upstream takes for the same, nor by declaring ours to be of this connection only:
    the upstream reads ours alone, or nothing at all. That a header is dropped on the way does not let anybody in."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    start(config(name, keyturn.base_url.port or 0, wsgi, port), port)
    key = made(keyturn, "invoices:read", projectId="shop")
    bearer = b"Authorization: Bearer " + key["key"].encode()
    ours = {"KEY_ID": key["id"], "PROJECT": "shop", "MODE": "live", "SCOPES": "invoices:read"}
    first = [b"GET /invoices HTTP/1.1", b"Host: 127.0.0.1"]
    let_in = 0
    for headers in (
        [b"Connection: close"],
        [b"Connection: close, X-Keyturn-Project"],
        [b"Connection: close, x-keyturn-key-id,X-KEYTURN-PROJECT, X-Keyturn-Mode,X-Keyturn-Scopes"],
        [b"Connection: close", b"Connection: X-Keyturn-Project", b"X-Keyturn-Project: evil"],
        [b"Connection: close, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Uri, X-Original-URI"],
        [b"Connection: close", b"X_Keyturn_Project: evil", b"X_Keyturn_Key_Id: evil", b"X_KEYTURN_SCOPES: evil"],
        [b"Connection: close", b"X-Keyturn_Project: evil", b"X_Keyturn-Mode: evil"],
        [b"Connection: close, X_Keyturn_Project", b"X_Keyturn_Project: evil"],
        [b"Connection: close", b"X.Keyturn.Project: evil", b"x-keyturn-project: evil", b"X-KEYTURN-PROJECT: evil"],
        [b"Connection: close", b"Proxy: evil", b"X-Keyturn-Project : evil"],
    ):
        status, body = raw(port, *first, bearer, *headers)
        assert b"evil" not in body.replace(b'"HTTP_PROXY": "evil"', b""), headers
        if status == 200:
            let_in += 1
            seen = json.loads(body)
            assert {one: seen.get(f"HTTP_X_KEYTURN_{one}") for one in ours} == ours, headers
            assert not {"HTTP_AUTHORIZATION", "HTTP_X_API_KEY"} & set(seen), headers
        else:
            assert status in (400, 403), headers
    assert let_in >= 5
    for headers in ([b"Connection: close"], [b"Connection: close, Authorization", bearer]):
        status, body = raw(port, *first, *headers, b"X_Authorization: " + bearer)
        assert status in (200, 401) if bearer in headers else status == 401, headers


@pytest.mark.parametrize("name", ["nginx", "caddy", "envoy"])
def test_what_is_no_request_is_refused_as_that(
    name: str, request: pytest.FixtureRequest, keyturn: httpx.Client, upstream: int
) -> None:
    """A stray control character is the client's mistake (400), wherever it stands: trying again does not help."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    start(config(name, keyturn.base_url.port or 0, upstream, port), port)
    bearer = b"Authorization: Bearer " + made(keyturn, "invoices:read")["key"].encode()
    first = [b"GET /invoices HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close"]
    for lines in (
        [*first, bearer + b"\x01"],
        [*first, bearer, b"X-Trace: a\x01b"],
        [*first, bearer, b"Origin: https://a\x02"],
        [b"GET /invoices# HTTP/1.1", *first[1:], bearer],
        [b"GET /invoices\xe9 HTTP/1.1", *first[1:], bearer],
        [b"GET /invoices?\xe9 HTTP/1.1", *first[1:], bearer],
    ):
        status, body = raw(port, *lines)
        # Caddy encodes what stands in the path as it should have been, and asks about that.
        assert status == 400 or (name == "caddy" and status == 200 and b"%" in body), (lines, status, body)
        if name == "nginx" and status == 400 and body.startswith(b"{"):
            assert json.loads(body)["code"] in ("invalid_request", "invalid_request_target")


@pytest.mark.parametrize("name", ["nginx", "caddy", "envoy"])
def test_without_keyturn_nobody_passes(name: str, request: pytest.FixtureRequest, upstream: int) -> None:
    """Nobody listens where Keyturn should: the proxy refuses, whatever comes."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    proxy = start(config(name, free_port(), upstream, port), port)
    answer = httpx.get(proxy.url, headers={"Authorization": "Bearer x"}, trust_env=False)
    assert answer.status_code in (502, 503) and "path" not in answer.text
