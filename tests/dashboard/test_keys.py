"""API keys in the dashboard."""

import hashlib
import html
import re
import sqlite3
from pathlib import Path

import pytest

from keyturn import KeyChanges, KeyWish, Limit, Mode, Use, change
from keyturn.keys.listing import KeyFilter
from tests.dashboard.conftest import RAW_KEY, Owner, hidden
from tests.shop import Shop
from tillgate.access import API_SCOPES

pytestmark = pytest.mark.anyio

WRONG: tuple[tuple[str, dict[str, str | list[str]]], ...] = (
    ("name", {"name": " "}),
    ("name", {"name": "x" * 101}),
    ("name", {"name": "two\nlines"}),
    ("mode", {"mode": ""}),
    ("mode", {"mode": "both"}),
    ("scopes", {"scopes": []}),
    ("scopes", {"scopes": ["links:read", "links:admin"]}),
)


async def created(owner: Owner, **fields: str | list[str]) -> str:
    """The text of a key made by the form."""
    new = {"name": "Shop backend", "mode": "test", "scopes": ["sessions:read"]} | fields
    form_id = hidden(await owner.page("/api-keys/new"), "form_id")
    answer = await owner.send("/api-keys", form_id=form_id, **new)
    assert answer.status_code == 201, answer.text
    # Once alone, and once in a command to try it with.
    found = list(dict.fromkeys(RAW_KEY.findall(answer.text)))
    assert len(found) == 1
    text: str = found[0]
    return text


async def status_of(shop: Shop, key: str, path: str = "/checkout_sessions") -> int:
    return (await (await shop.caller(key)).get(path)).status_code


async def test_the_form_offers_every_scope_on_its_own(owner: Owner) -> None:
    """Name, mode and scopes are asked for; none is chosen beforehand. crypto-checkout R14, R35, R66."""
    page = await owner.page("/api-keys/new")
    assert re.findall(r'<input type="checkbox"[^>]* name="scopes" value="([^"]+)"', page) == [*API_SCOPES, "*"]
    assert 'name="name"' in page
    assert re.findall(r'<input type="radio"[^>]* name="mode" value="(\w+)"', page) == ["test", "live"]
    assert not re.search(r'type="checkbox"[^>]* checked', page)
    for description in API_SCOPES.values():
        assert description in page


@pytest.mark.parametrize("mode", ["test", "live"])
async def test_a_key_is_shown_by_the_answer_that_made_it_and_never_again(owner_of_both: Owner, mode: str) -> None:
    """It works at once, in its mode and with its scopes; afterwards only its mask is shown, on every page.

    crypto-checkout R15, R16, R18, R20, R21, R22.
    """
    owner = owner_of_both
    key = await created(owner, mode=mode)
    assert key.startswith(f"ck_{mode}_")
    assert await status_of(owner.shop, key) == 200
    assert await status_of(owner.shop, key, "/payment_links") == 403
    listed = await owner.page("/api-keys")
    assert f"{key[:14]}…{key[-4:]}" in listed
    for path in ("/api-keys", "/api-keys/new", "", "/events"):
        assert key not in await owner.page(path)


async def test_sending_the_form_again_makes_no_second_key_and_shows_none(owner: Owner) -> None:
    """A reload of the answer sends the form again; so does a double click. crypto-checkout R16, R18."""
    form_id = hidden(await owner.page("/api-keys/new"), "form_id")
    fields: dict[str, str | list[str]] = {"name": "Twice", "mode": "test", "scopes": ["links:read"], "form_id": form_id}
    first = await owner.send("/api-keys", **fields)
    again = await owner.send("/api-keys", **fields)
    assert (first.status_code, again.status_code) == (201, 409)
    assert "was already created" in again.text
    assert not RAW_KEY.search(again.text)
    assert (await owner.page("/api-keys")).count(">Twice</a>") == 1


async def test_only_a_hash_of_the_key_is_stored(owner: Owner, tmp_path: Path) -> None:
    """The database's file holds the SHA-256 of the key and its mask, nowhere its text. crypto-checkout R17."""
    key = await created(owner)
    await owner.shop.database.close()
    with sqlite3.connect(tmp_path / "tillgate.db") as database:
        assert database.execute("SELECT digest_algorithm, digest FROM key_secrets").fetchall() == [
            ("sha256", hashlib.sha256(key.encode()).digest())
        ]
        dump = "\n".join(database.iterdump())
    assert key not in dump
    assert key.removeprefix("ck_test_")[6:-4] not in dump
    stored = [file.read_bytes() for file in tmp_path.iterdir() if file.is_file()]  # noqa: ASYNC240
    assert all(key.encode() not in content for content in stored)


