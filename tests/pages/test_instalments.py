"""A shopper's own page: signs up, sees three instalments, approves or declines, and goes back to the shop."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.database import Transaction
from tests.dialects.smartpay.conftest import Smart
from tests.requirements.calling import HERE, key_of
from tests.shop import PUBLIC_URL, open_shop
from tillgate.base.errors import InvalidInput
from tillgate.checkout.shoppers.model import checked_phone, checked_test_email, instalments_of
from tillgate.dialects.smartpay import SMARTPAY

pytestmark = pytest.mark.anyio

NO = "https://shop.example/no"
WHO = {"email": "Mei+test@example.com", "phone": "090-1234-5678"}


@pytest.fixture
async def smart(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Smart]:
    """Pages and their statements are the same on either database; what moves orders has tests of its own on both."""
    async with open_shop(tmp_path, f"sqlite:///{tmp_path}/tillgate.db", dialects=(SMARTPAY,)) as shop:
        keys = [(await key_of(shop, format="smartpay", mode=mode)).secret.reveal() for mode in ("test", "live")]
        made = Smart(shop, *keys)
        async with made.http:
            yield made


class Browser:
    """Somebody at a session's ``url``, without scripts."""

    def __init__(self, smart: Smart, url: str) -> None:
        transport = httpx.ASGITransport(smart.shop.app, client=(HERE, 50_000))
        self.http = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, follow_redirects=True)
        self.path = url.removeprefix(PUBLIC_URL)

    async def look(self, **query: str) -> str:
        answer = await self.http.get(self.path, params=query)
        assert answer.status_code == 200
        return answer.text

    async def send(self, form: str, status: int = 200, **fields: str) -> str:
        answer = await self.http.post(f"{self.path}/{form}", data=fields)
        assert answer.status_code == status, answer.text
        return answer.text

    async def signs_up(self) -> str:
        """To where the order can be decided on; the code that is filled in is sent as it is."""
        page = await self.send("sign-up", **WHO)
        [code] = re.findall(r'name="code" type="text" dir="ltr" value="(\d{6})"', page)
        return await self.send("code", code=code)


async def ordered(smart: Smart, **changes: Any) -> tuple[Browser, str]:
    session = await smart.done("POST", "/checkout-sessions", smart.payload(**changes))
    return Browser(smart, session["url"]), session["order"]["id"]


def price_on(page: str) -> int:
    [price] = re.findall(r'<span class="price-number">[^<\d]*(\d+)', page)
    return int(price)


async def status_of(smart: Smart, order: str) -> str:
    status: str = (await smart.done("GET", f"/orders/{order}"))["status"]
    return status


@pytest.mark.spec("smartpay R10")
async def test_a_shopper_signs_up_and_approves_three_instalments(smart: Smart) -> None:
    """smartpay R10: a ``+test`` address and a mobile number of Japan, a code that is filled in, three dates whose
    amounts add up to the price, and then back to successUrl. What is mistyped is said beside its field."""
    browser, order = await ordered(smart, amount=503, shippingInfo=smart.payload()["shippingInfo"] | {"feeAmount": 53})
    assert 'lang="en"' in await browser.look()
    for field, typed in (("email", "mei@example.com"), ("email", "nobody"), ("phone", "03-1234-5678")):
        page = await browser.send("sign-up", 422, **(WHO | {field: typed}))
        assert f'id="{field}-problem"' in page and f'value="{typed}"' in page
    page = await browser.send("sign-up", **WHO)
    assert "mei+test@example.com" in page
    assert 'id="code-problem"' in await browser.send("code", 422, code="0")
    page = await browser.signs_up()
    parts = [int(part) for part in re.findall(r'<div class="sum"><dt>[^<]+</dt><dd>[^<\d]*(\d+)', page)]
    assert (len(parts), sum(parts), max(parts) - min(parts) <= 2) == (3, 503, True)
    assert await status_of(smart, order) == "requires_authorization"
    page = await browser.send("decide", method="pm_test_visaApproved", decision="approve")
    assert 'content="0;url=https://shop.example/ok"' in page and "Continue to shop.example" in page
    assert await status_of(smart, order) == "requires_capture"
    assert (await browser.http.post(f"{browser.path}/decide", data={"decision": "decline"})).status_code == 409


