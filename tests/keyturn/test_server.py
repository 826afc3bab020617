"""``keyturn serve`` over HTTP, without a socket in between: on SQLite and on PostgreSQL."""

import ast
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from keyturn import errors
from keyturn.admission.layer import KeyLayer, open_key_layer
from keyturn.admission.probing import probe
from keyturn.database import StoreUnavailable
from keyturn.http import error_pages
from keyturn.http.denials import AUTH_UNAVAILABLE, NEED_NOT_DECLARED, QUOTA_EXCEEDED, RATE_LIMITED
from keyturn.http.server import ROUTES, KeyturnServer
from keyturn.http.wording import FORBIDDEN_CODES, INVALID_API_KEY
from keyturn.leaks.reporting import REVOKE_PATH
from keyturn.limiting.gcra import Limit
from keyturn.settings import Settings, load
from keyturn.stores.memory import MemoryKeyStore
from tests.house.source import SRC, python_files, tree_of

pytestmark = pytest.mark.anyio

ROOT = "root-credential-of-the-tests-0123456789"
ENVIRONMENT = {
    "KEYTURN_ROOT_KEY": ROOT,
    "KEYTURN_SCOPES": "invoices:read invoices:write",
    "KEYTURN_PUBLISHABLE_SCOPES": "invoices:write",
}


class Answer:
    """What one of several at once was answered."""

    got: dict[str, Any]


