"""The rail of payments by mail: it quotes a reference code, and its merchant says what came with it."""

from collections.abc import Sequence
from typing import Final

from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.rails.manual import records
from tillgate.rails.manual.references import new_reference, written
from tillgate.rails.port import (
    MANUAL,
    MANUAL_CHAIN_ID,
    CaptureRequest,
    Movement,
    MovementStatus,
    Observation,
    PaymentTerms,
    QuoteRequest,
    RefundRequest,
)
from tillgate.store import Transaction

_ASSET: Final = "mail:manual/iso4217:"


class ManualRail:
    """Asks for the price itself, in its own currency; the atomic unit is the currency's minor unit."""

    name = MANUAL
    chain_ids: Sequence[int] = (MANUAL_CHAIN_ID,)
    authorizes = False
    refunds = False
    sends = False

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        reference = new_reference()
        while await records.is_taken(tx, reference):
            reference = new_reference()
        currency = request.price.currency
        return PaymentTerms(
            chain_id=MANUAL_CHAIN_ID,
            asset=f"{_ASSET}{currency}",
            asset_decimals=MINOR_DIGITS[currency],
            address=reference,
            amount_atomic=request.price.minor,
            native_price_usd="",
        )

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        return terms._replace(amount_atomic=price.minor)

    async def capture(self, tx: Transaction, request: CaptureRequest) -> Movement:
        return Movement(MovementStatus.FAILED)

    async def refund(self, tx: Transaction, request: RefundRequest) -> Movement:
        return Movement(MovementStatus.PENDING)

    async def send_refund(self, request: RefundRequest) -> Movement:
        return Movement(MovementStatus.PENDING)

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        # What the merchant has not said by then has not come.
        return now

    def reference_of(self, typed: str) -> str | None:
        return written(typed)

    def receive(self, terms: PaymentTerms, amount_atomic: int) -> Observation:
        return Observation(terms.chain_id, terms.asset, terms.address, 0, amount_atomic, confirmed=True)

    def undo(self, seen: Observation) -> Observation:
        return seen._replace(confirmed=False, reorged=True)