async def test_a_session_leaves_one_shopper_however_often_somebody_signs_up(smart: Smart) -> None:
    """Whoever has the address of one open order could else write rows without end."""

    async def known(tx: Transaction) -> list[str]:
        return [row["email"] for row in await tx.fetch_all("SELECT email FROM shoppers")]

    browser, _ = await ordered(smart)
    for number in range(3):
        page = await browser.send("sign-up", email=f"mei{number}+test@example.com", phone=WHO["phone"])
        [code] = re.findall(r'name="code" type="text" dir="ltr" value="(\d{6})"', page)
        await browser.send("code", code=code)
        if number < 2:
            await browser.send("sign-out")
    assert await smart.shop.database.read(known) == []
    await browser.send("decide", method="pm_test_visaApproved", decision="approve")
    assert await smart.shop.database.read(known) == ["mei2+test@example.com"]


@pytest.mark.parametrize(
    "how", [{"decision": "decline"}, {"method": "pm_test_visaDeclined"}, {"method": "pm_test_visaExpired"}]
)
async def test_what_is_declined_is_rejected_and_leads_to_the_cancel_url(smart: Smart, how: dict[str, str]) -> None:
    """By the shopper, or by the payment method: the order is rejected for good."""
    browser, order = await ordered(smart)
    assert await browser.send("decide", 409, **how)  # nobody has signed up
    await browser.signs_up()
    page = await browser.send("decide", **how)
    assert 'content="0;url=https://shop.example/no"' in page and "Return to shop.example" in page
    assert await status_of(smart, order) == "rejected"


async def test_a_payment_method_that_asks_for_confirmation_is_confirmed(smart: Smart) -> None:
    """Nothing is authorized before it is."""
    browser, order = await ordered(smart, captureMethod="automatic")
    await browser.signs_up()
    page = await browser.send("decide", method="pm_test_visaActionRequired", decision="approve")
    assert "Confirm this payment" in page
    assert await status_of(smart, order) == "requires_authorization"
    await browser.send("decide", method="pm_test_visaActionRequired", decision="approve", confirmed="yes")
    assert await status_of(smart, order) == "succeeded"


async def test_a_promotion_code_changes_the_instalments(smart: Smart) -> None:
    """It is taken off on this page; what the clients put into the url is filled in and not yet applied."""
    tenth = {"name": "A tenth", "discountType": "percentage", "discountPercentage": "10"}
    coupon = await smart.native("POST", "/coupons", tenth)
    await smart.native("POST", "/promotion_codes", {"couponId": coupon["id"], "code": "SPRING"})
    browser, _ = await ordered(smart)
    page = await browser.look(**{"promotion-code": "SPRING"})
    assert 'value="SPRING"' in page and price_on(page) == 500
    page = await browser.send("promotion-code", code="SPRING")
    assert price_on(page) == 460 and f'action="{browser.path}/promotion-code/remove"' in page
    assert price_on(await browser.send("promotion-code/remove")) == 500


async def test_the_page_is_japanese_where_the_session_is_and_absent_in_live_mode(smart: Smart) -> None:
    """The session's locale counts; a live session has no shoppers, and its own page instead."""
    browser, _ = await ordered(smart, locale="ja")
    page = await browser.look()
    assert 'lang="ja"' in page and "3回払いで支払う" in page
    other = Browser(smart, browser.path.replace("/checkout/cs_0", "/checkout/cs_7"))
    assert (await other.http.get(other.path)).status_code == 404


