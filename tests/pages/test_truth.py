"""The buyer's page says of the money what the books hold: came, captured, accepted, given back, dropped, in review."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.pages.conftest import Till
from tillgate.base.clock import MINUTE_MS
from tillgate.checkout.clocks.operations import create_clock
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.refunds.model import RefundReason
from tillgate.checkout.refunds.operations import NewRefund, create_refund, refund_order
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement.advancing import advance
from tillgate.checkout.settlement.capturing import cancel as release
from tillgate.checkout.settlement.capturing import capture
from tillgate.checkout.settlement.deciding import accept, cancel, keep_waiting
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.rails.simulated import REFUND_STAYS_PENDING
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio

O = Outcome  # noqa: E741


class Story:
    """A session of 5.00 and what happens to it."""

    def __init__(self, till: Till, session: CheckoutSession) -> None:
        self.till, self.session = till, session

    @classmethod
    async def begin(cls, till: Till, **fields: Any) -> "Story":
        return cls(till, await till.session("5.00", **fields))

    async def shows(self, *outcomes: Outcome) -> "Story":
        for outcome in outcomes:
            await self.till.simulate(self.session, outcome)
        return self

    async def does(self, operation: Callable[..., Any], *arguments: Any, **named: Any) -> "Story":
        async def with_context(tx: Transaction) -> Any:
            return await operation(self.till.context, tx, self.till.test, *arguments, **named)

        await self.till.database.write(with_context)
        return self

    async def accepts(self) -> "Story":
        return await self.does(accept, self.session.id)

    async def waits(self) -> "Story":
        return await self.does(keep_waiting, self.session.id)

    async def captures(self, amount: str, *, rest: bool = True) -> "Story":
        return await self.does(capture, self.session.payment.id, amount=amount, cancel_remainder=rest)

    async def refunds(self, amount: str | None = None, destination: str | None = None) -> "Story":
        new = NewRefund(self.session.payment.id, RefundReason.OTHER, amount, destination)
        return await self.does(create_refund, new)

    async def gives_back(self, *, excess: bool = False) -> "Story":
        return await self.does(refund_order, self.session.order_id, excess_only=excess)

    async def page(self) -> str:
        answer = await self.till.browser.get(f"/checkout/{self.session.id}")
        assert answer.status_code == 200
        return text(answer.text)


def text(page: str) -> str:
    """What a page says, without its markup."""
    body = page.partition("<body")[2].partition('<footer class="foot"')[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


async def captured_in_part(till: Till) -> Story:
    story = await Story.begin(till, capture_method=CaptureMethod.MANUAL)
    return await (await story.shows(O.AUTHORIZED)).captures("3.00")


async def captured_first(till: Till) -> Story:
    story = await Story.begin(till, capture_method=CaptureMethod.MANUAL)
    return await (await story.shows(O.AUTHORIZED)).captures("3.00", rest=False)


async def released(till: Till) -> Story:
    story = await Story.begin(till, capture_method=CaptureMethod.MANUAL)
    return await (await story.shows(O.AUTHORIZED)).does(release, story.session.payment.id)


async def less_accepted(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.UNDERPAID)).accepts()


async def more_accepted(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.OVERPAID)).accepts()


async def excess_back(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.OVERPAID)).gives_back(excess=True)


async def refunded(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.PAID)).refunds()


async def partly_refunded(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.PAID)).refunds("2.00")


async def refund_pending(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.PAID)).refunds("5.00", REFUND_STAYS_PENDING)


async def reversed_(till: Till) -> Story:
    return await (await Story.begin(till)).shows(O.PAID, O.REORGED)


async def all_given_back(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.UNDERPAID)).gives_back()


async def waiting_for_rest(till: Till) -> Story:
    return await (await (await Story.begin(till)).shows(O.UNDERPAID)).waits()


async def declined(till: Till) -> Story:
    return await (await Story.begin(till)).shows(O.DECLINED)


async def is_paid_twice(till: Till) -> Story:
    return await (await Story.begin(till)).shows(O.PAID, O.PAID)


async def after_cancel(till: Till) -> Story:
    story = await Story.begin(till)
    return await (await story.does(cancel, story.session.id)).shows(O.PAID)


THANKS = ("has your payment of", "Payment complete")
STORIES: dict[str, tuple[Callable[[Till], Any], tuple[str, ...], tuple[str, ...]]] = {
    "3.00 captured of 5.00": (
        captured_in_part,
        ("$3.00 USD was charged", "charged $3.00 USD of $5.00 USD and released the remaining $2.00 USD"),
        THANKS,
    ),
    "3.00 captured, the rest held": (
        captured_first,
        ("has charged $3.00 USD of $5.00 USD", "The remaining $2.00 USD is authorized"),
        (*THANKS, "You have not been charged"),
    ),
    "released": (released, ("The $5.00 USD that you had authorized was released", "nothing was charged"), THANKS),
    "2.50 accepted": (less_accepted, ("has accepted $2.50 USD as your payment of $5.00 USD",), THANKS),
    "7.50 accepted": (more_accepted, ("has accepted your payment of $7.50 USD",), THANKS),
    "7.50 came, 2.50 given back": (
        excess_back,
        ("received $7.50 USD and has sent $2.50 USD back to you", "Refunded $2.50 USD"),
        THANKS,
    ),
    "refunded": (refunded, ("Your payment was refunded", "has sent $5.00 USD back to you"), (*THANKS, "went wrong")),
    "partly refunded": (partly_refunded, ("received $5.00 USD and has sent $2.00 USD back to you",), THANKS),
    "a refund that is on its way": (refund_pending, ("is sending $5.00 USD back to you",), (*THANKS, "has sent")),
    "reversed": (reversed_, ("Your payment was reversed", "send nothing more unless"), THANKS),
    "underpaid, everything given back": (
        all_given_back,
        ("Your payment was refunded", "has sent $2.50 USD back to you"),
        ("went wrong", "nothing was charged"),
    ),
    "underpaid, waiting for the rest": (
        waiting_for_rest,
        (
            "Send the rest: 0.001 test ETH",
            "0.001 test ETH of 0.002 test ETH arrived",
            "test:0x",
            "Simulate: pay the rest",
        ),
        ("send nothing more", "Time left"),
    ),
    "declined": (declined, ("Your payment was declined, and nothing was charged", "Send 0.002 test ETH"), ()),
    "paid twice": (
        is_paid_twice,
        ("Paid, and more arrived", "more than the $5.00 USD that was asked for", "Too much $5.00 USD"),
        THANKS,
    ),
    "paid after it was canceled": (
        after_cancel,
        ("Your payment is in review", "0.002 test ETH arrived for a payment that had ended"),
        ("nothing was charged",),
    ),
}


@pytest.mark.parametrize("name", STORIES)
async def test_the_page_says_where_the_money_is(sqlite_till: Till, name: str) -> None:
    """Never the price where another sum came, was taken, accepted or given back; and only what is wholly paid is
    stamped so."""
    tell, expected, absent = STORIES[name]
    story = await tell(sqlite_till)

    page = await story.page()

    for words in expected:
        assert words in page
    for words in absent:
        assert words not in page
    raw = (await sqlite_till.browser.get(f"/checkout/{story.session.id}")).text
    assert "panel--stamped" not in raw


async def test_an_open_page_follows_refunds_and_decisions(till: Till) -> None:
    """Looking again brings each of them, on both databases, also where the session's own state stays as it was."""
    story = await Story.begin(till)

    async def news() -> str:
        nonlocal seen
        again = f"/checkout/{story.session.id}/state?seen={seen}"
        answer = await till.browser.get(again)
        assert answer.status_code == 200
        [seen] = re.findall(r"state[?]seen=(\w+)", answer.text)
        assert (await till.browser.get(f"/checkout/{story.session.id}/state?seen={seen}")).status_code == 204
        return answer.text

    seen = "nothing"
    await news()
    await story.shows(O.UNDERPAID)
    assert "Part of the amount arrived" in await news()
    await story.waits()
    assert "Send the rest" in await news()
    await story.shows(O.TOP_UP)
    assert "Payment complete" in await news()
    await story.refunds("2.00", REFUND_STAYS_PENDING)
    assert "on its way" in await news()
    await story.refunds("1.00")
    assert "$1.00 USD" in await news()
    await story.refunds()
    assert "Your refund is on its way" in await news()


