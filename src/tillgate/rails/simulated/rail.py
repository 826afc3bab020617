"""The simulated rail: fixed prices, addresses that no wallet accepts, and payments on command."""

import hashlib
import secrets
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import Final

from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.rails.port import Observation, PaymentTerms

# The development chain id that EVM tools have long used; no public network has it.
SIMULATED_CHAIN_ID: Final = 1337
ASSET: Final = "eip155:1337/slip44:60"
ASSET_DECIMALS: Final = 18
NATIVE_PRICE_USD: Final = "2500.00"

# Atomic units for one minor unit of a currency, by the currency's minor digits.
_ATOMIC_PER_MINOR: Final = {
    digits: Fraction(10**ASSET_DECIMALS) / (Fraction(NATIVE_PRICE_USD) * 10**digits)
    for digits in set(MINOR_DIGITS.values())
}


class Outcome(StrEnum):
    """What can be made to happen to a test session."""

    DETECTED = "detected"
    PAID = "paid"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    LATE = "late"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    TOP_UP = "top_up"
    REORGED = "reorged"


OUTCOMES: Final = tuple(outcome.value for outcome in Outcome)

# Test payers: who is named pays so, one outcome after the other.
PAYERS: Final[dict[str, tuple[Outcome, ...]]] = {
    "payer_pays": (Outcome.PAID,),
    "payer_pays_slowly": (Outcome.DETECTED, Outcome.PAID),
    "payer_pays_less": (Outcome.UNDERPAID,),
    "payer_pays_twice": (Outcome.UNDERPAID, Outcome.TOP_UP),
    "payer_pays_more": (Outcome.OVERPAID,),
    "payer_pays_late": (Outcome.LATE,),
    "payer_authorizes": (Outcome.AUTHORIZED,),
    "payer_declines": (Outcome.DECLINED,),
    "payer_declines_then_pays": (Outcome.DECLINED, Outcome.PAID),
    "payer_is_reorged": (Outcome.PAID, Outcome.REORGED),
    "payer_fails": (Outcome.FAILED,),
}

DECLINE_CODE: Final = "declined_by_test_payer"

# Where a test refund goes decides what becomes of it; anywhere else it arrives at once.
REFUND_STAYS_PENDING: Final = "refund_stays_pending"
REFUND_FAILS: Final = "refund_fails"


class SimulatedRail:
    """Terms at a fixed price: one test ether is 2,500.00 of whatever currency, dollar or not."""

    name = "simulated"
    authorizes = True
    refunds = True

    def quote(self, payment_id: str, price: Money) -> PaymentTerms:
        # Not an address of any chain, so that no wallet can be talked into sending real money to it.
        address = "test:0x" + hashlib.sha256(payment_id.encode()).hexdigest()[:40]
        return PaymentTerms(
            chain_id=SIMULATED_CHAIN_ID,
            asset=ASSET,
            asset_decimals=ASSET_DECIMALS,
            address=address,
            amount_atomic=_asked(price),
            native_price_usd=NATIVE_PRICE_USD,
        )

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        return terms._replace(amount_atomic=_asked(price))


def observations_for(outcome: Outcome, *, required: int, seen: list[Observation]) -> list[Observation]:
    """What the chain would show for this outcome, given what it has shown before.

    A transfer that is still unconfirmed is confirmed rather than doubled. ``failed``, ``authorized`` and ``declined``
    show nothing; ``reorged`` takes the last transfer away.

    Args:
        required: atomic units that the payment asks for.
        seen: the transfers so far.
    """
    if outcome in (Outcome.FAILED, Outcome.AUTHORIZED, Outcome.DECLINED):
        return []
    if outcome is Outcome.REORGED:
        return [one._replace(confirmed=False, reorged=True) for one in seen[-1:]]
    confirmed = outcome is not Outcome.DETECTED
    settled = [one._replace(confirmed=True) for one in seen] if confirmed else seen
    missing = _wanted(outcome, required) - sum(one.amount_atomic for one in seen)
    if missing <= 0:
        return settled
    return [*settled, Observation("0x" + secrets.token_hex(32), 0, missing, confirmed)]


def _asked(price: Money) -> int:
    asked: int = ceil(price.minor * _ATOMIC_PER_MINOR[MINOR_DIGITS[price.currency]])
    return asked


def _wanted(outcome: Outcome, required: int) -> int:
    if outcome is Outcome.UNDERPAID:
        return max(required // 2, 1)
    if outcome is Outcome.OVERPAID:
        return required + max(required // 2, 1)
    return required
