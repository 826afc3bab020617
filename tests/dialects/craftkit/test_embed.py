"""Embed by its document: sessions, renewals, catalogs, and the tokens that a partner signs itself."""

import asyncio
import uuid
from functools import partial
from typing import Any

import httpx
import jwt
import pytest

from keyturn.database import Transaction
from tests.dialects.craftkit.conftest import SOURCE, Press, press, sqlite_press
from tests.makers import rows
from tests.requirements.calling import key_of
from tests.shop import eventually
from tests.snapshots import Books
from tillgate.app import Tillgate
from tillgate.documents.context import DocumentContext
from tillgate.documents.embedding.model import AUDIENCE, TokenRefused
from tillgate.documents.embedding.operations import Opened, open_token, publish_template
from tillgate.documents.partners.model import PartnerSuspended
from tillgate.documents.partners.operations import Signing, enable, resume, rotate, suspend
from tillgate.store.erasing import ERASED
from tillgate.words import LANGUAGES, words_in

__all__ = ["press", "sqlite_press"]

pytestmark = pytest.mark.anyio

TENANT = {"externalId": "acme", "displayName": "Acme Ltd"}
ACTOR = {"externalId": "user-7"}
SESSION = {"tenant": TENANT, "actor": ACTOR}
CATALOG = {
    "namespaces": [
        {
            "key": "customer",
            "label": "Customer",
            "fields": [{"key": "customer.email", "label": "E-mail", "dataType": "email"}],
        },
        {"key": "document", "label": "Document", "fields": [{"key": "title", "label": "Title"}]},
    ],
    "loops": [
        {
            "key": "rows",
            "label": "Rows",
            "itemFields": [
                {"key": "name", "label": "Name"},
                {"key": "amount", "label": "Amount", "dataType": "number"},
            ],
        }
    ],
}
HOUR = 3_600
# What the page says in English, as whole texts of elements.
SAID = (
    "Choose a template", "To begin with", "All templates", "Name of the template", "Add a row", "Typst source",
    "Press Preview to see the document.", "That is not possible.", "Publish", "Preview",
)  # fmt: skip


async def enabled(press: Press, *origins: str) -> Signing:
    """Embed is enabled, as by the command line."""
    shop = press.shop

    async def operation(tx: Transaction) -> Signing:
        return await enable(tx, shop.sealer, shop.project_id, list(origins), now=shop.clock.now())

    return await shop.database.write(operation)


