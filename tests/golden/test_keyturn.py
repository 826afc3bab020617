"""Every route of Keyturn's own server, in fixed situations."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from keyturn.admission.layer import KeyLayer
from keyturn.database import Database
from keyturn.http.error_pages import PAGES_PATH
from keyturn.http.server import ROUTES, KeyturnServer
from keyturn.leaks.reporting import PATHS
from keyturn.limiting.gcra import Limiter
from keyturn.settings import load
from keyturn.stores.portal import SqlPortal
from keyturn.stores.sql import SqlKeyStore
from tests.golden.conftest import FixedClock
from tests.golden.recording import Golden

pytestmark = pytest.mark.anyio

ROOT = "root-credential-of-the-tests-0123456789"
RULES = '[[rule]]\nmethods = ["GET"]\npath = "/invoices"\nscope = "invoices:read"\n'
DECLARED = [f"{route.method} {route.path}" for route in ROUTES]


async def test_every_route_of_keyturn_answers_as_it_did(database: Database, tmp_path: Path) -> None:
    """Status, headers and body, on both databases: once as it is used, and its refusals."""
    golden = Golden("keyturn")
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    settings = load({
        "KEYTURN_ROOT_KEY": ROOT, "KEYTURN_SCOPES": "invoices:read invoices:write", "KEYTURN_RULES": str(rules),
        "KEYTURN_TRUSTED_PROXIES": "127.0.0.1",
    })  # fmt: skip
    # Without its background work: nothing happens but what is asked for.
    layer = KeyLayer(
        SqlKeyStore(database), scopes=settings.scopes, limit=settings.limit, clock=FixedClock(),
        limiter=Limiter(lambda: 0), portal=SqlPortal(database), portal_url="https://keys.example.com",
    )  # fmt: skip
    transport = httpx.ASGITransport(KeyturnServer(layer, settings), client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://keyturn.test") as http:
        await story(golden, http)
        await refusals(golden, http)
    golden.hold([*DECLARED, f"POST {PATHS[0]}"])


async def story(golden: Golden, http: httpx.AsyncClient) -> None:
    async def ask(
        method: str, path: str, body: Any = None, *, own: str = "", by: str = ROOT, query: str = "", why: str = "",
        refused: bool = False, **headers: str,
    ) -> Any:  # fmt: skip
        sent = {name.replace("_", "-"): value for name, value in headers.items()} | {"Authorization": f"Bearer {by}"}
        more = {"json": body} if body is not None else {}
        answer = await http.request(method, path.replace("{id}", own) + query, headers=sent, **more)
        route = f"{method} {path}"
        golden.note(
            f"{route}{golden.named(query)}{f' ({why})' if why else ''}", answer, route=None if refused else route
        )
        return answer.json() if "json" in answer.headers.get("content-type", "") else None

    made = await ask(
        "POST", "/v1/keys", {"name": "shop", "scopes": ["invoices:read", "keys:read"], "projectId": "shop"}
    )
    own, text = made["id"], made["key"]
    await ask("POST", "/v1/keys", {"name": "shop", "scopes": ["invoices:steal"]}, why="unknown scope", refused=True)
    await ask("GET", "/v1/whoami", by=text)
    await ask("GET", "/v1/whoami", why="root")
    await ask("GET", "/v1/keys", query="?projectId=shop")
    await ask("GET", "/v1/keys", query="?projectId=shop&name=SHO&status=active&kind=secret&mode=test&unusedDays=1")
    await ask("GET", "/v1/keys", query="?projectId=shop&startingAfter=key_nobody", why="no such place", refused=True)
    await ask("POST", "/v1/keys/revoke", {"projectId": "shop", "matching": {}}, why="all", refused=True)
    await ask("POST", "/v1/keys/revoke", {"projectId": "shop", "matching": {"name": "nobody"}})
    await ask("POST", "/v1/keys/tags", {"projectId": "shop", "keyIds": [own], "add": ["beta"]})
    await ask("POST", "/v1/keys/tags", {"projectId": "shop", "keyIds": [own], "remove": ["beta"]}, why="removed")
    await ask("GET", "/v1/keys/{id}", own=own)
    changed = {"name": "renamed", "rate": {"perSecond": 5, "burst": 10}, "monthlyQuota": 1_000}
    await ask("PATCH", "/v1/keys/{id}", changed, own=own)
    await ask("GET", "/v1/keys/{id}/quota", own=own)
    await ask("PUT", "/v1/quotas", {"projectId": "shop", "externalId": "cus_1", "monthlyQuota": 50_000})
    await ask("GET", "/v1/quotas", query="?projectId=shop&externalId=cus_1")
    allowed = {"scopes": ["invoices:read"], "keysMax": 2, "monthlyQuota": 100}
    wish = {"projectId": "shop", "externalId": "cus_1", "allowed": allowed}
    portal = (await ask("POST", "/v1/portal/sessions", wish))["id"]
    await ask("GET", "/v1/portal/sessions", query="?projectId=shop&externalId=cus_1")
    await ask("GET", "/v1/portal/sessions/{id}", own=portal)
    await ask("POST", "/v1/portal/sessions/{id}/end", own=portal)
    await ask("POST", "/v1/keys/verify", {"key": text, "scope": "invoices:read"})
    await ask("POST", "/v1/keys/verify", {"key": text, "scope": "invoices:write"}, why="scope missing")
    await ask("POST", "/v1/keys/verify", {"key": text[:-1] + ("0" if text[-1] != "0" else "1")}, why="junk")
    request = {"headers": {"authorization": f"Bearer {text}"}, "method": "GET", "path": "/invoices"}
    await ask("POST", "/v1/keys/verify", {"request": request, "scope": "invoices:read"}, why="a request")
    forwarded = {"X_Forwarded_Method": "GET", "X_Forwarded_Uri": "/invoices", "X_Forwarded_Proto": "https"}
    await ask("GET", "/v1/forward-auth", by=text, **forwarded)
    await ask("GET", "/v1/forward-auth", by="nobody", why="no key", refused=True, **forwarded)
    await ask(
        "GET", "/v1/forward-auth", by=text, why="no rule", refused=True, **(forwarded | {"X_Forwarded_Uri": "/other"})
    )
    rotated = await ask("POST", "/v1/keys/{id}/rotate", {"overlapSeconds": 3_600}, own=own)
    await ask("DELETE", "/v1/keys/{id}/rotation", own=own)
    rotated = await ask(
        "POST", "/v1/keys/{id}/rotate", {"overlapSeconds": 3_600, "atOnce": True}, own=own, why="at once"
    )
    await ask("POST", "/v1/keys/verify", {"key": rotated["key"]}, why="the new secret")
    await ask("GET", "/v1/keys/{id}/secrets", own=own)
    await ask("POST", "/v1/keys/{id}/rotation/finish", own=own)
    await ask("POST", "/v1/keys/verify", {"key": text}, why="an ended secret")
    await ask("POST", "/v1/keys/{id}/disable", {"reason": "holidays"}, own=own)
    await ask("POST", "/v1/keys/verify", {"key": rotated["key"]}, why="disabled")
    await ask("POST", "/v1/keys/{id}/enable", own=own)
    await ask("POST", "/v1/projects/{id}/suspend", {"reason": "unpaid"}, own="shop")
    await ask("GET", "/v1/projects/{id}", own="shop")
    await ask("POST", "/v1/projects/{id}/resume", own="shop")
    await ask("POST", "/v1/keys/{id}/revoke", {"reason": "left"}, own=own)
    await ask("POST", "/v1/keys/verify", {"key": rotated["key"]}, why="revoked")
    await ask("GET", "/v1/keys/{id}/audit", own=own)
    await ask("GET", "/v1/audit", query="?projectId=shop&limit=3")
    exposed = (await ask("POST", "/v1/keys", {"name": "exposed", "scopes": []}, why="to be exposed"))["key"]
    await ask("POST", PATHS[0], {"credentials": [exposed]})
    await ask("POST", PATHS[1], [], why="not set up", refused=True)
    for path in ("/v1/openapi.json", "/healthz", "/readyz", "/metrics"):
        await ask("GET", path)
    await ask("GET", "/docs/errors/{id}", own="missing_scope")
    await ask("GET", PAGES_PATH)


async def refusals(golden: Golden, http: httpx.AsyncClient) -> None:
    """What each route answers to nobody, for what is not there, and for a wrong body."""
    root = {"Authorization": f"Bearer {ROOT}"}
    for route in ROUTES:
        if route.path == PAGES_PATH:
            continue  # a list for everybody, kept once
        name, path = f"{route.method} {route.path}", route.path.replace("{id}", "key_nobody")
        golden.note_refusal(f"{name} (nobody)", await http.request(route.method, path))
        golden.note_refusal(
            f"{name} (junk)", await http.request(route.method, path, headers={"Authorization": "Bearer x"})
        )
        if route.body is not None:
            body: dict[str, Any] = {"json": {"surprise": 1}, "headers": root}
            golden.note_refusal(f"{name} (unknown field)", await http.request(route.method, path, **body))
        elif "{id}" in path or "{id}" in route.path:
            golden.note_refusal(f"{name} (not there)", await http.request(route.method, path, headers=root))
        if route.query is not None:
            query: dict[str, Any] = {"params": {"surprise": "1"}, "headers": root}
            golden.note_refusal(f"{name} (unknown query)", await http.request(route.method, path, **query))
    golden.note_refusal("PUT /v1/keys", await http.put("/v1/keys", headers=root))
    golden.note_refusal("GET /nothing", await http.get("/nothing", headers=root))
