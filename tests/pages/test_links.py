import asyncio
import html
import json
import re
from typing import Any

import pytest

from tests.pages.conftest import VISIT_LIMIT, Till, form_of
from tillgate.base.clock import SECOND_MS, to_rfc3339
from tillgate.base.pages import PageRequest
from tillgate.checkout.customers.model import Customer
from tillgate.checkout.customers.model import to_api as customer_to_api
from tillgate.checkout.customers.operations import CustomerChanges, list_customers, update_customer
from tillgate.checkout.links.operations import LinkChanges, get_public_link, update_link
from tillgate.checkout.orders.model import Order
from tillgate.checkout.orders.object import to_api as order_to_api
from tillgate.checkout.orders.operations import list_orders
from tillgate.checkout.projects.model import ProjectSettings
from tillgate.checkout.projects.operations import change_project
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.checkout.sessions.object import to_api as session_to_api
from tillgate.checkout.sessions.operations import get_public_session
from tillgate.checkout.settlement.simulating import Outcome
from tillgate.pages.rendering import HEADERS
from tillgate.store import Transaction

pytestmark = pytest.mark.anyio


async def completed(till: Till, slug: str) -> int:
    async def operation(tx: Transaction) -> int:
        return (await get_public_link(tx, slug)).completed_sessions

    return await till.database.read(operation)


async def emails(till: Till) -> list[str | None]:
    async def operation(tx: Transaction) -> list[str | None]:
        found = await list_customers(tx, till.test, page=1, limit=PageRequest().limit)
        return [one.email for one in found.data]

    return await till.database.read(operation)


async def test_a_visit_shows_the_offer_and_opens_nothing(till: Till) -> None:
    """Title, description and price, for people and for previews: five of them open no session."""
    link = await till.link(title="Pro <plan>", description="One year.", fiat_amount="49.00", fiat_currency="EUR")

    answers = [await till.look(link) for _ in range(5)]

    page = answers[-1].text
    assert {one.status_code for one in answers} == {200}
    assert await till.sessions() == []
    for words in ("Pro &lt;plan&gt;", "One year.", "€49.00", "EUR", "Marlow &amp; Finch", "Continue to payment"):
        assert words in page
    for name, content in (
        ("og:title", "Pro &lt;plan&gt;"),
        ("og:description", "One year."),
        ("og:site_name", "Marlow &amp; Finch"),
        ("og:url", f"https://pay.example/l/{link.slug}"),
        ("product:price:amount", "49.00"),
        ("product:price:currency", "EUR"),
    ):
        assert f'<meta property="{name}" content="{content}">' in page
    assert '<meta name="robots" content="noindex">' in page


async def test_every_buyer_who_continues_gets_a_fresh_session(till: Till) -> None:
    """Two buyers of one link never share an address."""
    link = await till.link()

    taken = [await till.take(link) for _ in range(2)]

    sessions = await till.sessions()
    assert [one.status_code for one in taken] == [303, 303]
    assert {one.headers["Location"] for one in taken} == {f"/checkout/{one.id}" for one in sessions}
    assert len({one.payment.terms.address for one in sessions}) == 2
    assert {one.link_id for one in sessions} == {link.id}


@pytest.mark.parametrize("price", ["49.00", "0"])
async def test_one_form_opens_one_session_however_often_it_is_sent(till: Till, price: str) -> None:
    """A double click, a lost answer, a reload: all lead to the same checkout, also at once."""
    link = await till.link(fiat_amount=price)
    form = form_of((await till.look(link, email="ada@shop.example")).text)

    answers = await asyncio.gather(*(till.browser.post(f"/l/{link.slug}", data=form) for _ in range(3)))

    [session] = await till.sessions()
    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(303, f"/checkout/{session.id}")] * 3
    assert await emails(till) == ["ada@shop.example"]
    assert await completed(till, link.slug) == (0 if session.price.minor else 1)


async def test_a_shops_own_button_opens_a_session_by_a_plain_post(sqlite_till: Till) -> None:
    """It has no form of ours, so each post is a purchase; what it names stands in its address or its fields."""
    link = await sqlite_till.link()
    for path, fields in ((f"/l/{link.slug}?reference=A-77", {}), (f"/l/{link.slug}", {"client_reference_id": "A-77"})):
        answer = await sqlite_till.browser.post(path, data=fields)
        assert answer.status_code == 303
    assert [one.client_reference_id for one in await sqlite_till.sessions()] == ["A-77", "A-77"]


