import re

import pytest

from tests.pages.conftest import VISIT_LIMIT, Till
from tillgate.base.clock import SECOND_MS
from tillgate.pages.rendering import HEADERS

pytestmark = pytest.mark.anyio


async def test_every_visit_opens_a_fresh_session(till: Till) -> None:
    """Two buyers of one link never share an address."""
    link = await till.link()

    visits = [await till.browser.get(f"/l/{link.slug}") for _ in range(2)]

    sessions = await till.sessions()
    assert [visit.status_code for visit in visits] == [303, 303]
    assert {visit.headers["Location"] for visit in visits} == {f"/checkout/{one.id}" for one in sessions}
    assert len({one.payment.terms.address for one in sessions}) == 2
    assert {one.link_id for one in sessions} == {link.id}


async def test_head_opens_no_session(till: Till) -> None:
    """A link checker is no buyer."""
    link = await till.link()

    answer = await till.browser.head(f"/l/{link.slug}")

    assert answer.status_code == 200
    assert await till.sessions() == []


@pytest.mark.parametrize(
    "header",
    [("Sec-Purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch")],
)
async def test_a_prefetch_opens_no_session(till: Till, header: tuple[str, str]) -> None:
    """The browser only guesses that somebody might come; when they do, the link works as ever."""
    link = await till.link()

    guess = await till.browser.get(f"/l/{link.slug}", headers=dict([header]))

    # Not a success, or the browser would show what it has instead of coming back.
    assert guess.status_code == 503
    assert await till.sessions() == []
    assert (await till.browser.get(f"/l/{link.slug}")).status_code == 303


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("slug", ["nothing-7k2m9q4t8w3x", "%00", "UPPER", "x" * 3_000, "%ED%A0%80", "a%2Fb"])
async def test_an_unknown_link_is_a_404(till: Till, method: str, slug: str) -> None:
    """Whatever stands there, it is no link and no error of ours."""
    answer = await till.browser.request(method, f"/l/{slug}")

    assert answer.status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("how", ["closed", "archived"])
async def test_a_closed_link_says_so(till: Till, how: str, method: str) -> None:
    """410: it was here once. No session can be made from it."""
    link = await till.link()
    await (till.close(link) if how == "closed" else till.archive(link))

    answer = await till.browser.request(method, f"/l/{link.slug}")

    assert answer.status_code == 410
    assert method == "HEAD" or "The merchant has closed this link" in answer.text
    assert await till.sessions() == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_live_link_without_a_live_rail_is_refused(test_only_till: Till, method: str) -> None:
    """Never a fake address: the buyer reads that the shop is not ready."""
    link = await test_only_till.link(live=True)

    answer = await test_only_till.browser.request(method, f"/l/{link.slug}")

    assert answer.status_code == 503
    assert method == "HEAD" or "cannot take payments yet" in answer.text
    assert await test_only_till.sessions() == []


async def test_one_visitor_opens_no_flood_of_sessions_from_a_link(till: Till) -> None:
    """Three at once here, then one in six seconds: by visitor and by link, so that nobody is kept out by others, and
    who only looks or guesses is not counted. An IPv6 network is one visitor. The page says so, and for how long."""
    link, other = await till.link(), await till.link()
    for _ in range(5):
        await till.browser.head(f"/l/{link.slug}")
        await till.browser.get(f"/l/{link.slug}", headers={"Sec-Purpose": "prefetch"})
    for number in range(VISIT_LIMIT.burst):
        assert (await till.seen_from(f"2001:db8::{number}", f"/l/{link.slug}")).status_code == 303

    refused = await till.seen_from("2001:db8::ffff", f"/l/{link.slug}")

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "6")
    assert "Please wait 6 seconds, then open it again." in refused.text
    assert {name: refused.headers.get(name) for name in HEADERS} == HEADERS
    assert len(await till.sessions()) == 3
    assert (await till.seen_from("2001:db8:0:1::1", f"/l/{link.slug}")).status_code == 303
    assert (await till.seen_from("192.0.2.1", f"/l/{link.slug}")).status_code == 303
    assert (await till.seen_from("2001:db8::1", f"/l/{other.slug}")).status_code == 303
    till.clock.at += 6 * SECOND_MS
    assert (await till.seen_from("2001:db8::1", f"/l/{link.slug}")).status_code == 303
    assert (await till.seen_from("2001:db8::1", f"/l/{link.slug}")).status_code == 429


async def test_every_answer_carries_the_same_strict_headers(till: Till) -> None:
    """Nothing is cached, framed, indexed, sniffed or told to other sites; nothing inline runs."""
    link, closed = await till.link(), await till.link()
    await till.close(closed)
    visit = await till.browser.get(f"/l/{link.slug}")
    checkout = visit.headers["Location"]
    [seen] = re.findall(r"state[?]seen=(\w+)", (await till.browser.get(checkout)).text)
    answers = [
        visit,
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

    assert [one.status_code for one in answers] == [303, 200, 404, 410, 200, 200, 204, 200, 400, 303, 409, 404]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
