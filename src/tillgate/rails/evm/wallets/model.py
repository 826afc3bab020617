"""A project's wallet: what its addresses follow from, and the counter of those that were given out.

That is an extended public key, whose children the addresses are, or a treasury, to which alone their money can go.
"""

from typing import Final, NamedTuple, Protocol

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
# The job that looks at addresses before they are given out.
READ_AHEAD: Final = "wallets.read_ahead"
# An address that was fresh so long ago is looked at again before it is given out.
FRESH_FOR_MS: Final = 7 * DAY_MS


class WalletError(Exception):
    """A wallet cannot be set, confirmed or used so; the message says why and what to do."""


class Source(Protocol):
    """What the addresses of a wallet follow from. It is sealed where it is kept; its ``repr`` shows nothing of it."""

    @property
    def fingerprint(self) -> str:
        """Names it; nothing follows from it."""
        ...

    @property
    def text(self) -> str:
        """All of it, to be sealed."""
        ...

    def addresses(self, first: int, count: int) -> list[str]:
        """The addresses of an index and of those that follow, with their checksums."""
        ...


class Wallet(NamedTuple):
    """A wallet as it is kept, without what its addresses follow from. Instants are Unix milliseconds.

    Attributes:
        fingerprint: names it; nothing follows from it.
        next_index: the index that is given out next, at the earliest.
        is_current: it serves new sessions; an earlier one is watched on.
        confirmed_at: since when somebody has said that its addresses are in their own wallet, or that they have its
            recovery code; None before that.
        treasury: the only address that its addresses' money can go to; None where they are the children of a key.
        treasury_chains: the networks on which the treasury is a contract; None where it is one on none.
    """

    id: str
    project_id: str
    fingerprint: str
    next_index: int
    is_current: bool
    confirmed_at: int | None
    created_at: int
    treasury: str | None = None
    treasury_chains: frozenset[int] | None = None

    def takes(self, chain_id: int) -> bool:
        """Whether what its owner has on a network can be the treasury there."""
        return self.treasury_chains is None or chain_id in self.treasury_chains


class Proposed(NamedTuple):
    """A wallet that was set, and the first addresses of it, in order.

    Attributes:
        recovery_code: of a treasury that was set just now; it is shown this once.
        replaced: the fingerprint of the wallet that the project has for the same treasury, whose code is another one.
    """

    wallet: Wallet
    addresses: list[str]
    recovery_code: str | None = None
    replaced: str | None = None


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


def message_of(fingerprint: str) -> str:
    """What the key of a wallet's second address signs to say that the wallet is theirs."""
    return f"Live payments go to the wallet {fingerprint}"


def ends_with(address: str, typed: str) -> bool:
    """Whether somebody typed the end of an address: its last six characters, in capitals or not, or more of it."""
    typed = typed.strip().lower()
    return len(typed) >= TYPED_CHARACTERS and address.lower().endswith(typed)
