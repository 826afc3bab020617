"""Attacks on Keyturn by itself: stronger keys, other projects' keys, carriers in questions, paths behind proxies."""

import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from attacks.doors import HINTED, LONGEST
from attacks.scene import LEAST, exchange, statuses_of
from attacks.tally import Tally
from tests.journeys.test_odd_targets import OPEN, PROXIES, READER, RULES, SCOPES, Sent, answered, odd_targets
from tests.journeys.test_proxies import SPOOFED, config, made
from tests.keyturn.test_serving import ROOT, serving
from tests.parts import find_part
from tests.running import free_port
from tests.upstreams import UPSTREAMS

_HELD: Final = ("invoices:read", "keys:read", "keys:write", "keys:verify")


@dataclass
class Keyturn:
    """A running ``keyturn serve`` with rules over paths, spoken to as root."""

    name: str
    client: httpx.Client
    folder: Path
    random: Random
    part: float

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    @property
    def port(self) -> int:
        return self.client.base_url.port or 0

    def times(self, count: int) -> int:
        return max(LEAST, ceil(count * self.part))

    def some(self, of: list[Any]) -> list[Any]:
        return self.random.sample(of, min(len(of), self.times(len(of))))

    def asked(self, key: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request by a key."""
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.request(method, f"{self.url}{path}", json=body, headers=headers, timeout=30, trust_env=False)


@contextlib.contextmanager
def keyturn_scene(folder: Path, part: float, seed: int) -> Iterator[Keyturn]:
    """A running Keyturn on SQLite."""
    folder.mkdir(parents=True)
    rules = folder / "rules.toml"
    rules.write_text(RULES)
    settings = {"KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": " ".join(SCOPES), "KEYTURN_RULES": str(rules)}
    settings |= {"KEYTURN_RATE_PER_SECOND": "0", "KEYTURN_PUBLISHABLE_SCOPES": "invoices:read"}
    with (
        serving(f"sqlite:///{folder / 'keys.db'}", folder, **settings) as (url, _),
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ROOT}"}, timeout=30, trust_env=False) as client,
    ):
        yield Keyturn("Keyturn on SQLite", client, folder, Random(seed), part)


def stronger_keys(scene: Keyturn, tally: Tally) -> None:
    """A key that makes, widens, rotates or switches on what is stronger, or touches what it did not make."""
    parent = made(scene.client, *_HELD, projectId="intruder", networks=["127.0.0.0/8"], mode="test")
    stranger = made(scene.client, "admin:all", projectId="victim")
    sibling = made(scene.client, "invoices:read", projectId="intruder", mode="test")
    child = {"name": "child", "scopes": ["invoices:read"], "networks": ["127.0.0.0/8"], "mode": "test"}
    right = scene.asked(parent["key"], "POST", "/v1/keys", child)
    tally.control(right.status_code == 201, right.text)
    wider: list[dict[str, Any]] = [
        {"scopes": ["admin:all"]}, {"scopes": ["*"]}, {"scopes": ["invoices:*"]},
        {"scopes": ["invoices:read", "invoices:export"]}, {"scopes": ["invoices:read "]},
        {"networks": []}, {"networks": ["0.0.0.0/0"]}, {"networks": ["126.0.0.0/7"]}, {"networks": ["::ffff:0:0/96"]},
        {"mode": "live"}, {"projectId": "victim"},
        {"projectId": "intruder/../victim"}, {"projectId": ""}, {"reportOnly": ["scope_missing"]},
        {"reportOnly": ["address_not_allowed"]}, {"rate": {"perSecond": 1e9, "burst": 10**9}},
        {"canary": True, "scopes": ["admin:all"]}, {"parentId": stranger["id"]}, {"createdBy": "operator"},
        {"kind": "root"}, {"scopes": ["invoices:read", "INVOICES:EXPORT"]},
    ]  # fmt: skip
    for more in scene.some(wider):
        answer = scene.asked(parent["key"], "POST", "/v1/keys", child | more)
        allowed = answer.status_code < 300 and more.get("rate") is not None
        tally.attempt(
            answer.status_code in (400, 403, 404, 422) or allowed, (more, answer.status_code, answer.text[:200])
        )
        if "projectId" not in more and "mode" not in more:
            answer = scene.asked(parent["key"], "PATCH", f"/v1/keys/{right.json()['id']}", more)
            allowed = answer.status_code < 300 and more.get("rate") is not None
            tally.attempt(answer.status_code in (400, 403, 404, 422) or allowed, ("PATCH", more, answer.status_code))
        own = scene.asked(parent["key"], "PATCH", f"/v1/keys/{parent['id']}", more)
        if own.status_code < 300:
            after = scene.client.get(f"/v1/keys/{parent['id']}").json()
            tally.attempt(set(after["scopes"]) <= set(_HELD) and bool(after["networks"]), ("itself", more, after))
    targets = [
        stranger["id"],
        sibling["id"],
        "key_0",
        "..",
        "%2e%2e",
        "",
        "*",
        f"{right.json()['id']}/../{stranger['id']}",
    ]
    verbs = [
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/rotate"),
        ("POST", "/revoke"),
        ("POST", "/revoke?tree=true"),
        ("POST", "/disable"),
        ("POST", "/enable"),
        ("POST", "/rotation/finish"),
        ("GET", "/secrets"),
    ]
    for target, (method, verb) in scene.some(list(itertools.product(targets, verbs))):
        if target == sibling["id"] and method == "GET":
            continue  # A key reads the keys of its own project and mode.
        answer = scene.asked(
            parent["key"], method, f"/v1/keys/{target}{verb}", {"name": "mine"} if method == "PATCH" else None
        )
        tally.attempt(
            answer.status_code >= 400 or (target == "" and method == "GET"),
            (method, target, verb, answer.status_code, answer.text[:120]),
        )
    for key in (stranger, sibling):
        verdict = scene.client.post("/v1/keys/verify", json={"key": key["key"]}).json()
        tally.attempt(verdict["valid"] is True, ("a stranger's key was ended", verdict))
    for path in (
        "/v1/projects/victim/suspend",
        "/v1/projects/victim/resume",
        "/v1/projects/victim",
        "/v1/audit?projectId=victim",
        "/v1/keys?projectId=victim",
        "/metrics",
    ):
        for method in ("GET", "POST"):
            answer = scene.asked(parent["key"], method, path)
            tally.attempt(
                answer.status_code >= 400 or stranger["id"] not in answer.text, (method, path, answer.status_code)
            )


def questions(scene: Keyturn, tally: Tally) -> None:
    """Carriers of up to 256 kB, odd JSON and odd credentials in questions about a key."""
    key = made(scene.client, "invoices:read")["key"]
    right = scene.client.post("/v1/keys/verify", json={"key": key, "scope": "invoices:read"}).json()
    tally.control(right["valid"] is True, right)
    odd: list[Any] = [
        None,
        1,
        [],
        {},
        True,
        "",
        " ",
        key[:-1],
        key + "a",
        f"{key} x",
        f"{key}\nx",
        f"{key}, {key}",
        f"Bearer Bearer {key}",
        key.upper(),
        "\0",
        "\ud7ff",
        ROOT,
    ]
    for one in odd:
        for body in (
            {"key": one},
            {"key": one, "scope": "invoices:read"},
            {"request": {"headers": {"authorization": one}}},
            {"request": {"headers": {"x-api-key": one, "authorization": f"Bearer {key}x"}}},
        ):
            answer = scene.client.post("/v1/keys/verify", json=body)
            tally.attempt(
                answer.status_code in (200, 400, 413, 422) and '"valid":true' not in answer.text,
                (str(body)[:80], answer.status_code, answer.text[:100]),
            )
    for part, length in scene.some(list(itertools.product(HINTED, (512, 16_000, LONGEST)))):
        text = (part * (length // len(part) + 1))[:length]
        for body in (
            {"key": text},
            {"request": {"headers": {"x-api-key": text}}},
            {"request": {"headers": {"authorization": f"Bearer {text}"}}},
            {"request": {"path": f"/?a={text}"}},
        ):
            begun = time.monotonic()
            answer = scene.client.post("/v1/keys/verify", json=body)
            seconds = time.monotonic() - begun
            tally.attempt(
                answer.status_code < 500 and '"valid":true' not in answer.text and seconds < 10,
                (part, length, answer.status_code, seconds),
            )
        for path in ("/v1/whoami", "/v1/forward-auth"):
            head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Original-Method: GET\r\n"
            head += f"X-Original-URI: /admin\r\nx-api-key: {text}\r\n\r\n"
            begun = time.monotonic()
            statuses = statuses_of(exchange(scene.port, head.encode("latin-1")))
            tally.attempt(200 not in statuses and time.monotonic() - begun < 10, (path, part, length, statuses))


def spoofed_identities(scene: Keyturn, tally: Tally) -> None:
    """Forward-auth asked in another's name: several originals at once, odd methods, a client's own identity headers."""
    reader = made(scene.client, "invoices:read")["key"]
    headers = {"Authorization": f"Bearer {reader}"}
    right = httpx.get(
        f"{scene.url}/v1/forward-auth",
        headers=headers | {"X-Original-URI": "/invoices/7", "X-Original-Method": "GET"},
        timeout=30,
        trust_env=False,
    )
    tally.control(right.status_code == 200, right.text)
    named = ("X-Original-URI", "X-Original-URL", "X-Forwarded-Uri")
    for first, second in itertools.product(named, named):
        for one, other in (("/health", "/admin"), ("/admin", "/health"), ("/admin", "/admin")):
            more = {
                first: one if "URL" not in first else f"http://a.example{one}",
                "X-Original-Method": "GET",
                "X-Forwarded-Method": "GET",
            }
            more |= {second: other if "URL" not in second else f"http://a.example{other}"}
            if more.get(first, "").endswith("/health") and first == second:
                continue
            answer = httpx.get(
                f"{scene.url}/v1/forward-auth", headers=headers | more | SPOOFED_IDENTITY, timeout=30, trust_env=False
            )
            tally.attempt(answer.status_code != 200, (more, answer.status_code))
    for method in ("OPTIONS", "get", "GET ", "", "CONNECT", "GET, POST", "\u0130"):
        head = f"X-Original-URI: /admin\r\nX-Original-Method: {method}\r\nAuthorization: Bearer {reader}\r\n"
        request = f"GET /v1/forward-auth HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n"
        told = exchange(scene.port, request.encode())
        tally.attempt(200 not in statuses_of(told), (method, told[:60]))


SPOOFED_IDENTITY: Final = {name: value for name, value in SPOOFED.items() if name.startswith("X-Keyturn")}


def odd_paths(scene: Keyturn, proxy: str, tally: Tally) -> None:
    """Spellings of protected paths through a real proxy: no answer of a handler whose rule refuses."""
    reader = made(scene.client, "invoices:read")["key"]
    for upstream in ("asgi", "wsgi"):
        port = free_port()
        folder = scene.folder / f"{proxy}-{upstream}"
        folder.mkdir()
        with contextlib.ExitStack() as stack:
            text = config(proxy, scene.port, stack.enter_context(UPSTREAMS[upstream]()), port)
            text = text.replace("?scope=invoices:read", "?" if proxy == "caddy" else "").replace(
                ";scope=invoices:read", ""
            )
            stack.enter_context(PROXIES[proxy](text, port, folder))
            tally.control(answered(port, Sent(b"/invoices/7", True), reader) == (200, b"invoice"), "the way in works")
            for sent in odd_targets(scene.times(400)):
                status, handler = answered(port, sent, reader)
                tally.attempt(
                    handler is None or handler in (READER if sent.by_reader else OPEN),
                    (upstream, sent, status, handler),
                )


def proxies() -> list[str]:
    """The proxies that are here."""
    return [name for name in PROXIES if find_part(name) is not None]
