"""Payments by mail: a reference code says whose money it is, and a person says that it came."""

from tillgate.rails.manual.rail import ManualRail
from tillgate.rails.manual.references import new_reference, written

__all__ = ["ManualRail", "new_reference", "written"]
