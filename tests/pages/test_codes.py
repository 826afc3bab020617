"""Promotion codes that buyers type on the checkout's page, over HTTP from the form to the order."""

import asyncio
import contextlib
import html
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from keyturn.database import Database, Transaction
from tests.makers import ON_POSTGRES, counter_over, rows
from tests.pages.conftest import Till
from tests.shop import PUBLIC_URL, Shop, eventually, shop, sqlite_shop
from tillgate.app import CODE_LIMIT, HOLD_LIMIT
from tillgate.base.clock import MINUTE_MS, SECOND_MS, to_rfc3339
from tillgate.checkout.coupons.operations import NewCoupon, create_coupon, get_coupon
from tillgate.checkout.promotions.operations import NewPromotionCode, create_promotion_code
from tillgate.checkout.redemptions.model import DiscountRefused
from tillgate.checkout.sessions.discounts import HOLD_MS, apply_promotion_code, remove_promotion_code
from tillgate.checkout.sessions.model import CheckoutSession, SessionStatus
from tillgate.checkout.settlement import simulating
from tillgate.checkout.settlement.expiring import release_held
from tillgate.checkout.settlement.simulating import Outcome

__all__ = ["shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio


class Sale:
    """A merchant by the API, and buyers by the page."""

    def __init__(self, shop: Shop, api: httpx.AsyncClient, browser: httpx.AsyncClient) -> None:
        self.shop = shop
        self.api = api
        self.browser = browser

    async def made(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self.api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def coupon(self, **fields: Any) -> dict[str, Any]:
        new = {"name": "Spring", "discountType": "percentage", "discountPercentage": "10"} | fields
        return await self.made("/coupons", **{name: value for name, value in new.items() if value is not None})

    async def code(self, code: str, coupon: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        coupon = coupon or await self.coupon()
        return await self.made("/promotion_codes", code=code, couponId=coupon["id"], **fields)

    async def session(self, value: str = "49.00", **fields: Any) -> str:
        new = {"amount": {"value": value, "currency": "USD"}, "allowPromotionCodes": True} | fields
        session: str = (await self.made("/checkout_sessions", **new))["id"]
        return session

    async def state(self, session: str) -> dict[str, Any]:
        """The session with its order, and the payment's amounts."""
        found: dict[str, Any] = (await self.api.get(f"/checkout_sessions/{session}?expand=order")).json()
        payment = (await self.api.get(f"/payments/{found['order']['paymentId']}")).json()
        return found | {"payment": payment["amounts"] | payment["amount"]}

    async def simulate(self, session: str, outcome: str) -> None:
        answer = await self.api.post(f"/checkout_sessions/{session}/simulate", json={"outcome": outcome})
        assert answer.status_code == 200, answer.text

    async def uses(self, code: dict[str, Any]) -> tuple[int, int]:
        """Reserved and redeemed, of the code and of its coupon, which agree."""
        found = [(await self.api.get(path)).json() for path in (
            f"/promotion_codes/{code['id']}", f"/coupons/{code['couponId']}"
        )]  # fmt: skip
        both = {(one["reservedRedemptions"], one["redemptions"]) for one in found}
        assert len(both) == 1
        return both.pop()

    async def events(self, after: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.api.get(f"/events?after={after}")).json()["data"]
        return found

    async def apply(self, session: str, code: str, address: str = "127.0.0.1") -> httpx.Response:
        transport = httpx.ASGITransport(self.shop.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
            return await browser.post(f"/checkout/{session}/promotion-code", data={"code": code})

    async def remove(self, session: str) -> httpx.Response:
        return await self.browser.post(f"/checkout/{session}/promotion-code/remove")

    async def page(self, session: str) -> str:
        return html.unescape((await self.browser.get(f"/checkout/{session}")).text)


@contextlib.asynccontextmanager
async def sale_of(shop: Shop) -> AsyncIterator[Sale]:
    transport = httpx.ASGITransport(shop.app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
        yield Sale(shop, await shop.client(), browser)


@pytest.fixture
async def sale(shop: Shop) -> AsyncIterator[Sale]:
    async with sale_of(shop) as opened:
        yield opened


@pytest.fixture
async def sqlite_sale(sqlite_shop: Shop) -> AsyncIterator[Sale]:
    async with sale_of(sqlite_shop) as opened:
        yield opened


async def test_a_typed_code_changes_what_is_asked_for_and_its_removal_changes_it_back(sale: Sale) -> None:
    """Order, session and payment ask for less at the same address and the locked rate; each tells by one event what
    it was before; the place is held once however often the form is sent; removed, all is as it was, to the wei."""
    code, other = await sale.code("Spring"), await sale.code("OTHER")
    session = await sale.session(
        amount=None,
        currency="USD",
        lineItems=[{"name": "Mug", "unitAmount": "12.35", "quantity": 3}],
        shippingAmount="4.90",
    )
    before = await sale.state(session)
    last = (await sale.events(0))[-1]["sequence"]

    for _ in range(2):
        answer = await sale.apply(session, " sPRING ")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/checkout/{session}#sum")

    after = await sale.state(session)
    assert (before["fiat"]["amount"], after["fiat"]["amount"]) == ("41.95", "38.25")
    assert after["order"]["amounts"] == before["order"]["amounts"] | {"discount": "3.70", "total": "38.25"}
    assert [(one["name"], one["amount"], one["promotionCodeId"]) for one in after["order"]["discounts"]] == [
        ("Spring", "3.70", code["id"])
    ]
    assert after["amount"]["wei"] == "15300000000000000"
    assert (after["payment"]["requested"], after["payment"]["wei"]) == ("38.25", after["amount"]["wei"])
    for same in ("address", "ethPriceUsd", "expiresAt", "status"):
        assert after[same] == before[same]
    assert await sale.uses(code) == (1, 0)
    told = {event["type"]: event["previousAttributes"] for event in await sale.events(last)}
    assert list(told) == ["payment.updated", "order.updated", "session.updated"]
    assert told["session.updated"] == {"amount": before["amount"], "fiat": before["fiat"]}
    assert told["order.updated"]["amounts"] == before["order"]["amounts"]
    assert told["order.updated"]["discounts"] == []
    assert told["payment.updated"]["amounts"]["requested"] == "41.95"
    page = await sale.page(session)
    for words in (
        "3 × Mug",
        "$37.05",
        "Shipping",
        "$4.90",
        'Code <strong class="bill-code">Spring</strong>',
        "−$3.70",
        "$38.25",
        "Remove the code",
    ):
        assert words in page

    refused = await sale.apply(session, "other")
    assert refused.status_code == 409
    assert "A promotion code applies already" in refused.text
    assert (await sale.remove(session)).status_code == 303
    removed = await sale.state(session)
    assert (await sale.remove(session)).status_code == 303
    assert {**removed, "order": removed["order"] | {"updatedAt": ""}} == {
        **before, "order": before["order"] | {"updatedAt": ""}
    }  # fmt: skip
    assert await sale.uses(code) == await sale.uses(other) == (0, 0)
    assert len(await sale.events(last)) == 6

    assert (await sale.apply(session, "OTHER")).status_code == 303
    await sale.simulate(session, "paid")
    assert await sale.uses(other) == (0, 1)
    assert (await sale.state(session))["order"]["received"] == "38.25"


async def test_two_buyers_race_for_the_last_redemption(sale: Sale) -> None:
    """One gets it and the other reads that it is gone, at the old price; the winner's end gives it to the other."""
    code = await sale.code("LAST", await sale.coupon(maxRedemptions=1), maxRedemptions=1)
    both = [await sale.session() for _ in range(2)]

    answers = await asyncio.gather(*(sale.apply(session, "LAST") for session in both))

    assert sorted(one.status_code for one in answers) == [303, 409]
    won, lost = sorted(both, key=lambda one: answers[both.index(one)].status_code)
    assert "This code has reached its limit." in answers[both.index(lost)].text
    assert [(await sale.state(one))["fiat"]["amount"] for one in (won, lost)] == ["44.10", "49.00"]
    assert await sale.uses(code) == (1, 0)
    assert (await sale.api.post(f"/checkout_sessions/{won}/expire")).status_code == 200
    assert (await sale.apply(lost, "LAST")).status_code == 303
    await sale.simulate(lost, "paid")
    # Who pays late for a price that is somebody else's now waits for the merchant, as if it had been opened with it.
    await sale.simulate(won, "late")
    assert (await sale.state(won))["order"]["status"] == "review"
    assert await sale.uses(code) == (0, 1)


async def test_each_refusal_says_why_and_changes_nothing(sqlite_sale: Sale) -> None:
    """In plain words beside the field, with what was typed; a code that is switched off reads like none, and one for
    known customers says nothing about what this one did before."""
    sale = sqlite_sale
    soon = to_rfc3339(sale.shop.clock.now() + MINUTE_MS)
    await sale.code("OFF", active=False)
    await sale.code("OFFCOUPON", await sale.coupon(active=False))
    await sale.code("SHORT", expiresAt=soon)
    await sale.code("BIG", minimumAmount="49.01", currency="USD")
    await sale.code("EURO", await sale.coupon(
        discountType="amount", discountPercentage=None, discountAmount="5", currency="EUR"
    ))  # fmt: skip
    await sale.code("TINY", await sale.coupon(discountPercentage="0.01"))
    await sale.code("FIRST", firstTimeTransaction=True)
    await sale.code("ONCE", onePerCustomer=True)
    used = await sale.code("USED", maxRedemptions=1)
    await sale.made("/checkout_sessions", amount={"value": "1.00", "currency": "USD"}, promotionCode="USED")
    customer = (await sale.made("/customers", email="ada@example.com"))["id"]
    bought = {"amount": {"value": "9.00", "currency": "USD"}, "customerId": customer, "promotionCode": "ONCE"}
    await sale.simulate((await sale.made("/checkout_sessions", **bought))["id"], "paid")
    anybody = [await sale.session() for _ in range(2)]
    known, cheap = await sale.session(customerId=customer), await sale.session("0.50")
    sale.shop.clock.ahead_ms += MINUTE_MS
    invalid = "This code is not valid. Please check the spelling."
    first = "This code is only for the first purchase of registered customers of Test shop."
    once = "This code can be used once by each registered customer of Test shop, and not for this purchase."

    for number, (session, typed, words) in enumerate(
        (
            (anybody[0], "NOTHING", invalid),
            (anybody[0], "two words", invalid),
            (anybody[0], "nul\0", invalid),
            (anybody[0], "OFF", invalid),
            (anybody[0], "OFFCOUPON", invalid),
            (anybody[1], "SHORT", "This code has expired."),
            (anybody[1], "USED", "This code has reached its limit."),
            (anybody[1], "BIG", "This code is for purchases of $49.01 USD or more."),
            (anybody[1], "EURO", "This code is for prices in another currency."),
            (cheap, "TINY", "This code does not apply to this purchase."),
            (cheap, "FIRST", first),
            (known, "FIRST", first),
            (cheap, "ONCE", once),
            (known, "ONCE", once),
        )
    ):
        # Each from somewhere else, for an address may not try so often.
        answer = await sale.apply(session, typed, address=f"192.0.2.{number}")
        page = html.unescape(answer.text)
        assert (answer.status_code, words in page) == (409, True), typed
        assert f'value="{typed.replace(chr(0), "")}"' in page or "\0" in typed
    for session, price in ((anybody[0], "49.00"), (anybody[1], "49.00"), (known, "49.00"), (cheap, "0.50")):
        state = await sale.state(session)
        assert (state["fiat"]["amount"], state["order"]["discounts"]) == (price, [])
    assert await sale.uses(used) == (1, 0)
    empty = await sale.apply(known, " ")
    assert (empty.status_code, "Please enter a code." in empty.text) == (422, True)


async def test_codes_are_for_sessions_that_allow_them(sqlite_sale: Sale) -> None:
    """Off unless it is switched on, by the session or by its link; with a discount from the start there is no other,
    and who asks for both is told."""
    sale = sqlite_sale
    await sale.code("SPRING")
    link = await sale.made("/payment_links", title="Pro", fiatAmount="49.00")
    assert link["allowPromotionCodes"] is False
    plain = [await sale.session(allowPromotionCodes=False), await sale.session(allowPromotionCodes=None)]
    plain.append(await sale.session(amount=None, allowPromotionCodes=None, linkId=link["id"]))
    changed = await sale.api.patch(f"/payment_links/{link['id']}", json={"allowPromotionCodes": True})
    assert changed.json()["allowPromotionCodes"] is True
    plain.append(await sale.session(amount=None, allowPromotionCodes=None, linkId=link["id"], promotionCode="SPRING"))
    plain.append(await sale.session(amount=None, allowPromotionCodes=False, linkId=link["id"]))
    for session in plain:
        assert (await sale.state(session))["allowPromotionCodes"] is False
        assert "promotion-code" not in await sale.page(session)
        before = await sale.state(session)
        assert (await sale.apply(session, "SPRING")).status_code == 409
        assert (await sale.remove(session)).status_code == 409
        assert await sale.state(session) == before
    both = {"amount": {"value": "1", "currency": "USD"}, "allowPromotionCodes": True, "promotionCode": "SPRING"}
    refused = await sale.api.post("/checkout_sessions", json=both)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "allowPromotionCodes")

    visit = await sale.browser.post(link["checkoutUrl"])
    visited = visit.headers["Location"].rpartition("/")[2]
    assert "Add a promotion code" in await sale.page(visited)
    assert (await sale.apply(visited, "SPRING")).status_code == 303
    assert (await sale.apply("cs_01jdz7y7z6a9gzv5n5mbn4w0cc", "SPRING")).status_code == 404


@pytest.mark.parametrize("outcomes", ["detected", "detected reorged", "underpaid", "paid", "failed", "late"])
async def test_a_price_is_not_changed_once_money_was_seen(sqlite_sale: Sale, outcomes: str) -> None:
    """Neither up nor down, whatever became of the money: what is reversed may come back. The page offers it no
    more."""
    sale = sqlite_sale
    await sale.code("SPRING")
    with_code, without = await sale.session(), await sale.session()
    await sale.apply(with_code, "SPRING")
    for outcome in outcomes.split():
        for session in (with_code, without):
            await sale.simulate(session, outcome)
    before = [await sale.state(with_code), await sale.state(without)]

    assert (await sale.remove(with_code)).status_code == 409
    assert (await sale.apply(without, "SPRING")).status_code == 409

    assert [await sale.state(with_code), await sale.state(without)] == before
    assert "promotion-code" not in await sale.page(with_code) + await sale.page(without)
    assert "−$4.90" in await sale.page(with_code)


async def test_guessing_is_slow(sqlite_till: Till) -> None:
    """Twenty tries, then one a minute: of an address on whatever session of the merchant, and of a session from
    whatever address. Another buyer's are not counted with them."""
    till = sqlite_till
    one, two, three = [await till.session(allow_promotion_codes=True) for _ in range(3)]

    async def tried(session: CheckoutSession, address: str) -> httpx.Response:
        transport = httpx.ASGITransport(till.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://pay.example") as browser:
            return await browser.post(f"/checkout/{session.id}/promotion-code", data={"code": "GUESS"})

    for number in range(CODE_LIMIT.burst):
        assert (await tried((one, two)[number % 2], "2001:db8::1")).status_code == 409
    # The same network, another address of it.
    refused = await tried(two, "2001:db8::2")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert "Too many tries. Please wait a minute, then try again." in refused.text
    assert (await tried(two, "2001:db8:0:1::1")).status_code == 409
    for number in range(CODE_LIMIT.burst // 2):
        assert (await tried(one, f"192.0.2.{number}")).status_code == 409
    assert (await tried(one, "192.0.2.9")).status_code == 429
    assert (await tried(three, "192.0.2.77")).status_code == 409
    till.clock.at += 60 * SECOND_MS
    assert (await tried(two, "2001:db8::1")).status_code == 409
    assert (await tried(two, "2001:db8::1")).status_code == 429


async def test_one_visitor_holds_a_few_places_at_most(sqlite_till: Till) -> None:
    """Ten at once and twenty in an hour, whatever sessions they open; mistyped codes hold nothing and are not counted,
    and another visitor is not counted with them."""
    till = sqlite_till
    coupon = await till.write(
        create_coupon, till.test, NewCoupon(name="Spring", discount_type="percentage", discount_percentage="10")
    )
    await till.write(create_promotion_code, till.test, NewPromotionCode(code="SPRING", coupon_id=coupon.id))
    sessions = [await till.session(allow_promotion_codes=True) for _ in range(HOLD_LIMIT.burst + 2)]

    async def tried(session: CheckoutSession, code: str, address: str) -> httpx.Response:
        transport = httpx.ASGITransport(till.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="https://pay.example") as browser:
            return await browser.post(f"/checkout/{session.id}/promotion-code", data={"code": code})

    assert (await tried(sessions[0], "SPRUNG", "192.0.2.1")).status_code == 409
    for session in sessions[:-2]:
        assert (await tried(session, "spr\u200bing", "192.0.2.1")).status_code == 303
    refused = await tried(sessions[-2], "SPRING", "192.0.2.1")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "180")
    assert "Too many tries" in refused.text
    assert (await tried(sessions[-2], "SPRUNG", "192.0.2.1")).status_code == 409
    assert (await tried(sessions[-1], "SPRING", "192.0.2.2")).status_code == 303


async def test_a_typed_code_keeps_its_place_from_others_for_half_an_hour(till: Till) -> None:
    """However long the session lives. After that the place is anybody's, the price stays, and whoever pays has it while
    there is a place: else the merchant decides. Money that was seen in time keeps it."""
    coupon = await till.write(
        create_coupon, till.test, NewCoupon(name="Last", discount_type="percentage", discount_percentage="10")
    )
    new = NewPromotionCode(code="LAST", coupon_id=coupon.id, max_redemptions=1)
    await till.write(create_promotion_code, till.test, new)
    first, second, third = [
        await till.session(allow_promotion_codes=True, expires_in_seconds=7 * 86_400) for _ in range(3)
    ]

    async def apply(session: CheckoutSession) -> None:
        await till.write(apply_promotion_code, till.test, session.id, "LAST")

    async def release() -> int:
        return await till.write(release_held, till.test.project_id)

    await apply(first)
    till.clock.at += HOLD_MS - 1
    assert await release() == 0
    with pytest.raises(DiscountRefused):
        await apply(second)
    till.clock.at += 1
    assert await release() == 1
    assert await release() == 0
    await apply(second)
    with pytest.raises(DiscountRefused):
        await apply(first)  # typed again, and gone
    assert [one.price.minor for one in await till.sessions()][::-1] == [4_410, 4_410, 4_900]

    # Somebody else's now: the money has come, and the merchant decides.
    await till.simulate(first, Outcome.PAID)
    assert await till.status(first) is SessionStatus.EXPIRED
    # Seen in time, and complete long after: still theirs.
    await till.simulate(second, Outcome.DETECTED)
    till.clock.at += 2 * HOLD_MS
    assert await release() == 0
    with pytest.raises(DiscountRefused):
        await apply(third)
    await till.simulate(second, Outcome.PAID)
    assert await till.status(second) is SessionStatus.PAID


async def test_who_comes_back_to_a_code_has_it_while_there_is_a_place(till: Till) -> None:
    """Also after its half an hour: typed again it is held again, removed it is forgotten, and what costs nothing by it
    is complete by a click only while there is a place."""
    coupon = await till.write(
        create_coupon, till.test, NewCoupon(name="All", discount_type="percentage", discount_percentage="100")
    )
    await till.write(
        create_promotion_code, till.test, NewPromotionCode(code="ALL", coupon_id=coupon.id, max_redemptions=1)
    )
    first, second = [await till.session(allow_promotion_codes=True, expires_in_seconds=7 * 86_400) for _ in range(2)]

    async def uses() -> tuple[int, int]:
        async def operation(tx: Transaction) -> tuple[int, int]:
            found = await get_coupon(tx, till.test, coupon.id)
            return found.uses.reserved, found.uses.redeemed

        return await till.database.read(operation)

    async def over() -> None:
        till.clock.at += HOLD_MS
        assert await till.write(release_held, till.test.project_id) == 1
        assert await uses() == (0, 0)

    await till.write(apply_promotion_code, till.test, first.id, "ALL")
    await over()
    await till.write(apply_promotion_code, till.test, first.id, "ALL")
    assert await uses() == (1, 0)
    await over()
    await till.write(remove_promotion_code, till.test, first.id)
    assert await uses() == (0, 0)
    await till.write(apply_promotion_code, till.test, first.id, "ALL")
    await over()
    await till.write(apply_promotion_code, till.test, second.id, "ALL")
    refused = await till.browser.post(f"/checkout/{first.id}/complete")
    assert refused.status_code == 409
    assert "This code has reached its limit." in refused.text
    assert (await till.browser.post(f"/checkout/{second.id}/complete")).status_code == 303
    assert await uses() == (0, 1)


async def test_the_page_says_for_how_long_a_code_is_kept_and_a_test_clock_ends_that(sale: Sale) -> None:
    """Where others can use it up. Put forward over the half hour, the clock frees the place in that call; the page sees
    that something changed, says so, and has a button that takes the place again while there is one. A code without a
    limit has a place for everybody, and nothing is said of it."""
    code = await sale.code("ONE", maxRedemptions=1)
    await sale.code("ALL")
    clock = await sale.made("/test_clocks")
    session = await sale.session(testClockId=clock["id"], expiresInSeconds=86_400)
    other, unlimited = await sale.session(), await sale.session(testClockId=clock["id"])
    for one, word in ((session, "ONE"), (unlimited, "ALL")):
        assert (await sale.apply(one, word)).status_code == 303
    kept, over, again = "kept for you for half an hour", "not kept for you any more", "Keep the code for me"
    page = await sale.page(session)
    assert kept in page and over not in page and again not in page
    seen = re.findall(r"state\?seen=(\w+)", page)[0]

    async def looked() -> httpx.Response:
        return await sale.browser.get(f"/checkout/{session}/state?seen={seen}")

    assert (await looked()).status_code == 204
    assert (await sale.apply(other, "ONE")).status_code == 409
    for seconds, held in ((HOLD_MS // SECOND_MS - 60, (1, 0)), (60, (0, 0))):
        answer = await sale.api.post(f"/test_clocks/{clock['id']}/advance", json={"seconds": seconds})
        assert answer.status_code == 200, answer.text
        assert await sale.uses(code) == held
    assert over in (await looked()).text
    page = await sale.page(session)
    assert over in page and again in page and kept not in page and "Remove the code" in page

    assert (await sale.apply(session, "ONE")).status_code == 303
    assert kept in await sale.page(session)
    assert await sale.uses(code) == (1, 0)
    words = await sale.page(unlimited)
    assert kept not in words and over not in words
    await sale.api.post(f"/test_clocks/{clock['id']}/advance", json={"seconds": HOLD_MS // SECOND_MS})
    assert (await sale.apply(other, "ONE")).status_code == 303
    assert (await sale.state(session))["status"] == "pending"


async def test_who_takes_a_code_again_that_is_used_up_reads_so(sqlite_sale: Sale) -> None:
    """The price stays, and the code can still be taken off."""
    sale = sqlite_sale
    await sale.code("ONE", maxRedemptions=1)
    clock = await sale.made("/test_clocks")
    session, other = await sale.session(testClockId=clock["id"]), await sale.session()
    assert (await sale.apply(session, "ONE")).status_code == 303
    await sale.api.post(f"/test_clocks/{clock['id']}/advance", json={"seconds": HOLD_MS // SECOND_MS})
    assert (await sale.apply(other, "ONE")).status_code == 303
    refused = await sale.apply(session, "ONE")
    assert refused.status_code == 409
    assert "This code has reached its limit." in refused.text and "Remove the code" in refused.text
    assert (await sale.state(session))["fiat"]["amount"] == "44.10"


@ON_POSTGRES
async def test_who_waited_for_a_code_to_be_applied_pays_the_new_price(database: Database) -> None:
    """A payment that is concluded right after a code was applied is measured by what is asked for now."""
    counter = await counter_over(database)
    tenth = NewCoupon(name="x", discount_type="percentage", discount_percentage="10")
    coupon = await database.write(lambda tx: create_coupon(counter.context, tx, counter.principal, tenth))
    new = NewPromotionCode(code="SPRING", coupon_id=coupon.id)
    await database.write(lambda tx: create_promotion_code(counter.context, tx, counter.principal, new))
    session = await counter.session(allow_promotion_codes=True)
    applied = asyncio.Event()

    async def apply(tx: Transaction) -> None:
        await apply_promotion_code(counter.context, tx, counter.principal, session.id, "SPRING")
        applied.set()
        # Not before the other waits for this transaction to end.
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        await eventually(lambda: rows(database, waiting))

    async def pay(tx: Transaction) -> CheckoutSession:
        return await simulating.simulate(counter.context, tx, counter.principal, session.id, Outcome.PAID)

    first = asyncio.create_task(database.write(apply))
    await applied.wait()
    paid = await database.write(pay)
    await first

    assert (paid.status, str(paid.price), str(paid.payment.received_value)) == (SessionStatus.PAID, "45.00", "45.00")
    assert (await counter.read(session.id)).payment == paid.payment


async def test_a_code_for_the_whole_price_completes_the_order(sale: Sale) -> None:
    """Nothing is to pay any more: the page says so and has a button instead of an address; the code can still be taken
    off, and the order is complete once the buyer says so, however often they do."""
    await sale.code("ALL", await sale.coupon(discountPercentage="100"))
    session = await sale.session()
    assert (await sale.apply(session, "ALL")).status_code == 303
    page = html.unescape((await sale.browser.get(f"/checkout/{session}")).text)
    for words in ("Nothing to pay", "Complete the order", "Remove the code"):
        assert words in page
    for words in ("test:0x", "Simulate", "<img"):
        assert words not in page
    assert (await sale.state(session))["status"] == "pending"
    for _ in range(2):
        assert (await sale.browser.post(f"/checkout/{session}/complete")).status_code == 303
    state = await sale.state(session)
    assert (state["status"], state["paymentStatus"]) == ("paid", "no_payment_required")
    page = html.unescape((await sale.browser.get(f"/checkout/{session}")).text)
    assert "there is nothing to pay" in page


async def test_what_has_a_price_is_not_completed_by_a_button(sale: Sale) -> None:
    """Whoever sends the form all the same is told so."""
    session = await sale.session()
    answer = await sale.browser.post(f"/checkout/{session}/complete")
    assert answer.status_code == 409
    assert (await sale.state(session))["status"] == "pending"


async def test_an_address_that_a_buyer_only_stated_is_no_known_customer(sale: Sale) -> None:
    """A new one at every visit would be a first purchase for ever; and whoever states somebody else's takes nothing
    from them: neither their first purchase nor their one use."""
    for code, fields in (("FIRST", {"firstTimeTransaction": True}), ("ONCE", {"onePerCustomer": True})):
        await sale.code(code, **fields)
    await sale.code("ALL")
    link = await sale.made("/payment_links", title="x", fiatAmount="49.00", allowPromotionCodes=True)
    visit = await sale.browser.post(link["checkoutUrl"], data={"email": "ada@shop.example"})
    session = visit.headers["Location"].rpartition("/")[2]
    ada = (await sale.state(session))["customerId"]
    assert ada is not None
    for code in ("FIRST", "ONCE"):
        assert (await sale.apply(session, code)).status_code == 409
    assert (await sale.apply(session, "ALL")).status_code == 303
    await sale.simulate(session, "paid")
    own = await sale.session(customerId=ada)
    assert (await sale.apply(own, "FIRST")).status_code == 303
