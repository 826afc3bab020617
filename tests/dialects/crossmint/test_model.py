"""The table of phases, whole: every combination leads somewhere, and the documented ones where they should."""

import itertools

import pytest

from tillgate.checkout.orders.model import OrderStatus
from tillgate.dialects.crossmint.ids import own_id, uuid_of
from tillgate.dialects.crossmint.model import Facts, LineFacts, standing_of
from tillgate.dialects.crossmint.transfers import unsigned_transfer

GOOD, GONE, DONE, FAILED = (
    LineFacts(),
    LineFacts(unavailable=True),
    LineFacts(delivered=True),
    LineFacts(delivered=False),
)
_O = OrderStatus


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(_O.OPEN, (GOOD,)), ("payment", "valid", "awaiting-payment")),
        (Facts(_O.OPEN, (GOOD,), recipient=False, payer=False), ("quote", "requires-recipient", "requires-quote")),
        (Facts(_O.OPEN, (GOOD,), address=False), ("quote", "requires-physical-address", "requires-quote")),
        (Facts(_O.OPEN, (GOOD,), quote_expired=True, payer=False), ("quote", "expired", "requires-quote")),
        (Facts(_O.OPEN, (GONE,)), ("quote", "all-line-items-unavailable", "requires-quote")),
        (Facts(_O.OPEN, (GONE, GOOD)), ("quote", "expired", "requires-quote")),
        (Facts(_O.OPEN, (GOOD,), payer=False), ("payment", "valid", "requires-crypto-payer-address")),
        # Of cards, which have no rail yet.
        (Facts(_O.OPEN, (GOOD,), email=False), ("payment", "valid", "requires-email")),
        (Facts(_O.PROCESSING, (GOOD,), quote_expired=True), ("payment", "valid", "in-progress")),
        (Facts(_O.REVIEW, (GOOD,)), ("payment", "valid", "in-progress")),
        (Facts(_O.REVIEW, (GOOD,), short=True), ("payment", "valid", "crypto-payer-insufficient-funds")),
        (Facts(_O.PAID, (GOOD, DONE)), ("delivery", "valid", "completed")),
        (Facts(_O.PAID, (FAILED, DONE), recipient=False), ("completed", "valid", "completed")),
        (Facts(_O.REFUNDED, (GOOD,)), ("completed", "valid", "completed")),
        (Facts(_O.REFUNDED, (GOOD,), given_up=True), ("quote", "all-line-items-unavailable", "requires-quote")),
        (Facts(_O.EXPIRED, (GOOD,)), ("quote", "expired", "requires-quote")),
        (Facts(_O.CANCELED, (GOOD,)), ("quote", "all-line-items-unavailable", "requires-quote")),
    ],
)
def test_each_line_of_the_table_leads_where_the_document_says(facts: Facts, expected: tuple[str, str, str]) -> None:
    """Phase, quote and payment."""
    found = standing_of(facts)
    assert (found.phase, found.quote, found.payment) == expected


def test_phase_quote_and_payment_always_fit_each_other() -> None:
    """Over every status and every combination of what may be missing."""
    flags = ("given_up", "short", "quote_expired", "recipient", "address", "payer", "email")
    for status in OrderStatus:
        for values in itertools.product((False, True), repeat=len(flags)):
            for lines in ((GOOD,), (GONE,), (GONE, DONE), (FAILED, DONE)):
                found = standing_of(Facts(status, lines)._replace(**dict(zip(flags, values, strict=True))))
                assert (found.phase == "quote") == (found.payment == "requires-quote") == (found.quote != "valid")
                assert (found.phase in ("delivery", "completed")) == (found.payment == "completed")
                assert len(found.line_quotes) == len(found.deliveries) == len(lines)


def test_an_id_and_its_uuid_are_computed_from_each_other() -> None:
    """The same 128 bits; one writing each."""
    own = "ord_01jd0000000000000000000abc"
    text = uuid_of(own)
    assert own_id("ord", text) == own_id("ord", own) == own
    for wrong in (text.upper(), text.replace("-", ""), f"{{{text}}}", "", "ord_", own.replace("ord", "cs"), text + "0"):
        assert own_id("ord", wrong) is None, wrong


def test_the_transfer_is_what_an_ethereum_wallet_signs() -> None:
    """EIP-1559: type 2, then chain, nonce, two fees, gas, address, value, data and access list, as RLP."""
    told = unsigned_transfer(1337, b"\x11" * 20, 2 * 10**16)
    assert told == "0x02e8820539808080825208" + "94" + "11" * 20 + "87470de4df82000080c0"
