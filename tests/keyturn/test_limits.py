"""The limits that Keyturn's API declares are those that it keeps."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from keyturn.http.openapi import document
from keyturn.http.server import ROUTES
from keyturn.settings import load
from tests.keyturn.test_portal import open_portal
from tests.keyturn.test_server import ENVIRONMENT, CommandContext
from tests.limits import Spot, beyond, disagreements

pytestmark = pytest.mark.anyio

TOLD = document(ROUTES)
COMPONENTS = TOLD["components"]["schemas"]
PORTAL = {"externalId": "cus_1", "allowed": {"scopes": ["invoices:read"]}}
# What each route takes, in which each field counts; {id} is a key of this test's own.
BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/keys/verify": {"key": "ck_live_x"},
    "POST /v1/keys": {"name": "shop", "scopes": ["invoices:read"]},
    "PATCH /v1/keys/{id}": {},
    "POST /v1/keys/revoke": {"matching": {"name": "nobody has this"}},
    "POST /v1/keys/tags": {"keyIds": ["key_nobody"], "add": ["x"]},
    "POST /v1/keys/{id}/rotate": {},
    "POST /v1/keys/{id}/disable": {},
    "POST /v1/keys/{id}/enable": {},
    "PUT /v1/quotas": {"externalId": "cus_1", "monthlyQuota": 10},
    "POST /v1/projects/{id}/suspend": {},
    "POST /v1/projects/{id}/resume": {},
    "POST /v1/portal/sessions": PORTAL,
    # The last one, for the key is gone then.
    "POST /v1/keys/{id}/revoke": {},
}
INSTEAD: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "appIdentifiers": lambda body: {**body, "kind": "publishable", "scopes": []} if "name" in body else body,
    "origins": lambda body: {**body, "kind": "publishable", "scopes": []} if "name" in body else body,
}
# Either these, or what keys have in common.
ONE_OF = {"keyIds": "matching", "matching": "keyIds", "scopes": "scope", "request": "key"}


async def test_a_limit_of_a_body_or_a_query_is_kept(tmp_path: Path) -> None:
    """In each field of each body a value at the declared limit is not refused for it, and one beyond is, by name."""
    tried, wrong, told = 0, [], set()
    async with open_portal(f"sqlite:///{tmp_path / 'keys.db'}") as opened:
        harness = CommandContext(opened.layer, load(ENVIRONMENT))
        key = (await harness.key("invoices:read"))["id"]
        for where, body in BODIES.items():
            method, _, path = where.partition(" ")
            operation = TOLD["paths"][path][method.lower()]
            told.add(where)
            asked = path.replace("{id}", "default" if "/projects/" in path else key)

            def base(spot: Spot, body: Any = body) -> dict[str, Any]:
                chosen = INSTEAD.get(spot.name, dict)(body)
                return {name: one for name, one in chosen.items() if name != ONE_OF.get(str(spot.path[0]))}

            async def send(sent: Any, method: str = method, asked: str = asked) -> Any:
                return await harness.send(method, asked, sent)

            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            found, differing = await disagreements(where, schema, COMPONENTS, base, send)
            tried, wrong = tried + found, wrong + differing
        for path, operations in TOLD["paths"].items():
            for one in operations.get("get", {}).get("parameters", ()) if "{" not in path else ():
                for value in beyond(one["schema"], COMPONENTS) if one["in"] == "query" else ():
                    answer = await harness.send("GET", f"{path}?{one['name']}={quote(str(value))}")
                    if answer.status_code != 400 or one["name"] not in answer.text:
                        wrong.append(f"GET {path} {one['name']} {value!r:.40}: {answer.text[:200]}")
                    tried += 1
    assert not wrong, "\n".join(wrong)
    assert tried > 150
    with_body = {
        f"{method.upper()} {path}"
        for path, operations in TOLD["paths"].items()
        for method, one in operations.items()
        if "requestBody" in one
    }
    assert told == with_body
