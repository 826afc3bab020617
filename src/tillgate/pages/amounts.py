"""Amounts of coins, and spans of time, for a person's eyes."""

from math import ceil
from typing import Final

from tillgate.base.clock import DAY_MS, HOUR_MS, SECOND_MS
from tillgate.words import Words, phrase

# Abbreviated days and hours.
DAYS_AND_HOURS: Final = phrase("{days} d {hours} h")


def units(atomic: int, decimals: int) -> str:
    """Atomic units as the exact decimal number a wallet asks for: no grouping, no trailing zeros."""
    whole, rest = divmod(atomic, 10**decimals)
    fraction = f"{rest:0{decimals}d}".rstrip("0") if rest else ""
    return f"{whole}.{fraction}" if fraction else str(whole)


def spoken(seconds: int, words: Words) -> str:
    """How long to wait, rounded up: ``6 seconds``, ``a minute``, ``5 minutes``."""
    if seconds < 60:
        return words.say("a second") if seconds <= 1 else words.say_many("{count} second", "{count} seconds", seconds)
    minutes = ceil(seconds / 60)
    return words.say("a minute") if minutes == 1 else words.say_many("{count} minute", "{count} minutes", minutes)


def time_left(milliseconds: int, words: Words) -> str:
    """``59:03``, ``3:59:03`` or ``2 d 3 h``; ``0:00`` once it is over. ``checkout.js`` counts on in this form."""
    if milliseconds >= DAY_MS:
        days, rest = divmod(milliseconds, DAY_MS)
        return words.say(DAYS_AND_HOURS, days=days, hours=rest // HOUR_MS)
    minutes, seconds = divmod(max(milliseconds, 0) // SECOND_MS, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
