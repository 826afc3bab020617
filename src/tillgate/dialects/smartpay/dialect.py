"""Smartpay's language as a value: its mounts, its routes, its envelope, its policy."""

from pathlib import Path
from typing import Final

from keyturn.admission.origins import EXPOSED_HEADERS
from keyturn.http.vocabulary import Forms
from tillgate.base import ids
from tillgate.base.clock import HOUR_MS
from tillgate.dialects.smartpay import coupons, endpoints, orders, payments, promotions, refunds, sessions, tokens
from tillgate.dialects.smartpay.errors import ERROR_STYLE
from tillgate.dialects.smartpay.ids import ID_FORM, is_id
from tillgate.dialects.smartpay.shapes import RESULTS_MAX
from tillgate.dialects.smartpay.shoppers import ROUTES as SHOPPERS_ROUTES
from tillgate.dialects.smartpay.shoppers import SIGNED_IN
from tillgate.dialects.smartpay.webhooks import SMARTPAY_STYLE
from tillgate.wire.dialect import Dialect, IdempotencyPolicy, Snippet, Spelling
from tillgate.wire.fields import FORMS

SMARTPAY_FORMS: Final[Forms] = {
    **FORMS,
    "own_id": {"pattern": f"^({ID_FORM}|{ids.PATTERN})$"},
    "percentage": {"minimum": 0, "maximum": 100},
    "results": {"minimum": 1, "maximum": RESULTS_MAX},
}

WORDS: Final = Path(__file__).with_name("vocabulary.toml")
EXAMPLES: Final = Path(__file__).with_name("examples.toml")
IDEMPOTENCY_HOURS: Final = 6
_ALWAYS: Final = (
    (b"cache-control", b"no-store"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", EXPOSED_HEADERS),
)

# What shoppers call, as the vendor's own clients do: at the root of the host. Their base URL does as well.
SHOPPERS: Final = Dialect(
    name="smartpay",
    mounts=("", "/api.smartpay", "/api.smartpay/v1", "/v1", "/smartpay", "/smartpay/v1"),
    routes=SHOPPERS_ROUTES,
    errors=ERROR_STYLE,
    idempotency=IdempotencyPolicy("smartpay-shoppers", window_ms=IDEMPOTENCY_HOURS * HOUR_MS),
    spelling=Spelling(is_id=is_id),
    described_at="/openapi/smartpay-shoppers.json",
    words=WORDS,
    forms=SMARTPAY_FORMS,
    examples=EXAMPLES,
    any_media_type=True,
    signed_in=SIGNED_IN,
    any_origin=True,
    always=_ALWAYS,
)

SMARTPAY: Final = Dialect(
    name="smartpay",
    # The published clients honour their environment variable only where it contains "api.smartpay".
    mounts=("/api.smartpay/v1", "/v1", "/smartpay/v1"),
    beside=(SHOPPERS,),
    routes=(
        *sessions.ROUTES,
        *orders.ROUTES,
        *payments.ROUTES,
        *refunds.ROUTES,
        *coupons.ROUTES,
        *promotions.ROUTES,
        *tokens.ROUTES,
        *endpoints.ROUTES,
    ),
    errors=ERROR_STYLE,
    idempotency=IdempotencyPolicy("smartpay", window_ms=IDEMPOTENCY_HOURS * HOUR_MS),
    spelling=Spelling(is_id=is_id),
    webhooks=SMARTPAY_STYLE,
    described_at="/openapi/smartpay.json",
    words=WORDS,
    forms=SMARTPAY_FORMS,
    examples=EXAMPLES,
    # Its Bearer scheme is for cross-origin requests: pages of every origin call, and read the answers.
    any_origin=True,
    always=_ALWAYS,
    key_format="smartpay",
    key_example="sk_test_YOUR_KEY",
    snippets=(
        Snippet("The newest orders", "curl {base}/orders -u sk_test_YOUR_KEY:"),
        Snippet("Where the published clients call", "export SMARTPAY_API_PREFIX={base}"),
    ),
)
