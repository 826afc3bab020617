"""One key's page: what it may do, who uses it, why it would be refused; and a project's four standing keys."""

import re

import pytest

from keyturn import KeyWish, Kind, Mode, Use
from keyturn.keys.listing import KeyFilter, every_key
from keyturn.stores.ports import Count
from tests.dashboard.conftest import Owner, hidden, sign_in
from tillgate.base.clock import DAY_MS, HOUR_MS

pytestmark = pytest.mark.anyio

STORE_FRONT = {"name": "Storefront", "mode": "test", "kind": "publishable", "scopes": "sessions:write"}


async def made(owner: Owner, *scopes: str, **more: object) -> str:
    """The path of a new key."""
    issued = await owner.shop.issued(scopes or ("sessions:read",), **more)  # type: ignore[arg-type]
    return f"/api-keys/{issued.key.id}"


async def later(owner: Owner, ms: int) -> None:
    """So much later, signed in again."""
    owner.shop.clock.ahead_ms += ms
    assert (await sign_in(owner.http)).status_code == 303
    owner.csrf = hidden(await owner.page(""), "csrf")


async def header_of(owner: Owner, text: str, path: str = "/checkout_sessions") -> int:
    answer = await owner.http.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {text}"})
    return answer.status_code


@pytest.mark.spec("crossmint R13", "crossmint R28", "crossmint R29")
async def test_a_publishable_key_is_made_with_its_origins_or_apps(owner: Owner) -> None:
    """crossmint R13, R28, R29: creation has fields for web origins and for mobile app identifiers, several of one sort;
    without either, or with both, it says what is missing and keeps what was typed."""
    form = await owner.page("/api-keys/new")
    assert 'name="origins"' in form and 'name="apps"' in form
    refused = await owner.send("/api-keys", **STORE_FRONT)
    assert refused.status_code == 422
    assert "needs the web origins or the mobile app identifiers" in refused.text
    refused = await owner.send("/api-keys", **STORE_FRONT, origins="http://shop.example")
    assert "plain http is for development on this machine only" in refused.text
    assert ">\nhttp://shop.example</textarea>" in refused.text
    created = await owner.send("/api-keys", **STORE_FRONT, origins="http://localhost:3000\r\nhttps://*.shop.example")
    assert created.status_code == 201
    assert re.search(r"pk_test_[0-9A-Za-z]{32}", created.text)
    assert "From http://localhost:3000, https://*.shop.example" in await owner.page("/api-keys")
    mobile = await owner.send("/api-keys", **STORE_FRONT, apps="com.shop.app com.shop.other")
    assert mobile.status_code == 201
    both = await owner.send("/api-keys", **STORE_FRONT, apps="com.shop.app", origins="https://a.example")
    assert both.status_code == 422


async def test_what_a_publishable_key_may_set_is_allowed_on_its_form(owner: Owner) -> None:
    """With a warning; the list and the key's page mark a key whose visitors set the price; an edit removes it."""
    bound = STORE_FRONT | {"origins": "https://shop.example"}
    form = await owner.page("/api-keys/new")
    assert "anybody can read this key and send any amount" in form
    refused = await owner.send("/api-keys", **bound, returns="javascript:")
    assert refused.status_code == 422 and "is no scheme of an app" in refused.text
    secret = await owner.send("/api-keys", **(bound | {"kind": "secret"}), allow="amount")
    assert secret.status_code == 422 and "Only a publishable key" in secret.text
    made = await owner.send("/api-keys", **bound, allow="amount", returns="com.shop.app:// https://m.shop.example")
    assert made.status_code == 201
    [key] = await every_key(owner.shop.keys.store, owner.shop.project_id)
    assert key.allow == {"amount", "return:com.shop.app:", "return:https://m.shop.example"}
    path = f"/api-keys/{key.id}"
    for page in ("/api-keys", path):
        shown = await owner.page(page)
        assert "Visitors set the price: amount" in shown
        assert "Back to com.shop.app:, https://m.shop.example" in shown
    edited = await owner.page(f"{path}/edit")
    assert ">\ncom.shop.app:\nhttps://m.shop.example</textarea>" in edited
    kept = {"name": "Storefront", "scopes": "sessions:write", "origins": "https://shop.example"}
    assert await owner.done(f"{path}/edit", **kept, returns="com.shop.app:") == path
    assert "Visitors set the price" not in await owner.page(path)
    assert "amount, return:com.shop.app:, return:https://m.shop.example → return:com.shop.app:" in await owner.page(
        "/audit"
    )


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("networks", "10.0.0.1/8", "is no network"),
        ("rate", "fast", "is no rate"),
        ("burst", "7", "requires a rate"),
        ("expires", "tomorrow", "is not a date"),
        ("expires", "2020-01-01", "must lie in the future"),
        ("reportOnly", "mode", "cannot be report-only"),
        ("format", "morse", "Unknown key format"),
        ("kind", "open", "Choose secret or publishable"),
    ],
)
async def test_what_makes_no_key_is_shown_beside_its_field(owner: Owner, field: str, value: str, said: str) -> None:
    """Nothing is made, and what was typed is still there."""
    new = {"name": "x", "mode": "test", "scopes": "links:read", field: value}
    if field == "burst":
        new["burst"] = value
    refused = await owner.send("/api-keys", **new)
    assert refused.status_code == 422, refused.text
    assert said in refused.text
    assert await every_key(owner.shop.keys.store, owner.shop.project_id) == []


