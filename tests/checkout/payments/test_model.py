"""What captures and refunds come to in the rail's asset: exact together, never too little, never too much."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.makers import payment_of
from tillgate.base.money import MINOR_DIGITS, Money
from tillgate.checkout.payments.model import (
    EDGES,
    Authorization,
    Payment,
    PaymentState,
    TransactionKind,
    Transfer,
    exceptions_of,
)
from tillgate.rails.port import Block, Observation

CURRENCIES = st.sampled_from(["JPY", "USD", "BHD", *sorted(MINOR_DIGITS)])


def moved(kind: TransactionKind, atomic: int, value: int | None, *, dropped: bool = False) -> Transfer:
    return Transfer(
        tx_hash="0x",
        ordinal=0,
        amount_atomic=atomic,
        seen_at=0,
        confirmed_at=0,
        kind=kind,
        value_minor=value,
        dropped_at=0 if dropped else None,
    )


def with_more(payment: Payment, **more: tuple[Transfer, ...]) -> Payment:
    fields = {name: getattr(payment, name) for name in payment.__struct_fields__}
    for name, transfers in more.items():
        fields[name] = (*fields[name], *transfers)
    return Payment(**fields)


@st.composite
def prices(draw: st.DrawFn) -> tuple[Money, int]:
    """A price and what it is in an asset that is at least as fine as the currency."""
    minor = draw(st.integers(1, 10**9))
    return Money(minor, draw(CURRENCIES)), draw(st.integers(minor, minor * 10**12))


@given(prices(), st.lists(st.integers(1, 10**9), max_size=6), st.data())
def test_captures_of_a_whole_are_exactly_the_whole(
    priced: tuple[Money, int], cuts: list[int], data: st.DataObject
) -> None:
    """However it is cut: each capture is worth what was captured, none is rounded down, and together they are exact."""
    price, required = priced
    held = Authorization(amount_minor=price.minor, authorized_at=0, lapses_at=1)
    payment = Payment(id="p", session_id="s", rail="r", terms=payment_of(required=required).terms, price=price,
                      authorization=held)  # fmt: skip
    while payment.capturable_minor:
        amount = min(cuts.pop() if cuts else payment.capturable_minor, payment.capturable_minor)
        atomic = payment.capture_atomic(amount)
        assert atomic >= 0
        payment = with_more(payment, transfers=(moved(TransactionKind.CAPTURE, atomic, amount),))
        assert payment.received_value.minor == payment.captured_minor
        # Never undercharged: what was taken is worth at least what was asked for, by less than one atomic unit more.
        assert payment.received * price.minor >= payment.captured_minor * required
        assert (payment.received - 1) * price.minor < payment.captured_minor * required
    assert payment.received == required
    assert payment.received_value == price


@given(prices(), st.integers(1, 3), st.lists(st.integers(1, 10**9), min_size=1, max_size=8))
def test_refunds_never_give_back_more_than_came(priced: tuple[Money, int], times: int, amounts: list[int]) -> None:
    """In the price's currency and in the asset alike; the last one takes what is left to the atomic unit."""
    price, required = priced
    received = required * times // 2
    payment = with_more(payment_of(moved(TransactionKind.TRANSFER, received, None), required=required, price=price))
    worth = payment.received_value.minor
    for amount in amounts:
        left = payment.refundable_minor
        if not left:
            break
        amount = min(amount, left)
        atomic = payment.refund_atomic(amount)
        assert atomic * price.minor <= amount * required or amount == left
        payment = with_more(payment, returned=(moved(TransactionKind.REFUND, atomic, amount),))
        assert payment.refundable_minor + payment.refunded_minor == worth
        assert sum(one.amount_atomic for one in payment.returned) <= received
    if worth and not payment.refundable_minor:
        assert sum(one.amount_atomic for one in payment.returned) == received


def test_what_was_dropped_is_an_exception_and_does_not_count() -> None:
    """A reorganisation is an exception beside the others; a partial capture is none."""
    there, dropped = (
        moved(TransactionKind.TRANSFER, 400, None),
        moved(TransactionKind.TRANSFER, 600, None, dropped=True),
    )
    payment = with_more(payment_of(there), dropped=(dropped,))
    assert payment.received == 400
    assert exceptions_of(payment, expires_at=1) == ["underpaid", "reorged"]
    assert exceptions_of(payment, expires_at=0) == ["underpaid", "late", "reorged"]
    assert exceptions_of(with_more(payment_of(), dropped=(dropped,)), expires_at=1) == ["reorged"]
    held = Authorization(amount_minor=5_000, authorized_at=0, lapses_at=1, released_minor=3_000)
    captured = payment_of(moved(TransactionKind.CAPTURE, 400, 2_000))
    fields = {name: getattr(captured, name) for name in captured.__struct_fields__} | {"authorization": held}
    assert exceptions_of(Payment(**fields), expires_at=0) == []


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ([600], ["underpaid"]),
        ([1_500], ["overpaid"]),
        # The excess has gone back, or a part of it.
        ([1_500, -500], []),
        ([1_500, -400], ["overpaid"]),
        ([1_500, -900], []),
        # A refund of what was paid leaves it paid.
        ([1_000, -300], []),
        ([600, 400, -1_000], []),
        # What went back before the price was there pays for nothing.
        ([600, -200, 400], ["underpaid"]),
        ([600, -200, 600], []),
        ([600, -200, 700], ["overpaid"]),
        ([600, -600], ["underpaid"]),
    ],
)
def test_what_went_back_meanwhile_is_taken_off_before_money_is_called_unusual(
    moves: list[int], said: list[str]
) -> None:
    """Row by row: what came, and what went back, in the order in which it did."""
    payment = payment_of()
    for at, amount in enumerate(moves):
        kind, name = (TransactionKind.TRANSFER, "transfers") if amount > 0 else (TransactionKind.REFUND, "returned")
        one = msgspec.structs.replace(moved(kind, abs(amount), None), seen_at=at, confirmed_at=at)
        payment = with_more(payment, **{name: (one,)})
    assert exceptions_of(payment, expires_at=len(moves)) == said


def test_only_money_leaves_the_ends_of_a_payment() -> None:
    """Canceled and failed payments go to review when money comes; no state moves to itself, and all are in the
    table."""
    assert set(EDGES) == set(PaymentState)
    assert EDGES[PaymentState.CANCELED] == EDGES[PaymentState.FAILED] == {PaymentState.REVIEW}
    assert all(state not in moves for state, moves in EDGES.items())


def test_a_transfer_is_observed_as_it_is_kept() -> None:
    """What its rail saw of it last: the same transfer, block and confirmations, in the terms' network and asset."""
    terms = payment_of().terms
    block = Block(7, "0xb", 70)
    kept = Transfer(
        tx_hash="0xt", ordinal=3, amount_atomic=400, seen_at=1, confirmed_at=2, reference="ref", block=block,
        confirmations=12,
    )  # fmt: skip
    seen = kept.observed(terms)
    assert seen == Observation(terms.chain_id, terms.asset, "ref", 3, 400, True, "0xt", block, 12)
    assert kept.arrived_at == 70
    unconfirmed = Transfer(tx_hash=None, ordinal=0, amount_atomic=1, seen_at=1, confirmed_at=None)
    assert (unconfirmed.observed(terms).confirmed, unconfirmed.arrived_at) == (False, None)