class CommandContext:
    """A server and who speaks to it. Every call answers with the status and the body."""

    def __init__(self, layer: KeyLayer, settings: Settings) -> None:
        self.layer = layer
        self.app = KeyturnServer(layer, settings)

    async def call(
        self, method: str, path: str, body: Any = None, by: str | None = ROOT, peer: str = "127.0.0.1", **headers: str
    ) -> tuple[int, Any]:
        answer = await self.send(method, path, body, by, peer, **headers)
        return answer.status_code, answer.json()

    async def send(
        self, method: str, path: str, body: Any = None, by: str | None = ROOT, peer: str = "127.0.0.1", **headers: str
    ) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            sent["authorization"] = f"Bearer {by}"
        transport = httpx.ASGITransport(self.app, client=(peer, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://keyturn.test") as client:
            if isinstance(body, str | bytes):
                return await client.request(method, path, content=body, headers=sent)
            return await client.request(method, path, json=body, headers=sent) if body is not None else (
                await client.request(method, path, headers=sent)
            )  # fmt: skip

    async def key(self, *scopes: str, by: str = ROOT, **more: Any) -> dict[str, Any]:
        """A new key, as the server answers it."""
        status, made = await self.call("POST", "/v1/keys", {"name": "test", "scopes": list(scopes), **more}, by)
        assert status == 201, made
        return dict(made)

    async def verify(self, key: str, scope: str | None = "invoices:read", by: str = ROOT, **more: Any) -> Any:
        status, verdict = await self.call("POST", "/v1/keys/verify", {"key": key, "scope": scope, **more}, by)
        assert status == 200, verdict
        return verdict


@contextlib.asynccontextmanager
async def open_harness(url: str, **environment: str) -> AsyncIterator[CommandContext]:
    settings = load(ENVIRONMENT | environment)
    async with open_key_layer(
        url, scopes=settings.scopes, publishable=settings.publishable, limit=settings.limit
    ) as layer:
        yield CommandContext(layer, settings)


@pytest.fixture
async def context(database_url: str, anyio_backend: object) -> AsyncIterator[CommandContext]:
    """A server on a database of its own."""
    async with open_harness(database_url) as opened:
        yield opened


@pytest.fixture
async def light_harness(anyio_backend: object) -> AsyncIterator[CommandContext]:
    """A server in memory, for what has nothing to do with the database."""
    settings = load(ENVIRONMENT)
    layer = KeyLayer(MemoryKeyStore(), scopes=settings.scopes, publishable=settings.publishable, limit=settings.limit)
    async with layer.running():
        yield CommandContext(layer, settings)


async def test_a_key_is_verified_for_several_scopes_at_once(light_harness: CommandContext) -> None:
    """All of them are needed, and the one that is missing is named; what is no scope, none, and too many is refused."""
    context = light_harness
    read = (await context.key("invoices:read"))["key"]
    both = (await context.key("invoices:read", "invoices:write"))["key"]
    wanted = ["invoices:read", "invoices:write", "invoices:read"]
    assert (await context.verify(both, None, scopes=wanted))["valid"] is True
    verdict = await context.verify(read, None, scopes=wanted)
    assert (verdict["valid"], verdict["code"], verdict["requiredScope"]) == (False, "missing_scope", "invoices:write")
    for more in (
        {"scopes": ["invoices:steal"]},
        {"scopes": []},
        {"scopes": ["invoices:read"] * 21},
        {"scopes": ["invoices:read"], "scope": "invoices:read"},
    ):
        status, told = await context.call("POST", "/v1/keys/verify", {"key": both, **more})
        assert status == 400 and "scopes" in told["detail"], told


async def test_a_request_to_create_a_key_that_comes_again_has_one_effect(context: CommandContext) -> None:
    """One key, and its text once: the repetition answers what the key is now, without it. Ten at once are one; another
    request or another maker under the same name is not."""
    wish = {"name": "worker", "scopes": ["invoices:read", "keys:write"]}
    first = await context.send("POST", "/v1/keys", wish, idempotency_key="job-7")
    assert first.status_code == 201 and first.json()["key"].startswith("ck_live_")
    again = await context.send("POST", "/v1/keys", wish, idempotency_key=" job-7 ")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.json() == first.json() | {"key": None}
    assert "idempotency-replayed" not in first.headers
    status, told = await context.call("POST", "/v1/keys", wish | {"name": "other"}, idempotency_key="job-7")
    assert (status, told["code"]) == (409, "idempotency_key_reused")
    status, made = await context.call("POST", "/v1/keys", {"name": "x"}, first.json()["key"], idempotency_key="job-7")
    assert status == 201 and made["key"] is not None
    answers = [Answer() for _ in range(10)]

    async def create(into: Answer) -> None:
        into.got = (await context.send("POST", "/v1/keys", wish, idempotency_key="at-once")).json()

    async with anyio.create_task_group() as group:
        for one in answers:
            group.start_soon(create, one)
    assert len({one.got["id"] for one in answers}) == 1
    assert sum(one.got["key"] is not None for one in answers) == 1
    status, listed = await context.call("GET", "/v1/keys?name=worker")
    assert len(listed["data"]) == 2
    for wrong in ("", "x" * 256, "é", "a\tb"):
        sent: Any = {"idempotency_key": wrong.encode("latin-1")}
        status, told = await context.call("POST", "/v1/keys", wish, **sent)
        assert (status, told["code"]) == (400, "invalid_idempotency_key"), wrong


async def test_a_key_is_made_verified_and_revoked_with_a_receipt(context: CommandContext) -> None:
    """The whole life over HTTP: the text is answered once, the verdict names the key and what is left of its limit, and
    after the revocation's receipt the very next verification refuses."""
    made = await context.key("invoices:read", projectId="shop")
    verdict = await context.verify(made["key"])
    assert verdict["valid"] is True
    assert verdict["key"] == {
        "id": made["id"], "projectId": "shop", "mode": "live", "kind": "secret", "scopes": ["invoices:read"],
    }  # fmt: skip
    assert verdict["rateLimit"]["limit"] == 200 and verdict["rateLimit"]["remaining"] == 199

    status, shown = await context.call("GET", f"/v1/keys/{made['id']}")
    assert status == 200 and "key" not in shown and made["key"] not in str(shown)
    assert (shown["status"], shown["createdBy"], shown["name"]) == ("active", "operator:root", "test")

    await context.layer.gate.renew()
    status, revoked = await context.call("POST", f"/v1/keys/{made['id']}/revoke", {"reason": "left"})
    assert status == 200
    assert (revoked["status"], revoked["already"], revoked["revokedReason"]) == ("revoked", False, "left")
    assert revoked["receipt"]["epoch"] >= 1
    assert revoked["receipt"]["confirmed"] == [context.layer.gate.name]
    refused = await context.verify(made["key"])
    assert (refused["valid"], refused["reason"], refused["status"]) == (False, "revoked", 401)
    assert refused["code"] == "invalid_api_key" and "Create a new one" in refused["message"]
    _, again = await context.call("POST", f"/v1/keys/{made['id']}/revoke")
    assert (again["already"], again["receipt"]["epoch"]) == (True, None)

    _, audit = await context.call("GET", f"/v1/keys/{made['id']}/audit")
    assert [line["action"] for line in audit["data"]] == ["key.revoked", "key.created"]
    assert made["key"] not in str(audit)


async def test_a_verdict_is_about_the_original_request(light_harness: CommandContext) -> None:
    """Headers in any case, the path with its query, the address and the origin: each counts as if the request had come
    here, and every refusal says what to answer it with."""
    bound = await light_harness.key("invoices:read", networks=["203.0.113.0/24"])
    public = await light_harness.key("invoices:write", kind="publishable", origins=["https://shop.example"])

    async def judged(scope: str | None, publishable: str = "never", **request: Any) -> Any:
        status, verdict = await light_harness.call(
            "POST", "/v1/keys/verify", {"request": request, "scope": scope, "publishable": publishable}
        )
        assert status == 200, verdict
        return "valid" if verdict["valid"] else (verdict["reason"], verdict["status"], verdict["code"])

    bearer = {"Authorization": f"Bearer {bound['key']}"}
    at_home = {"headers": bearer, "address": "203.0.113.7"}
    assert await judged("invoices:read", **at_home) == "valid"
    assert await judged(None, **at_home) == "valid"
    assert await judged("invoices:write", **at_home) == ("scope_missing", 403, "missing_scope")
    assert await judged("invoices:read", headers=bearer, address="198.51.100.1") == (
        "address_not_allowed", 403, "address_not_allowed",
    )  # fmt: skip
    assert await judged("invoices:read", headers=bearer) == ("address_not_allowed", 403, "address_not_allowed")
    assert await judged("invoices:read", **at_home, secure=False) == ("insecure", 403, "https_required")
    in_url = f"/invoices?key={bound['key']}"
    assert await judged("invoices:read", **at_home, path=in_url) == ("key_in_url", 401, "invalid_api_key")
    assert await judged("invoices:read", headers={}) == ("missing", 401, "invalid_api_key")
    two = {"authorization": f"Bearer {bound['key']}", "X-API-Key": public["key"]}
    assert await judged("invoices:read", headers=two) == ("ambiguous", 401, "invalid_api_key")

    from_page = {"x-api-key": public["key"], "Origin": "https://shop.example"}
    assert await judged("invoices:write", "creates", headers=from_page) == "valid"
    assert await judged("invoices:write", headers=from_page) == ("secret_key_required", 403, "secret_key_required")
    elsewhere = {"x-api-key": public["key"], "Origin": "https://evil.example"}
    assert await judged("invoices:write", "creates", headers=elsewhere) == (
        "origin_not_allowed", 403, "origin_not_allowed",
    )  # fmt: skip
    # The same with the key's text alone.
    assert (await light_harness.verify(bound["key"], address="203.0.113.7"))["valid"]
    assert (await light_harness.verify(bound["key"], address="198.51.100.1"))["reason"] == "address_not_allowed"
    told = await light_harness.verify("'" + bound["key"] + "'")
    assert told["reason"] == "malformed" and "quotes" in told["message"] and bound["key"] not in str(told)


async def test_a_rate_limited_key_is_told_when_to_retry(light_harness: CommandContext) -> None:
    """The limit is the verified key's own, and counted by verifying; who verifies is not held up by it."""
    made = await light_harness.key("invoices:read", rate={"perSecond": 0.5, "burst": 2})
    service = (await light_harness.key("keys:verify"))["key"]
    verdicts = [await light_harness.verify(made["key"], by=service) for _ in range(3)]
    assert [one["valid"] for one in verdicts] == [True, True, False]
    assert (verdicts[2]["reason"], verdicts[2]["status"]) == ("rate_limited", 429)
    assert 0 < verdicts[2]["rateLimit"]["retryAfterSeconds"] <= 2
    other = await light_harness.key("invoices:read")
    for _ in range(300):  # more than any key's burst
        assert (await light_harness.call("POST", "/v1/keys/verify", {"key": other["key"]}, service))[0] == 200
    slow = (await light_harness.key("keys:verify", rate={"perSecond": 0.01, "burst": 1}))["key"]
    for by, status in ((slow, 200), (slow, 429)):
        assert (await light_harness.call("POST", "/v1/keys/verify", {"key": other["key"]}, by))[0] == status
    for number, more in enumerate(({}, {"x_forwarded_proto": "https"}), 1):  # by the short way, and the long one
        asking = await light_harness.key("keys:verify")
        status, _ = await light_harness.call("POST", "/v1/keys/verify", {"key": other["key"]}, asking["key"], **more)
        await light_harness.layer.usage.flush(light_harness.layer.store, light_harness.layer.usage_store)
        shown = (await light_harness.call("GET", f"/v1/keys/{asking['id']}"))[1]
        assert status == 200 and shown["lastUsedAt"] is not None, number


async def test_who_verifies_needs_the_right_to(light_harness: CommandContext) -> None:
    """Nobody, a key without ``keys:verify``, a wrong root credential, and one that is cut off: none learns anything."""
    made = await light_harness.key("invoices:read")
    body = {"key": made["key"], "scope": "invoices:read"}
    for by, status, code in (
        (None, 401, "invalid_api_key"),
        (ROOT[:-1], 401, "invalid_api_key"),
        (ROOT + "x", 401, "invalid_api_key"),
        (made["key"], 403, "missing_scope"),
    ):
        answer = await light_harness.send("POST", "/v1/keys/verify", body, by)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith('Bearer realm="keyturn"')
        assert answer.json()["title"] and answer.json()["status"] == status and "valid" not in answer.json()
    allowed = await light_harness.key("keys:verify")
    assert (await light_harness.verify(made["key"], by=allowed["key"]))["valid"]


async def test_a_key_learns_nothing_of_other_projects_or_modes(light_harness: CommandContext) -> None:
    """To a key that verifies, reads or writes, what is not of its project and mode is not there."""
    own = {"projectId": "mine", "mode": "live"}
    service = await light_harness.key("keys:verify", "keys:read", "keys:write", **own)
    beside = await light_harness.key("invoices:read", **own)
    other_project = await light_harness.key("invoices:read", projectId="other")
    other_mode = await light_harness.key("invoices:read", projectId="mine", mode="test")
    by = service["key"]
    assert (await light_harness.verify(beside["key"], by=by))["valid"]
    for made in (other_project, other_mode):
        verdict = await light_harness.verify(made["key"], by=by)
        assert (verdict["valid"], verdict["reason"]) == (False, "unknown") and "key" not in verdict
        for method, path in (("GET", ""), ("GET", "/secrets"), ("GET", "/audit"), ("POST", "/revoke")):
            status, told = await light_harness.call(method, f"/v1/keys/{made['id']}{path}", by=by)
            assert (status, told["code"]) == (404, "key_not_found"), path
    _, listed = await light_harness.call("GET", "/v1/keys", by=by)
    assert {one["id"] for one in listed["data"]} == {service["id"], beside["id"]}
    assert (await light_harness.call("GET", "/v1/keys?mode=test", by=by))[1]["data"] == []
    assert (await light_harness.call("GET", "/v1/keys?projectId=other", by=by))[0] == 403
    assert (await light_harness.call("GET", "/v1/audit?projectId=other", by=by))[0] == 403
    for word in ("suspend", "resume"):
        status, told = await light_harness.call("POST", f"/v1/projects/mine/{word}", by=by)
        assert (status, told["code"]) == (403, "root_required")


async def test_a_key_never_makes_a_stronger_one(context: CommandContext) -> None:
    """By creating, by widening what it made, by widening itself, by a new secret of a stronger one, or by switching on
    what somebody else switched off: none gives a key more than it has, and nothing half is left behind."""
    parent = await context.key("keys:write", "keys:read", "invoices:read", networks=["10.0.0.0/8"])
    by = parent["key"]
    # Bound to networks, it has to come from there to ask at all: through the proxy that this machine trusts.
    here = {"x_forwarded_for": "10.1.2.3", "x_forwarded_proto": "https"}
    child_of = {"name": "child", "networks": ["10.1.0.0/16"]}

    async def asked(method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return await context.call(method, path, body, by, **here)

    for more in (
        {"scopes": ["invoices:write"]},
        {"scopes": ["*"]},
        {"scopes": ["invoices:read"], "networks": []},
        {"scopes": ["invoices:read"], "networks": ["0.0.0.0/0"]},
        {"scopes": ["invoices:read"], "mode": "test"},
        {"scopes": ["invoices:read"], "projectId": "other"},
        {"scopes": ["invoices:read"], "reportOnly": ["scope_missing"]},
    ):
        status, told = await asked("POST", "/v1/keys", child_of | more)
        assert (status, told["code"]) == (400, "stronger_than_parent"), more
    assert len((await context.call("GET", "/v1/keys"))[1]["data"]) == 1

    status, child = await asked("POST", "/v1/keys", child_of | {"scopes": ["invoices:read"]})
    assert status == 201 and child["parentId"] == parent["id"] and child["createdBy"] == f"key:{parent['id']}"
    mine = f"/v1/keys/{child['id']}"
    status, told = await asked("PATCH", mine, {"scopes": ["invoices:read", "invoices:write"]})
    assert (status, told["code"]) == (400, "stronger_than_parent")
    assert (await asked("GET", mine))[1]["scopes"] == ["invoices:read"]
    assert (await asked("PATCH", mine, {"scopes": []}))[0] == 200

    for path, body in (("", {"scopes": ["invoices:write"]}), ("/rotate", {})):
        method = "PATCH" if path == "" else "POST"
        status, told = await asked(method, f"/v1/keys/{parent['id']}{path}", body)
        assert (status, told["code"]) == (404, "key_not_found"), "it does not change itself"
    stranger = await context.key("invoices:write")
    for path in ("/rotate", "/disable", "/enable", "/revoke", "/rotation/finish"):
        assert (await asked("POST", f"/v1/keys/{stranger['id']}{path}"))[0] == 404
    assert (await context.verify(stranger["key"], "invoices:write"))["valid"]

    await context.call("PATCH", mine, {"scopes": ["invoices:write"]})  # by the root credential
    status, told = await asked("POST", f"{mine}/rotate")
    assert (status, told["code"]) == (400, "stronger_than_parent"), "a stronger one's text would be its own"
    await context.call("POST", f"{mine}/disable")
    status, told = await asked("POST", f"{mine}/enable")
    assert (status, told["code"]) == (403, "disabled_by_another")

    status, gone = await asked("POST", f"/v1/keys/{parent['id']}/revoke?tree=true")
    assert status == 200 and gone["descendants"] == [child["id"]], "a key may end itself"
    assert (await asked("GET", "/v1/whoami"))[0] == 401
    assert (await context.call("GET", mine))[1]["status"] == "revoked"


async def test_a_secret_is_replaced_over_an_overlap(context: CommandContext) -> None:
    """Rotation over HTTP: the id stays, both texts work until the overlap is ended; secrets are listed without text."""
    made = await context.key("invoices:read")
    one = f"/v1/keys/{made['id']}"
    status, rotated = await context.call("POST", f"{one}/rotate", {"overlapSeconds": 3600})
    assert status == 200 and rotated["id"] == made["id"] and rotated["key"] != made["key"]
    assert (await context.call("POST", f"{one}/rotate"))[1]["code"] == "rotation_pending"
    assert (await context.verify(rotated["key"]))["valid"] and (await context.verify(made["key"]))["valid"]
    _, secrets = await context.call("GET", f"{one}/secrets")
    assert [secret["number"] for secret in secrets["data"]] == [2, 1]
    assert rotated["key"] not in str(secrets)
    status, finished = await context.call("POST", f"{one}/rotation/finish")
    assert status == 200 and finished["receipt"]["epoch"]
    assert (await context.verify(made["key"]))["reason"] == "superseded"
    _, third = await context.call("POST", f"{one}/rotate")
    assert (await context.call("DELETE", f"{one}/rotation"))[0] == 200
    assert (await context.verify(third["key"]))["valid"] is False
    assert (await context.verify(rotated["key"]))["valid"]


async def test_a_key_is_switched_changed_and_its_project_suspended(context: CommandContext) -> None:
    """Each change holds for the very next verification, and says so with a receipt."""
    made = await context.key("invoices:read", projectId="shop", expiresAt="2999-01-01T00:00:00+01:00")
    one = f"/v1/keys/{made['id']}"
    assert made["expiresAt"] == "2998-12-31T23:00:00.000Z"
    for path, body, reason in (
        (f"{one}/disable", {"reason": "holiday"}, "disabled"),
        (f"{one}/enable", None, None),
        ("/v1/projects/shop/suspend", {"reason": "unpaid"}, "project_suspended"),
        ("/v1/projects/shop/resume", None, None),
    ):
        status, answer = await context.call("POST", path, body)
        assert status == 200 and answer["receipt"]["epoch"], path
        assert (await context.verify(made["key"])).get("reason") == reason
    assert (await context.call("GET", "/v1/projects/shop"))[1] == {
        "id": "shop",
        "suspended": False,
        "object": "project",
    }
    status, changed = await context.call(
        "PATCH", one, {"name": "renamed", "scopes": [], "expiresAt": None, "rate": {"perSecond": 5, "burst": 10}}
    )
    assert status == 200 and (changed["name"], changed["expiresAt"]) == ("renamed", None)
    assert changed["rate"] == {"perSecond": 5.0, "burst": 10}
    assert (await context.verify(made["key"]))["reason"] == "scope_missing"
    _, audit = await context.call("GET", "/v1/audit?projectId=shop&limit=2")
    assert [line["action"] for line in audit["data"]] == ["key.changed", "project.resumed"] and audit["hasMore"]
    _, more = await context.call("GET", f"/v1/audit?projectId=shop&before={audit['data'][-1]['sequence']}")
    assert more["data"][0]["action"] == "project.suspended" and not more["hasMore"]


async def test_keys_are_listed_page_by_page(light_harness: CommandContext) -> None:
    """Newest first, each once, to the end."""
    made = [(await light_harness.key(name=f"key {number}"))["id"] for number in range(5)]
    found: list[str] = []
    path = "/v1/keys?limit=2"
    while True:
        _, page = await light_harness.call("GET", path)
        found += [one["id"] for one in page["data"]]
        if not page["hasMore"]:
            break
        path = f"/v1/keys?limit=2&startingAfter={page['nextCursor']}"
    assert sorted(found) == sorted(made) and len(found) == 5


BAD = [
    ("POST", "/v1/keys", b"{", "invalid_body", None),
    ("POST", "/v1/keys", b"\xff", "invalid_body", None),
    ("POST", "/v1/keys", b"[" * 50_000, "invalid_body", "body"),
    ("POST", "/v1/keys", {}, "invalid_body", "name"),
    ("POST", "/v1/keys", {"name": "x", "scops": []}, "invalid_body", "scops"),
    ("POST", "/v1/keys", {"name": " "}, "invalid_key_name", "name"),
    ("POST", "/v1/keys", {"name": "x", "scopes": ["no:such"]}, "invalid_scope", "scopes"),
    ("POST", "/v1/keys", {"name": "x", "mode": "prod"}, "invalid_body", "mode"),
    ("POST", "/v1/keys", {"name": "x", "kind": "publishable", "scopes": ["invoices:read"]}, "invalid_scope", "scopes"),
    ("POST", "/v1/keys", {"name": "x", "kind": "publishable", "scopes": ["invoices:write"]}, "invalid_kind", "origins"),
    ("POST", "/v1/keys", {"name": "x", "format": "no-such"}, "invalid_kind", "format"),
    ("POST", "/v1/keys", {"name": "x", "expiresAt": "2020-01-01T00:00:00Z"}, "invalid_expiry", "expiresAt"),
    ("POST", "/v1/keys", {"name": "x", "expiresAt": "2999-01-01T00:00:00"}, "invalid_body", "expiresAt"),
    ("POST", "/v1/keys", {"name": "x", "networks": ["10.0.0.1/8"]}, "invalid_network", "networks"),
    ("POST", "/v1/keys", {"name": "x", "origins": ["shop.example"]}, "invalid_origin", "origins"),
    ("POST", "/v1/keys", {"name": "x", "rate": {"perSecond": 0, "burst": 1}}, "invalid_limit", "rate"),
    ("POST", "/v1/keys", {"name": "x", "rate": {"perSecond": 1}}, "invalid_body", "rate.burst"),
    ("POST", "/v1/keys", {"name": "x", "projectId": "../etc"}, "invalid_body", "projectId"),
    ("POST", "/v1/keys", {"name": "x", "reportOnly": ["revoked"]}, "invalid_kind", "reportOnly"),
    ("POST", "/v1/keys?a=b", {"name": "x"}, "invalid_query", None),
    ("POST", "/v1/keys", b" " * 70_000, "body_too_large", None),
    ("PATCH", "/v1/keys/{id}", {"scopes": None}, "invalid_body", "scopes"),
    ("PATCH", "/v1/keys/{id}", {"scopes": ["no:such"], "name": "half"}, "invalid_scope", "scopes"),
    ("PATCH", "/v1/keys/{id}", {"name": "half", "expiresAt": "2020-01-01T00:00:00Z"}, "invalid_expiry", "expiresAt"),
    ("POST", "/v1/keys/{id}/rotate", {"overlapSeconds": -1}, "invalid_expiry", "overlapSeconds"),
    ("POST", "/v1/keys/{id}/rotate", {"overlapSeconds": 10**9}, "invalid_expiry", "overlapSeconds"),
    ("DELETE", "/v1/keys/{id}/rotation", None, "rotation_pending", None),
    ("POST", "/v1/keys/{id}/revoke?tree=perhaps", {}, "invalid_query", "tree"),
    ("POST", "/v1/keys/{id}/revoke", {"reason": "x" * 501}, "invalid_body", "reason"),
    ("POST", "/v1/keys/no-such-key/revoke", {}, "key_not_found", None),
    ("GET", "/v1/keys?limit=0", None, "invalid_query", "limit"),
    ("GET", "/v1/keys?limit=1&limit=2", None, "invalid_query", "limit"),
    ("GET", "/v1/keys?startingAfter=key_no", None, "invalid_query", "startingAfter"),
    ("POST", "/v1/projects/a%20b/suspend", {}, "invalid_project", "id"),
    ("POST", "/v1/keys/verify", {}, "invalid_body", "key"),
    ("POST", "/v1/keys/verify", {"key": "x", "request": {}}, "invalid_body", "key"),
    ("POST", "/v1/keys/verify", {"key": 5}, "invalid_body", "key"),
    ("POST", "/v1/keys/verify", {"key": "x", "scope": "invoice:read"}, "invalid_scope", "scope"),
    ("POST", "/v1/keys/verify", {"request": {"headers": ["x"]}}, "invalid_body", "request.headers"),
    ("GET", "/v1/nothing", None, "unknown_path", None),
    ("PUT", "/v1/keys/{id}", {}, "method_not_allowed", None),
]


async def test_bad_input_is_named_and_does_nothing(context: CommandContext) -> None:
    """Each mistake is answered with its code, what was expected and the field; keys and audit log stay as they were."""
    made = await context.key("invoices:read")
    before = await context.call("GET", f"/v1/keys/{made['id']}"), await context.call("GET", "/v1/audit")
    for method, path, body, code, param in BAD:
        answer = await context.send(method, path.replace("{id}", made["id"]), body)
        told = answer.json()
        assert 400 <= answer.status_code < 500, (method, path, body, told)
        assert (told["code"], told.get("param")) == (code, param), (method, path, body, told)
        assert answer.headers["content-type"] == "application/problem+json" and len(told["detail"]) > 10
        assert told["type"] == f"/docs/errors/{code}"
    assert (await context.call("GET", f"/v1/keys/{made['id']}"), await context.call("GET", "/v1/audit")) == before
    revoked = await context.call("POST", f"/v1/keys/{made['id']}/revoke")
    assert revoked[0] == 200
    for method, path in (("PATCH", ""), ("POST", "/rotate"), ("POST", "/enable"), ("POST", "/disable")):
        status, told = await context.call(method, f"/v1/keys/{made['id']}{path}", {})
        assert (status, told["code"]) == (409, "key_revoked")


async def test_each_code_has_a_page_on_the_server_that_says_it(light_harness: CommandContext) -> None:
    """RFC 9457's ``type`` is its address; for everybody, as plain HTML. No code, no page."""
    told = (await light_harness.call("GET", "/v1/keys", by=None))[1]
    assert told["code"] == "invalid_api_key"
    index = await light_harness.send("GET", "/docs/errors", by=None)
    for code, page in error_pages.PAGES.items():
        assert f'href="/docs/errors/{code}"' in index.text
        shown = await light_harness.send("GET", f"/docs/errors/{code}", by=None)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f"<h1>{code}</h1>" in shown.text and str(page.status) in shown.text and "What to do" in shown.text
        assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert told["type"] in index.text
    for nonsense in ("nonsense", "<script>", "x" * 90):
        absent = await light_harness.send("GET", f"/docs/errors/{nonsense}", by=None)
        assert absent.status_code == 404 and "<script>" not in absent.text and "x" * 70 not in absent.text


def test_every_code_that_the_server_can_say_has_a_page() -> None:
    """Those of its errors, of a refused key, and those that are written where something is denied."""
    said = {
        *FORBIDDEN_CODES.values(),
        INVALID_API_KEY,
        RATE_LIMITED,
        QUOTA_EXCEEDED,
        AUTH_UNAVAILABLE,
        NEED_NOT_DECLARED,
    }
    # These are only raised as one of their kinds, or told by the address that takes reports of leaks.
    kinds = {"keyturn_error", "invalid_key", "key_conflict", "bad_report", "public_keys_unavailable"}
    said |= {one.code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "code")} - kinds
    for path in python_files(SRC / "keyturn" / "http"):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("bad_request", "Denial"):
                place = 0 if getattr(node.func, "id", "") == "bad_request" else 1
                if len(node.args) > place and isinstance(code := node.args[place], ast.Constant):
                    said.add(str(code.value))
    assert len(said) > 35
    assert said == set(error_pages.PAGES)


async def test_what_is_nearly_right_is_pointed_out(light_harness: CommandContext) -> None:
    """Choices are listed, the nearest field is named, and an empty body is called empty, where one is needed."""
    for body, words in (
        ({"name": "x", "mode": "tset"}, "mode: expected test or live. Did you mean test?"),
        ({"nmae": "x"}, "nmae: unknown field. Did you mean name?"),
        ("", "The body is empty; a JSON object is expected."),
    ):
        status, told = await light_harness.call("POST", "/v1/keys", body)
        assert (status, told["code"], told["detail"]) == (400, "invalid_body", words)
    made = await light_harness.key("invoices:read")
    assert (await light_harness.call("POST", f"/v1/keys/{made['id']}/revoke", ""))[0] == 200


async def test_clear_text_is_refused_where_the_settings_do_not_allow_it(light_harness: CommandContext) -> None:
    """Plain http from elsewhere is refused before the credential is looked at; a trusted proxy says how it came."""
    body = {"key": "x"}
    for peer, headers, status in (
        ("127.0.0.1", {}, 200),
        ("198.51.100.9", {}, 403),
        ("198.51.100.9", {"x_forwarded_proto": "https"}, 403),
        ("127.0.0.1", {"x_forwarded_proto": "http"}, 403),
        ("127.0.0.1", {"x_forwarded_proto": "https", "x_forwarded_for": "198.51.100.9"}, 200),
    ):
        found, told = await light_harness.call("POST", "/v1/keys/verify", body, ROOT, peer, **headers)
        assert found == status, (peer, headers, told)
        assert status == 200 or told["code"] == "https_required"


async def test_without_the_store_only_a_live_lease_answers(
    light_harness: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail closed: once the lease ran out, all questions are 503 ``auth_unavailable``; with it, known keys go on."""
    made, unknown = await light_harness.key("invoices:read"), await light_harness.key("invoices:read")
    gate, store = light_harness.layer.gate, light_harness.layer.store
    await gate.renew()
    assert (await light_harness.verify(made["key"]))["valid"]

    async def down(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("no route to the database")

    for name in ("by_digest", "epoch", "hold", "changes_after"):
        monkeypatch.setattr(store, name, down)
    assert (await light_harness.verify(made["key"]))["valid"]
    answer = await light_harness.send("POST", "/v1/keys/verify", {"key": unknown["key"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "auth_unavailable")
    assert answer.headers["retry-after"] == "1"
    monkeypatch.setattr(gate, "_until_ns", 0)
    answer = await light_harness.send("POST", "/v1/keys/verify", {"key": made["key"]})
    assert (answer.status_code, answer.json()["code"]) == (503, "auth_unavailable")
    assert (await light_harness.send("GET", "/readyz")).status_code == 503
    assert (await light_harness.send("GET", "/healthz", by=None)).status_code == 200


async def test_what_is_counted_is_for_this_machine_and_root(light_harness: CommandContext) -> None:
    """Outcomes by reason, and whether the gate holds its lease; others need the root credential, and so does whoever
    asks from here under a name that may be anybody's."""
    made = await light_harness.key("invoices:read")
    await light_harness.verify(made["key"])
    await light_harness.verify("nonsense")
    text = (await light_harness.send("GET", "/metrics", by=None, host="localhost:8090")).text
    assert 'keyturn_verifications_total{outcome="valid"} 1' in text
    assert 'keyturn_verifications_total{outcome="malformed"} 1' in text
    assert "keyturn_gate_lease" in text and "keyturn_revocation_lag_seconds -1\n" in text
    light_harness.layer.probed = await probe(
        light_harness.layer.store, light_harness.layer.gate, light_harness.layer.clock
    )
    text = (await light_harness.send("GET", "/metrics", by=None, host="localhost:8090")).text
    [lag] = [float(line.split()[1]) for line in text.splitlines() if line.startswith("keyturn_revocation_lag_seconds ")]
    assert 0 <= lag < 10 and "keyturn_revocation_not_held_total 0\n" in text
    assert (await light_harness.send("GET", "/metrics", by=None, host="evil.example")).status_code == 401
    from_afar = {"peer": "198.51.100.9"}
    assert (await light_harness.send("GET", "/metrics", by=None, **from_afar)).status_code == 403
    afar_by_proxy = {"x_forwarded_for": "198.51.100.9", "x_forwarded_proto": "https"}
    assert (await light_harness.send("GET", "/metrics", by=None, **afar_by_proxy)).status_code == 401
    assert (await light_harness.send("GET", "/metrics", by=made["key"], **afar_by_proxy)).status_code == 403
    assert (await light_harness.send("GET", "/metrics", **afar_by_proxy)).status_code == 200


async def test_the_description_names_every_route(light_harness: CommandContext) -> None:
    """OpenAPI out of the same declarations: each path and method, its need, and types that lead somewhere."""
    _, document = await light_harness.call("GET", "/v1/openapi.json", by=None)
    assert document["openapi"] == "3.1.0"
    described = {(method.upper(), path) for path, by_method in document["paths"].items() for method in by_method}
    assert described == {(route.method, route.path) for route in ROUTES}
    assert document["paths"]["/v1/keys"]["post"]["x-required-scope"] == "keys:write"
    references = set(str(document).split("#/components/schemas/")[1:])
    assert references and all(one.split("'")[0] in document["components"]["schemas"] for one in references)


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_the_root_credential_and_keys_are_kept_nowhere(tmp_path: Path, anyio_backend: object) -> None:
    """Neither the root credential nor any key's text is in a file of the database, in its log included."""
    async with open_harness(f"sqlite:///{tmp_path / 'keys.db'}") as context:
        texts = [ROOT, (await context.key("*"))["key"]]
        made = await context.key("invoices:read")
        _, rotated = await context.call("POST", f"/v1/keys/{made['id']}/rotate", {"atOnce": True})
        texts += [made["key"], rotated["key"]]
        await context.verify(made["key"])
        kept = everything_in(tmp_path)
        assert made["id"].encode() in kept
        assert [text for text in texts if text.encode() in kept] == []
        assert all(text not in repr(context.app._settings) for text in texts)


async def test_a_path_that_has_a_key_in_it_is_not_repeated(
    light_harness: CommandContext, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever sends a key where none belongs finds it neither in the answer nor in the log."""
    text = (await light_harness.key("invoices:read"))["key"]
    for path in (f"/v1/{text}", f"/v1/keys/{text}", f"/v1/keys?key={text}", f"/v1/forward-auth/{text}"):
        answer = await light_harness.send("GET", path)
        assert answer.status_code >= 400 and text not in answer.text, path
    assert text not in caplog.text


async def test_the_rate_limit_of_a_key_is_shown_where_keys_are_managed(light_harness: CommandContext) -> None:
    """Who manages keys by a key has its pace: RateLimit headers, and 429 with Retry-After."""
    light_harness.layer.limit = Limit(0.1, 2)
    made = (await light_harness.key("keys:read"))["key"]
    assert (await light_harness.send("GET", "/v1/whoami", by=made)).headers["ratelimit"].startswith('"key";r=1;t=')
    assert (await light_harness.send("GET", "/v1/keys/no", by=made)).headers["ratelimit"].startswith('"key";r=0;t=')
    answer = await light_harness.send("GET", "/v1/whoami", by=made)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(answer.headers["retry-after"]) <= 10 and answer.headers["ratelimit-policy"] == '"key";q=2;w=20'
    assert (await light_harness.send("GET", "/v1/whoami")).status_code == 200, "root has none"


async def test_a_character_that_no_row_can_hold_is_refused_by_name(context: CommandContext) -> None:
    """U+0000, in a reason or deeper, is a 400 on both databases; in a path it is nobody's id; in a query a 400."""
    made = await context.key("invoices:read")
    status, told = await context.call("POST", f"/v1/keys/{made['id']}/disable", {"reason": "a\0b"})
    assert (status, told["code"], told["param"]) == (400, "invalid_body", "reason")
    status, told = await context.call("POST", "/v1/keys", {"name": "x", "scopes": ["\0"]})
    assert (status, told["code"], told["param"]) == (400, "invalid_body", "scopes")
    # A text that only looks like its escape is none.
    status, told = await context.call("POST", f"/v1/keys/{made['id']}/disable", {"reason": r"a\u0000b"})
    assert (status, told["disabledReason"]) == (200, r"a\u0000b")
    for id in ("%00", "a%0Ab", "%C3%A9", "x" * 3_000):
        status, told = await context.call("GET", f"/v1/keys/{id}")
        assert (status, told["code"]) == (404, "key_not_found")
    for query in ("projectId=%00", "projectId=default%0A", "before=18446744073709551615", "before=9223372036854775808"):
        status, told = await context.call("GET", f"/v1/audit?{query}")
        assert (status, told["code"]) == (400, "invalid_query"), query


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59Z", "9999-01-01T00:00:00Z"])
async def test_an_expiry_that_cannot_be_said_again_is_refused(context: CommandContext, at: str) -> None:
    """Made or changed to; the last that is taken is listed as it came."""
    status, told = await context.call("POST", "/v1/keys", {"name": "x", "expiresAt": at})
    assert (status, told["code"]) == (400, "invalid_expiry")
    made = await context.key("invoices:read", expiresAt="9998-12-31T23:59:59.999Z")
    status, told = await context.call("PATCH", f"/v1/keys/{made['id']}", {"expiresAt": at})
    assert (status, told["code"]) == (400, "invalid_expiry")
    status, listed = await context.call("GET", "/v1/keys")
    assert (status, [one["expiresAt"] for one in listed["data"]]) == (200, ["9998-12-31T23:59:59.999Z"])


@pytest.mark.parametrize("body", [b'{"credentials":["\xff"]}', b"\xff\xfe", b'{"credentials":["\\ud800"]}'])
async def test_a_report_that_is_no_utf_8_is_refused(light_harness: CommandContext, body: bytes) -> None:
    """A 400, as any other body that is none."""
    answer = await light_harness.send("POST", REVOKE_PATH, body, by=None)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_body")


async def test_a_long_x_api_key_delays_no_other_request(light_harness: CommandContext) -> None:
    """Refused by its length, before any pattern looks at it; as a header and as a header that is reported."""
    long = "eyJ" * 20_000
    status, told = await light_harness.call("GET", "/v1/whoami", by=None, x_api_key=long)
    assert (status, told["reason"]) == (401, "malformed") and "JSON Web Token" in told["detail"]
    status, told = await light_harness.call("POST", "/v1/keys/verify", {"request": {"headers": {"X-API-Key": long}}})
    assert (status, told["reason"]) == (200, "malformed")
