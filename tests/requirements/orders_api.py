"""Crossmint's three order routes, as small as can be, behind Keyturn: what the document's samples call, word for word.

The orders themselves are dictionaries; whose request is admitted is Keyturn's decision.
"""

import json
from typing import Any

from keyturn import Key, KeyWish, Kind, Mode, Need, Presented, Reach, Refused
from keyturn.admission.layer import KeyLayer, RateLimited
from keyturn.admission.origins import answer_headers
from keyturn.http.denials import denied
from keyturn.keys.client_secrets import new_client_secret
from keyturn.keys.secret import digest_of
from keyturn.stores.memory import MemoryKeyStore

VERSION = "/api/2022-06-09"
SCOPES = ("orders:create", "orders:read", "orders:update")
NEEDS = {
    "POST": Need("orders:create", Reach.CREATES),
    "GET": Need("orders:read", Reach.OPENS),
    "PATCH": Need("orders:update", Reach.OPENS),
}


class OrdersApi:
    """One host of it: staging lets test keys in, production live ones."""

    def __init__(self, mode: Mode = Mode.TEST) -> None:
        self.mode = mode
        self.layer = KeyLayer(MemoryKeyStore(), scopes=SCOPES, publishable=("orders:create",), mode=mode)
        self.orders: dict[str, dict[str, Any]] = {}

    async def key(self, kind: Kind, **wish: Any) -> tuple[Key, str]:
        """A key in Crossmint's form, and its text."""
        scopes = SCOPES if kind is Kind.SECRET else ("orders:create",)
        asked: dict[str, Any] = {"project_id": "prj_a", "mode": self.mode, "name": "test", "scopes": scopes}
        issued = await self.layer.issuer.issue(KeyWish(kind=kind, **(asked | wish)), by="user:1", format="crossmint")
        return issued.key, issued.secret.reveal()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        # The sample joins base and endpoint with a slash too many.
        segments = [one for one in scope["path"].removeprefix(VERSION).split("/") if one]
        order_id = segments[1] if len(segments) == 2 else None
        origin = headers.get("origin")
        if scope["method"] == "OPTIONS" and origin is not None:
            return await answer(send, 204, None, await self.layer.origins.preflight(origin, ["GET", "PATCH", "POST"]))
        presented = Presented(
            authorization=headers.get("authorization"),
            api_key=headers.get("x-api-key"),
            query_string=scope["query_string"].decode("latin-1"),
            secure=scope["scheme"] == "https",
            address=scope["client"][0],
            origin=origin,
            app=headers.get("x-app-identifier"),
            object_id=order_id,
        )
        need = NEEDS.get(scope["method"])
        admitted = await self.layer.admit(presented, need)
        assert not isinstance(admitted, RateLimited)
        readable = answer_headers(origin, admitted.key) if origin is not None else []
        if isinstance(admitted, Refused):
            denial = denied(admitted)
            body = {"error": True, "code": denial.code, "reason": denial.reason, "message": denial.message}
            return await answer(send, denial.status, body, readable)
        key, sent = admitted.key, json.loads((await receive())["body"] or b"{}")
        if scope["method"] == "POST":
            order_id = f"order-{len(self.orders)}"
            secret = new_client_secret(order_id)
            self.orders[order_id] = {"orderId": order_id, "phase": "quote", **sent}
            await self.layer.store.keep_client_secret(
                digest_of(secret),
                project_id=key.project_id,
                mode=key.mode.value,
                key_id=key.id,
                object_id=order_id,
                at=0,
            )
            return await answer(send, 201, {"clientSecret": secret, "order": self.orders[order_id]}, readable)
        if order_id not in self.orders:
            return await answer(send, 404, {"error": True, "message": "no such order"}, readable)
        self.orders[order_id].update(sent)
        return await answer(send, 200, self.orders[order_id], readable)


async def answer(send: Any, status: int, body: Any, headers: Any) -> None:
    """Send an answer; every one that has a body has JSON."""
    content = json.dumps(body).encode() if body is not None else b""
    kind = [(b"content-type", b"application/json")] if body is not None else []
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *headers]})
    await send({"type": "http.response.body", "body": content})
