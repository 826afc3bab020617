import html
import re

import pytest

from tests.pages.conftest import NOW, Till
from tillgate.base.clock import MINUTE_MS, SECOND_MS
from tillgate.base.errors import InvalidInput
from tillgate.checkout.payments.model import CaptureMethod
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.checkout.settlement.deciding import cancel
from tillgate.checkout.settlement.expiring import expire_due
from tillgate.checkout.settlement.simulating import OUTCOMES, Outcome
from tillgate.pages.view import RETURN_AUTOMATICALLY_MS

# What a page offers of a session that waits for money to arrive.
OFFERED_FIRST = ("detected", "paid", "underpaid", "overpaid", "late", "failed")

pytestmark = pytest.mark.anyio

_S = SessionStatus
STATES = list(SessionStatus)
SEEN = re.compile(r"state[?]seen=(\w+)")
OFFERED = re.compile(r'name="outcome" value="(\w+)"')


async def test_a_checkout_shows_what_is_bought_and_what_to_send(sqlite_till: Till) -> None:
    """Title, description, both amounts, network, address and the time left, without any script."""
    link = await sqlite_till.link(title="Beans & more", description="Two bags a month", fiat_amount="1234.5")
    session = await sqlite_till.session(link_id=link.id)
    sqlite_till.clock.at = NOW + 57 * SECOND_MS

    page = html.unescape((await sqlite_till.browser.get(f"/checkout/{session.id}")).text)

    for words in ("Beans & more", "Two bags a month", "Marlow & Finch", "$1,234.50", "0.4938", "Test network"):
        assert words in page
    assert session.payment.terms.address in page
    assert ">59:03<" in page
    assert 'data-seconds="3543"' in page


async def test_a_checkout_without_a_link_names_the_merchant(sqlite_till: Till) -> None:
    """A session made for an amount has no title of its own."""
    session = await sqlite_till.session("1200", "JPY")

    page = html.unescape((await sqlite_till.browser.get(f"/checkout/{session.id}")).text)

    assert "<title>[Test] Pay ¥1,200 JPY – Marlow & Finch</title>" in page


@pytest.mark.parametrize("status", STATES)
async def test_the_merchants_own_notes_are_never_shown(sqlite_till: Till, status: SessionStatus) -> None:
    """Metadata, and the ids of project, link and payment, are not the buyer's business."""
    link = await sqlite_till.link()
    session = await sqlite_till.session_in(status, link_id=link.id, metadata={"margin": "scandalous"})

    for path in ("", "/state", "/cancel"):
        page = (await sqlite_till.browser.get(f"/checkout/{session.id}{path}")).text
        for secret in ("margin", "scandalous", session.project_id, link.id, session.payment.id):
            assert secret not in page


@pytest.mark.parametrize("status", STATES)
async def test_nothing_inline_and_nothing_unescaped(sqlite_till: Till, status: SessionStatus) -> None:
    """What a merchant writes stays text, and the strict policy has nothing to forbid."""
    hostile = '<script>alert(1)</script>" onmouseover="x'
    link = await sqlite_till.link(title=hostile, description=hostile)
    session = await sqlite_till.session_in(status, link_id=link.id)

    for path in ("", "/state", "/cancel"):
        page = (await sqlite_till.browser.get(f"/checkout/{session.id}{path}")).text
        assert "<script>" not in page
        assert not re.search(r"<[^>]*\s(style|on\w+)=", re.sub(r'"[^"]*"', '""', page))
        assert "<style" not in page


@pytest.mark.parametrize("status", STATES)
async def test_each_state_says_where_the_payment_stands(sqlite_till: Till, status: SessionStatus) -> None:
    """Headline, sums and what to do, as the money has it."""
    session = await sqlite_till.session_in(status)
    words = {
        _S.PENDING: ["Send 0.0196 test ETH", "This is a test address. Do not send money"],
        _S.DETECTED: ["Payment seen", "0.0196 test ETH"],
        _S.UNDERPAID: ["Part of the amount arrived", "Missing", "0.0098 test ETH"],
        _S.OVERPAID: ["More than the amount arrived", "Too much", "0.0294 test ETH"],
        _S.PAID: ["Payment complete", "has your payment of $49.00 USD"],
        _S.PAID_LATE: ["Payment received late", "arrived after the time was up"],
        _S.EXPIRED: ["The time is up", "nothing was charged"],
        _S.FAILED: ["This payment did not work", "nothing was charged"],
    }[status]

    page = html.unescape((await sqlite_till.browser.get(f"/checkout/{session.id}")).text)

    for expected in words:
        assert expected in page
    assert f'data-status="{status}"' in page


