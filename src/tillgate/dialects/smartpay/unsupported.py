"""What Smartpay documents and this server cannot do yet: refused by name, never accepted and dropped."""

from collections.abc import Iterable
from typing import Final, NoReturn

import msgspec

from keyturn import Need
from tillgate.dialects.smartpay.errors import Documented
from tillgate.dialects.smartpay.shapes import Query
from tillgate.store import Transaction
from tillgate.wire.context import ApiContext
from tillgate.wire.routing import Call, Reads, Route

_ORDERS: Final = "Creating an order with a token"
_INSTEAD: Final = {
    "Coupons": "Use /api/v1/coupons with a key of this server, or the dashboard.",
    "Promotion codes": "Use /api/v1/promotion_codes with a key of this server, or the dashboard.",
    "Tokens": "Create a checkout session for each order.",
    _ORDERS: "Create a checkout session for each order.",
    "Webhook endpoints": "Use /api/v1/webhook_endpoints with a key of this server, or the dashboard.",
}


class Refusal(msgspec.Struct, frozen=True, rename="camel"):
    """Never answered; what the document of the paths shows instead of an answer."""

    error_code: str


def _refusing(what: str, method: str, path: str, need: Need) -> Route:
    async def refuse(context: ApiContext, tx: Transaction, call: Call) -> NoReturn:
        message = f"{what}: not supported in this language on this server. {_INSTEAD[what]}"
        raise Documented(400, "request.invalid", message, code="invalid_body")

    return Route(method, path, need, f"{what}: not supported", Reads(refuse), Refusal, query=Query)


def _all(what: str, path: str, need: Need, *more: tuple[str, str]) -> Iterable[Route]:
    calls = (("GET", ""), ("GET", "/{id}"), *more)
    return [_refusing(what, method, path + rest, need) for method, rest in calls]


_CRUD: Final = (("POST", ""), ("PATCH", "/{id}"))
ROUTES: Final = (
    *_all("Coupons", "/coupons", Need("coupons:read"), *_CRUD),
    *_all("Promotion codes", "/promotion-codes", Need("coupons:read"), *_CRUD),
    *_all(
        "Tokens",
        "/tokens",
        Need("orders:read"),
        ("PUT", "/{id}/enable"),
        ("PUT", "/{id}/disable"),
        ("DELETE", "/{id}"),
    ),
    *_all("Webhook endpoints", "/webhook-endpoints", Need("webhooks:read"), *_CRUD, ("DELETE", "/{id}")),
    _refusing(_ORDERS, "POST", "/orders", Need("orders:write")),
)