@given(minor=st.integers(0, 2**40), day=st.integers(0, 20_000))
def test_instalments_are_the_whole_amount_a_month_apart(minor: int, day: int) -> None:
    """None is negative, no two differ by more than what does not divide, and no month is skipped."""
    zone = ZoneInfo("Asia/Tokyo")
    parts = instalments_of(minor, day * 86_400_000, zone)
    assert sum(part.minor for part in parts) == minor and min(part.minor for part in parts) >= 0
    assert max(part.minor for part in parts) - min(part.minor for part in parts) <= 2
    dates = [datetime.fromtimestamp(part.due_at / 1_000, UTC).astimezone(zone) for part in parts]
    months = [one.year * 12 + one.month for one in dates]
    assert months == [months[0], months[0] + 1, months[0] + 2]


def test_only_test_addresses_and_mobile_numbers_of_japan_sign_up() -> None:
    """Written as people write them; kept in one form."""
    assert checked_test_email(" A+test@Example.com ") == "a+test@example.com"
    assert {checked_phone(one) for one in ("090-1234-5678", "+81 90 1234 5678", "(090)12345678")} == {"+819012345678"}
    for check, wrong in (
        (checked_test_email, ("a@example.com", "+test@", "test@example.com", "a+test.b@example.com")),
        (checked_phone, ("", "0312345678", "+1 90 1234 5678", "0901234567", "090123456789", "9" * 1_000)),
    ):
        for text in wrong:
            with pytest.raises(InvalidInput):
                check(text)


async def asked(smart: Smart, **changes: Any) -> tuple[Browser, str]:
    """The page of a new token, and the token."""
    told = {"mode": "token", "successUrl": "https://shop.example/ok?session={CHECKOUT_SESSION_ID}", "cancelUrl": NO}
    session = await smart.done("POST", "/checkout-sessions", told | changes)
    return Browser(smart, session["url"]), session["token"]["id"]


async def test_a_shopper_approves_a_token_at_its_sessions_url(smart: Smart) -> None:
    """Signs up, confirms where the method asks for it, and is back at successUrl; the token makes orders then."""
    browser, token = await asked(smart)
    assert "Orders without checking out" in await browser.look()
    assert 'id="phone-problem"' in await browser.send("sign-up", 422, **(WHO | {"phone": "03"}))
    assert await browser.send("decide", 409, method="pm_test_visaApproved", decision="approve")  # nobody has signed up
    page = await browser.signs_up()
    assert "mei+test@example.com" in page and "price-number" not in page
    page = await browser.send("decide", method="pm_test_visaActionRequired", decision="approve")
    assert "Confirm your payment method" in page
    assert (await smart.done("GET", f"/tokens/{token}"))["status"] == "requires_authorization"
    page = await browser.send("decide", method="pm_test_visaActionRequired", decision="approve", confirmed="yes")
    session = re.findall(r'content="0;url=https://shop.example/ok\?session=(cs_\w+)"', page)
    assert session and session[0] in browser.path
    assert (await smart.done("GET", f"/tokens/{token}"))["status"] == "active"
    assert (await smart.done("POST", "/orders", smart.order(token)))["status"] == "requires_capture"
    assert await browser.send("sign-up", 409, **WHO) and await browser.send("decide", 409, decision="decline")
    assert (await smart.call("DELETE", f"/tokens/{token}")).status_code == 204
    assert (await browser.http.get(browser.path)).status_code == 404


async def test_a_shopper_declines_a_token(smart: Smart) -> None:
    """It is rejected for good, and they are back at cancelUrl; the page is in Japanese where the session is."""
    browser, token = await asked(smart, locale="ja")
    assert 'lang="ja"' in await browser.look()
    await browser.send("sign-up", **WHO)
    await browser.send("sign-out")
    assert 'id="code-problem"' not in await browser.signs_up()
    page = await browser.send("decide", decision="decline")
    assert f'content="0;url={NO}"' in page
    assert (await smart.done("GET", f"/tokens/{token}"))["status"] == "rejected"


async def test_orders_by_a_token_of_a_method_that_declines_are_rejected(smart: Smart) -> None:
    """Approving it charges nothing, so that it is approved all the same."""
    browser, token = await asked(smart)
    await browser.signs_up()
    await browser.send("decide", method="pm_test_visaDeclined", decision="approve")
    assert (await smart.done("POST", "/orders", smart.order(token)))["status"] == "rejected"