@pytest.mark.parametrize("status", STATES)
async def test_the_page_looks_again_as_often_as_something_may_change(sqlite_till: Till, status: SessionStatus) -> None:
    """By htmx, always, for a refund may come to any page; without JavaScript by a refresh, while something can change
    without the merchant: nobody is torn away from a receipt."""
    session = await sqlite_till.session_in(status)
    settled = status in (_S.PAID, _S.PAID_LATE, _S.FAILED)

    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text

    assert "hx-get=" in page
    assert ("http-equiv" in page) is not settled
    assert ("every 2s" in page) is (status in (_S.PENDING, _S.DETECTED))
    assert ("every 30s" in page) is settled


async def test_a_dropped_payment_is_shown_before_it_is_sent_twice(till: Till) -> None:
    """The page waits as before, says that the network dropped what was seen, and looks until the time is up."""
    session = await till.session()
    page = (await till.browser.get(f"/checkout/{session.id}")).text
    again = re.search(r'hx-get="([^"]+)"', page)
    assert again
    assert "dropped it" not in page
    await till.simulate(session, Outcome.DETECTED)
    await till.simulate(session, Outcome.REORGED)

    seen = await till.browser.get(again[1])

    assert seen.status_code == 200
    for words in ('data-status="pending"', "the network has dropped it", "check your wallet"):
        assert words in seen.text
    till.clock.at = session.expires_at
    await till.write(expire_due, till.test.project_id)
    assert "The time is up" in (await till.browser.get(f"/checkout/{session.id}")).text


async def test_looking_again_costs_nothing_until_something_changed(till: Till) -> None:
    """204 for what the page shows already, and the new state, its title and its announcement after a change."""
    session = await till.session()
    page = (await till.browser.get(f"/checkout/{session.id}")).text
    again = re.search(r'hx-get="([^"]+)"', page)
    assert again

    assert (await till.browser.get(again[1])).status_code == 204
    await till.simulate(session, Outcome.DETECTED)
    seen = await till.browser.get(again[1])

    assert seen.status_code == 200
    assert "<title>[Test] Payment seen" in seen.text
    assert (
        'id="announcement" hx-swap-oob="innerHTML">Your payment was seen and is waiting for confirmation.' in seen.text
    )
    assert 'id="test-mode"' in seen.text


async def test_the_automatic_return_is_announced(sqlite_till: Till) -> None:
    """Who cannot see the countdown hears of it, and how to stop it."""
    session = await sqlite_till.session_in(_S.PAID, success_url="https://shop.example/thanks")

    state = html.unescape((await sqlite_till.browser.get(f"/checkout/{session.id}/state")).text)

    assert "You continue to shop.example in 5 seconds, unless you press a key." in state


@pytest.mark.parametrize("outcome", OFFERED_FIRST)
async def test_a_test_session_is_paid_by_a_plain_form(till: Till, outcome: str) -> None:
    """Every outcome works from the page, and leads back to it."""
    session = await till.session()

    answer = await till.post_outcome(session, outcome)

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/checkout/{session.id}"
    assert await till.status(session) == ("paid_late" if outcome == "late" else outcome)


@pytest.mark.parametrize("status", STATES)
async def test_every_outcome_offered_leads_somewhere_new(sqlite_till: Till, status: SessionStatus) -> None:
    """No button of the page answers that it is not possible."""
    session = await sqlite_till.session_in(status)
    offered = OFFERED.findall((await sqlite_till.browser.get(f"/checkout/{session.id}")).text)
    if status is _S.PENDING:
        assert sorted(offered) == sorted(OFFERED_FIRST)

    for outcome in offered:
        sqlite_till.clock.at = NOW
        session = await sqlite_till.session_in(status)
        path = f"/checkout/{session.id}"
        before = SEEN.findall((await sqlite_till.browser.get(path)).text)
        answer = await sqlite_till.post_outcome(session, outcome)
        assert answer.status_code == 303
        assert SEEN.findall((await sqlite_till.browser.get(path)).text) != before


async def test_a_payment_that_is_captured_later_is_promised_on_the_page(sqlite_till: Till) -> None:
    """The page of such a session offers the promise, says that it was given, and speaks of no money on its way."""
    session = await sqlite_till.session(capture_method=CaptureMethod.MANUAL)
    path = f"/checkout/{session.id}"
    assert OFFERED.findall((await sqlite_till.browser.get(path)).text) == ["authorized", "failed"]
    assert (await sqlite_till.post_outcome(session, "authorized")).status_code == 303
    page = (await sqlite_till.browser.get(path)).text
    assert "Payment authorized" in page
    assert "on its way" not in page
    assert OFFERED.findall(page) == ["failed"]


