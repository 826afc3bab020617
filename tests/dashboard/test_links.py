"""Payment links in the dashboard."""

import re

import pytest

from tests.dashboard.conftest import Owner
from tests.shop import PUBLIC_URL
from tillgate.base.clock import MINUTE_MS, to_rfc3339

pytestmark = pytest.mark.anyio

WRONG = (
    ("title", ""),
    ("title", "x" * 201),
    ("title", "bell\a"),
    ("fiatAmount", "1e9"),
    ("fiatAmount", "-1"),
    ("expiresAt", "2020-01-31"),
    ("expiresAt", "tomorrow"),
    ("maxCompletedSessions", "0"),
    ("maxCompletedSessions", "many"),
    ("fiatAmount", "10.005"),
    ("fiatCurrency", "XXX"),
    ("description", "x" * 2_001),
    ("successUrl", "javascript:alert(1)"),
    ("cancelUrl", "ftp://shop.example"),
)
GOOD = {"title": "Pro plan", "fiatAmount": "49.00", "fiatCurrency": "USD"}


async def test_a_link_is_made_shown_and_works(owner_of_both: Owner) -> None:
    """Its page has what to share, and a visit there opens a session that shows up here."""
    owner = owner_of_both
    path = await owner.link(
        title="Pro <plan>",
        fiatCurrency="eur",
        description="One year.\r\nRenewable.",
        successUrl="https://shop.example/ok",
    )
    page = await owner.page(path)
    assert "The payment link is ready to share." in page
    assert "49.00 EUR" in page
    assert "One year.\nRenewable." in page
    share = re.search(rf"{PUBLIC_URL}(/l/pro-plan-\w+)", page)
    assert share is not None
    assert "No sessions yet" in page
    visit = await owner.http.post(share[1])
    assert visit.status_code == 303
    page = await owner.page(path)
    assert visit.headers["location"].rpartition("/")[2] in page
    assert "Pro <plan>" in await owner.page("/payment-links")


async def test_a_link_is_updated_deactivated_and_activated(owner_of_both: Owner) -> None:
    """What is emptied is gone; a link that is off says so to the owner and to the buyer."""
    owner = owner_of_both
    path = await owner.link(description="Old words", cancelUrl="https://shop.example/cart")
    form = await owner.page(f"{path}/edit")
    assert 'value="49.00"' in form
    assert "Old words" in form
    changed = {"title": "New title", "fiatAmount": "9900", "fiatCurrency": "JPY", "allowPromotionCodes": "yes"}
    assert "Not accepted" in await owner.page(path)
    assert await owner.done(f"{path}/edit", **changed) == path
    assert 'value="yes" aria-labelledby="allowPromotionCodes-yes-name"' in await owner.page(f"{path}/edit")
    assert re.search(r'name="allowPromotionCodes"[^>]* checked', await owner.page(f"{path}/edit"))
    page = await owner.page(path)
    assert "Buyers can use one" in page
    assert "9900 JPY" in page
    assert "Old words" not in page
    assert "shop.example/cart" not in page
    share = re.search(rf"{PUBLIC_URL}(/l/[\w-]+)", page)
    assert share is not None
    await owner.done(f"{path}/deactivate")
    assert "Inactive" in await owner.page(path)
    assert (await owner.http.post(share[1])).status_code != 303
    await owner.done(f"{path}/activate")
    assert (await owner.http.post(share[1])).status_code == 303


