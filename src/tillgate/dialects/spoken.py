"""Which languages are spoken beside the native one."""

from typing import Final

from tillgate.dialects.coin_moebius import COIN_MOEBIUS
from tillgate.dialects.craftkit import CRAFTKIT
from tillgate.dialects.crossmint import CROSSMINT
from tillgate.dialects.smartpay import SMARTPAY
from tillgate.events.styles import TITLES
from tillgate.wire.dialect import Dialect

SPOKEN: Final[tuple[Dialect, ...]] = (
    # In the order in which pages show them; CraftKit's is the last.
    SMARTPAY,
    CROSSMINT,
    COIN_MOEBIUS,
    CRAFTKIT,
)


def title_of(dialect: Dialect) -> str:
    """The language's name, for people."""
    return TITLES.get(dialect.name, dialect.name)