async def test_money_that_cannot_be_promised_is_not_captured_later(sqlite_till: Till) -> None:
    """A live rail on which money simply arrives refuses captureMethod manual by its name."""
    with pytest.raises(InvalidInput) as caught:
        await sqlite_till.session(live=True, capture_method=CaptureMethod.MANUAL)
    assert caught.value.field == ("capture_method",)


async def test_a_live_session_cannot_be_simulated(till: Till) -> None:
    """There is no such page for it, and its own page offers nothing of the kind."""
    session = await till.session(live=True)

    page = (await till.browser.get(f"/checkout/{session.id}")).text
    answers = [await till.post_outcome(session, outcome) for outcome in (*OUTCOMES, "nonsense")]

    assert {answer.status_code for answer in answers} == {404}
    assert await till.status(session) is _S.PENDING
    assert "Test mode" not in page
    assert "simulate" not in page
    terms = session.payment.terms
    assert f'href="ethereum:{terms.address}@1?value={terms.amount_atomic}"' in page


@pytest.mark.spec("crypto-checkout R41")
async def test_nothing_on_a_test_page_can_be_paid_by_a_wallet(sqlite_till: Till) -> None:
    """No payment URI; the code on the page opens the page."""
    session = await sqlite_till.session()

    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text

    assert "ethereum:" not in page
    assert "QR code with the address of this page" in page
    bare = session.payment.terms.address.removeprefix("test:")
    assert re.findall(f"(.{{5}}){bare}", page) == ["test:"] * page.count(bare)


async def test_an_impossible_outcome_is_answered_in_friendly_words(till: Till) -> None:
    """Somebody's page may be older than the session: nothing changes, and it says why."""
    session = await till.session_in(_S.PAID)

    answer = await till.post_outcome(session, "failed")

    assert answer.status_code == 409
    assert "That did not work." in answer.text
    assert "This test outcome is not possible now." in answer.text
    assert await till.status(session) is _S.PAID


@pytest.mark.parametrize("body", [b"", b"outcome=nonsense", b"\xff\xfe", b"outcome=paid&x=" + b"x" * 2_000])
async def test_a_form_that_is_none_of_ours_changes_nothing(sqlite_till: Till, body: bytes) -> None:
    """400, whatever it holds."""
    session = await sqlite_till.session()

    answer = await sqlite_till.browser.post(f"/checkout/{session.id}/simulate", content=body)

    assert answer.status_code == 400
    assert await sqlite_till.status(session) is _S.PENDING


@pytest.mark.parametrize("path", ["", "/state", "/cancel"])
@pytest.mark.parametrize("session_id", ["cs_01j00000000000000000000000", "cs_%00", "nothing", "x" * 3_000])
async def test_an_unknown_checkout_is_a_404(till: Till, session_id: str, path: str) -> None:
    """One answer for every id that is none."""
    answer = await till.browser.get(f"/checkout/{session_id}{path}")

    assert answer.status_code == 404
    assert "Checkout not found" in answer.text
    assert (await till.browser.post(f"/checkout/{session_id}/simulate")).status_code == 404


@pytest.mark.parametrize("status", [_S.PAID, _S.PAID_LATE])
async def test_success_leads_to_the_stored_address_and_no_other(sqlite_till: Till, status: SessionStatus) -> None:
    """The button and the automatic return have one source; the visitor's address bar is not it."""
    session = await sqlite_till.session_in(status, success_url="https://shop.example/thanks?a=1&b=2")

    answer = await sqlite_till.browser.get(
        f"/checkout/{session.id}",
        params={"successUrl": "https://evil.example", "success_url": "https://evil.example"},
    )

    assert 'href="https://shop.example/thanks?a=1&amp;b=2"' in answer.text
    assert "Continue to shop.example" in answer.text
    assert 'data-returning="5"' in answer.text
    assert "evil" not in answer.text


async def test_without_a_success_address_nobody_is_sent_anywhere(sqlite_till: Till) -> None:
    """The page is the receipt."""
    session = await sqlite_till.session_in(_S.PAID)

    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text

    assert "data-onward" not in page
    assert "You can close this page." in page


