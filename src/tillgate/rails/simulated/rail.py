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


OUTCOMES: Final = tuple(outcome.value for outcome in Outcome)


class SimulatedRail:
    """Terms at a fixed price: one test ether is 2,500.00 of whatever currency, dollar or not."""

    name = "simulated"

    def quote(self, payment_id: str, price: Money) -> PaymentTerms:
        # Not an address of any chain, so that no wallet can be talked into sending real money to it.
        address = "test:0x" + hashlib.sha256(payment_id.encode()).hexdigest()[:40]
        return PaymentTerms(
            chain_id=SIMULATED_CHAIN_ID,
            asset=ASSET,
            asset_decimals=ASSET_DECIMALS,
            address=address,
            amount_atomic=ceil(price.minor * _ATOMIC_PER_MINOR[MINOR_DIGITS[price.currency]]),
            native_price_usd=NATIVE_PRICE_USD,
        )


def observations_for(outcome: Outcome, *, required: int, seen: list[Observation]) -> list[Observation]:
    """What the chain would show for this outcome, given what it has shown before.

    A transfer that is still unconfirmed is confirmed rather than doubled. ``failed`` shows nothing.

    Args:
        required: atomic units that the payment asks for.
        seen: the transfers so far.
    """
    if outcome is Outcome.FAILED:
        return []
    confirmed = outcome is not Outcome.DETECTED
    settled = [one._replace(confirmed=True) for one in seen] if confirmed else seen
    missing = _wanted(outcome, required) - sum(one.amount_atomic for one in seen)
    if missing <= 0:
        return settled
    return [*settled, Observation("0x" + secrets.token_hex(32), 0, missing, confirmed)]


def _wanted(outcome: Outcome, required: int) -> int:
    if outcome is Outcome.UNDERPAID:
        return max(required // 2, 1)
    if outcome is Outcome.OVERPAID:
        return required + max(required // 2, 1)
    return required