async def test_a_link_ends_by_a_day_and_by_a_number_of_payments(owner_of_both: Owner) -> None:
    """Both are said in its form, kept by one that changes something else, told on its page, and removed again."""
    owner = owner_of_both
    path = await owner.link(expiresAt="2099-01-31", maxCompletedSessions="1", fiatAmount="0")
    link_id = path.rpartition("/")[2]
    api = await owner.shop.client()
    assert (await api.get(f"/payment_links/{link_id}")).json()["expiresAt"] == "2099-01-31T23:59:59.999Z"
    assert "0 of at most 1" in await owner.page(path)
    form = await owner.page(f"{path}/edit")
    assert 'value="2099-01-31"' in form
    assert (await api.patch(f"/payment_links/{link_id}", json={"expiresAt": "2099-01-31T08:00:00Z"})).is_success
    kept = GOOD | {"fiatAmount": "0", "expiresAt": "2099-01-31", "maxCompletedSessions": "1", "title": "Renamed"}
    await owner.done(f"{path}/edit", **kept)
    assert (await api.get(f"/payment_links/{link_id}")).json()["expiresAt"] == "2099-01-31T08:00:00.000Z"

    await owner.session(linkId=link_id)
    page = await owner.page(path)
    assert "1 of at most 1" in page
    assert "Used up: visitors of" in page
    assert "Used up" in await owner.page("/payment-links")
    await owner.done(f"{path}/edit", **(kept | {"expiresAt": "", "maxCompletedSessions": ""}))
    page = await owner.page(path)
    assert "Share the link" in page
    soon = to_rfc3339(owner.shop.clock.now() + MINUTE_MS)
    assert (await api.patch(f"/payment_links/{link_id}", json={"expiresAt": soon})).is_success
    owner.shop.clock.ahead_ms += MINUTE_MS
    assert "Expired: visitors of" in await owner.page(path)


async def test_who_buys_by_a_link_is_shown_as_the_buyer_stated_it(owner_of_both: Owner) -> None:
    """The shop's word for the purchase, and a customer whom nobody has proved, on the session's page and before money
    moves."""
    owner = owner_of_both
    page = await owner.page(await owner.link())
    share = re.search(rf"{PUBLIC_URL}(/l/[\w-]+)", page)
    assert share is not None
    visit = await owner.http.post(share[1], data={"client_reference_id": "A-77 <b>", "email": "ada@shop.example"})
    session_id = visit.headers["location"].rpartition("/")[2]
    page = await owner.page(f"/sessions/{session_id}")
    assert "A-77 <b>" in page and "Client reference" in page
    assert "As the buyer stated it; not proved" in page
    api = await owner.shop.client()
    paid = await api.post(f"/checkout_sessions/{session_id}/simulate", json={"outcome": "overpaid"})
    assert paid.is_success
    asks = await owner.page(f"/sessions/{session_id}/accept")
    assert "ada@shop.example" in asks and "As the buyer stated it; not proved" in asks
    assert "A-77 <b>" in asks


async def test_an_archived_link_stays_to_be_read_only(owner_of_both: Owner) -> None:
    """Asked first; then it moves to the archive, where it cannot be changed any more."""
    owner = owner_of_both
    path = await owner.link()
    assert "Archive “Pro plan”?" in await owner.page(f"{path}/archive")
    assert await owner.done(f"{path}/archive") == "/payment-links"
    assert "No payment link yet" in await owner.page("/payment-links")
    assert "Pro plan" in await owner.page("/payment-links?archived=1")
    page = await owner.page(path)
    assert "Archived" in page
    assert "Edit</a>" not in page
    answer = await owner.send(f"{path}/edit", **GOOD)
    assert answer.status_code == 409
    assert "archived and cannot be changed" in answer.text
    assert (await owner.send(f"{path}/activate")).status_code == 409


async def test_a_wrong_field_is_named_and_the_rest_is_kept(owner: Owner) -> None:
    """On the form for a new link and on the one that changes it, and nothing is saved."""
    path = await owner.link()
    for field, value in WRONG:
        for form in ("/payment-links", f"{path}/edit"):
            answer = await owner.send(form, **(GOOD | {"title": "Kept words"} | {field: value}))
            assert answer.status_code == 422, (field, value)
            assert f'id="{field}-problem"' in answer.text
            assert f'href="#{field}"' in answer.text
            assert field == "title" or "Kept words" in answer.text
    page = await owner.page("/payment-links")
    assert page.count("/dashboard/payment-links/pl_") == 1
    assert "Kept words" not in page


async def test_older_links_are_a_page_away(owner: Owner) -> None:
    """Twenty-five at a time, each once."""
    made = {await owner.link(title=f"Link {number}") for number in range(27)}
    first = await owner.page("/payment-links")
    older = re.search(r'rel="next" href="/dashboard([^"]+)"', first)
    assert older is not None
    second = await owner.page(older[1])
    seen = [re.findall(r'href="/dashboard(/payment-links/pl_\w+)"', page) for page in (first, second)]
    assert [len(found) for found in seen] == [25, 2]
    assert {path for found in seen for path in found} == made
    assert 'rel="next"' not in second
