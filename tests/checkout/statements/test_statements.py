"""Books → statement, row by row."""

import string
from typing import Any

import pytest

from keyturn.words.isolating import without_turns
from tillgate.base.money import Money
from tillgate.checkout.payments.model import Decision
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.checkout.statements.model import (
    EXACT,
    PAYABLE,
    RULES,
    SETTLED,
    Books,
    OrderStanding,
    Row,
    Situation,
    Sum,
    situation_of,
)
from tillgate.checkout.statements.words import BUYER, MERCHANT, ORDER, ROWS, filled, values_of
from tillgate.words import ENGLISH, LANGUAGES, Language, words_in

S = SessionStatus
X = Situation
PRICE = 500
ATOMIC = 20


def usd(minor: int) -> Sum:
    return Sum(Money(minor, "USD"), minor * ATOMIC)


def books(status: SessionStatus, **known: Any) -> Books:
    """Books of a price of 5.00 in which nothing happened but what is said; sums are in cents."""
    sums = {name: usd(known.pop(name, 0)) for name in ("seen", "received", "refunded", "refunding")}
    if sums["seen"].atomic == 0:
        sums["seen"] = sums["received"]
    held = known.pop("authorized", None)
    captured, released = known.pop("captured", 0), known.pop("released", 0)
    left = (held or 0) - captured - released
    facts: dict[str, Any] = {
        "canceled": False,
        "decision": None,
        "unexpected": False,
        "declined": False,
        "dropped": False,
        "due": usd(PRICE),
        "lapsed": False,
        "authorized": Money(held, "USD") if held is not None else None,
        "captured": Money(captured, "USD"),
        "capturable": Money(left, "USD"),
        "released": Money(released, "USD"),
    }
    return Books(status=status, **sums, **(facts | known))


ACCEPTED, WAITS, GIVEN_BACK = Decision.ACCEPTED, Decision.WAITING, Decision.REFUNDED
HELD = {"authorized": 500}
TAKEN = {"authorized": 500, "captured": 300, "released": 200, "received": 300}