async def test_a_free_offer_is_complete_with_one_click(till: Till) -> None:
    """Nothing is to be paid, so nothing is asked for: the session is paid, and the link counts it."""
    link = await till.link(fiat_amount="0")
    page = (await till.look(link)).text
    assert "This costs nothing" in page
    assert "Complete the order" in page

    taken = await till.take(link)

    [session] = await till.sessions()
    assert session.status is SessionStatus.PAID
    assert "Nothing to pay" in (await till.browser.get(taken.headers["Location"])).text
    assert await completed(till, link.slug) == 1


@pytest.mark.parametrize("name", ["reference", "client_reference_id"])
async def test_what_the_shop_calls_a_purchase_is_kept(till: Till, name: str) -> None:
    """As the client's reference of session and order; it is never unique, and whoever starts again keeps it."""
    link = await till.link()
    for _ in range(2):
        page = (await till.look(link, **{name: "A-77 ü&<"})).text
        answer = await till.browser.post(f"/l/{link.slug}", data=form_of(page))
        assert answer.status_code == 303
    sessions = await till.sessions()
    assert [(one.client_reference_id, one.reference) for one in sessions] == [("A-77 ü&<", None)] * 2
    await till.simulate(sessions[0], Outcome.FAILED)
    page = (await till.browser.get(f"/checkout/{sessions[0].id}")).text
    again = re.search(rf'href="(/l/{link.slug}[^"]*)"', page)
    assert again is not None
    assert 'value="A-77 ü&amp;&lt;"' in (await till.browser.get(html.unescape(again[1]))).text


@pytest.mark.parametrize(
    "query",
    [
        "reference=" + "x" * 300,
        "reference=%00",
        "client_reference_id=%ED%A0%80%0b",
        "email=nobody",
        "email=" + "x" * 9_000 + "%40shop.example",
        "email=a%00%40b.example",
        "email=%E2%80%AE%40b.example",
        "&".join(f"a{number}=1" for number in range(200)),
        "reference=%ff%fe&email=%ff",
        "%",
    ],
)
async def test_a_malformed_address_still_shows_the_offer(sqlite_till: Till, query: str) -> None:
    """What a crawler or a mail program made of a link is not the buyer's to mend: it is left out."""
    link = await sqlite_till.link()

    answer = await sqlite_till.browser.get(f"/l/{link.slug}?{query}")

    assert answer.status_code == 200
    assert "Continue to payment" in answer.text
    assert (await sqlite_till.browser.post(f"/l/{link.slug}", data=form_of(answer.text))).status_code == 303


async def test_an_offer_in_another_language_is_the_same_purchase(sqlite_till: Till) -> None:
    """Who switches keeps the reference and the address of the link, and the language on the way to the checkout."""
    link = await sqlite_till.link()
    page = (await sqlite_till.look(link, reference="A-77 &", email="ada@shop.example")).text
    [german] = re.findall(r'href="([^"]*lang=de)"', page)
    answer = await sqlite_till.browser.get(html.unescape(german))
    assert "Weiter zur Zahlung" in answer.text
    assert '<html lang="de"' in answer.text
    form = form_of(answer.text)
    assert (form["client_reference_id"], form["email"]) == ("A-77 &", "ada@shop.example")
    [action] = re.findall(r'action="(/l/[^"]*)"', answer.text)
    taken = await sqlite_till.browser.post(html.unescape(action), data=form)
    assert taken.headers["Location"].endswith("?lang=de")


async def test_a_form_that_is_sent_again_leads_where_it_led(sqlite_till: Till) -> None:
    """Though its own order was the last that the link had, though the link has ended since, and whatever the rate."""
    link = await sqlite_till.link(fiat_amount="0", max_completed_sessions=1)
    form = form_of((await sqlite_till.look(link)).text)
    first = await sqlite_till.browser.post(f"/l/{link.slug}", data=form)
    assert first.status_code == 303
    assert (await sqlite_till.look(link)).status_code == 410
    for _ in range(VISIT_LIMIT.burst + 1):
        again = await sqlite_till.browser.post(f"/l/{link.slug}", data=form)
        assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    fresh = form | {"mark": "0" * 32}
    assert (await sqlite_till.browser.post(f"/l/{link.slug}", data=fresh)).status_code == 410