async def test_a_key_is_changed_on_its_page(owner: Owner) -> None:
    """Scopes and restrictions, at once and everywhere; the audit log says from what to what."""
    issued = await owner.shop.issued(["sessions:read", "links:read"])
    path, text = f"/api-keys/{issued.key.id}", issued.secret.reveal()
    assert await header_of(owner, text) == 200
    assert "links:read" in await owner.page(f"{path}/edit")
    assert await owner.done(f"{path}/edit", name="Renamed", scopes="links:read", networks="203.0.113.0/24") == path
    assert await header_of(owner, text) == 403
    page = await owner.page(path)
    assert "Renamed" in page and "Only from 203.0.113.0/24" in page
    audit = await owner.page("/audit")
    assert "none → 203.0.113.0/24" in audit
    wrong = await owner.send(f"{path}/edit", name="", scopes="links:read")
    assert wrong.status_code == 422


@pytest.mark.spec("craftkit R46")
async def test_traffic_is_shown_and_unused_scopes_of_a_key_are_removed(owner: Owner) -> None:
    """craftkit R46: traffic per key by day, outcome and scope; scopes that were never used go with one click."""
    issued = await owner.shop.issued(["sessions:read", "events:read"])
    key_id, path = issued.key.id, f"/api-keys/{issued.key.id}"
    assert "No requests in this period." in await owner.page(path)
    today = owner.shop.clock.now() // DAY_MS
    await later(owner, 40 * DAY_MS)
    project = owner.shop.project_id
    await owner.shop.keys.usage_store.add_counts(
        {
            Count(key_id, today + 5, "allowed", False, "sessions:read", project): 1,  # before the period that is shown
            Count(key_id, today + 39, "allowed", False, "sessions:read", project): 40,
            Count(key_id, today + 40, "allowed", False, "sessions:read", project): 2,
            Count(key_id, today + 40, "origin_not_allowed", False, "sessions:read", project): 7,
        }
    )
    page = await owner.page(path)
    assert "49 requests in 30 days, at most 40 a day" in page
    assert "Origin not allowed" in page
    assert "This key has unused scopes." in page
    assert await owner.done(f"{path}/restrict") == path
    restricted = await owner.shop.keys.store.by_id(project, key_id)
    assert restricted is not None
    assert restricted.scopes == {"sessions:read"}
    assert (await owner.send(f"{path}/restrict")).status_code == 409


async def test_a_key_is_rotated_and_its_old_secret_ended_when_nobody_uses_it(owner_of_both: Owner) -> None:
    """A new secret, shown once; both work; the page says who still uses the old one, and when it is safe to end it."""
    owner = owner_of_both
    issued = await owner.shop.issued(["sessions:read"])
    path, old = f"/api-keys/{issued.key.id}", issued.secret.reveal()
    await owner.page(f"{path}/rotate")
    shown = await owner.send(f"{path}/rotate", overlap="168", begins="use")
    assert shown.status_code == 201
    found = re.search(r"data-secret translate=\"no\">(\S+?)<", shown.text)
    assert found is not None
    new = found[1]
    assert "not used yet" in await owner.page(path)
    assert (await owner.send(f"{path}/rotate", overlap="168")).status_code == 409
    assert [await header_of(owner, text) for text in (old, new)] == [200, 200]
    secrets = await owner.shop.keys.store.secrets(owner.shop.project_id, issued.key.id)
    now = owner.shop.clock.now()
    await owner.shop.keys.store.touch({(issued.key.id, 1): Use(now, "203.0.113.0/24", "old-client/1", "/x")})
    page = await owner.page(path)
    assert "The old secret was used within the last day" in page and "old-client/1" in page
    assert secrets[0].number == 2
    owner.shop.clock.ahead_ms += 25 * HOUR_MS
    assert "You can safely end the old secret" in await owner.page(path)
    assert await owner.done(f"{path}/finish") == path
    assert [await header_of(owner, text) for text in (old, new)] == [401, 200]
    await owner.send(f"{path}/rotate", overlap="0", begins="use")
    assert await owner.done(f"{path}/withdraw") == path
    assert (await owner.send(f"{path}/withdraw")).status_code == 409