def own_token(press: Press, signing: Signing, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token that the partner signs itself; a claim that is None is left out."""
    now = press.shop.clock.now() // 1000
    claims: dict[str, Any] = {
        "iss": signing.partner.test_key,
        "aud": AUDIENCE,
        "sub": "visit-1",
        "iat": now,
        "exp": now + HOUR,
        "ck": {"v": 1, "tenant": {"external_id": "acme"}, "actor": {"external_id": "user-7"}},
    }
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    named = {"kid": signing.key_id} if headers is None else headers
    return jwt.encode(claims, signing.private, algorithm="EdDSA", headers=named)


def documents_of(app: Tillgate) -> DocumentContext:
    """What the server makes documents with."""
    return next(one for one in app._crossroads._apps if one.dialect.name == "craftkit").context.documents


async def opened(press: Press, token: str) -> Opened:
    """What the page finds in a token."""
    context = documents_of(press.shop.app)
    return await press.shop.database.read(lambda tx: open_token(context, tx, token))


@pytest.mark.spec("craftkit R29", "craftkit R39", "craftkit R40", "craftkit R41", "craftkit R43")
async def test_a_key_opens_no_session_where_embed_is_off(press: Press) -> None:
    """R29, R41: an otherwise valid key is told ``invalid_credentials``, before anything else is looked at. R43: it goes
    on with renders. R39, R40: once embed is enabled, both routes answer it, at once."""
    for path, body in (("/embed/sessions", SESSION), ("/embed/catalogs", b"{"), ("/embed/sessions/refresh", b"")):
        answer = await press.call("POST", path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_credentials"), path
        assert answer.headers["www-authenticate"] == "Bearer"
        nobody = await press.call("POST", path, body, key="")
        assert nobody.json()["error"]["code"] == "missing_authorization"
    assert (await press.call("GET", "/templates")).status_code == 200
    await enabled(press)
    assert (await press.call("POST", "/embed/sessions", SESSION)).status_code == 200
    made = await press.call("POST", "/embed/catalogs", {"name": "invoices", "catalog": CATALOG})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    for path in ("/embed/sessions", "/embed/catalogs"):
        assert (await press.call("POST", path, b"{")).json()["error"]["code"] == "invalid_json"
        wrong = await press.call("POST", path, {"unknown": 1})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid_request")


@pytest.mark.spec("craftkit R32")
async def test_a_suspended_partner_is_refused_at_once_everywhere(press: Press) -> None:
    """R32: 403 ``partner_suspended`` for every key, and for tokens that were out already; renders go on; and all of it
    works again once it is resumed."""
    shop, signing = press.shop, await enabled(press)
    live = (await key_of(shop, format="craftkit", mode="live")).secret.reveal()
    minted = (await press.call("POST", "/embed/sessions", SESSION)).json()["session_token"]
    await shop.database.write(lambda tx: suspend(tx, shop.project_id, now=shop.clock.now()))
    for key in (None, live):
        for path, body in (("/embed/sessions", SESSION), ("/embed/catalogs", {"name": "a", "catalog": CATALOG})):
            answer = await press.call("POST", path, body, key=key)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "partner_suspended")
    for token in (minted, own_token(press, signing)):
        with pytest.raises(PartnerSuspended):
            await opened(press, token)
    assert (await press.call("GET", "/templates")).status_code == 200
    await shop.database.write(lambda tx: resume(tx, shop.project_id, now=shop.clock.now()))
    assert (await press.call("POST", "/embed/sessions", SESSION)).status_code == 200
    assert (await opened(press, minted)).terms.tenant.external_id == "acme"


@pytest.mark.spec("craftkit R39")
async def test_a_session_is_signed_by_a_key_that_everybody_can_verify(sqlite_press: Press) -> None:
    """R39: the answer of the document, with a token of Ed25519 whose kid is in the key set; of the key's mode."""
    signing = await enabled(sqlite_press)
    body = SESSION | {"scope": {"mode": "fill"}, "permissions": {"publish": False}, "limits": {"maxPublishes": 2}}
    answer = await sqlite_press.call("POST", "/embed/sessions", body)
    told = answer.json()
    assert set(told) == {"session_id", "session_token", "iframe_url", "expires_at", "renew_token"}
    assert told["iframe_url"].endswith(f"/embed/builder?session_token={told['session_token']}")
    keys = (await sqlite_press.call("GET", f"/embed/jwks/{signing.partner.test_key}", key="")).json()["keys"]
    kid = jwt.get_unverified_header(told["session_token"])["kid"]
    [key] = [one for one in keys if one["kid"] == kid]
    assert "d" not in key
    claims = jwt.decode(told["session_token"], jwt.PyJWK(key), algorithms=["EdDSA"], audience=AUDIENCE)
    assert (claims["iss"], claims["sub"]) == (signing.partner.test_key, told["session_id"])
    assert claims["exp"] - claims["iat"] == 4 * HOUR
    assert claims["ck"]["partner"]["id"] == signing.partner.test_key
    found = await opened(sqlite_press, told["session_token"])
    assert (found.livemode, found.terms.scope.mode, found.terms.permissions.publish) == (False, "fill", False)
    unknown = await sqlite_press.call("GET", "/embed/jwks/ck_pk_test_nobody", key="")
    assert unknown.json()["error"]["code"] == "invalid_credentials"


@pytest.mark.spec("craftkit R29")
async def test_a_partner_signs_its_own_tokens(sqlite_press: Press) -> None:
    """R29: with the publishable and the signing key alone; no project key is asked. The publishable key says the
    mode."""
    signing = await enabled(sqlite_press)
    found = await opened(sqlite_press, own_token(sqlite_press, signing))
    assert (found.project_id, found.livemode, found.subject) == (sqlite_press.shop.project_id, False, "visit-1")
    live = own_token(sqlite_press, signing, iss=signing.partner.live_key)
    assert (await opened(sqlite_press, live)).livemode
    assert (await opened(sqlite_press, own_token(sqlite_press, signing, headers={}))).subject == "visit-1"


async def test_a_token_that_is_not_exactly_right_opens_nothing(sqlite_press: Press) -> None:
    """The algorithm, the key, the issuer, the audience, every instant and the terms: each alone is enough to refuse."""
    shop = sqlite_press.shop
    signing = await enabled(sqlite_press)
    other_project = await shop.project()
    other = await shop.database.write(lambda tx: enable(tx, shop.sealer, other_project, [], now=shop.clock.now()))
    now = shop.clock.now() // 1000
    good = own_token(sqlite_press, signing)
    head, body, mark = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False})
    ck = claims["ck"]
    signing_in_its_name = signing._replace(private=other.private)
    wrong = {
        "none": jwt.encode(claims, "", algorithm="none", headers={"kid": signing.key_id}),
        "hmac": jwt.encode(claims, "k" * 32, algorithm="HS256", headers={"kid": signing.key_id}),
        "another's key": own_token(sqlite_press, signing_in_its_name),
        "another's kid": own_token(sqlite_press, signing, headers={"kid": other.key_id}),
        "unknown kid": own_token(sqlite_press, signing, headers={"kid": "emk_nobody"}),
        "critical": own_token(sqlite_press, signing, headers={"kid": signing.key_id, "crit": ["b64"]}),
        "another issuer": own_token(sqlite_press, signing, iss=other.partner.test_key),
        "nobody": own_token(sqlite_press, signing, iss="ck_pk_test_nobody"),
        "audience": own_token(sqlite_press, signing, aud="api.example"),
        "audiences": own_token(sqlite_press, signing, aud=[AUDIENCE, "api.example"]),
        "no exp": own_token(sqlite_press, signing, exp=None),
        "no sub": own_token(sqlite_press, signing, sub=None),
        "too long": own_token(sqlite_press, signing, exp=now + 5 * HOUR),
        "expired": own_token(sqlite_press, signing, iat=now - 2 * HOUR, exp=now - HOUR),
        "not yet": own_token(sqlite_press, signing, nbf=now + HOUR),
        "from the future": own_token(sqlite_press, signing, iat=now + HOUR, exp=now + 2 * HOUR),
        "text for an instant": own_token(sqlite_press, signing, iat=now + 0.5),
        "version": own_token(sqlite_press, signing, ck=ck | {"v": 2}),
        "no tenant": own_token(sqlite_press, signing, ck={"v": 1, "actor": {"external_id": "a"}}),
        "empty tenant": own_token(sqlite_press, signing, ck=ck | {"tenant": {"external_id": ""}}),
        "another project": own_token(sqlite_press, signing, ck=ck | {"partner": {"project_id": other_project}}),
        "limits": own_token(sqlite_press, signing, ck=ck | {"limits": {"max_publishes": 10**9}}),
        "cut": f"{head}.{body}.{mark[:-1]}",
        "turned": f"{head}.{body}.{mark[::-1]}",
        "no token": "x",
        "huge": f"{head}.{'A' * 20_000}.{mark}",
    }
    assert (await opened(sqlite_press, good)).subject == "visit-1"
    for name, token in wrong.items():
        with pytest.raises(TokenRefused):
            await opened(sqlite_press, token)
            pytest.fail(name)
    # The clocks of two hosts may be a minute apart.
    assert await opened(sqlite_press, own_token(sqlite_press, signing, iat=now + 30))