async def test_an_old_receipt_sends_nobody_away(sqlite_till: Till) -> None:
    """Who opens it days later wants to read it: the button stays, the automatic return does not."""
    session = await sqlite_till.session_in(_S.PAID, success_url="https://shop.example/thanks")
    sqlite_till.clock.at += RETURN_AUTOMATICALLY_MS

    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text

    assert "Continue to shop.example" in page
    assert "data-returning" not in page


@pytest.mark.parametrize("status", [_S.EXPIRED, _S.FAILED])
async def test_start_again_leads_to_a_link_that_is_still_open(till: Till, status: SessionStatus) -> None:
    """And is not offered once the merchant has closed the link, or where there was none."""
    link = await till.link()
    session = await till.session_in(status, link_id=link.id)

    before = (await till.browser.get(f"/checkout/{session.id}")).text
    await till.close(link)
    after = (await till.browser.get(f"/checkout/{session.id}")).text

    assert f'href="/l/{link.slug}"' in before
    assert "Start again" in before
    assert "/l/" not in after


async def test_a_session_that_the_merchant_canceled_says_so(sqlite_till: Till) -> None:
    """Who is looking is told by whom it was ended and that nothing was charged; nothing can be paid there any more."""
    session = await sqlite_till.session()
    await sqlite_till.write(cancel, sqlite_till.test, session.id)
    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text
    assert "This payment was canceled" in page
    assert "canceled this payment, and nothing was charged" in page
    assert "went wrong" not in page
    assert OFFERED.findall(page) == ["paid"]  # money that comes all the same can be rehearsed


async def test_cancelling_says_that_nothing_was_charged(sqlite_till: Till) -> None:
    """It leads back to the payment and to the shop; the session stays as it is, and the page says so."""
    session = await sqlite_till.session(cancel_url="https://shop.example/cart")

    answer = await sqlite_till.browser.get(f"/checkout/{session.id}/cancel")

    assert answer.status_code == 200
    assert "Nothing was charged" in answer.text
    assert "The payment is not canceled: it stays open for another 1:00:00" in answer.text
    assert f'href="/checkout/{session.id}"' in answer.text
    assert 'href="https://shop.example/cart"' in answer.text
    assert await sqlite_till.status(session) is _S.PENDING


@pytest.mark.parametrize("status", [_S.DETECTED, _S.UNDERPAID, _S.OVERPAID, _S.PAID, _S.PAID_LATE])
async def test_nobody_reads_nothing_was_charged_after_money_was_seen(sqlite_till: Till, status: SessionStatus) -> None:
    """Cancelling then shows the page that tells the truth."""
    session = await sqlite_till.session_in(status, cancel_url="https://shop.example/cart")

    answer = await sqlite_till.browser.get(f"/checkout/{session.id}/cancel")

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/checkout/{session.id}"


async def test_the_way_back_is_the_merchants(sqlite_till: Till) -> None:
    """``returnUrl`` feeds the page's "back", beside the payment."""
    session = await sqlite_till.session(return_url="https://shop.example/cart")

    page = (await sqlite_till.browser.get(f"/checkout/{session.id}")).text

    assert '<a href="https://shop.example/cart" rel="noreferrer">Back to shop.example</a>' in page


async def test_a_long_life_is_counted_in_days(sqlite_till: Till) -> None:
    """A session may wait for up to seven days."""
    session = await sqlite_till.session(expires_in_seconds=7 * 24 * 3600)
    sqlite_till.clock.at = NOW + MINUTE_MS

    assert ">6 d 23 h<" in (await sqlite_till.browser.get(f"/checkout/{session.id}")).text


async def test_a_test_outcome_happens_once_however_often_its_form_is_sent(sqlite_till: Till) -> None:
    """A double click, a reload and a tab that was opened before: each sends what was asked of the session as it was. A
    page that was looked at since lets it be paid again."""
    session = await sqlite_till.session()
    address = f"/checkout/{session.id}"

    async def form() -> dict[str, str]:
        found = re.search(r'name="seen" value="([^"]+)"', (await sqlite_till.browser.get(address)).text)
        assert found is not None
        return {"outcome": "paid", "seen": found[1]}

    async def moved() -> int:
        return next(len(one.payment.transfers) for one in await sqlite_till.sessions() if one.id == session.id)

    first = await form()
    for _ in range(3):
        assert (await sqlite_till.browser.post(f"{address}/simulate", data=first)).status_code == 303
    assert await moved() == 1
    await sqlite_till.browser.post(f"{address}/simulate", data=await form())
    assert await moved() == 2
