"""``/payment_links`` over HTTP."""

import pytest

from tests.shop import PUBLIC_URL, Shop
from tillgate.base.clock import MINUTE_MS, to_rfc3339
from tillgate.checkout.links.model import SLUG_RANDOM_LENGTH, new_slug

pytestmark = pytest.mark.anyio

LINK = {"title": "Pro plan", "fiatAmount": "99.00"}


async def test_a_link_is_created_with_every_documented_field(shop: Shop) -> None:
    """POST /payment_links answers 201 with the whole object; what was left out is null."""
    client = await shop.client()
    answer = await client.post("/payment_links", json={"title": "Pro plan", "fiatAmount": "9"})
    assert answer.status_code == 201
    link = answer.json()
    assert set(link) == {
        "id", "object", "livemode", "slug", "title", "description", "fiatAmount", "fiatCurrency", "successUrl",
        "cancelUrl", "active", "archived", "allowPromotionCodes", "expiresAt", "completedSessions",
        "maxCompletedSessions", "checkoutUrl", "createdAt", "updatedAt",
    }  # fmt: skip
    assert link["id"].startswith("pl_")
    assert (link["object"], link["livemode"], link["active"], link["archived"]) == ("payment_link", False, True, False)
    assert (link["fiatAmount"], link["fiatCurrency"]) == ("9.00", "USD")
    assert link["checkoutUrl"] == f"{PUBLIC_URL}/l/{link['slug']}"
    assert link["slug"].startswith("pro-plan-")
    assert (link["description"], link["successUrl"], link["cancelUrl"]) == (None, None, None)
    assert (await client.get(f"/payment_links/{link['id']}")).json() == link


@pytest.mark.parametrize(
    ("currency", "given", "expected"),
    [("USD", "99.00", "99.00"), ("EUR", "9.5", "9.50"), ("JPY", "500", "500"), ("BHD", "1.005", "1.005")],
)
async def test_an_amount_has_the_digits_of_its_currency(
    sqlite_shop: Shop, currency: str, given: str, expected: str
) -> None:
    """Money is a decimal string with exactly the currency's own minor digits (ISO 4217)."""
    client = await sqlite_shop.client()
    made = await client.post("/payment_links", json={"title": "A plan", "fiatAmount": given, "fiatCurrency": currency})
    assert made.status_code == 201
    assert (made.json()["fiatAmount"], made.json()["fiatCurrency"]) == (expected, currency)


async def test_every_field_of_a_link_can_be_changed_on_its_own(shop: Shop) -> None:
    """PATCH changes what it names, null clears what may be empty, and everything else stays; each change is told."""
    client = await shop.client()
    link = (await client.post("/payment_links", json=LINK | {"description": "All of it"})).json()
    changes = [
        ("title", "Team plan", "Team plan"),
        ("allowPromotionCodes", True, True),
        ("fiatAmount", "120.5", "120.50"),
        ("fiatCurrency", "EUR", "EUR"),
        ("description", "Half of it", "Half of it"),
        ("description", None, None),
        ("successUrl", "https://merchant.example/thanks", "https://merchant.example/thanks"),
        ("successUrl", None, None),
        ("cancelUrl", "https://merchant.example/back", "https://merchant.example/back"),
        ("expiresAt", "2099-01-31T23:59:59Z", "2099-01-31T23:59:59.000Z"),
        ("expiresAt", None, None),
        ("maxCompletedSessions", 7, 7),
        ("maxCompletedSessions", None, None),
        ("fiatAmount", "0", "0.00"),
        ("active", False, False),
        ("active", True, True),
    ]
    expected = link
    for field, given, to_api in changes:
        answer = await client.patch(f"/payment_links/{link['id']}", json={field: given})
        assert answer.status_code == 200, answer.text
        expected = expected | {field: to_api, "updatedAt": answer.json()["updatedAt"]}
        assert answer.json() == expected
        assert (await client.get(f"/payment_links/{link['id']}")).json() == expected
    assert (await client.patch(f"/payment_links/{link['id']}", json={"title": "Team plan"})).json() == expected
    told = (await client.get("/events?limit=100")).json()["data"]
    assert [one["type"] for one in told] == ["payment_link.updated"] * len(changes) + ["payment_link.created"]
    assert (told[0]["data"], told[-1]["data"]) == (expected, link)
    assert told[0]["previousAttributes"].items() >= {"active": False}.items()


async def test_a_change_of_currency_keeps_the_amount_possible(sqlite_shop: Shop) -> None:
    """A currency with fewer decimals than the amount has is refused instead of rounding the merchant's price."""
    client = await sqlite_shop.client()
    link = (await client.post("/payment_links", json=LINK)).json()
    refused = await client.patch(f"/payment_links/{link['id']}", json={"fiatCurrency": "JPY"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "fiatAmount")
    both = await client.patch(f"/payment_links/{link['id']}", json={"fiatCurrency": "JPY", "fiatAmount": "9900"})
    assert (both.json()["fiatAmount"], both.json()["fiatCurrency"]) == ("9900", "JPY")


async def test_delete_archives_a_link_for_good(shop: Shop) -> None:
    """DELETE answers with the archived link; it leaves the list, can still be read, and never comes back."""
    client = await shop.client()
    link = (await client.post("/payment_links", json=LINK)).json()
    kept = (await client.post("/payment_links", json=LINK)).json()
    archived = await client.delete(f"/payment_links/{link['id']}")
    assert archived.status_code == 200
    assert (archived.json()["active"], archived.json()["archived"]) == (False, True)
    assert (await client.delete(f"/payment_links/{link['id']}")).json() == archived.json()
    assert (await client.get(f"/payment_links/{link['id']}")).json() == archived.json()
    assert [one["id"] for one in (await client.get("/payment_links")).json()["data"]] == [kept["id"]]
    put_away = await client.get("/payment_links", params={"archived": "true"})
    assert [one["id"] for one in put_away.json()["data"]] == [link["id"]]
    refused = await client.patch(f"/payment_links/{link['id']}", json={"active": True})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "link_archived")