async def test_an_offer_is_the_sellers_in_looks_and_language(sqlite_till: Till) -> None:
    """Colour, address and language are those that the project set; what the buyer picks goes before."""
    link = await sqlite_till.link()

    async def operation(tx: Transaction) -> None:
        settings = ProjectSettings(colour="#14614a", address="Hafenstr. 1\n20457 Hamburg", locale="de")
        await change_project(tx, sqlite_till.test.project_id, "Marlow & Finch", settings)

    await sqlite_till.database.write(operation)
    page = (await sqlite_till.look(link)).text
    assert '<html lang="de"' in page and "Weiter zur Zahlung" in page
    assert 'href="/colours/14614a.css"' in page and "20457 Hamburg" in page
    assert "Continue to payment" in (await sqlite_till.look(link, lang="en")).text


async def test_an_email_address_fills_the_customer(till: Till) -> None:
    """Whoever is known by it, or somebody new; in the link's mode; the buyer may change it, or leave it empty."""
    link, live = await till.link(), await till.link(live=True)
    page = (await till.look(link, email=" Ada@Shop.example ")).text
    assert 'value="ada@shop.example"' in page
    form = form_of(page)
    for _ in range(2):
        form |= form_of((await till.look(link, email="ada@shop.example")).text)
        assert (await till.browser.post(f"/l/{link.slug}", data=form)).status_code == 303
    till.clock.at += 60 * SECOND_MS
    empty = form_of((await till.look(link, email="ada@shop.example")).text) | {"email": ""}
    assert (await till.browser.post(f"/l/{link.slug}", data=empty)).status_code == 303
    assert (await till.browser.post(f"/l/{live.slug}", data={"email": "ada@shop.example"})).status_code == 303

    assert await emails(till) == ["ada@shop.example"]
    customers = [one.customer_id for one in await till.sessions() if not one.livemode]
    assert customers[0] is None
    assert len(set(customers[1:])) == 1


async def test_what_a_buyer_states_is_told_as_stated_until_the_merchant_sets_it(till: Till) -> None:
    """Session, order, customer and their events say that nobody has proved the address; a payment proves nothing of it
    either. What the merchant sets is theirs, also the same address again, and stays theirs at the next visit."""
    link = await till.link()
    assert (await till.take(link, email="ada@shop.example")).status_code == 303

    async def stated() -> tuple[dict[str, Any], list[bool]]:
        async def operation(tx: Transaction) -> tuple[Customer, Order, list[bool]]:
            [customer] = (await list_customers(tx, till.test, page=1, limit=1)).data
            page = await list_orders(tx, till.test, PageRequest())
            rows = await tx.fetch_all("SELECT data FROM events WHERE type LIKE 'customer.%' ORDER BY sequence")
            return customer, page.data[-1], [json.loads(row["data"])["emailStated"] for row in rows]

        customer, order, told = await till.database.read(operation)
        session = (await till.sessions())[-1]
        return {
            "customer": customer_to_api(customer).email_stated,
            "order": order_to_api(order, "https://pay.example").customer_stated,
            "session": session_to_api(session, "https://pay.example").customer_stated,
            "id": customer.id,
        }, told

    first, told = await stated()
    assert (first["customer"], first["order"], first["session"], told) == (True, True, True, [True])
    changes = CustomerChanges(name="Ada")
    await till.write(update_customer, till.test, first["id"], changes)
    assert (await stated())[0]["customer"]
    await till.write(update_customer, till.test, first["id"], CustomerChanges(email="ada@shop.example"))
    assert (await till.take(link, email="ada@shop.example")).status_code == 303

    after, told = await stated()
    assert (after["customer"], after["order"], told) == (False, True, [True, True, False])


