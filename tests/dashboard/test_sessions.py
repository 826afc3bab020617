"""Checkout sessions in the dashboard."""

import re

import pytest

from tests.dashboard.conftest import Owner
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.checkout.settlement.simulating import Outcome

pytestmark = pytest.mark.anyio

# What is offered in each state, in the order of the buttons.
SIMULATIONS = {
    SessionStatus.PENDING: (
        *(
            Outcome.PAID,
            Outcome.DETECTED,
            Outcome.UNDERPAID,
            Outcome.OVERPAID,
            Outcome.DUST,
            Outcome.LATE,
            Outcome.AUTHORIZED,
            Outcome.DECLINED,
            Outcome.FAILED,
        ),
    ),
    SessionStatus.DETECTED: (Outcome.PAID, Outcome.OVERPAID, Outcome.REORGED, Outcome.FAILED),
    SessionStatus.UNDERPAID: (Outcome.TOP_UP, Outcome.REORGED, Outcome.FAILED),
    SessionStatus.OVERPAID: (Outcome.REORGED, Outcome.FAILED),
    SessionStatus.EXPIRED: (Outcome.DUST, Outcome.LATE),
    SessionStatus.PAID: (
        Outcome.PAID,
        Outcome.DETECTED,
        Outcome.UNDERPAID,
        Outcome.OVERPAID,
        Outcome.DUST,
        Outcome.REORGED,
    ),
    SessionStatus.PAID_LATE: (
        Outcome.PAID,
        Outcome.DETECTED,
        Outcome.UNDERPAID,
        Outcome.OVERPAID,
        Outcome.DUST,
        Outcome.REORGED,
    ),
    SessionStatus.FAILED: (
        Outcome.PAID,
        Outcome.DETECTED,
        Outcome.UNDERPAID,
        Outcome.OVERPAID,
        Outcome.DUST,
        Outcome.LATE,
    ),
}
# What an outcome makes of a new session.
OUTCOME_STATUS = {
    Outcome.DETECTED: SessionStatus.DETECTED,
    Outcome.PAID: SessionStatus.PAID,
    Outcome.UNDERPAID: SessionStatus.UNDERPAID,
    Outcome.OVERPAID: SessionStatus.OVERPAID,
    Outcome.LATE: SessionStatus.PAID_LATE,
    Outcome.FAILED: SessionStatus.FAILED,
    Outcome.DECLINED: SessionStatus.PENDING,
}

# What the page calls a state in which money waits for the merchant.
BADGES = {SessionStatus.UNDERPAID: "in_review", SessionStatus.OVERPAID: "in_review"}


def heading_status(page: str) -> str:
    found = re.search(r'<span role="status"><span class="status [\w-]+">([^<]+)</span>', page)
    assert found is not None
    return found[1].lower().replace(" ", "_")


async def test_a_session_shows_everything_about_itself(owner_of_both: Owner) -> None:
    """Amounts, address, metadata, the buyer's page, and what happened so far. Nothing in it is markup."""
    owner = owner_of_both
    path = await owner.session(
        metadata={"order": "<b>A-1</b>", "cart": {"items": [1, 2]}}, returnUrl="https://shop.example"
    )
    raw = (await owner.http.get(f"/dashboard{path}")).text
    assert "&lt;b&gt;A-1&lt;/b&gt;" in raw
    assert "<b>A-1" not in raw
    page = await owner.page(path)
    for words in ("49.00 USD", "0.0196", "test:0x", '{"items":[1,2]}', f"/checkout/{path[10:]}", "session.created"):
        assert words in page
    assert "https://shop.example" in page


async def test_each_outcome_can_be_simulated_and_shows(owner_of_both: Owner) -> None:
    """The session moves, its timeline grows, and only what is still possible is offered."""
    owner = owner_of_both
    for outcome, status in OUTCOME_STATUS.items():
        path = await owner.session()
        assert await owner.done(f"{path}/simulate", outcome=outcome.value) == path
        page = await owner.page(path)
        assert heading_status(page) == BADGES.get(status, status.value)
        assert f"session.{status.value}".replace("pending", "created") in page
        offered = re.findall(r'name="outcome" value="(\w+)"', page)
        assert offered == [one.value for one in SIMULATIONS[status]]
        for possible in SIMULATIONS[status]:
            await owner.done(f"{path}/simulate", outcome=possible.value)
            break


async def test_a_page_that_has_seen_it_all_is_not_replaced(owner: Owner) -> None:
    """It asks every few seconds and gets nothing until something moves; once all is still it asks no more."""
    path = await owner.session()
    ask = re.search(r'hx-get="/dashboard([^"]+)"', await owner.page(path))
    assert ask is not None
    headers = {"HX-Request": "true"}
    assert (await owner.http.get(f"/dashboard{ask[1]}", headers=headers)).status_code == 204
    assert (await owner.http.get(f"/dashboard{ask[1]}")).status_code == 200
    await owner.done(f"{path}/simulate", outcome="paid")
    answer = await owner.http.get(f"/dashboard{ask[1]}", headers=headers)
    assert answer.status_code == 200
    assert "hx-get" not in answer.text


async def test_what_cannot_be_is_explained(owner: Owner) -> None:
    """An old page's button leads to words, not to an error of ours."""
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="paid")
    answer = await owner.send(f"{path}/simulate", outcome="failed")
    assert answer.status_code == 409
    assert "only a second payment can still arrive" in answer.text
    assert (await owner.send(f"{path}/simulate", outcome="stolen")).status_code == 400


