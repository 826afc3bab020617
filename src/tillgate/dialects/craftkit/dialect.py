"""CraftKit's language: documents out of templates, for the keys of a project."""

from pathlib import Path
from typing import Final

from tillgate.dialects.craftkit.errors import ERROR_STYLE
from tillgate.dialects.craftkit.ids import is_id
from tillgate.dialects.craftkit.routes import ROUTES
from tillgate.dialects.craftkit.webhooks import CRAFTKIT_STYLE
from tillgate.documents.catalogs.model import LABEL_MAX
from tillgate.documents.templates.manifest import KEY_FORM, KEY_LENGTH_MAX
from tillgate.documents.templates.model import DESCRIPTION_MAX, NAME_MAX
from tillgate.wire.dialect import Dialect, IdempotencyPolicy, Snippet, Spelling
from tillgate.wire.fields import FORMS

WORDS: Final = Path(__file__).with_name("vocabulary.toml")
EXAMPLES: Final = Path(__file__).with_name("examples.toml")
CRAFTKIT: Final = Dialect(
    name="craftkit",
    mounts=("/v1", "/craftkit/v1"),
    routes=ROUTES,
    errors=ERROR_STYLE,
    # A render has a name of its own, by which it is found, queued or ended.
    idempotency=IdempotencyPolicy("craftkit", methods=frozenset()),
    spelling=Spelling(is_id=is_id),
    webhooks=CRAFTKIT_STYLE,
    described_at="/openapi/craftkit.json",
    words=WORDS,
    forms={
        **FORMS,
        "description": {"maxLength": DESCRIPTION_MAX},
        "key": {"maxLength": KEY_LENGTH_MAX, "pattern": f"^{KEY_FORM}$"},
        "label": {"maxLength": LABEL_MAX},
        "name": {"maxLength": NAME_MAX},
    },
    examples=EXAMPLES,
    key_format="craftkit",
    key_example="ck_test_YOUR_KEY",
    snippets=(Snippet("The project's templates", 'curl {base}/templates -H "Authorization: Bearer ck_test_YOUR_KEY"'),),
    fallback=True,
    bearer_only=True,
)