async def test_a_mistyped_email_address_is_told_beside_its_field(sqlite_till: Till) -> None:
    """The offer stays, with what was typed; nothing is opened and nobody is made known."""
    till = sqlite_till
    link = await till.link()
    form = form_of((await till.look(link, email="ada@shop.example", reference="A-77")).text)

    answer = await till.browser.post(f"/l/{link.slug}", data=form | {"email": "ada@"})

    assert answer.status_code == 422
    assert "Please check this e-mail address" in answer.text
    again = form_of(answer.text)
    assert (again["email"], again["client_reference_id"]) == ("ada@", "A-77")
    assert (await till.sessions(), await emails(till)) == ([], [])


async def test_head_opens_no_session(till: Till) -> None:
    """A link checker is no buyer."""
    link = await till.link()

    answer = await till.browser.head(f"/l/{link.slug}")

    assert answer.status_code == 200
    assert await till.sessions() == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("slug", ["nothing-7k2m9q4t8w3x", "%00", "UPPER", "x" * 3_000, "%ED%A0%80", "a%2Fb"])
async def test_an_unknown_link_is_a_404(till: Till, method: str, slug: str) -> None:
    """Whatever stands there, it is no link and no error of ours."""
    answer = await till.browser.request(method, f"/l/{slug}")

    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("how", ["closed", "archived", "expired", "used up"])
async def test_a_link_that_has_ended_says_so(till: Till, how: str, method: str) -> None:
    """410: it was here once, and why it is not now. No session can be made from it; one that is open goes on."""
    if how == "expired":
        link = await till.link(expires_at=to_rfc3339(till.clock.at + SECOND_MS))
        assert (await till.look(link)).status_code == 200
        till.clock.at += SECOND_MS
    elif how == "used up":
        link = await till.link(max_completed_sessions=1)
        await till.take(link)
        await till.take(link)
        for session in await till.sessions():
            await till.simulate(session, Outcome.PAID)
        assert await completed(till, link.slug) == 2
    else:
        link = await till.link()
        await (till.close(link) if how == "closed" else till.archive(link))
    before = await till.sessions()

    answer = await till.browser.request(method, f"/l/{link.slug}")

    assert answer.status_code == 410
    words = {"expired": "This offer has ended", "used up": "This offer is no longer available"}
    assert method == "HEAD" or words.get(how, "The merchant has closed this link") in answer.text
    assert await till.sessions() == before


async def test_a_link_counts_what_was_paid_and_nothing_else(till: Till) -> None:
    """Once a session, whatever it comes to afterwards: open, failed and expired ones are no use of it."""
    link = await till.link(max_completed_sessions=3)
    for outcome in (None, Outcome.FAILED, Outcome.UNDERPAID, Outcome.PAID, Outcome.LATE):
        session = await till.session(link_id=link.id)
        if outcome is not None:
            await till.simulate(session, outcome)
    assert await completed(till, link.slug) == 2
    paid = next(one for one in await till.sessions() if one.status is SessionStatus.PAID)
    await till.simulate(paid, Outcome.PAID)
    assert await completed(till, link.slug) == 2


async def test_free_offers_are_taken_as_often_as_the_link_says_and_no_more(till: Till) -> None:
    """Exactly, also when many come at once: what costs nothing can be refused, so nobody gets one too many."""
    link = await till.link(fiat_amount="0", max_completed_sessions=2)

    answers = await asyncio.gather(*(till.taken_from(f"192.0.2.{one}", f"/l/{link.slug}") for one in range(6)))

    assert sorted(one.status_code for one in answers) == [303, 303, 410, 410, 410, 410]
    assert len(await till.sessions()) == 2
    assert await completed(till, link.slug) == 2
    await till.write(update_link, till.test, link.id, LinkChanges(max_completed_sessions=3))
    assert (await till.take(link)).status_code == 303
    assert await completed(till, link.slug) == 3


async def test_many_payments_at_once_are_all_counted(till: Till) -> None:
    """Each in its own transaction, and none is lost."""
    link = await till.link()
    sessions = [await till.session(link_id=link.id) for _ in range(6)]

    await asyncio.gather(*(till.simulate(one, Outcome.PAID) for one in sessions), till.link(), till.take(link))

    assert await completed(till, link.slug) == 6


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_live_link_without_a_live_rail_is_refused(test_only_till: Till, method: str) -> None:
    """Never a fake address: the buyer reads that the shop is not ready."""
    link = await test_only_till.link(live=True)

    answer = await test_only_till.browser.request(method, f"/l/{link.slug}")

    assert answer.status_code == 503
    assert method == "HEAD" or "cannot take payments yet" in answer.text
    assert await test_only_till.sessions() == []


