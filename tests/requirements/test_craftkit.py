"""CraftKit's requirements on project keys, R1 to R21, R28 to R38 and R44 to R49."""

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from keyturn import NATIVE, KeyChanges, Kind, SecretState, resume, suspend
from keyturn.insight.advice import rotation_proof
from tests.api.test_requirements_keys import EVERY_ENDPOINT, asked
from tests.dashboard.conftest import Owner, browser_of, hidden, owner, owner_of_both
from tests.house.source import ROOT
from tests.makers import rows
from tests.requirements.calling import AMOUNT, bearer, ended, key_of, send, why
from tests.shop import Shop, eventually, open_shop, shop, sqlite_shop
from tillgate.api.application import ROUTES

__all__ = ["owner", "owner_of_both", "shop", "sqlite_shop"]

pytestmark = pytest.mark.anyio

SESSIONS = "/checkout_sessions"
# CraftKit's own keys can do nothing but what its document says. Native ones are written in the same way.
WRITTEN_ALIKE = NATIVE.name


# Authentication.


@pytest.mark.spec("craftkit R1", "craftkit R2", "craftkit R30", "craftkit R33")
async def test_every_request_carries_a_project_key_as_a_bearer_token(sqlite_shop: Shop) -> None:
    """R1, R2: every route asks for one. R30, R33: a missing header is told apart from a wrong key, everywhere."""
    nobody, wrong = await sqlite_shop.caller(), await sqlite_shop.caller("ck_live_wrong")
    key = await key_of(sqlite_shop, format=WRITTEN_ALIKE)
    client = await sqlite_shop.caller(key.secret.reveal())
    for method, path, _ in EVERY_ENDPOINT:
        assert why(await asked(nobody, method, path)) == (401, "missing"), (method, path)
        assert why(await asked(wrong, method, path)) == (401, "malformed"), (method, path)
        assert (await asked(client, method, path)).status_code not in (401, 403), (method, path)


@pytest.mark.spec("craftkit R3")
@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "curl/8.5.0", "accept": "*/*"},
        {"user-agent": "node", "accept": "*/*", "accept-language": "*", "sec-fetch-mode": "cors"},
        {"user-agent": "python-requests/2.32.3", "accept-encoding": "gzip, deflate", "connection": "keep-alive"},
    ],
    ids=["curl", "fetch", "requests"],
)
async def test_the_same_request_works_from_three_languages(sqlite_shop: Shop, headers: dict[str, str]) -> None:
    """R3: with the header alone, whatever else a client sends on its own."""
    key = await key_of(sqlite_shop, format=WRITTEN_ALIKE)
    made = (await send(sqlite_shop.app, "POST", SESSIONS, bearer(key), json=AMOUNT)).json()
    answer = await send(sqlite_shop.app, "GET", f"{SESSIONS}/{made['id']}", headers | bearer(key))
    assert (answer.status_code, answer.json()["id"]) == (200, made["id"])


@pytest.mark.spec("craftkit R4", "craftkit R44", "craftkit R45", "craftkit R46", "craftkit R47", "craftkit R17")
def test_the_guide_says_how_keys_are_used_well() -> None:
    """R4: read from an environment variable. R17, R47: one key for each integration and workload. R44: on a server.
    R45: one for each environment. R46: rotated every quarter, once nothing uses the old one."""
    guide = " ".join((ROOT / "docs/keys.md").read_text().split())
    for words in (
        "$CHECKOUT_API_KEY",
        "One key for each",
        "browser",
        "mobile app",
        "public repository",
        "`test` key for staging",
        "Once a quarter",
        "tillgate keys usage",
    ):
        assert words in guide, words


@pytest.mark.spec("craftkit R5", "craftkit R28")
async def test_a_key_is_scoped_to_one_project(shop: Shop) -> None:
    """R5, R28: another project's data is not there, read or written, however wide the key is."""
    mine = await key_of(shop, "*", format=WRITTEN_ALIKE)
    theirs = await key_of(shop, "*", format=WRITTEN_ALIKE, project_id=await shop.project())
    session = (await send(shop.app, "POST", SESSIONS, bearer(theirs), json=AMOUNT)).json()
    for method, path in (("GET", f"{SESSIONS}/{session['id']}"), ("POST", f"{SESSIONS}/{session['id']}/expire")):
        assert why(await send(shop.app, method, path, bearer(mine))) == (404, "not_found")
    assert (await send(shop.app, "GET", SESSIONS, bearer(mine))).json()["data"] == []


