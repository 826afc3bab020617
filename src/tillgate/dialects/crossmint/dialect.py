"""Crossmint's headless checkout: orders at ``/api/2022-06-09/orders``, over the same orders as every language."""

from pathlib import Path
from typing import Final

from tillgate.dialects.crossmint.errors import ERROR_STYLE
from tillgate.dialects.crossmint.ids import is_id
from tillgate.dialects.crossmint.routes import ROUTES
from tillgate.dialects.crossmint.shapes import LOCATOR_MAX
from tillgate.dialects.crossmint.webhooks import CROSSMINT_STYLE
from tillgate.wire.dialect import Dialect, IdempotencyPolicy, Snippet, Spelling
from tillgate.wire.fields import FORMS

WORDS: Final = Path(__file__).with_name("vocabulary.toml")
EXAMPLES: Final = Path(__file__).with_name("examples.toml")
VERSION_PATH: Final = "/api/2022-06-09"
PREFIX: Final = "/crossmint"

CROSSMINT: Final = Dialect(
    name="crossmint",
    mounts=(VERSION_PATH, PREFIX + VERSION_PATH),
    routes=ROUTES,
    errors=ERROR_STYLE,
    idempotency=IdempotencyPolicy("crossmint"),
    spelling=Spelling(is_id=is_id),
    described_at="/openapi/crossmint.json",
    words=WORDS,
    forms={**FORMS, "locator": {"minLength": 1, "maxLength": LOCATOR_MAX}},
    examples=EXAMPLES,
    # The document's sample joins its base and "/orders" by a slash of its own.
    one_slash=True,
    webhooks=CROSSMINT_STYLE,
    key_format="crossmint",
    key_example="sk_staging_YOUR_KEY",
    snippets=(Snippet("The newest orders", 'curl {base}/orders -H "X-API-KEY: sk_staging_YOUR_KEY"'),),
)