async def test_the_key_is_in_no_address_and_no_cookie(owner: Owner) -> None:
    """So it is in no log and no history. crypto-checkout R65."""
    answer = await owner.send("/api-keys", name="a", mode="test", scopes="links:read")
    key = RAW_KEY.findall(answer.text)[0]
    assert key not in str(answer.request.url)
    assert key not in str(answer.headers)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_wrong_field_is_named_and_nothing_is_made(owner: Owner) -> None:
    """What was filled in is kept, and the very same form may be sent again, put right."""
    good: dict[str, str | list[str]] = {"name": "Kept", "mode": "live", "scopes": ["links:read"], "form_id": "1"}
    for field, fields in WRONG:
        answer = await owner.send("/api-keys", **(good | fields))
        assert answer.status_code == 422, fields
        assert f'id="{field}-problem"' in answer.text
        assert field == "scopes" or re.search(r'value="links:read"[^>]* checked', answer.text)
        assert field == "name" or 'value="Kept"' in answer.text
    assert "No key yet" in await owner.page("/api-keys")
    assert (await owner.send("/api-keys", **good)).status_code == 201


async def test_a_reporting_key_needs_no_write_scope(owner: Owner) -> None:
    """A key has exactly the scopes that were chosen. crypto-checkout R38, R66."""
    key = await created(owner, scopes=["links:read", "sessions:read", "events:read"])
    client = await owner.shop.caller(key)
    for path in ("/payment_links", "/checkout_sessions", "/events"):
        assert (await client.get(path)).status_code == 200
    assert (await client.get("/webhook_endpoints")).status_code == 403
    assert (await client.post("/payment_links", json={})).status_code == 403


async def test_the_list_says_what_one_needs_to_know(owner: Owner) -> None:
    """Name, mask, mode, scopes, when it was made and last used, whether it still works. crypto-checkout R12, R69."""
    key = await created(owner, name="<Reporting>", scopes=["links:read", "events:read"])
    await created(owner, name="Production", mode="live")
    answer = await owner.http.get("/dashboard/api-keys")
    assert "&lt;Reporting&gt;" in answer.text
    page = html.unescape(answer.text)
    row = page[page.index("<Reporting>") : page.index("Live keys")]
    for words in (
        f"{key[:14]}…{key[-4:]}",
        "Test</span>",
        "links:read",
        "events:read",
        "UTC</time>",
        "Never",
        "Active",
    ):
        assert words in row
    assert "Live</span>" in page[page.index("Live keys") :]


async def test_a_use_shows_in_the_list(owner: Owner) -> None:
    """So that unused keys can be told and revoked. crypto-checkout R69."""
    issued = await owner.shop.issued()
    assert "Never" in await owner.page("/api-keys")
    await owner.shop.keys.store.touch({(issued.key.id, 1): Use(owner.shop.clock.now() - 120_000)})
    page = await owner.page("/api-keys")
    assert "2 minutes ago" in page
    assert "Never" not in page


async def test_a_revoked_key_is_refused_at_once_and_stays_in_the_list(owner_of_both: Owner) -> None:
    """Asked first, then for good: the next request gets 401; other keys go on. crypto-checkout R19, R51, R67, R68."""
    owner = owner_of_both
    key, other = await created(owner, name="Leaked"), await created(owner, name="Successor")
    assert [await status_of(owner.shop, each) for each in (key, other)] == [200, 200]
    page = await owner.page("/api-keys")
    path = re.search(r'href="/dashboard(/api-keys/\w+/revoke)" aria-label="Revoke Leaked"', page)
    assert path is not None
    question = await owner.page(path[1])
    assert "Revoke “Leaked”?" in question
    assert await status_of(owner.shop, key) == 200
    receipt = await owner.send(path[1])
    assert receipt.status_code == 200
    assert "No process accepts the key any more." in receipt.text
    assert "Confirmed by" in receipt.text
    assert await status_of(owner.shop, key) == 401
    assert await status_of(owner.shop, other) == 200
    page = await owner.page("/api-keys")
    gone = page[page.index('<tr role="row" class="gone">') :]
    assert "Leaked" in gone
    assert "Revoked" in gone
    assert await owner.done(path[1]) == "/api-keys"
    assert "was already revoked" in await owner.page("/api-keys")


async def test_a_key_of_another_project_is_not_there(owner: Owner) -> None:
    """Neither to be seen nor to be revoked."""
    issued = await owner.shop.issued(project=await owner.shop.project("Another"))
    assert "No key yet" in await owner.page("/api-keys")
    await owner.page(f"/api-keys/{issued.key.id}/revoke", 404)
    assert (await owner.send(f"/api-keys/{issued.key.id}/revoke")).status_code == 404
    assert await status_of(owner.shop, issued.secret.reveal()) == 200