TABLE: tuple[tuple[str, Books, Situation], ...] = (
    ("nothing has come", books(S.PENDING), X.WAITING),
    ("the payer's side declined", books(S.PENDING, declined=True), X.DECLINED),
    ("what was seen is gone", books(S.PENDING, dropped=True, declined=True), X.DROPPED),
    ("seen", books(S.DETECTED, seen=500), X.SEEN),
    ("seen, after a decline", books(S.DETECTED, seen=500, declined=True), X.SEEN),
    ("seen, a part of it", books(S.DETECTED, seen=250), X.SEEN),
    ("promised", books(S.DETECTED, **HELD), X.AUTHORIZED),
    ("a part captured, the rest held", books(S.DETECTED, **HELD, captured=300, received=300), X.PARTLY_CAPTURED),
    ("2.50 of 5.00 came", books(S.UNDERPAID, received=250), X.LESS),
    ("2.50 came, and more is on its way", books(S.UNDERPAID, received=250, seen=300), X.LESS),
    ("the merchant waits for the rest", books(S.UNDERPAID, received=250, decision=WAITS), X.REST_AWAITED),
    ("and it was seen", books(S.UNDERPAID, received=250, seen=500, decision=WAITS), X.REST_SEEN),
    ("and a part of it was seen", books(S.UNDERPAID, received=250, seen=300, decision=WAITS), X.REST_AWAITED),
    ("and all that came was reversed", books(S.UNDERPAID, dropped=True, decision=WAITS), X.AWAITED_AGAIN),
    ("all that came was reversed", books(S.UNDERPAID, dropped=True), X.NOTHING_LEFT),
    ("the price is there, its discount is not", books(S.UNDERPAID, received=500), X.EXACT_IN_REVIEW),
    ("7.50 came", books(S.OVERPAID, received=750), X.MORE),
    ("7.50 came, and 5.00 of it was reversed", books(S.OVERPAID, received=250, dropped=True), X.LESS),
    ("2.50 came and goes back", books(S.UNDERPAID, received=250, refunding=250), X.REFUND_PENDING),
    ("2.50 came and went back", books(S.UNDERPAID, received=250, refunded=250), X.REFUNDED),
    ("2.50 came, 1.00 went back", books(S.UNDERPAID, received=250, refunded=100), X.LESS),
    ("exactly the price", books(S.PAID, received=500), X.PAID),
    ("exactly the price, late", books(S.PAID_LATE, received=500), X.PAID_LATE),
    ("a reversed transfer came again", books(S.PAID, received=500, dropped=True), X.PAID),
    ("a capture of the whole", books(S.PAID, **HELD, captured=500, received=500), X.PAID),
    ("3.00 captured of 5.00", books(S.PAID, **TAKEN), X.CAPTURED_IN_PART),
    ("and 1.00 given back", books(S.PAID, **TAKEN, refunded=100), X.PARTLY_REFUNDED),
    ("and all given back", books(S.PAID, **TAKEN, refunded=300), X.REFUNDED),
    ("2.50 accepted", books(S.PAID, received=250, decision=ACCEPTED), X.ACCEPTED_LESS),
    ("7.50 accepted", books(S.PAID, received=750, decision=ACCEPTED), X.ACCEPTED_MORE),
    ("7.50 accepted, 2.50 given back", books(S.PAID, received=750, refunded=250, decision=ACCEPTED), X.PARTLY_REFUNDED),
    ("paid twice", books(S.PAID, received=1000), X.PAID_TWICE),
    ("paid, a second payment is seen", books(S.PAID, received=500, seen=1000), X.PAID_TWICE),
    ("a refund on its way", books(S.PAID, received=500, refunding=500), X.REFUND_PENDING),
    ("a part of a refund on its way", books(S.PAID, received=500, refunding=200), X.PART_REFUND_PENDING),
    ("2.00 given back", books(S.PAID, received=500, refunded=200), X.PARTLY_REFUNDED),
    ("one half went back, the other goes", books(S.PAID, received=500, refunded=200, refunding=300), X.REFUND_PENDING),
    ("everything given back", books(S.PAID, received=500, refunded=500), X.REFUNDED),
    ("money after that", books(S.PAID, received=1000, refunded=500, unexpected=True), X.AFTER_REFUND),
    ("seen after that", books(S.PAID, received=500, seen=1000, refunded=500), X.PARTLY_REFUNDED),
    ("all reversed", books(S.PAID, dropped=True), X.REVERSED),
    ("a confirmation was undone", books(S.PAID, dropped=True, revoked=True), X.CANCELED),
    ("a part reversed", books(S.PAID, received=250, dropped=True), X.REVERSED),
    ("all reversed, and so be it", books(S.PAID, dropped=True, decision=ACCEPTED), X.ACCEPTED_NOTHING),
    ("a part reversed, and so be it", books(S.PAID, received=250, dropped=True, decision=ACCEPTED), X.ACCEPTED_LESS),
    ("nothing to pay, not completed yet", books(S.PENDING, due=usd(0)), X.NOTHING_DUE),
    ("money for what was free", books(S.PAID, due=usd(0), received=1), X.FREE_AND_MORE),
    ("nothing to pay", books(S.PAID, due=usd(0)), X.FREE),
    ("the time is up", books(S.EXPIRED), X.EXPIRED),
    ("the time is up, what was seen is gone", books(S.EXPIRED, dropped=True), X.EXPIRED_DROPPED),
    ("money after the grace window", books(S.EXPIRED, received=500), X.AFTER_EXPIRY),
    ("that went back", books(S.EXPIRED, received=500, refunded=500, decision=GIVEN_BACK), X.REFUNDED),
    ("failed", books(S.FAILED), X.FAILED),
    ("failed, what was seen is gone", books(S.FAILED, dropped=True), X.FAILED_DROPPED),
    ("canceled", books(S.FAILED, canceled=True), X.CANCELED),
    ("money after it was canceled", books(S.FAILED, canceled=True, received=500, unexpected=True), X.AFTER_FAILURE),
    ("that was accepted", books(S.FAILED, received=500, decision=ACCEPTED), X.ACCEPTED_AFTER_FAILURE),
    ("2.50 came and everything was given back", books(S.FAILED, received=250, refunded=250), X.REFUNDED),
    ("2.50 came and everything goes back", books(S.FAILED, received=250, refunding=250), X.REFUND_PENDING),
    ("its refund failed", books(S.FAILED, received=250, decision=GIVEN_BACK), X.AFTER_FAILURE),
    ("the promise was released", books(S.FAILED, **HELD, released=500, canceled=True), X.RELEASED),
    ("the promise ran out", books(S.FAILED, **HELD, released=500, lapsed=True), X.LAPSED),
)