# Prefixes.


@pytest.mark.spec("craftkit R7", "craftkit R8", "craftkit R9", "craftkit R10")
async def test_the_prefix_says_whether_it_is_for_real(sqlite_shop: Shop) -> None:
    """R7: ``ck_live_`` or ``ck_test_``. R8, R9: what a live key makes is for real, and what a test key makes is not and
    costs nothing. R10: and whoever sees the outcome can tell: it is marked as test on every page and object."""
    for mode, livemode in (("test", False), ("live", True)):
        key = await key_of(sqlite_shop, format=WRITTEN_ALIKE, mode=mode)
        assert re.fullmatch(rf"ck_{mode}_[0-9A-Za-z]{{32}}", key.secret.reveal())
        link = await send(
            sqlite_shop.app, "POST", "/payment_links", bearer(key), json={"title": "Pro", "fiatAmount": "9.00"}
        )
        assert link.json()["livemode"] is livemode
    key = await key_of(sqlite_shop, format=WRITTEN_ALIKE)
    session = (await send(sqlite_shop.app, "POST", SESSIONS, bearer(key), json=AMOUNT)).json()
    async with browser_of(sqlite_shop) as http:
        page = (await http.get(session["checkoutUrl"])).text
    assert "Test mode" in page
    assert "No real money moves here" in page


# Creating and revoking.


async def created(owner: Owner, name: str) -> tuple[str, str]:
    """Enter a name, press the button; the key and the page that shows it."""
    form_id = hidden(await owner.page("/api-keys/new"), "form_id")
    answer = await owner.send("/api-keys", form_id=form_id, name=name, mode="test", scopes=["sessions:read"])
    assert answer.status_code == 201
    found = re.search(r"ck_test_[0-9A-Za-z]{32}", answer.text)
    assert found is not None
    return found[0], answer.text


@pytest.mark.spec("craftkit R6", "craftkit R11", "craftkit R12", "craftkit R13", "craftkit R14")
async def test_a_key_is_created_in_the_dashboard_and_returned_once(owner: Owner) -> None:
    """R6, R11: project, API keys, a name, the button. R12, R14: the text is in that answer and is never shown again.
    R13: the database has its SHA-256, and nothing more of it than is shown."""
    text, page = await created(owner, "backend")
    assert "Copy it now" in page
    digests = await rows(owner.shop.database, "SELECT digest_algorithm, digest FROM key_secrets")
    assert [(row[0], bytes(row[1])) for row in digests] == [("sha256", hashlib.sha256(text.encode()).digest())]
    for path in ("/api-keys", "/api-keys/new", ""):
        assert text not in await owner.page(path)
    shown = await rows(owner.shop.database, "SELECT prefix, last_four FROM key_secrets")
    assert (shown[0][0], shown[0][1]) == (text[:14], text[-4:])


@pytest.mark.spec(
    *("craftkit R6", "craftkit R15", "craftkit R16", "craftkit R18", "craftkit R19", "craftkit R20", "craftkit R21"),
    *("craftkit R47", "craftkit R48"),
)
async def test_each_of_many_keys_is_revoked_alone_on_the_same_screen(owner_of_both: Owner) -> None:
    """R15, R16, R47: a project has many, one for each workload, and revoking one disturbs no other. R18: on the same
    screen. R19, R20: from then on 401, without a grace window. R21: the replacement works beside it until then. R48:
    the screen shows which was revoked, for "was working, now suddenly fails"."""
    owner = owner_of_both
    names = ("jobs", "api", "hooks", "api, new")
    texts = {name: (await created(owner, name))[0] for name in names}
    clients = {name: await owner.shop.caller(text) for name, text in texts.items()}
    assert [(await client.get(SESSIONS)).status_code for client in clients.values()] == [200] * 4
    page = await owner.page("/api-keys")
    path = re.search(r'href="/dashboard(/api-keys/\w+/revoke)" aria-label="Revoke api"', page)
    assert path is not None
    await ended(owner, path[1])
    assert why(await clients["api"].get(SESSIONS)) == (401, "revoked")
    assert [(await clients[name].get(SESSIONS)).status_code for name in ("jobs", "hooks", "api, new")] == [200] * 3
    page = await owner.page("/api-keys")
    gone = page[page.index('<tr role="row" class="gone">') :]
    assert re.search(r">api</", gone)
    assert ">jobs</" not in gone
    assert "Revoked" in gone