async def test_one_visitor_opens_no_flood_of_sessions_from_a_link(till: Till) -> None:
    """Three at once here, then one in six seconds: by visitor and by link, so that nobody is kept out by others, and
    who only looks is not counted. An IPv6 network is one visitor. The page says so, and for how long."""
    link, other = await till.link(), await till.link()
    for _ in range(5):
        await till.look(link)
    for number in range(VISIT_LIMIT.burst):
        assert (await till.taken_from(f"2001:db8::{number}", f"/l/{link.slug}")).status_code == 303

    refused = await till.taken_from("2001:db8::ffff", f"/l/{link.slug}")

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "6")
    assert "Please wait 6 seconds, then open it again." in refused.text
    assert {name: refused.headers.get(name) for name in HEADERS} == HEADERS
    assert len(await till.sessions()) == 3
    assert (await till.taken_from("2001:db8:0:1::1", f"/l/{link.slug}")).status_code == 303
    assert (await till.taken_from("192.0.2.1", f"/l/{link.slug}")).status_code == 303
    assert (await till.taken_from("2001:db8::1", f"/l/{other.slug}")).status_code == 303
    till.clock.at += 6 * SECOND_MS
    assert (await till.taken_from("2001:db8::1", f"/l/{link.slug}")).status_code == 303
    assert (await till.taken_from("2001:db8::1", f"/l/{link.slug}")).status_code == 429


async def test_a_buyer_is_sent_on_with_what_the_shop_asked_for(till: Till) -> None:
    """The session's id and the purchase's reference, percent-encoded; of whoever paid, and of whoever goes back."""
    link = await till.link(
        success_url="https://shop.example/done?session={CHECKOUT_SESSION_ID}&ref={ORDER_REFERENCE}",
        cancel_url="https://shop.example/{ORDER_REFERENCE}/cart#{CHECKOUT_SESSION_ID}",
    )
    page = (await till.look(link, reference="A/77 &b=c#d?{CHECKOUT_SESSION_ID}ü")).text
    await till.browser.post(f"/l/{link.slug}", data=form_of(page))
    [session] = await till.sessions()
    reference = "A%2F77%20%26b%3Dc%23d%3F%7BCHECKOUT_SESSION_ID%7D%C3%BC"

    waiting = html.unescape((await till.browser.get(f"/checkout/{session.id}/cancel")).text)
    await till.simulate(session, Outcome.PAID)
    paid = html.unescape((await till.browser.get(f"/checkout/{session.id}")).text)

    assert f'href="https://shop.example/{reference}/cart#{session.id}"' in waiting
    assert f'href="https://shop.example/done?session={session.id}&ref={reference}"' in paid

    async def read(tx: Transaction) -> str | None:
        return (await get_public_session(tx, session.id)).success_url

    assert await till.database.read(read) == link.success_url


async def test_every_answer_carries_the_same_strict_headers(till: Till) -> None:
    """Nothing is cached, framed, indexed, sniffed or told to other sites; nothing inline runs."""
    link, closed = await till.link(), await till.link()
    await till.close(closed)
    visit = await till.take(link)
    checkout = visit.headers["Location"]
    [seen] = re.findall(r"state[?]seen=(\w+)", (await till.browser.get(checkout)).text)
    answers = [
        visit,
        await till.look(link),
        await till.browser.head(f"/l/{link.slug}"),
        await till.browser.get("/l/nothing"),
        await till.browser.get(f"/l/{closed.slug}"),
        await till.browser.get(checkout),
        await till.browser.get(f"{checkout}/state"),
        await till.browser.get(f"{checkout}/state?seen={seen}"),
        await till.browser.get(f"{checkout}/cancel"),
        await till.browser.post(f"{checkout}/simulate", data={"outcome": "nonsense"}),
        await till.browser.post(f"{checkout}/simulate", data={"outcome": "paid"}),
        await till.browser.post(f"{checkout}/simulate", data={"outcome": "failed"}),
        await till.browser.get("/checkout/cs_nothing"),
    ]

    assert [one.status_code for one in answers] == [303, 200, 200, 404, 410, 200, 200, 204, 200, 400, 303, 409, 404]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