@pytest.mark.parametrize(("known", "situation"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_each_row_of_the_books_has_its_statement(known: Books, situation: Situation) -> None:
    """What came, was captured, accepted, given back and dropped decides what is said; the status alone never does."""
    assert situation_of(known) is situation


def test_every_situation_is_reached_by_a_row() -> None:
    """The table above is whole: no statement is untried."""
    assert {situation for _, _, situation in TABLE} == set(Situation)


def test_every_status_has_an_answer_to_any_books() -> None:
    """The last rule of each table fits whatever the books hold."""
    assert set(RULES) == set(SessionStatus)
    for status, rules in RULES.items():
        assert rules[-1][1](books(status, received=1, refunded=2, dropped=True, **HELD))


def test_each_situation_has_words_in_each_table() -> None:
    """A new situation is worded for buyers and merchants before anything can say it."""
    assert set(BUYER) == set(MERCHANT) == set(Situation)
    assert set(ROWS) == set(Row)
    assert set(ORDER) == set(OrderStanding)
    assert EXACT <= SETTLED
    assert not PAYABLE & SETTLED


@pytest.mark.parametrize(("known", "situation"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_every_sum_in_a_sentence_is_one_of_the_books(known: Books, situation: Situation) -> None:
    """Each placeholder is filled; nobody is thanked for, or reads of, a sum that is zero in the books."""
    values = {"merchant": "M"} | values_of(known, lambda money: f"${money}", lambda atomic: f"{atomic} T")
    words, own = BUYER[situation], MERCHANT[situation]
    for text in (words.headline, words.announcement, words.lead, words.lead_again, words.hint, own.notice):
        named = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        assert named <= set(values)
        assert filled(text, values) or not text
        for name in named - {"merchant"}:
            assert values[name] not in ("$0.00", "0 T"), (situation, text)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.tag)
def test_each_row_of_the_books_has_its_sentence_in_each_language(language: Language) -> None:
    """The sentence is the language's own, and states the sums that the English one states, as it writes them."""
    words = words_in(language)
    for name, known, situation in TABLE:
        values = {"merchant": "M"} | values_of(
            known, lambda money: words.price(money).text, lambda atomic: f"{words.coins(str(atomic))} T"
        )
        buyer = BUYER[situation]
        for text in (buyer.headline, buyer.announcement, buyer.lead, buyer.lead_again, buyer.hint):
            said = words.say(text, **values)
            assert (said == filled(text, values)) == (language is ENGLISH or not text), (name, text)
            for _, named, _, _ in string.Formatter().parse(text):
                assert named is None or without_turns(values[named]) in without_turns(said), (name, said)
    for row in ROWS.values():
        assert (words.say(row) == row) == (language is ENGLISH)


def test_what_is_worth_less_than_a_cent_is_not_called_nothing() -> None:
    """Dust is written in the asset that it came in."""
    dust = books(S.EXPIRED)._replace(received=Sum(Money(0, "USD"), 1), seen=Sum(Money(0, "USD"), 1))
    assert values_of(dust, lambda money: f"${money}", lambda atomic: f"{atomic} T")["received"] == "1 T"
