"""A rail like a chain: allocated addresses, confirmations, reorganisations, blocks that are read late, refunds that
take time, and money without a transaction hash."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from math import ceil

from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.rails.port import (
    Block,
    CaptureRequest,
    Movement,
    MovementStatus,
    Observation,
    PaymentTerms,
    QuoteRequest,
    RefundRequest,
)
from tillgate.rails.records import next_address_index
from tillgate.store import Transaction

CHAIN_ID = 4_711
ASSET = f"eip155:{CHAIN_ID}/slip44:60"
CONFIRMATIONS_MIN = 3
_numbers = itertools.count(1)


class ToyRail:
    """Everything that it reports, a test hands to the checkout, as a watcher would.

    Attributes:
        looked: up to when it has read blocks; None where it has read them all.
        asked: the refunds that it was asked for, by their ids.
        sent: how far those are that are more than pending.
    """

    name = "toy"
    chain_ids: Sequence[int] = (CHAIN_ID,)
    authorizes = False
    refunds = True
    sends = True

    def __init__(self) -> None:
        self.sent: dict[str, Movement] = {}
        self.looked: int | None = None
        self.asked: dict[str, RefundRequest] = {}

    async def quote(self, tx: Transaction, request: QuoteRequest) -> PaymentTerms:
        index = await next_address_index(tx, project_id=request.project_id, livemode=request.livemode, wallet=self.name)
        address = f"toy:{request.project_id}/{index}"
        return PaymentTerms(CHAIN_ID, ASSET, 18, address, _asked(request.price), "3333.33")

    def requote(self, terms: PaymentTerms, price: Money) -> PaymentTerms:
        return terms._replace(amount_atomic=_asked(price))

    async def capture(self, tx: Transaction, request: CaptureRequest) -> Movement:
        raise AssertionError("a chain authorizes nothing")

    async def refund(self, tx: Transaction, request: RefundRequest) -> Movement:
        self.asked[request.refund_id] = request
        return Movement(MovementStatus.PENDING)

    async def send_refund(self, request: RefundRequest) -> Movement:
        return self.sent.get(request.refund_id, Movement(MovementStatus.PENDING))

    async def looked_until(self, tx: Transaction, chain_id: int, now: int) -> int:
        return now if self.looked is None else self.looked

    def example_terms(self, price: Money) -> PaymentTerms:
        return PaymentTerms(CHAIN_ID, ASSET, 18, "toy:example", _asked(price), "3333.33")

    def send(
        self, terms: PaymentTerms, amount_atomic: int, *, confirmed: bool, now: int, hashed: bool = True
    ) -> Observation:
        number = next(_numbers)
        seen = Observation(
            CHAIN_ID,
            ASSET,
            f"toy-transfer-{number}",
            0,
            amount_atomic,
            confirmed=False,
            tx_hash=f"0x{number:064x}" if hashed else None,
            block=Block(number, f"0x{number:064x}", now),
            confirmations=1,
        )
        return self.confirm(seen, now=now) if confirmed else seen

    def confirm(self, seen: Observation, *, now: int) -> Observation:
        return seen._replace(confirmed=True, confirmations=max(seen.confirmations, CONFIRMATIONS_MIN))

    def drop(self, seen: Observation) -> Observation:
        return seen._replace(confirmed=False, confirmations=0, reorged=True)


def _asked(price: Money) -> int:
    return ceil(Fraction(price.minor * 10**18, 10 ** MINOR_DIGITS[price.currency]) / Fraction("3333.33"))
