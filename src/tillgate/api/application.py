"""The native language as a dialect: its routes, its envelope, its policy."""

import functools
from collections.abc import Callable
from typing import Final

import msgspec

from keyturn.admission.origins import Origins
from keyturn.insight.request_log import RequestLog
from tillgate.api import (
    clocks,
    coupons,
    customers,
    events,
    links,
    orders,
    payments,
    products,
    promotions,
    redemptions,
    refunds,
    reports,
    search,
    sessions,
    transfers,
    unassigned_transfers,
    usage,
    webhooks,
)
from tillgate.api.errors import Envelope
from tillgate.api.mount import DOCUMENT_PATH, ROOT
from tillgate.api.openapi import document
from tillgate.api.paging import PAGING
from tillgate.api.resources import EXPANSIONS
from tillgate.api.tags import tagged
from tillgate.events.native import NATIVE_STYLE
from tillgate.wire.context import ApiContext
from tillgate.wire.dialect import Dialect, IdempotencyPolicy, Snippet
from tillgate.wire.routing import Route
from tillgate.wire.serving import DialectApp

_DECLARED: Final[list[Route]] = [
    *links.ROUTES,
    *sessions.ROUTES,
    *orders.ROUTES,
    *payments.ROUTES,
    *refunds.ROUTES,
    *unassigned_transfers.ROUTES,
    *webhooks.ROUTES,
    *events.ROUTES,
    *customers.ROUTES,
    *products.ROUTES,
    *coupons.ROUTES,
    *promotions.ROUTES,
    *redemptions.ROUTES,
    *clocks.ROUTES,
    *transfers.ROUTES,
    *search.ROUTES,
    *usage.ROUTES,
    *reports.ROUTES,
]
ROUTES: Final = tagged(_DECLARED)
NATIVE: Final = Dialect(
    name="native",
    mounts=(ROOT,),
    routes=tuple(ROUTES),
    errors=Envelope("").errors,
    idempotency=IdempotencyPolicy("api"),
    expansions=EXPANSIONS,
    described_at=DOCUMENT_PATH,
    paging=PAGING,
    webhooks=NATIVE_STYLE,
    conditional=True,
    key_example="ck_test_YOUR_KEY",
    snippets=(
        Snippet("List checkout sessions", 'curl {base}/checkout_sessions \\\n  -H "Authorization: Bearer {key}"'),
    ),
)


class NativeApi(DialectApp):
    """Everything under ``/api/v1``, all of which asks for a key."""

    def __init__(
        self,
        context: ApiContext,
        routes: list[Route] | None = None,
        *,
        origins: Origins,
        plain_http_from_here: bool = False,
        count_response: Callable[[int], None] = lambda _: None,
        requests: RequestLog | None = None,
    ) -> None:
        """
        Args:
            routes: others than :data:`ROUTES`.
        """
        declared = ROUTES if routes is None else routes
        self._declared, self._public_url = declared, context.public_url
        super().__init__(
            context,
            NATIVE._replace(routes=tuple(declared), errors=Envelope(context.public_url).errors),
            origins=origins,
            plain_http_from_here=plain_http_from_here,
            count_response=count_response,
            requests=requests,
        )

    @functools.cached_property
    def document(self) -> bytes:
        """What describes it, for everybody: JSON, to be served outside; made when somebody first asks for it."""
        return msgspec.json.encode(document(self._declared, self._public_url))