async def test_the_page_explains_why_a_request_would_be_refused(owner: Owner) -> None:
    """Each rule with what was seen and what is allowed, and the least that would let it in; nonsense is told so."""
    path = await made(owner, "sessions:read")
    asked = "?method=POST&path=/api/v1/payment_links"
    page = await owner.page(f"{path}{asked}")
    assert "No: scope missing." in page
    assert "Give the key the scope links:write." in page
    assert "The request would be allowed." in await owner.page(f"{path}?method=GET&path=/api/v1/checkout_sessions")
    assert "There is no GET /api/v1/nothing" in await owner.page(f"{path}?path=/api/v1/nothing")
    assert "is no address" in await owner.page(f"{path}{asked}&address=here")
    await owner.page("/api-keys/key_nobody", 404)


@pytest.mark.spec("smartpay R2", "smartpay R14", "smartpay R17", "coin-moebius R16")
async def test_the_four_standing_keys_are_on_the_credentials_page(owner: Owner) -> None:
    """smartpay R14, R17: a public and a secret key for each mode, found on the Credentials page from the first day. A
    secret one is made and shown at its first reveal, and never again; the public ones are shown at any time, also both
    of them while a roll overlaps."""
    first = await owner.page("/credentials")
    public = re.findall(r"pk_(?:test|live)_[0-9A-Za-z]{22}", first)
    assert [text[:8] for text in public] == ["pk_test_", "pk_live_"]
    assert first.count(">Reveal key</button>") == 2
    secrets = []
    for mode in ("test", "live"):
        shown = await owner.send(f"/credentials/{mode}/secret")
        assert shown.status_code == 201
        assert "not shown again" in shown.text
        secrets += re.findall(r"data-secret translate=\"no\">(\S+?)<", shown.text)
    assert [text[:8] for text in secrets] == ["sk_test_", "sk_live_"]
    page = await owner.page("/credentials")
    assert [text in page for text in (*secrets, *public)] == [False, False, True, True]
    assert "Reveal key" not in page
    assert page.count("/rotate") == 4
    assert await header_of(owner, secrets[0]) == 200
    assert await header_of(owner, public[0]) == 403
    assert (await owner.send("/credentials/test/other")).status_code == 404

    [key] = await every_key(
        owner.shop.keys.store, owner.shop.project_id, KeyFilter(mode=Mode.TEST, kind=Kind.PUBLISHABLE)
    )
    rolled = await owner.send(f"/api-keys/{key.id}/rotate", overlap="168")
    assert (rolled.status_code, "not shown again" in rolled.text) == (201, False)
    page = await owner.page("/credentials")
    both = re.findall(r"pk_test_[0-9A-Za-z]{22}", page)
    assert len(both) == 2 and public[0] in both and both[0] in rolled.text
    await owner.send(f"/api-keys/{key.id}/revoke")
    assert "Its key was revoked." in await owner.page("/credentials")
    assert (await owner.send("/credentials/test/publishable")).status_code == 201
    page = await owner.page("/credentials")
    assert not any(text in page for text in both)


async def test_whoever_looks_at_the_list_sees_what_is_wrong_with_a_key(owner: Owner) -> None:
    """Exposed, suspended, unused for ninety days."""
    wish = KeyWish(
        project_id=owner.shop.project_id, mode=Mode.TEST, kind=Kind.SECRET, name="idle", scopes=["links:read"]
    )
    await owner.shop.keys.issuer.issue(wish, by="operator:test")
    assert "not used for 90 days" not in await owner.page("/api-keys")
    await later(owner, 91 * DAY_MS)
    assert "not used for 90 days" in await owner.page("/api-keys")


async def test_the_audit_log_goes_back_page_by_page(owner: Owner) -> None:
    """Fifty lines a page, newest first, with those of the owner's account; a page that makes no sense is told so."""
    for number in range(52):
        await owner.shop.issued(["links:read"])
        assert number < 52
    first = await owner.page("/audit")
    assert ">line 54<" in first and ">line 3<" not in first
    older = re.search(r'href="/dashboard(/audit\?before=\d+)"', first)
    assert older is not None
    assert ">line 3<" in await owner.page(older[1])
    await owner.page("/audit?before=x", 400)
