"""Crossmint's headless checkout: orders at ``/api/2022-06-09/orders``, over the same orders as every language."""

from tillgate.dialects.crossmint.dialect import CROSSMINT

__all__ = ["CROSSMINT"]
