"""Amounts of a rail's asset on the wire: one form for sessions, payments and transactions."""

from functools import lru_cache

import msgspec


class CryptoAmount(msgspec.Struct, frozen=True):
    """An amount of the session's asset, as strings: the smallest unit and the human one, whatever the chain."""

    wei: str
    eth: str


_NOTHING = CryptoAmount("0", "0")


# Prices repeat, in a list and from one day to the next.
@lru_cache(maxsize=4_000)
def crypto_amount(atomic: int, decimals: int) -> CryptoAmount:
    """An amount in atomic units of an asset with a number of decimals."""
    if not atomic:
        return _NOTHING
    whole, rest = divmod(atomic, 10**decimals)
    fraction = f"{rest:0{decimals}d}".rstrip("0") if decimals else ""
    return CryptoAmount(str(atomic), f"{whole}.{fraction}" if fraction else str(whole))