# What a key cannot do.


@pytest.mark.spec("craftkit R29")
async def test_a_key_mints_no_other_credential(sqlite_shop: Shop) -> None:
    """R29: no route makes keys, tokens or embed sessions, whatever the key may do; what a publishable key's object
    answers with opens that object alone."""
    client = await sqlite_shop.caller((await key_of(sqlite_shop, "*", format=WRITTEN_ALIKE)).secret.reveal())
    assert not [route.path for route in ROUTES if re.search(r"key|token|embed|credential", route.path)]
    for path in ("/embed/sessions", "/keys", "/api_keys", "/tokens"):
        assert (await client.post(path, json={})).status_code == 404
    made = await client.post(SESSIONS, json=AMOUNT)
    assert "clientSecret" not in made.json()


# Errors.


def craftkit_code(answer: httpx.Response) -> str:
    """How CraftKit names a refusal that the native API tells with its reason."""
    error = answer.json()["error"]
    if answer.status_code == 401:
        return "missing_authorization" if error["reason"] == "missing" else "invalid_credentials"
    return {"project_suspended": "partner_suspended"}.get(error["code"], error["code"])


@pytest.mark.spec("craftkit R19", "craftkit R30", "craftkit R31", "craftkit R32", "craftkit R33")
async def test_refusals_can_be_worded_as_the_document_names_them(shop: Shop) -> None:
    """R30, R33: ``missing_authorization`` only where the header is missing. R19, R31: ``invalid_credentials`` where the
    key is unknown or revoked. R32: 403 while the project is suspended, from the next request on, for all its keys; and
    they work again once it is not."""
    key, other = await key_of(shop, format=WRITTEN_ALIKE), await key_of(shop, format=WRITTEN_ALIKE, mode="live")
    gone = await key_of(shop, format=WRITTEN_ALIKE)
    await shop.revoke(gone.key.id)
    assert craftkit_code(await send(shop.app, "GET", SESSIONS)) == "missing_authorization"
    for wrong in (bearer("ck_test_" + "a" * 32), bearer(gone), {"Authorization": "Token abc"}):
        assert craftkit_code(await send(shop.app, "GET", SESSIONS, wrong)) == "invalid_credentials"
    named = {"project_id": shop.project_id, "by": "operator:test"}
    await suspend(shop.keys.store, shop.clock, reason="unpaid", **named)
    for one in (key, other):
        answer = await send(shop.app, "GET", SESSIONS, bearer(one))
        assert (answer.status_code, craftkit_code(answer)) == (403, "partner_suspended")
        assert "unpaid" not in answer.text
    assert (await send(shop.app, "GET", SESSIONS, bearer(gone))).status_code == 401
    await resume(shop.keys.store, shop.clock, **named)
    assert (await send(shop.app, "GET", SESSIONS, bearer(key))).status_code == 200


# Environments.


@pytest.fixture
async def elsewhere(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Shop]:
    """Another installation, with a database of its own."""
    data = tmp_path / "elsewhere"
    data.mkdir()
    async with open_shop(data, f"sqlite:///{data / 'tillgate.db'}") as opened:
        yield opened


@pytest.mark.spec(
    *("craftkit R34", "craftkit R35", "craftkit R36", "craftkit R37", "craftkit R38", "craftkit R49"),
)
async def test_a_key_works_only_where_it_was_made(sqlite_shop: Shop, elsewhere: Shop) -> None:
    """R34, R37, R38: its hash is in that installation's database alone, in development as in production. R35: elsewhere
    it is 401, told as unknown. R36, R49: the answer says what to look at and what to do: create a key here."""
    for here, there in ((sqlite_shop, elsewhere), (elsewhere, sqlite_shop)):
        key = await key_of(here, format=WRITTEN_ALIKE, mode="live")
        assert (await send(here.app, "GET", SESSIONS, bearer(key))).status_code == 200
        refused = await send(there.app, "GET", SESSIONS, bearer(key))
        assert why(refused) == (401, "unknown")
        assert craftkit_code(refused) == "invalid_credentials"
        detail = refused.json()["error"]["detail"]
        assert "only on the installation that created it" in detail
        assert "create a key here" in detail
        new = await key_of(there, format=WRITTEN_ALIKE, mode="live")
        assert (await send(there.app, "GET", SESSIONS, bearer(new))).status_code == 200


