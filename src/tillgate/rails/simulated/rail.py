"""The simulated rail: fixed prices, addresses that no wallet accepts, and transfers on command."""

import hashlib
import secrets
from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Final

from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.rails.port import (
    TEST_CHAIN_ID,
    Block,
    CaptureRequest,
    Movement,
    MovementStatus,
    Observation,
    PaymentTerms,
    QuoteRequest,
    RefundRequest,
)
from tillgate.store import Transaction

ASSET: Final = f"eip155:{TEST_CHAIN_ID}/slip44:60"
ASSET_DECIMALS: Final = 18
NATIVE_PRICE_USD: Final = "2500.00"
BLOCK_MS: Final = 12_000

# Atomic units for one minor unit of a currency, by the currency's minor digits.
_ATOMIC_PER_MINOR: Final = {
    digits: Fraction(10**ASSET_DECIMALS) / (Fraction(NATIVE_PRICE_USD) * 10**digits)
    for digits in set(MINOR_DIGITS.values())
}

# Where a test refund goes decides its outcome; anywhere else it arrives at once.
REFUND_STAYS_PENDING: Final = "refund_stays_pending"
REFUND_FAILS: Final = "refund_fails"


class SimulatedRail:
    """Terms at a fixed price: one test ether is 2,500.00 of whatever currency, dollar or not."""

    name = "simulated"
    chain_ids: Sequence[int] = (TEST_CHAIN_ID,)
    authorizes = True
    refunds = True
    sends = False

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        return _terms(request.payment_id, request.price)

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        return terms._replace(amount_atomic=_asked(price))

    async def capture(self, tx: Transaction, request: CaptureRequest) -> Movement:
        return Movement(MovementStatus.DONE, _new_hash())

    async def refund(self, tx: Transaction, request: RefundRequest) -> Movement:
        if request.destination == REFUND_STAYS_PENDING:
            return Movement(MovementStatus.PENDING)
        if request.destination == REFUND_FAILS:
            return Movement(MovementStatus.FAILED)
        return Movement(MovementStatus.DONE, _new_hash())

    async def send_refund(self, request: RefundRequest) -> Movement:
        # What stays pending does so until a person settles it.
        return Movement(MovementStatus.PENDING)

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        # What it shows, it shows on command: there is never anything that it has not looked at.
        return now

    def example_terms(self, price: Money) -> PaymentTerms:
        return _terms("", price)

    def send(self, terms: PaymentTerms, amount_atomic: int, *, confirmed: bool, now: int) -> Observation:
        tx_hash = _new_hash()
        seen = Observation(terms.chain_id, terms.asset, tx_hash, 0, amount_atomic, confirmed=False, tx_hash=tx_hash)
        return self.confirm(seen, now=now) if confirmed else seen

    def confirm(self, seen: Observation, *, now: int) -> Observation:
        if seen.confirmed:
            return seen
        return seen._replace(confirmed=True, confirmations=1, block=seen.block or _block_at(now))

    def drop(self, seen: Observation) -> Observation:
        return seen._replace(confirmed=False, confirmations=0, reorged=True)


def _terms(payment_id: str, price: Money) -> PaymentTerms:
    # Not an address of any chain, so that no wallet can be talked into sending real money to it.
    address = "test:0x" + hashlib.sha256(payment_id.encode()).hexdigest()[:40]
    return PaymentTerms(
        chain_id=TEST_CHAIN_ID,
        asset=ASSET,
        asset_decimals=ASSET_DECIMALS,
        address=address,
        amount_atomic=_asked(price),
        native_price_usd=NATIVE_PRICE_USD,
    )


def _asked(price: Money) -> int:
    asked: int = ceil(price.minor * _ATOMIC_PER_MINOR[MINOR_DIGITS[price.currency]])
    return asked


def _new_hash() -> str:
    """Of what this rail sends: no explorer takes it for the hash of a transaction."""
    return "test:0x" + secrets.token_hex(32)


def _block_at(now: int) -> Block:
    number = now // BLOCK_MS
    return Block(number, "test:0x" + hashlib.sha256(str(number).encode()).hexdigest(), now)
