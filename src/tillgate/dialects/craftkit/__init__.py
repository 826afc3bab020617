"""CraftKit's language, as far as it is spoken: how it words refusals. It has no routes yet."""

from tillgate.dialects.craftkit.dialect import CRAFTKIT

__all__ = ["CRAFTKIT"]
