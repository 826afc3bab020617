"""Why a transaction does not prove that a refund was sent, in sentences."""

from typing import Final

from tillgate.base.errors import Conflict, InvalidInput, Unavailable
from tillgate.base.problems import Problem
from tillgate.checkout.refunds.model import Refund
from tillgate.rails.port import PayoutSeen, PayoutVerdict

_V = PayoutVerdict

USED: Final = "This transaction has sent another refund already. Each of its transfers counts for one refund."

_SENTENCES: Final[dict[PayoutVerdict, str]] = {
    _V.UNKNOWN: "The network does not know this transaction. Compare the hash, and wait until your wallet has sent it.",
    _V.NOT_MINED: "This transaction is not in a block yet. Settle the refund again as soon as it is.",
    _V.REVERTED: "This transaction failed on its network and moved nothing. Send the refund again.",
    _V.TOO_OLD: "This transaction is older than the refund, so it cannot have sent it.",
    _V.OTHER_ASSET: "This transaction pays the refund's destination in another token than the refund is in.",
    _V.OTHER_AMOUNT: "This transaction pays the refund's destination another amount than the refund's. It has to be "
    "exactly the amount that the refund's transaction says.",
    _V.LOOK_ALIKE: "This transaction pays an address that looks like the refund's destination and is another one: "
    "only their beginnings and ends are the same. Copy the whole address.",
    _V.OTHER_RECIPIENT: "This transaction pays nothing to the refund's destination.",
}


def require_found(refund: Refund, seen: PayoutSeen | None) -> PayoutSeen:
    """What was seen, where it is the transfer that a refund asks for.

    Raises:
        InvalidInput: there is no such hash.
        Conflict: it is another one, or the refund has no destination yet.
        Unavailable: the network could not be asked.
    """
    if refund.destination is None:
        raise Conflict(
            "This refund has no destination yet. Let its buyer enter one with a link: POST "
            "/refunds/{id}/destination_link.",
            code="refund_without_destination",
        )
    if seen is None or seen.verdict is _V.NOT_ANSWERED:
        raise Unavailable("The network does not answer at the moment. Settle the refund again in a minute.")
    if seen.verdict is _V.BUSY:
        raise Unavailable("Too many transactions are looked up at this moment. Try again in a few seconds.")
    if seen.verdict is _V.NOT_A_HASH:
        raise InvalidInput("tx_hash", Problem.NOT_A_HASH)
    if seen.verdict is not _V.FOUND:
        raise not_proved(_SENTENCES[seen.verdict])
    return seen


def not_proved(sentence: str) -> Conflict:
    """A transaction is not what was to be sent."""
    return Conflict(sentence, field="tx_hash", code="refund_not_proved")
