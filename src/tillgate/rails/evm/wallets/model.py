"""A project's wallet: an extended public key, and the counter of the addresses that were given out of it."""

from typing import Final, NamedTuple

from tillgate.base.clock import DAY_MS
from tillgate.rails.evm.addresses import TYPED_CHARACTERS
from tillgate.rails.evm.extended_keys import INDEX_MAX

# Shown when a wallet is set; whoever has it finds the same ones in it.
SHOWN_ADDRESSES: Final = 3
CONFIRMED_INDEX: Final = 1
SKIP_MAX: Final = 1_000_000
# The last index that is given out leaves room for a skip.
NEXT_INDEX_MAX: Final = INDEX_MAX - SKIP_MAX
WALLETS_MAX: Final = 50
# How many addresses lie ready, and below which number more are looked at.
READY: Final = 500
READY_MIN: Final = 250
# An address that was fresh so long ago is looked at again before it is given out.
FRESH_FOR_MS: Final = 7 * DAY_MS


class WalletError(Exception):
    """A wallet cannot be set, confirmed or used so; the message says why and what to do."""


class Wallet(NamedTuple):
    """A wallet as it is kept, without its key. Instants are Unix milliseconds.

    Attributes:
        fingerprint: names it; nothing follows from it.
        next_index: the index that is given out next, at the earliest.
        is_current: it serves new sessions; an earlier one is watched on.
        confirmed_at: since when somebody has said that its addresses are in their own wallet; None before that.
    """

    id: str
    project_id: str
    fingerprint: str
    next_index: int
    is_current: bool
    confirmed_at: int | None
    created_at: int


class Proposed(NamedTuple):
    """A wallet that was set, and the first addresses of it, in order."""

    wallet: Wallet
    addresses: list[str]


class Allocated(NamedTuple):
    """An address that is one payment's alone."""

    address: str
    wallet_id: str
    address_index: int


class Position(NamedTuple):
    """Where the counter of a wallet is behind what was given out, as it is known beside the database.

    Attributes:
        had: the index that the database would have given out next.
        given: how many indexes are known to have been given out.
        goes_on_at: the next index.
    """

    project_id: str
    fingerprint: str
    had: int
    given: int
    goes_on_at: int


def ends_with(address: str, typed: str) -> bool:
    """Whether somebody typed the end of an address: its last six characters, in capitals or not, or more of it."""
    typed = typed.strip().lower()
    return len(typed) >= TYPED_CHARACTERS and address.lower().endswith(typed)