async def test_a_key_is_disabled_and_enabled(owner_of_both: Owner) -> None:
    """Disabled it is refused at once and says so; enabled it works as before. It can be revoked either way."""
    owner = owner_of_both
    issued = await owner.shop.issued(["sessions:read"])
    path = f"/api-keys/{issued.key.id}"
    headers = {"Authorization": f"Bearer {issued.secret.reveal()}"}

    async def refusal() -> str | None:
        answer = await owner.http.get("/api/v1/checkout_sessions", headers=headers)
        reason: str | None = answer.json().get("error", {}).get("reason")
        return reason

    assert f'action="/dashboard{path}/disable"' in await owner.page(f"{path}/revoke")
    assert await owner.done(f"{path}/disable") == path
    assert await refusal() == "disabled"
    page = await owner.page("/api-keys")
    assert "Disabled" in page
    assert f'action="/dashboard{path}/enable"' in page
    await owner.done(f"{path}/enable")
    assert await refusal() is None
    await owner.done(f"{path}/disable")
    assert (await owner.send(f"{path}/revoke")).status_code == 200
    assert await refusal() == "revoked"
    assert (await owner.send(f"{path}/enable")).status_code == 409


async def test_the_restrictions_of_a_key_are_shown(owner: Owner) -> None:
    """Networks, pace and expiry, so that nobody wonders why it is refused."""
    await owner.shop.keys.issuer.issue(
        KeyWish(
            project_id=owner.shop.project_id,
            mode=Mode.TEST,
            name="narrow",
            scopes=["links:read"],
            expires_at=owner.shop.clock.now() + 86_400_000,
            networks=["203.0.113.0/24"],
            limit=Limit(0.5, 3),
        ),
        by="operator:test",
    )
    page = await owner.page("/api-keys")
    for words in ("Only from 203.0.113.0/24", "At most 30 a minute, 3 at once", "Expires"):
        assert words in page


def fields_of(page: str) -> set[str]:
    """What the form asks for, hidden fields apart."""
    form = page.split('action="/dashboard/api-keys"', 1)[1].split("</form>", 1)[0]
    inputs = re.findall(r"<(?:input|textarea|select)\b[^>]*>", form)
    return {found[1] for one in inputs if 'type="hidden"' not in one and (found := re.search(r' name="(\w+)"', one))}


@pytest.mark.parametrize(
    ("format", "fields", "button"),
    [
        ("coin-moebius", {"name"}, "Generate key"),
        ("craftkit", {"name", "mode"}, "Create key"),
    ],
)
async def test_a_document_draws_its_own_form(owner: Owner, format: str, fields: set[str], button: str) -> None:
    """Coin Moebius: a name alone. CraftKit R11: a name, in one mode. Such a key is made without any scope chosen."""
    page = await owner.page(f"/api-keys/new?format={format}")
    assert fields_of(page) == fields
    assert f">{button}</button>" in page
    new = {name: hidden(page, name) for name in ("form_id", "format", "drawn")} | {"name": "One", "mode": "test"}
    answer = await owner.send("/api-keys", **new)
    assert answer.status_code == 201, answer.text
    assert ("Open checkouts of this project" in answer.text) is (format == "coin-moebius")
    assert ">none<" not in answer.text
    wrong = await owner.send("/api-keys", **(new | {"name": "", "form_id": hidden(page, "form_id")}))
    assert wrong.status_code == 422
    assert fields_of(wrong.text) == fields, "drawn again in the same way"


async def test_crossmints_form_asks_for_origins_and_apps_at_creation(owner: Owner) -> None:
    """They are what its keys for browsers and phones are bound to."""
    page = await owner.page("/api-keys/new?format=crossmint")
    assert {"name", "mode", "kind", "scopes", "origins", "apps"} <= fields_of(page)
    assert re.search(r'<details class="more" open>\s*<summary>Restrictions', page)
    assert (await owner.http.get("/dashboard/api-keys/new?format=klingon")).status_code == 400


async def test_a_craftkit_key_holds_what_its_document_says(owner: Owner) -> None:
    """Whatever it is given, at creation and later: its scopes are of its own language, so it reads no session."""
    text = await created(owner, format="craftkit", scopes=["sessions:read", "sessions:write"])
    assert await status_of(owner.shop, text) == 403
    [key] = (await owner.shop.keys.store.page(owner.shop.project_id, KeyFilter(mode=Mode.TEST), None, 10)).keys
    assert key.scopes == {"templates:read", "renders:read", "renders:write"}
    assert "renders:write" in await owner.page("/api-keys")
    changed = await change(
        owner.shop.keys.store,
        owner.shop.clock,
        owner.shop.keys.issuer,
        project_id=owner.shop.project_id,
        key_id=key.id,
        changes=KeyChanges(scopes=["orders:read"]),
        by="operator:test",
    )
    assert changed.key.scopes == key.scopes


async def test_a_row_is_revoked_by_an_icon_with_a_name(owner: Owner) -> None:
    """Whoever does not see it is told what it does, and to which key."""
    await created(owner, name="Old shop")
    page = (await owner.http.get("/dashboard/api-keys")).text
    assert re.search(r'<a class="icon-link[^>]* aria-label="Revoke Old shop"[^>]*><svg[^>]* aria-hidden="true"', page)