async def test_an_earlier_signing_key_is_honoured_for_a_day(sqlite_press: Press) -> None:
    """A rotation interrupts nobody: tokens of the key before are accepted for a day, and the key set has both."""
    shop, signing = sqlite_press.shop, await enabled(sqlite_press)
    made = (await sqlite_press.call("POST", "/embed/sessions", SESSION)).json()
    new = await shop.database.write(lambda tx: rotate(tx, shop.sealer, shop.project_id, now=shop.clock.now()))
    assert new.private != signing.private
    for token in (own_token(sqlite_press, signing), own_token(sqlite_press, new), made["session_token"]):
        assert await opened(sqlite_press, token)
    path = f"/embed/jwks/{signing.partner.live_key}"
    assert len((await sqlite_press.call("GET", path, key="")).json()["keys"]) == 4
    shop.clock.ahead_ms += 24 * HOUR * 1000 + 1
    with pytest.raises(TokenRefused):
        await opened(sqlite_press, own_token(sqlite_press, signing))
    assert await opened(sqlite_press, own_token(sqlite_press, new))
    assert len((await sqlite_press.call("GET", path, key="")).json()["keys"]) == 2


async def test_a_renew_token_is_of_use_once(press: Press) -> None:
    """Of many that come at once exactly one is answered: the same session, with new tokens. What is wrong, another
    project's or another mode's is ``refresh_failed``."""
    shop = press.shop
    await enabled(press)
    made = (await press.call("POST", "/embed/sessions", SESSION)).json()
    body = {"renewToken": made["renew_token"]}
    live = (await key_of(shop, format="craftkit", mode="live")).secret.reveal()
    assert (await press.call("POST", "/embed/sessions/refresh", body, key=live)).status_code == 401
    answers = await asyncio.gather(*(press.call("POST", "/embed/sessions/refresh", body) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [200, 401, 401, 401, 401]
    [told] = [one.json() for one in answers if one.status_code == 200]
    assert told["session_id"] == made["session_id"]
    assert told["renew_token"] != made["renew_token"]
    refused = next(one for one in answers if one.status_code == 401)
    assert refused.json()["error"]["code"] == "refresh_failed"
    assert (await press.call("POST", "/embed/sessions/refresh", {"renewToken": "short"})).status_code == 422
    again = await press.call("POST", "/embed/sessions/refresh", {"renewToken": told["renew_token"]})
    assert again.status_code == 200
    kept = str(await rows(shop.database, "SELECT * FROM embed_sessions"))
    assert again.json()["renew_token"] not in kept
    assert again.json()["session_token"] not in kept


@pytest.mark.spec("craftkit R40")
async def test_a_catalog_has_versions_that_a_session_keeps(press: Press) -> None:
    """R40: the same name makes the next version, the current one; a session has that of its moment, or the one that it
    names."""
    await enabled(press)
    wider = CATALOG | {"allowCustom": True}
    for version, catalog in enumerate((CATALOG, wider), 1):
        made = (await press.call("POST", "/embed/catalogs", {"name": "invoices", "catalog": catalog})).json()
        assert (made["name"], made["version"], str(uuid.UUID(made["id"]))) == ("invoices", version, made["id"])
    for ref, custom in (({"name": "invoices"}, True), ({"name": "invoices", "version": 1}, False)):
        told = (await press.call("POST", "/embed/sessions", SESSION | {"catalogRef": ref})).json()
        found = await opened(press, told["session_token"])
        assert (found.allow_custom, found.catalog is not None) == (custom, True)
    for ref in ({"name": "receipts"}, {"name": "invoices", "version": 3}, {"name": "invoices", "version": 0}):
        answer = await press.call("POST", "/embed/sessions", SESSION | {"catalogRef": ref})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "catalog_not_found")
    both = SESSION | {"catalogRef": {"name": "invoices"}, "variableCatalog": CATALOG}
    assert (await press.call("POST", "/embed/sessions", both)).status_code == 422
    twice = {"namespaces": [CATALOG["namespaces"][0], CATALOG["namespaces"][0]]}
    for name, catalog in (("Invoices", CATALOG), ("invoices", twice), ("invoices", {"namespaces": [{"key": "a"}]})):
        answer = await press.call("POST", "/embed/catalogs", {"name": name, "catalog": catalog})
        assert answer.status_code == 422, answer.text


async def test_an_erased_customer_is_no_partners_user_any_more(press: Press) -> None:
    """Sessions, the templates that were published in them, who published these and what was filled in tell nobody who
    it was; the template still makes the same documents, and no other customer's is touched."""
    email, shop = "ada@example.com", press.shop
    signing = await enabled(press)
    await press.publish()
    native = await shop.client()
    ada = (await native.post("/customers", json={"email": email, "name": "Ada"})).json()
    context = documents_of(shop.app)
    for who in (email, "adam@example.com"):
        people = {"tenant": {"externalId": who, "displayName": who}, "actor": {"externalId": who, "email": who}}
        assert (await press.call("POST", "/embed/sessions", people)).status_code == 200
        ck = {"v": 1, "tenant": {"external_id": who}, "actor": {"external_id": who}}
        session = await opened(press, own_token(press, signing, sub=who, ck=ck))
        published = partial(publish_template, context, source=SOURCE, name=f"For {who}", data={"title": who})
        await shop.database.write(lambda tx, of=session, publish=published: publish(tx, of, "note"))  # type: ignore[misc]

    async def told(text: str) -> dict[str, int]:
        tables = await Books(shop.database).read()
        counted = {name: sum(text in str(one) for one in found) for name, found in tables.items()}
        return {name: number for name, number in counted.items() if number and name != "idempotency_names"}

    others = await told("adam@example.com")
    assert {"embed_sessions": 2, "templates": 1, "template_versions": 1}.items() <= others.items()
    assert (await told(email))["templates"] == 1
    assert (await native.delete(f"/customers/{ada['id']}")).status_code == 200

    async def gone() -> bool:
        return not await rows(shop.database, "SELECT customer_id FROM customer_erasures")

    await eventually(gone)
    assert await told(email) == {}
    assert await told("adam@example.com") == others
    by = {one["published_by"] for one in await rows(shop.database, "SELECT published_by FROM template_versions")}
    assert by == {ERASED, "embed:adam@example.com", "operator:test"}


async def test_the_page_speaks_its_readers_language(sqlite_press: Press) -> None:
    """The one that the session says, else the browser's; no sentence of the page stays English, nor those that say
    why something is not possible. A locale that is none is no error."""
    press = sqlite_press
    signing = await enabled(press)

    async def shown(locale: object, accept: str = "", slug: str = "", more: str = "") -> httpx.Response:
        branding = {"branding": {"locale": locale, "primaryColor": "#123"}} if locale is not None else {}
        made = (await press.call("POST", "/embed/sessions", SESSION | branding)).json()
        fields = {"session_token": made["session_token"], "template": slug}
        return await press.http.post(f"/embed/builder{more}", data=fields, headers={"Accept-Language": accept})

    english = {
        path: ((await shown("en", slug=slug, more=more)).text, slug, more)
        for path, slug, more in (("list", "", ""), ("form", "note", ""), ("wrong", "note", "/publish"), ("no", "x", ""))
    }
    for tag, language in LANGUAGES.items():
        words = words_in(language)
        for text, slug, more in english.values():
            page = await shown(tag, "fr, en", slug, more)
            assert f'<html lang="{tag}" dir="{language.direction}">' in page.text
            assert page.headers["Content-Language"] == tag
            if tag == "en":
                continue
            for sentence in SAID:
                if sentence in text and words.say(sentence) != sentence:
                    assert sentence not in page.text, (tag, sentence)
    assert any("Please fill in: " in text for text, _, _ in english.values())
    assert '<html lang="ja"' in (await shown(None, "ja-JP, en;q=0.5")).text
    for none in ("xx", "x" * 50, 5, ""):
        assert '<html lang="de"' in (await shown(none, "de")).text
    people = {"tenant": {"external_id": "acme"}, "actor": {"external_id": "user-7"}}
    own = own_token(press, signing, ck={"v": 1, **people, "branding": {"locale": "ar"}})
    assert '<html lang="ar" dir="rtl">' in (await press.http.get(f"/embed/builder?session_token={own}")).text
    ended = await press.http.get("/embed/builder?session_token=x", headers={"Accept-Language": "es"})
    assert "Esta sesión no se puede abrir." in ended.text
