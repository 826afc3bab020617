"""CraftKit's language: templates, renders and hooks, at ``/v1``."""

from tillgate.dialects.craftkit.dialect import CRAFTKIT

__all__ = ["CRAFTKIT"]
