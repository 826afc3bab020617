"""What the money and the clock lead a session to: pure rules, over all the ways in which money can come."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.makers import GRACE_MS, NEW_YEAR, payment_of, session_of
from tillgate.base.errors import InvalidInput
from tillgate.checkout.orders.model import EDGES as ORDER_EDGES
from tillgate.checkout.orders.model import OrderStatus
from tillgate.checkout.payments.model import EDGES as PAYMENT_EDGES
from tillgate.checkout.payments.model import (
    Authorization,
    Decision,
    Payment,
    PaymentStatus,
    TransactionKind,
    Transfer,
    standing,
)
from tillgate.checkout.sessions.model import (
    EDGES,
    IN_REVIEW,
    CheckoutSession,
    Conclusion,
    SessionStatus,
    accepted,
    checked_lifetime,
    conclude,
    excess,
    is_underpaid,
    order_status,
    payment_state,
    waits_for_decision,
)

S = SessionStatus
Q = OrderStatus
REQUIRED = 1_000
EXPIRES_AT = NEW_YEAR
FINAL = {S.PAID, S.PAID_LATE, S.FAILED}

instants = st.integers(EXPIRES_AT - 3, EXPIRES_AT + 3) | st.integers(
    EXPIRES_AT + GRACE_MS - 3, EXPIRES_AT + GRACE_MS + 3
)
amounts = st.sampled_from([1, 499, 500, 501, 999, 1_000, 1_001]) | st.integers(1, 2_000)


@st.composite
def transfer_lists(draw: st.DrawFn, confirmed: bool | None = None) -> list[Transfer]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        seen_at = draw(instants)
        final = draw(st.booleans()) if confirmed is None else confirmed
        found.append(transfer(draw(amounts), draw(instants) if final else None, seen_at=seen_at, number=number))
    return found


def transfer(amount: int, confirmed_at: int | None, *, seen_at: int = 0, number: int = 0) -> Transfer:
    return Transfer(
        tx_hash=f"0x{number:064x}", ordinal=0, amount_atomic=amount, seen_at=seen_at, confirmed_at=confirmed_at
    )


def concluded(payment: Payment, status: SessionStatus = S.PENDING, *, now: int = EXPIRES_AT - 1) -> Conclusion:
    return conclude(
        session_of(payment, status, expires_at=EXPIRES_AT), payment, looked_until=now, late_grace_ms=GRACE_MS
    )


# The legal moves


def test_the_legal_moves_are_these_and_no_others() -> None:
    """Written out again: who changes the table changes this list, and says why."""
    legal = {(was, to) for was, moves in EDGES.items() for to in moves}
    assert legal == {
        (S.PENDING, S.DETECTED),
        (S.PENDING, S.UNDERPAID),
        (S.PENDING, S.OVERPAID),
        (S.PENDING, S.PAID),
        (S.PENDING, S.PAID_LATE),
        (S.PENDING, S.EXPIRED),
        (S.PENDING, S.FAILED),
        (S.DETECTED, S.UNDERPAID),
        (S.DETECTED, S.OVERPAID),
        (S.DETECTED, S.PAID),
        (S.DETECTED, S.PAID_LATE),
        (S.DETECTED, S.FAILED),
        # Seen, and reversed: while there is time, and after it.
        (S.DETECTED, S.PENDING),
        (S.DETECTED, S.EXPIRED),
        # The merchant waited for the rest, and more than that came.
        (S.UNDERPAID, S.OVERPAID),
        (S.UNDERPAID, S.PAID),
        (S.UNDERPAID, S.PAID_LATE),
        (S.UNDERPAID, S.FAILED),
        (S.OVERPAID, S.PAID),
        (S.OVERPAID, S.PAID_LATE),
        (S.OVERPAID, S.FAILED),
        (S.EXPIRED, S.PAID_LATE),
        # Its block is punctual, though it was read only now.
        (S.EXPIRED, S.PAID),
    }


def test_every_state_is_in_the_table_and_the_final_ones_have_no_way_out() -> None:
    """Nothing leaves paid, paid_late or failed, and no state moves to itself."""
    assert set(EDGES) == set(S)
    assert {status for status in S if not EDGES[status]} == FINAL
    assert all(status not in moves for status, moves in EDGES.items())


# What is received


@given(transfer_lists())
def test_what_is_received_is_the_sum_of_what_is_confirmed(transfers: list[Transfer]) -> None:
    """Always the sum, never a counter."""
    payment = payment_of(*transfers)
    assert payment.received == sum(one.amount_atomic for one in transfers if one.confirmed_at is not None)


@given(transfer_lists(), st.sampled_from(S), st.randoms(use_true_random=False))
def test_the_order_of_transfers_is_irrelevant(transfers: list[Transfer], status: S, random: object) -> None:
    """A chain's logs may be read in any order."""
    shuffled = transfers[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert concluded(payment_of(*shuffled), status) == concluded(payment_of(*transfers), status)


@given(transfer_lists(confirmed=True).filter(bool), amounts, st.sampled_from(S))
def test_nothing_is_concluded_while_a_transfer_is_unconfirmed(
    transfers: list[Transfer], amount: int, status: S
) -> None:
    """Whatever else has come: an unconfirmed transfer means at most ``detected``, never paid or short."""
    pending = payment_of(*transfers, transfer(amount, None, number=9))
    assert standing(pending) == (PaymentStatus.DETECTED, None)
    assert concluded(pending, status).status in {status, S.DETECTED}


@given(transfer_lists(), st.sampled_from(S))
def test_a_conclusion_is_where_the_session_is_or_may_go(transfers: list[Transfer], status: S) -> None:
    """Total: no transfer, however odd its time, leads to an illegal move, so that none is ever dropped with one."""
    conclusion = concluded(payment_of(*transfers), status)
    assert conclusion.status is status or conclusion.status in EDGES[status]
    if conclusion.status is not status:
        assert (conclusion.paid_at is not None) == (conclusion.status in {S.PAID, S.PAID_LATE})


@given(transfer_lists(), st.sampled_from(sorted(FINAL | IN_REVIEW)))
def test_what_is_final_or_waits_for_the_merchant_stays(transfers: list[Transfer], status: S) -> None:
    """Money that comes after the end, or while the merchant has to decide, changes no state."""
    assert concluded(payment_of(*transfers), status).status is status


@given(transfer_lists(confirmed=True).filter(bool))
def test_an_open_session_follows_its_money(transfers: list[Transfer]) -> None:
    """Less is underpaid, more is overpaid, exactly enough in time is paid: told again, by plain sums."""
    payment = payment_of(*transfers)
    total = sum(one.amount_atomic for one in transfers)
    last = max(one.confirmed_at or 0 for one in transfers)
    conclusion = concluded(payment)
    if total < REQUIRED:
        assert conclusion == (S.UNDERPAID, None)
    elif total > REQUIRED:
        assert conclusion == (S.OVERPAID, None)
    elif last < EXPIRES_AT:
        assert conclusion == (S.PAID, last)
    elif last < EXPIRES_AT + GRACE_MS:
        assert conclusion == (S.PAID_LATE, last)
    else:
        assert conclusion == (S.EXPIRED, None)


# Time


@pytest.mark.parametrize(
    ("confirmed_at", "status"),
    [
        (EXPIRES_AT - 1, S.PAID),
        (EXPIRES_AT, S.PAID_LATE),
        (EXPIRES_AT + 1, S.PAID_LATE),
        (EXPIRES_AT + GRACE_MS - 1, S.PAID_LATE),
        (EXPIRES_AT + GRACE_MS, S.EXPIRED),
        (EXPIRES_AT + GRACE_MS + 1, S.EXPIRED),
    ],
)
def test_lateness_is_decided_to_the_millisecond(confirmed_at: int, status: S) -> None:
    """In time is before the expiry; late is from it on, up to the end of the grace window."""
    payment = payment_of(transfer(REQUIRED, confirmed_at))
    assert concluded(payment).status is status
    assert concluded(payment, S.EXPIRED).status is status


@pytest.mark.parametrize("after", [0, GRACE_MS - 1, GRACE_MS, 10 * GRACE_MS])
def test_money_seen_in_time_is_late_however_long_the_chain_takes(after: int) -> None:
    """The grace window is for money that was not seen before the expiry; a slow confirmation loses nothing."""
    conclusion = concluded(payment_of(transfer(REQUIRED, EXPIRES_AT + after)), S.DETECTED)
    assert conclusion == (S.PAID_LATE, EXPIRES_AT + after)


@pytest.mark.parametrize("amount", [1, REQUIRED - 1, REQUIRED + 1])
def test_an_expired_session_stays_so_for_anything_but_the_whole_amount(amount: int) -> None:
    """Underpaid and overpaid after the end do not open it again."""
    assert concluded(payment_of(transfer(amount, EXPIRES_AT + 1)), S.EXPIRED) == (S.EXPIRED, None)
    assert concluded(payment_of(transfer(amount, None)), S.EXPIRED) == (S.EXPIRED, None)


def test_what_waits_for_the_merchant_is_what_may_be_accepted() -> None:
    """Too little, too much or too late, once it is confirmed; paid late where it was, and else paid."""
    in_time, late = transfer(400, EXPIRES_AT - 10), transfer(400, EXPIRES_AT, number=1)

    def answer(status: S, *transfers: Transfer) -> Conclusion | None:
        return accepted(session_of(payment_of(*transfers), status, expires_at=EXPIRES_AT))

    for status in IN_REVIEW:
        assert answer(status, in_time) == (S.PAID, EXPIRES_AT - 10)
        assert answer(status, in_time, late) == (S.PAID_LATE, EXPIRES_AT)
    assert answer(S.EXPIRED, late) == (S.PAID_LATE, EXPIRES_AT)
    for status in S:
        assert answer(status) is None
        assert answer(status, transfer(400, None)) is None
        if status not in {*IN_REVIEW, S.EXPIRED}:
            assert answer(status, in_time, late) is None


def test_without_money_nothing_is_concluded() -> None:
    """Time alone moves a session by ``expire_due`` only; but what was only detected and is reversed waits as before,
    or has expired where its time is up, to the millisecond."""
    for status in set(S) - {S.DETECTED}:
        assert concluded(payment_of(), status).status is status
        assert concluded(payment_of(), status, now=EXPIRES_AT + GRACE_MS).status is status
    assert concluded(payment_of(), S.DETECTED, now=EXPIRES_AT - 1) == (S.PENDING, None)
    assert concluded(payment_of(), S.DETECTED, now=EXPIRES_AT) == (S.EXPIRED, None)


@pytest.mark.parametrize(
    ("transfers", "words"),
    [
        ([], []),
        ([transfer(REQUIRED, EXPIRES_AT - 1)], []),
        ([transfer(REQUIRED, EXPIRES_AT)], ["late"]),
        ([transfer(1, EXPIRES_AT - 1)], ["underpaid"]),
        ([transfer(1, EXPIRES_AT)], ["underpaid", "late"]),
        ([transfer(REQUIRED + 1, EXPIRES_AT)], ["overpaid", "late"]),
        ([transfer(REQUIRED + 1, None)], []),
    ],
)
def test_exceptions_are_words_that_combine(transfers: list[Transfer], words: list[str]) -> None:
    """What is unusual about the money is told beside the status."""
    payment = payment_of(*transfers)
    assert session_of(payment, expires_at=EXPIRES_AT).exceptions == words


@pytest.mark.parametrize("seconds", [300, 301, 3_600, 604_800])
def test_a_lifetime_between_five_minutes_and_seven_days_is_taken(seconds: int) -> None:
    """Both ends included."""
    assert checked_lifetime(seconds) == seconds * 1_000


@pytest.mark.parametrize("seconds", [-1, 0, 1, 299, 604_801, 10**30])
def test_any_other_lifetime_is_refused(seconds: int) -> None:
    """The field is named."""
    with pytest.raises(InvalidInput) as caught:
        checked_lifetime(seconds)
    assert caught.value.field == ("expires_in_seconds",)


def test_states_and_conclusions_cover_each_other() -> None:
    """Every state that money can lead to is reached by some money."""
    choices = [transfer(amount, at) for amount in (1, REQUIRED, REQUIRED + 1) for at in (None, 0, EXPIRES_AT)]
    reached = {concluded(payment_of(one)).status for one in choices}
    reached |= {concluded(payment_of(msgspec.structs.replace(choices[5], confirmed_at=EXPIRES_AT + GRACE_MS))).status}
    assert reached == set(S) - {S.PENDING, S.FAILED}
    assert list(itertools.chain(*EDGES.values()))


@given(
    st.sampled_from([(was, to) for was, moves in EDGES.items() for to in moves]),
    st.integers(0, 2),
    st.integers(0, 1),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_payment_and_order_follow_every_legal_move_by_legal_moves(
    move: tuple[SessionStatus, SessionStatus], there: int, more: int, back: bool, reorged: bool, canceled: bool
) -> None:
    """Whatever came before and with it, whatever has gone back by then, whether something was dropped, and whether
    somebody called it off."""

    def session(status: SessionStatus, transfers: int, refunds: int) -> CheckoutSession:
        payment = payment_of(*(transfer(REQUIRED, EXPIRES_AT) for _ in range(transfers)), required=REQUIRED)
        refund = Transfer(tx_hash="re", ordinal=0, amount_atomic=REQUIRED, seen_at=0, confirmed_at=0,
                          kind=TransactionKind.REFUND, value_minor=payment.price.minor)  # fmt: skip
        dropped = (transfer(REQUIRED, None, number=1),) if reorged else ()
        payment = msgspec.structs.replace(payment, dropped=dropped, returned=(refund,) * refunds)
        return session_of(payment, status, expires_at=EXPIRES_AT)

    was, to = move
    # A session that waits for its first money has seen none, so nothing of it has gone back.
    there = 0 if was is S.PENDING else there
    refunds = there if back else 0
    before, after = session(was, there, refunds), session(to, 0 if to is S.PENDING else there + more, refunds)
    if canceled and to is S.FAILED and was is S.PENDING:
        after = msgspec.structs.replace(after, canceled_at=1)
    for state, edges in ((payment_state, PAYMENT_EDGES), (order_status, ORDER_EDGES)):
        first, then = state(before), state(after)
        assert first is then or then in edges[first], (first, then)  # type: ignore[index]


@pytest.mark.parametrize("status", [S.PAID, S.PAID_LATE])
@pytest.mark.parametrize("more", [(), (transfer(1, 0, number=1),)])
def test_what_is_paid_stays_paid_at_its_instant(status: S, more: tuple[Transfer, ...]) -> None:
    """Later money, a reversal, or an authorization changes neither the state nor when it was paid."""
    held = Authorization(amount_minor=5_000, authorized_at=0, lapses_at=1)
    for payment in (
        payment_of(transfer(REQUIRED, 0), *more),
        payment_of(*more),
        msgspec.structs.replace(payment_of(*more), authorization=held),
    ):
        session = msgspec.structs.replace(session_of(payment, status, expires_at=EXPIRES_AT), paid_at=77)
        found = conclude(session, payment, looked_until=EXPIRES_AT, late_grace_ms=GRACE_MS)
        assert found == Conclusion(status, 77)


@pytest.mark.parametrize(
    ("status", "received", "decision", "dropped", "waits", "order"),
    [
        (S.PENDING, 0, None, False, False, Q.OPEN),
        (S.UNDERPAID, 400, None, False, True, Q.REVIEW),
        (S.OVERPAID, 1_400, None, False, True, Q.REVIEW),
        (S.EXPIRED, 0, None, False, True, Q.EXPIRED),
        (S.EXPIRED, 1_000, None, False, True, Q.REVIEW),
        (S.PAID, 1_000, None, False, False, Q.PAID),
        # Reversed in part, in full, and down to exactly the price: that is nothing short.
        (S.PAID, 400, None, True, True, Q.REVIEW),
        (S.PAID, 0, None, True, True, Q.REVIEW),
        (S.PAID, 1_000, None, True, False, Q.PAID),
        (S.PAID, 400, Decision.ACCEPTED, True, False, Q.PAID),
        # For what had failed: nothing came, it waits, it was taken; an acceptance of nothing takes nothing.
        (S.FAILED, 0, None, False, False, Q.CANCELED),
        (S.FAILED, 400, None, False, True, Q.REVIEW),
        (S.FAILED, 400, Decision.ACCEPTED, False, False, Q.PAID),
        (S.FAILED, 0, Decision.ACCEPTED, False, False, Q.CANCELED),
    ],
)
def test_money_that_waits_for_the_merchant_puts_the_order_into_review(
    status: S, received: int, decision: Decision | None, dropped: bool, waits: bool, order: Q
) -> None:
    """By what is there, what was dropped and what was decided; each to the atomic unit."""
    came = (transfer(received, 0),) if received else ()
    gone = (transfer(1, None, number=9),) if dropped else ()
    payment = msgspec.structs.replace(payment_of(*came), decision=decision, dropped=gone)
    session = session_of(payment, status, expires_at=EXPIRES_AT)
    assert (waits_for_decision(session), order_status(session)) == (waits, order)
    assert is_underpaid(payment) is (waits if status is S.PAID else False)


def test_nothing_is_accepted_where_no_money_is_left() -> None:
    """Unconfirmed money, and money that was all sent back, are nothing to accept."""
    back = msgspec.structs.replace(transfer(400, 0, number=5), kind=TransactionKind.REFUND)
    for payment in (
        payment_of(),
        payment_of(transfer(400, None)),
        msgspec.structs.replace(payment_of(transfer(400, 0)), returned=(back,)),
    ):
        assert accepted(session_of(payment, S.UNDERPAID, expires_at=EXPIRES_AT)) is None


@pytest.mark.parametrize(
    ("status", "decision", "too_much"),
    [
        (S.PAID, None, 400),
        (S.PAID_LATE, None, 400),
        (S.PAID, Decision.ACCEPTED, 0),
        (S.OVERPAID, None, 400),
        (S.OVERPAID, Decision.ACCEPTED, 400),
        (S.EXPIRED, None, 0),
        (S.FAILED, None, 0),
        (S.UNDERPAID, None, 0),
    ],
)
def test_the_excess_is_what_is_there_beyond_the_price(status: S, decision: Decision | None, too_much: int) -> None:
    """Of a paid or overpaid session, unless the merchant has accepted it; of others there is none."""
    payment = msgspec.structs.replace(payment_of(transfer(1_400, 0)), decision=decision)
    assert excess(session_of(payment, status, expires_at=EXPIRES_AT)) == too_much


def test_a_wrong_lifetime_is_refused_with_both_bounds() -> None:
    """In seconds."""
    with pytest.raises(InvalidInput) as caught:
        checked_lifetime(299)
    assert caught.value.field == ("expires_in_seconds",)
    assert caught.value.values == {"minimum": 300, "maximum": 604_800, "given": 299}