@pytest.mark.parametrize("ended", ["deactivated", "archived"])
async def test_no_session_can_be_made_from_a_link_that_is_not_active(sqlite_shop: Shop, ended: str) -> None:
    """An inactive link refuses new sessions by 409; those that were made before are unaffected."""
    client = await sqlite_shop.client()
    link = (await client.post("/payment_links", json=LINK)).json()
    before = (await client.post("/checkout_sessions", json={"linkId": link["id"]})).json()
    if ended == "archived":
        await client.delete(f"/payment_links/{link['id']}")
    else:
        await client.patch(f"/payment_links/{link['id']}", json={"active": False})
    refused = await client.post("/checkout_sessions", json={"linkId": link["id"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "link_inactive")
    paid = await client.post(f"/checkout_sessions/{before['id']}/simulate", json={"outcome": "paid"})
    assert paid.json()["status"] == "paid"


@pytest.mark.parametrize(
    ("title", "words"),
    [("Bücher für Łódź", "bucher-fur-odz"), ("CAFÉ Straße", "cafe-strasse"), ("Ｐｒｏ №5", "pro-no5"), ("日本", "")],
)
def test_a_slug_keeps_the_letters_of_its_title(title: str, words: str) -> None:
    """Letters with marks are written without them, and wide ones narrow; others are left out."""
    assert new_slug(title)[: -SLUG_RANDOM_LENGTH - bool(words)] == words


async def test_two_links_of_one_title_have_different_slugs(sqlite_shop: Shop) -> None:
    """A slug is short, unique, URL-safe, and not to be guessed from the title."""
    client = await sqlite_shop.client()
    slugs = {
        (await client.post("/payment_links", json={"title": title, "fiatAmount": "1"})).json()["slug"]
        for title in ("Pro plan", "Pro plan", "日本語", "<script>", "x" * 200)
    }
    assert len(slugs) == 5
    assert all(slug.isascii() and set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for slug in slugs)
    assert all(len(slug) <= 48 for slug in slugs)


async def test_a_link_ends_at_its_instant_or_with_its_last_use(shop: Shop) -> None:
    """Both are told apart, and mended by a change; its sessions that are open by then go on. An instant that has passed
    may stay as it is while something else changes, and is refused as a new one."""
    client = await shop.client()
    soon = to_rfc3339(shop.clock.now() + MINUTE_MS)
    link = (await client.post("/payment_links", json=LINK | {"expiresAt": soon, "maxCompletedSessions": 1})).json()
    path, new = f"/payment_links/{link['id']}", {"linkId": link["id"]}
    first, second = [(await client.post("/checkout_sessions", json=new)).json() for _ in range(2)]
    shop.clock.ahead_ms += MINUTE_MS
    expired = await client.post("/checkout_sessions", json=new)
    assert (expired.status_code, expired.json()["error"]["code"]) == (409, "link_expired")
    assert (await client.patch(path, json={"title": "Late", "expiresAt": soon})).status_code == 200
    past = await client.patch(path, json={"expiresAt": to_rfc3339(shop.clock.now() - 1)})
    assert (past.status_code, past.json()["error"]["param"]) == (400, "expiresAt")
    assert (await client.patch(path, json={"expiresAt": None})).json()["expiresAt"] is None

    for session, used in ((first, 1), (second, 2)):
        paid = await client.post(f"/checkout_sessions/{session['id']}/simulate", json={"outcome": "paid"})
        assert paid.json()["status"] == "paid"
        assert (await client.get(path)).json()["completedSessions"] == used
    used_up = await client.post("/checkout_sessions", json=new)
    assert (used_up.status_code, used_up.json()["error"]["code"]) == (409, "link_used_up")
    for wrong in (0, -1, 1_000_000_001):
        refused = await client.patch(path, json={"maxCompletedSessions": wrong})
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "maxCompletedSessions"), wrong
    assert (await client.patch(path, json={"maxCompletedSessions": 3})).status_code == 200
    assert (await client.post("/checkout_sessions", json=new)).status_code == 201


async def test_a_link_may_cost_nothing(sqlite_shop: Shop) -> None:
    """Its sessions are paid at once; a price below zero is refused in words that fit."""
    client = await sqlite_shop.client()
    link = (await client.post("/payment_links", json=LINK | {"fiatAmount": "0"})).json()
    session = (await client.post("/checkout_sessions", json={"linkId": link["id"]})).json()
    assert (session["status"], session["paymentStatus"]) == ("paid", "no_payment_required")
    refused = await client.post("/payment_links", json=LINK | {"fiatAmount": "-1"})
    assert refused.status_code == 400
    assert "of zero or more" in refused.json()["error"]["message"]