async def test_the_rest_is_what_a_wallet_is_asked_for(sqlite_till: Till) -> None:
    """The page of a live session that waits for the rest has its address, and a link that asks for the rest alone."""
    story = await waiting_for_rest(sqlite_till)
    page = (await sqlite_till.browser.get(f"/checkout/{story.session.id}")).text
    assert '<span class="fact-number">0.001</span>' in page
    assert story.session.payment.terms.address in page
    assert "<img src=" in page


@pytest.mark.parametrize("status", list(SessionStatus))
@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"cancel_url": "https://shop.example/cart"}, "https://shop.example/cart"),
        ({"return_url": "https://shop.example/shelf"}, "https://shop.example/shelf"),
        ({"success_url": "https://shop.example/thanks?a=1"}, "https://shop.example/"),
    ],
)
async def test_every_state_has_a_way_back_to_the_shop(
    sqlite_till: Till, status: SessionStatus, fields: dict[str, str], where: str
) -> None:
    """Whichever address the merchant gave; the one for who has paid is offered to nobody else."""
    session = await sqlite_till.session_in(status, **fields)
    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text
    if status is SessionStatus.PENDING:
        page += (await sqlite_till.browser.get(f"/checkout/{session.id}/cancel")).text
    paid = status in (SessionStatus.PAID, SessionStatus.PAID_LATE)
    assert f'href="{fields["success_url"] if paid and "success_url" in fields else where}"' in page
    assert paid or "thanks" not in page


async def test_each_look_brings_the_seconds_that_are_left(sqlite_till: Till) -> None:
    """By the server's clock and deadline, also where nothing else is new: a test clock that was put forward shows at
    the next look."""
    clock = await sqlite_till.write(create_clock, sqlite_till.test, None)
    session = await sqlite_till.session(test_clock_id=clock.id)
    path = f"/checkout/{session.id}"
    [seen] = re.findall(r"state[?]seen=(\w+)", (await sqlite_till.browser.get(path)).text)
    await sqlite_till.write(advance, sqlite_till.test, clock.id, 1_800)
    sqlite_till.clock.at += MINUTE_MS

    answer = await sqlite_till.browser.get(f"{path}/state?seen={seen}")

    assert (answer.status_code, answer.headers["Tillgate-Seconds-Left"]) == (204, "1740")
    assert 'data-seconds="1740"' in (await sqlite_till.browser.get(path)).text
