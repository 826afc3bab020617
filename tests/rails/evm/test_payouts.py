"""What follows from what the nodes of a network say of a transfer that a merchant has sent."""

from typing import Any

import pytest

from tillgate.rails.evm.model import Point, View
from tillgate.rails.evm.node import TRANSFER_TOPIC, Header, Log, Receipt, Sent, topic_of
from tillgate.rails.evm.payouts import COIN_PLACE, _Told, concluded
from tillgate.rails.port import Block, PayoutAsked, PayoutSeen, PayoutVerdict

TOKEN, OTHER_TOKEN = "0x" + "aa" * 20, "0x" + "bb" * 20
BUYER, SHOP = "0x" + "12" * 20, "0x" + "34" * 20
# Its first and last six characters.
LOOK_ALIKE = BUYER[:6] + "0" * 32 + BUYER[-4:]
TX, HERE, THERE = "0x" + "01" * 32, "0x" + "0a" * 32, "0x" + "0b" * 32
AMOUNT, HEIGHT, AT = 20, 100, 1_700_000_000_000
ASKED = PayoutAsked(1, f"eip155:1/erc20:{TOKEN.upper().replace('0X', '0x')}", BUYER, AMOUNT, AT, TX)
KNOWN = ASKED._replace(known=Block(HEIGHT, HERE, AT))


def view(final: int) -> View:
    return View(1, Point(final, HERE, THERE, AT))


def log(token: str, to: str, amount: int, index: int = 0) -> Log:
    topics = (TRANSFER_TOPIC, topic_of(SHOP), topic_of(to))
    return Log(token, topics, f"0x{amount:064x}", HEIGHT, HERE, TX, index)


def told(*logs: Log, head: int = HEIGHT, succeeded: bool = True, at: int = AT, block: str = HERE, **more: Any) -> _Told:
    """A node that has the transaction in a block."""
    header = Header(HEIGHT, block, THERE, at)
    sent = Sent(TX, SHOP, TOKEN, 0, block)
    return _Told(head, sent, Receipt(TX, HEIGHT, block, succeeded, logs), header, header, True)._replace(**more)


def without(there: str | None, *, head: int = HEIGHT, follows: bool = True) -> _Told:
    """A node that does not know the transaction, and has this block at its height."""
    header = Header(HEIGHT, there, THERE, AT) if there is not None else None
    return _Told(head, None, None, None, header, follows)


RIGHT = log(TOKEN, BUYER, AMOUNT)


@pytest.mark.parametrize(
    ("node", "verdict"),
    [
        (told(RIGHT), PayoutVerdict.FOUND),
        (told(RIGHT, at=AT - 1_000), PayoutVerdict.TOO_OLD),
        (told(RIGHT, succeeded=False), PayoutVerdict.REVERTED),
        (told(log(TOKEN, BUYER, AMOUNT + 1)), PayoutVerdict.OTHER_AMOUNT),
        (told(log(OTHER_TOKEN, BUYER, AMOUNT)), PayoutVerdict.OTHER_ASSET),
        (told(log(TOKEN, LOOK_ALIKE, AMOUNT)), PayoutVerdict.LOOK_ALIKE),
        (told(log(TOKEN, SHOP, AMOUNT)), PayoutVerdict.OTHER_RECIPIENT),
        (told(), PayoutVerdict.OTHER_RECIPIENT),
        (without(HERE), PayoutVerdict.UNKNOWN),
        (without(HERE)._replace(sent=Sent(TX, SHOP, TOKEN, 0, None)), PayoutVerdict.NOT_MINED),
    ],
)
def test_a_transaction_is_what_was_asked_for_or_is_refused_by_its_reason(node: _Told, verdict: PayoutVerdict) -> None:
    """The recipient, the token, the amount, the outcome and the age: each is told as what it is."""
    assert concluded(ASKED, [node], view(HEIGHT)).verdict is verdict


def test_each_transfer_of_a_batch_is_found_and_the_networks_own_coin_too() -> None:
    """In the order of the receipt, so that each sends one refund; the coin moves by the transaction itself."""
    batch = told(RIGHT, log(TOKEN, SHOP, AMOUNT), log(TOKEN, BUYER, AMOUNT))
    assert concluded(ASKED, [batch], None).places == (0, 2)
    coin = told()._replace(sent=Sent(TX, SHOP, BUYER, AMOUNT, HERE))
    assert concluded(ASKED._replace(asset="eip155:1/slip44:60"), [coin], None).places == (COIN_PLACE,)
    assert concluded(ASKED, [coin], None).verdict is PayoutVerdict.OTHER_ASSET


@pytest.mark.parametrize(
    ("nodes", "final", "is_final"),
    [
        ([told(RIGHT)], HEIGHT, True),
        ([told(RIGHT)], HEIGHT - 1, False),
        ([told(RIGHT, follows=False)], HEIGHT, False),
        # One that has not come so far says nothing; one that has come so far contradicts.
        ([told(RIGHT), without(None, head=HEIGHT - 1)], HEIGHT, True),
        ([told(RIGHT), without(THERE)], HEIGHT, False),
        ([told(RIGHT), told(RIGHT, block=THERE)], HEIGHT, False),
    ],
)
def test_it_is_final_where_the_books_say_so_and_no_node_contradicts(
    nodes: list[_Told], final: int, is_final: bool
) -> None:
    """A node that is behind delays nothing, and one on another chain than the books concludes nothing."""
    assert concluded(ASKED, nodes, view(final)).is_final is is_final
    assert not concluded(ASKED, nodes, None).is_final


@pytest.mark.parametrize(
    ("nodes", "is_gone"),
    [
        ([without(THERE)], True),
        # Not read so far, still there at another node, or on another chain than the books.
        ([without(None)], False),
        ([without(THERE), without(HERE)], False),
        ([without(THERE, follows=False)], False),
    ],
)
def test_it_is_gone_where_the_chain_of_the_books_has_another_block(nodes: list[_Told], is_gone: bool) -> None:
    """Silence, a node that is behind, and a chain that the books do not follow reverse no refund."""
    assert concluded(KNOWN, nodes, view(HEIGHT)).is_gone is is_gone
    assert not concluded(ASKED, nodes, view(HEIGHT)).is_gone
    assert concluded(KNOWN, [], view(HEIGHT)) == PayoutSeen(PayoutVerdict.NOT_ANSWERED)
