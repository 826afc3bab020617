"""CraftKit's language, as far as it is spoken: how it words refusals. It has no routes yet."""

from typing import Final

from tillgate.dialects.craftkit.errors import TELLING
from tillgate.wire.dialect import Dialect, IdempotencyPolicy

CRAFTKIT: Final = Dialect(
    name="craftkit",
    mounts=("/v1",),
    routes=(),
    telling=TELLING,
    idempotency=IdempotencyPolicy("craftkit"),
    key_format="craftkit",
    fallback=True,
)