async def test_live_mode_has_no_simulate_controls(owner: Owner) -> None:
    """And refuses them to whoever sends the form all the same. crypto-checkout R41."""
    path = await owner.session()
    await owner.done("/mode", mode="live")
    await owner.page(path, 404)
    assert (await owner.send(f"{path}/simulate", outcome="paid")).status_code == 403


async def test_the_list_is_filtered_by_status_and_by_link(owner_of_both: Owner) -> None:
    """Each filter shows exactly its own, and says when there is none."""
    owner = owner_of_both
    link = await owner.link()
    of_link = await owner.session(linkId=link.rpartition("/")[2])
    paid = await owner.session()
    await owner.done(f"{paid}/simulate", outcome="paid")

    async def listed(query: str) -> set[str]:
        return set(re.findall(r'href="/dashboard(/sessions/cs_\w+)"', await owner.page(f"/sessions{query}")))

    assert await listed("") == {of_link, paid}
    assert await listed("?status=paid") == {paid}
    assert await listed("?status=pending") == {of_link}
    assert await listed(f"?link={link.rpartition('/')[2]}") == {of_link}
    assert await listed("?status=failed") == set()
    assert "No matching sessions" in await owner.page("/sessions?status=failed")


async def test_older_sessions_are_a_page_away_and_the_filter_stays(owner: Owner) -> None:
    """Twenty-five at a time."""
    for _ in range(26):
        await owner.session()
    page = await owner.page("/sessions?status=pending")
    older = re.search(r'rel="next" href="/dashboard([^"]+)"', page)
    assert older is not None
    assert "status=pending" in older[1]
    page = await owner.page(older[1])
    assert len(set(re.findall(r"/dashboard/sessions/(cs_\w+)", page))) == 1


async def test_a_session_of_another_project_is_not_there(owner: Owner) -> None:
    """The same 404 as for one that never was."""
    path = await owner.session()
    await owner.done("/projects", name="Another")
    await owner.page(path, 404)
    assert (await owner.send(f"{path}/simulate", outcome="paid")).status_code == 404


@pytest.mark.parametrize(("outcome", "told"), [("underpaid", "paid_in_part"), ("overpaid", "paid")])
async def test_the_merchant_accepts_what_has_come(owner: Owner, outcome: str, told: str) -> None:
    """The button is there while money waits for a decision, and gone once taken; twice changes nothing."""
    path = await owner.session()
    assert "/accept" not in await owner.page(path)
    await owner.done(f"{path}/simulate", outcome=outcome)
    assert f'href="/dashboard{path}/accept"' in await owner.page(path)
    assert await owner.done(f"{path}/accept") == path
    page = await owner.page(path)
    assert heading_status(page) == told
    assert "/accept" not in page
    assert await owner.done(f"{path}/accept") == path
    assert heading_status(await owner.page(path)) == told


async def test_a_pending_session_is_expired_by_hand(owner: Owner) -> None:
    """Only while nothing has come for it."""
    path = await owner.session()
    assert f'action="/dashboard{path}/expire"' in await owner.page(path)
    await owner.done(f"{path}/expire")
    assert heading_status(await owner.page(path)) == "expired"
    paid = await owner.session()
    await owner.done(f"{paid}/simulate", outcome="paid")
    assert (await owner.send(f"{paid}/expire")).status_code == 409


async def test_a_session_whose_money_was_dropped_waits_as_before(owner: Owner) -> None:
    """Its page says what was there, offers what a pending one's does, and simulates on."""
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="detected")
    assert f'action="/dashboard{path}/expire"' not in await owner.page(path)
    await owner.done(f"{path}/simulate", outcome="reorged")
    page = await owner.page(path)
    assert heading_status(page) == "pending"
    for words in ("Reorged", "Reversed", "Reversed by a chain reorganisation", f'action="/dashboard{path}/expire"'):
        assert words in page
    assert 'value="reorged"' not in page
    await owner.done(f"{path}/expire")
    assert heading_status(await owner.page(path)) == "expired"


async def test_what_a_reorganisation_left_is_accepted_by_hand(owner: Owner) -> None:
    """Also where money had been accepted before: that was other money. The page says what happened until then."""
    path = await owner.session()
    await owner.done(f"{path}/simulate", outcome="overpaid")
    for outcome in ("accept", "simulate", "accept"):
        fields = {"outcome": "reorged"} if outcome == "simulate" else {}
        await owner.done(f"{path}/{outcome}", **fields)
        page = await owner.page(path)
        taken = "A chain reorganisation reversed a transfer" in page
        assert (taken, f'href="/dashboard{path}/accept"' in page) == (outcome == "simulate", outcome == "simulate")
    assert await owner.done(f"{path}/accept") == path


async def test_a_session_is_canceled_by_hand(owner: Owner) -> None:
    """For good, and only while nothing has come for it; the page says when."""
    path = await owner.session()
    assert f'href="/dashboard{path}/call-off"' in await owner.page(path)
    await owner.done(f"{path}/call-off")
    page = await owner.page(path)
    assert (heading_status(page), "<dt>Canceled</dt>" in page, "/call-off" in page) == ("canceled", True, False)
    paid = await owner.session()
    await owner.done(f"{paid}/simulate", outcome="paid")
    assert "/call-off" not in await owner.page(paid)
    assert (await owner.send(f"{paid}/call-off")).status_code == 409