# Practices that the product supports.


@pytest.mark.spec("craftkit R44")
async def test_a_secret_key_in_a_browser_bundle_does_not_work_there(sqlite_shop: Shop) -> None:
    """R44: no page may ask with it or read an answer; where the owner binds it to an origin, other sites' pages are
    refused even then. Browsers and apps have keys of their own."""
    key = await key_of(sqlite_shop, format=WRITTEN_ALIKE)
    page = {"Origin": "https://shop.example"}
    answer = await send(sqlite_shop.app, "GET", SESSIONS, bearer(key) | page)
    assert "access-control-allow-origin" not in answer.headers
    bound = await key_of(sqlite_shop, format=WRITTEN_ALIKE, origins=["https://desk.example"])
    assert why(await send(sqlite_shop.app, "GET", SESSIONS, bearer(bound) | page)) == (403, "origin_not_allowed")
    assert (await send(sqlite_shop.app, "GET", SESSIONS, bearer(bound))).status_code == 200
    public = await key_of(sqlite_shop, format="craftkit", kind=Kind.PUBLISHABLE, origins=["https://shop.example"])
    assert public.secret.reveal().startswith("ck_pk_test_")
    assert (await send(sqlite_shop.app, "POST", SESSIONS, bearer(public) | page, json=AMOUNT)).status_code == 201


@pytest.mark.spec("craftkit R45")
async def test_staging_and_production_never_share_a_key(shop: Shop) -> None:
    """R45: a test key reaches nothing of production, nor the reverse; no change turns one into the other."""
    key = await key_of(shop, format=WRITTEN_ALIKE)
    live = await key_of(shop, format=WRITTEN_ALIKE, mode="live")
    session = (await send(shop.app, "POST", SESSIONS, bearer(key), json=AMOUNT)).json()
    assert why(await send(shop.app, "GET", f"{SESSIONS}/{session['id']}", bearer(live))) == (404, "not_found")
    turned = bearer(key.secret.reveal().replace("ck_test_", "ck_live_"))
    assert why(await send(shop.app, "GET", SESSIONS, turned)) == (401, "malformed")
    assert "mode" not in KeyChanges.__struct_fields__


@pytest.mark.spec("craftkit R46", "craftkit R17")
async def test_a_key_is_rotated_once_nothing_uses_the_old_secret(shop: Shop) -> None:
    """R46, R17: mint, deploy, revoke once the traffic on the old one is zero: who still uses it, when, whence and for
    what can be seen, and "safe" is said only when nobody does for as long as was chosen."""
    key = await key_of(shop, format=WRITTEN_ALIKE)
    named = {"project_id": shop.project_id, "key_id": key.key.id}
    new = await shop.keys.issuer.rotate(by="user:1", **named)
    for one in (new, key):
        assert (await send(shop.app, "GET", SESSIONS, bearer(one) | {"User-Agent": "worker/1.0"})).status_code == 200

    async def old_in_use() -> SecretState | None:
        states = await shop.keys.store.secrets(shop.project_id, key.key.id)
        return next((state for state in states if state.number == 1 and state.last_used_at is not None), None)

    old = await eventually(old_in_use)
    assert (old.last_used_address, old.last_used_agent) == ("203.0.113.0/24", "worker/1.0")
    assert old.last_used_path == f"GET {SESSIONS}"
    hour_ms = 3_600_000
    proof = await rotation_proof(shop.keys.store, shop.clock, **named)
    assert ([one.number for one in proof.earlier], proof.safe_to_revoke(hour_ms)) == ([1], False)
    shop.clock.ahead_ms += hour_ms + 60_000
    proof = await rotation_proof(shop.keys.store, shop.clock, **named)
    assert proof.safe_to_revoke(hour_ms)
    await shop.keys.issuer.finish_rotation(by="user:1", **named)
    assert why(await send(shop.app, "GET", SESSIONS, bearer(key))) == (401, "superseded")
    assert (await send(shop.app, "GET", SESSIONS, bearer(new))).status_code == 200
