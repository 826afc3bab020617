"""Coin Moebius as a dialect: its routes, its envelope, its policy."""

from pathlib import Path
from typing import Final

from tillgate.checkout.projects.model import POST_INSTRUCTIONS_MAX
from tillgate.dialects.coin_moebius.crypto import CRYPTO
from tillgate.dialects.coin_moebius.errors import ERROR_STYLE
from tillgate.dialects.coin_moebius.manual import MANUAL
from tillgate.dialects.coin_moebius.routes import routes_for, visitor_of
from tillgate.dialects.coin_moebius.script import ROUTE as BUTTON
from tillgate.dialects.coin_moebius.script import snippet
from tillgate.dialects.coin_moebius.webhooks import NAME, STYLE
from tillgate.wire.dialect import Dialect, IdempotencyPolicy, Snippet, Visitors
from tillgate.wire.fields import FORMS

WORDS: Final = Path(__file__).with_name("vocabulary.toml")
EXAMPLES: Final = Path(__file__).with_name("examples.toml")
# The first is what a page offers first.
PROVIDERS: Final = (CRYPTO, MANUAL)
COIN_MOEBIUS: Final = Dialect(
    name=NAME,
    mounts=("/coin-moebius", ""),
    routes=(*routes_for(PROVIDERS), BUTTON),
    errors=ERROR_STYLE,
    idempotency=IdempotencyPolicy(NAME),
    described_at="/openapi/coin-moebius.json",
    words=WORDS,
    forms={**FORMS, "post": {"maxLength": POST_INSTRUCTIONS_MAX}},
    examples=EXAMPLES,
    webhooks=STYLE,
    # Pages of every origin read the answers: what they say is for whoever has the ids.
    always=(
        (b"cache-control", b"no-store"),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"idempotency-replayed, retry-after, x-request-id"),
    ),
    visitors=Visitors(visitor_of),
    key_format=NAME,
    key_example="cmk_test_YOUR_KEY",
    snippets=(
        Snippet("A buy button for a page", snippet("{base}", "{project}", "{product}").rstrip()),
        Snippet("What the project offers", "curl {base}/api/projects/{project}/public-info"),
    ),
)
