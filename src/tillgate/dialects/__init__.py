"""The languages that are spoken beside the native one, one folder each: values over the same operations."""

from typing import Final

from tillgate.dialects.coin_moebius import COIN_MOEBIUS
from tillgate.dialects.craftkit import CRAFTKIT
from tillgate.wire.dialect import Dialect

__all__ = ["SPOKEN"]

SPOKEN: Final[tuple[Dialect, ...]] = (COIN_MOEBIUS, CRAFTKIT)
