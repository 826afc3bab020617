"""Requests as the documents' own samples send them: every header said, none added."""

from typing import Any

import httpx

from keyturn import NATIVE, Issued, KeyWish, Kind, Mode
from tests.dashboard.conftest import Owner
from tests.running import EVERY_SCOPE
from tests.shop import Shop

HERE = "203.0.113.7"
AMOUNT = {"amount": {"value": "50.00", "currency": "USD"}}


async def key_of(
    shop: Shop,
    *scopes: str,
    format: str = NATIVE.name,
    mode: str = "test",
    kind: Kind = Kind.SECRET,
    **wish: Any,
) -> Issued:
    """A key of the shop's project; a secret one may do everything, a publishable one create sessions for any amount."""
    asked: dict[str, Any] = {
        "project_id": shop.project_id,
        "mode": Mode(mode),
        "kind": kind,
        "name": "test",
        "scopes": scopes or (EVERY_SCOPE if kind is Kind.SECRET else ("sessions:write",)),
        "allow": () if kind is Kind.SECRET else ("amount",),
    }
    return await shop.keys.issuer.issue(KeyWish(**(asked | wish)), by="operator:test", format=format)


async def send(
    app: Any,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    *,
    json: Any = None,
    scheme: str = "https",
    root: str = "/api/v1",
    host: str = "shop.example",
    auth: tuple[str, str] | None = None,
) -> httpx.Response:
    """One request to an application, over a connection from somewhere on the internet."""
    transport = httpx.ASGITransport(app, client=(HERE, 50_000))
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.request(method, f"{scheme}://{host}{root}{path}", headers=headers, json=json, auth=auth)


def bearer(key: Any) -> dict[str, str]:
    """The header for an issued or rotated key, or for a text."""
    return {"Authorization": f"Bearer {key if isinstance(key, str) else key.secret.reveal()}"}


def why(answer: httpx.Response) -> tuple[int, str]:
    """The status of a refusal, and its reason or code."""
    error = answer.json()["error"]
    return answer.status_code, error.get("reason", error["code"])


async def ended(owner: Owner, path: str) -> None:
    """Revoke a key in the dashboard, by the form at this path; its answer is the receipt."""
    answer = await owner.send(path)
    assert answer.status_code == 200, answer.text
    assert "Key revoked" in answer.text
