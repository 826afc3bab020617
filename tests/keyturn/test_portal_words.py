"""The customers' page in the customer's language, and nothing on it in any other."""

import ast
import re
import string
import tomllib
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from keyturn.http import portal_pages, portal_visits
from keyturn.keys.model import Status
from keyturn.limiting.gcra import UNITS, Limit
from keyturn.portal.words import RATES, STATUSES, catalogue, words_in
from keyturn.words import ENGLISH, LANGUAGES, Language
from tests.house.source import ROOT, nodes_of
from tests.keyturn.test_portal import CUSTOMER, ORIGIN, Browser, Portal, open_portal
from tests.pages.pseudo import Bracketed
from tests.pages.test_languages import outside, walked

FOLDER: Final = ROOT / "src/keyturn"
SOURCES: Final = (*sorted((FOLDER / "portal").glob("*.py")), *sorted((FOLDER / "http").glob("portal_*.py")))
OTHERS: Final = [one for one in LANGUAGES.values() if one is not ENGLISH]
# What needs no language: instants, keys, scopes, networks, where the customer came from.
VALUES: Final = re.compile(r"UTC|[a-z]+:[a-z]+|ck_\S+|203\.0\.113\.0/24|app\.example\.com|nightly|own")
each_language = pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.tag)


@cache
def sentences() -> dict[str, str]:
    """Each sentence that the page can say, and how its value is asked for."""
    found = {}
    for path in SOURCES:
        for node in nodes_of(path):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ("say", "say_many", "_worded", "phrase"):
                    found[str(node.args[0].value)] = name
    return found


def values_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@each_language
def test_a_catalogue_has_each_sentence_with_its_values_in_each_form(language: Language) -> None:
    """None is missing, none is left over, no value is lost or invented, and a count has the language's forms."""
    has = catalogue(language.tag)
    assert sentences().keys() ^ has.keys() == set()
    for sentence, kind in sentences().items():
        assert len(has[sentence]) == (len(language.plurals) if kind == "say_many" else 1), sentence
        for form in has[sentence]:
            # An Arabic count of one or two is said without its number.
            lacking = values_in(sentence) - values_in(form)
            assert values_in(form) <= values_in(sentence) and lacking <= ({"count"} if kind == "say_many" else set())
            assert form.strip() == form != "" and not re.search("[<>&]", form), form


def test_there_is_a_catalogue_for_each_language_of_the_buyers_pages() -> None:
    """And no other."""
    folder = FOLDER / "portal/catalogues"
    assert {path.stem for path in folder.iterdir()} == {one.tag for one in OTHERS}
    assert all(tomllib.loads(path.read_text("utf-8")) for path in folder.iterdir())


class Pseudo(Bracketed):
    """Says everything between brackets."""


@pytest.fixture
async def portal(tmp_path: Path, anyio_backend: object) -> AsyncIterator[Portal]:
    async with open_portal(f"sqlite:///{tmp_path}/keys.db") as opened:
        yield opened


def assert_all_from_catalogues(answer: httpx.Response) -> None:
    walker = walked(answer)
    read = [*walker.attributes, *re.findall(r'data-\w+="([^"]+)"', answer.text)]
    for text in ("".join(walker.text), *read):
        assert list(outside(VALUES.sub(" ", text))) == [], (answer.url, text)


@pytest.mark.anyio
async def test_no_text_of_the_page_is_outside_of_the_catalogues(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page, each state of a key, each refusal: said in a language that has nothing but brackets."""
    monkeypatch.setattr(portal_visits, "words_in", lambda language: Pseudo(language, {}))
    allowed = {"scopes": ["invoices:read"], "keysMax": 2, "monthlyQuota": 1, "networks": ["203.0.113.0/24"]}
    allowed |= {"rate": {"perSecond": 0.2, "burst": 10}}
    link = (await portal.session(allowed=allowed, mode="live", returnUrl="https://app.example.com/x"))["url"]
    browser = Browser(portal.app)
    seen = [await browser.client.head(link), await browser.open(link[:-3]), await browser.open(link[:-1] + "!")]
    seen += [await browser.see("/portal"), await browser.see("/portal/elsewhere")]
    await browser.open(link)
    seen.append(await browser.see())
    wish = {"scope": "invoices:read", "days": "30"}
    for wrong in (
        {"name": " "},
        {"name": "own", "scope": ""},
        {"name": "own", "days": "x"},
        {"name": "own", "scope": "*"},
    ):
        seen.append(await browser.send("/portal/keys", **({"name": "own"} | wish | wrong)))
    again = {"name": "nightly", "once": "the same", **wish}
    seen += [await browser.send("/portal/keys", **again) for _ in range(2)]
    await browser.make("own")
    [at, _] = [f"/portal/keys/{key['id']}" for key in await portal.keys()]
    seen += [await browser.send("/portal/keys", name="own", **wish), await browser.see(at)]
    seen += [await browser.send(f"{at}/rotate", overlap=overlap) for overlap in ("0", "86400", "86400")]
    seen += [await browser.see(at), await browser.send(f"{at}/withdraw"), await browser.send(f"{at}/withdraw")]
    seen += [await browser.send(f"{at}/revoke", confirmed=sure) for sure in ("", "yes", "yes")]
    seen += [await browser.see(at), await browser.see(), await browser.send(f"{at}/rotate", overlap="0")]
    seen.append(await browser.send("/portal/keys", origin="null"))
    seen.append(await browser.send("/portal/keys", token="x"))
    seen.append(await browser.client.post("/portal/keys", json={}, headers={"origin": ORIGIN}))
    strong = await portal.key("invoices:read", "invoices:write", externalId=CUSTOMER, name="own")
    seen.append(await browser.see(f"/portal/keys/{strong['id']}"))
    await portal.call("POST", f"/v1/keys/{strong['id']}/disable", {})
    seen += [await browser.see(), await browser.see("/portal/keys/key_x"), await Browser(portal.app).open(link)]
    monkeypatch.setattr(portal_pages, "CHANGES", Limit(1 / 60, 1))
    seen.append(await browser.send("/portal/end"))
    monkeypatch.undo()
    assert {one.status_code for one in seen} >= {200, 400, 403, 404, 409, 410, 415, 429}
    for answer in seen:
        assert_all_from_catalogues(answer)


@pytest.mark.anyio
async def test_a_failure_is_told_in_the_readers_words(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing is known of the session."""

    async def failing(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(portal.sessions, "by_cookie", failing)
    browser = await portal.signed_in()
    answer = await browser.client.get("/portal", headers={"accept-language": "ja"})
    assert answer.status_code == 500 and "問題が発生しました" in answer.text


@pytest.mark.anyio
@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.tag)
async def test_the_page_speaks_the_language_that_it_says(portal: Portal, language: Language) -> None:
    """``lang``, ``dir`` and the words agree; every language is offered by its own name."""
    browser = await portal.signed_in()
    page = await browser.client.get("/portal", headers={"accept-language": f"sv, {language.tag};q=0.5"})
    assert (root_of(page)["lang"], root_of(page)["dir"]) == (language.tag, language.direction)
    assert words_in(language).say("There are no keys here yet.") in page.text
    assert [one.name for one in LANGUAGES.values() if one.name not in page.text] == []


@pytest.mark.anyio
async def test_who_picks_a_language_keeps_it(portal: Portal) -> None:
    """What is picked on the page is stronger than what the session says, and that than what the browser asks for; it
    stays until the browser is closed, and goes along with the link. What is no language changes nothing."""
    browser = await portal.signed_in(locale="de-AT")

    async def tag(address: str = "/portal") -> str | None:
        page = await browser.client.get(address, headers={"accept-language": "fr"})
        return root_of(page)["lang"]

    assert [await tag(), await tag("/portal?lang=xx"), await tag("/portal/none")] == ["de", "de", "fr"]
    assert [await tag("/portal?lang=JA"), await tag(), await tag("/portal/none")] == ["ja", "ja", "ja"]
    kept = await browser.see("/portal?lang=ar")
    assert kept.headers["set-cookie"] == "keyturn_portal_lang=ar; Path=/portal; HttpOnly; SameSite=Lax; Secure"
    made = await browser.send("/portal/keys", name="nightly", scope="invoices:read", days="30")
    assert root_of(made)["lang"] == "ar"
    other = Browser(portal.app)
    opened = await other.open((await portal.session())["url"] + "?lang=es")
    assert opened.status_code == 303 and root_of(await other.see())["lang"] == "es"
    status, told = await portal.call("POST", "/v1/portal/sessions", {"externalId": CUSTOMER, "locale": "xx"})
    assert (status, told["code"]) == (400, "invalid_portal_session") and "en, de, fr" in told["detail"]


@pytest.mark.anyio
async def test_a_name_changes_nothing_around_it(portal: Portal) -> None:
    """One that runs from right to left, or turns what follows, is isolated in text and in titles."""
    browser = await portal.signed_in()
    made = await browser.send("/portal/keys", name="\u05d0 <b>", scope="invoices:read", days="30")
    assert "<title>Your key: \u2068\u05d0 &lt;b&gt;\u2069</title>" in made.text
    [key] = await portal.keys()
    page = (await browser.see(f"/portal/keys/{key['id']}")).text
    assert "Revoke <bdi>\u05d0 &lt;b&gt;</bdi> for good" in page
    assert "<bdi>\u05d0 &lt;b&gt;</bdi>" in (await browser.see()).text


def test_each_state_and_each_unit_has_its_words() -> None:
    """A state that is added to a key, or a unit to a rate, is added to what the page says."""
    assert STATUSES.keys() == set(Status) and RATES.keys() == UNITS.keys()


def root_of(page: httpx.Response) -> dict[str, Any]:
    return walked(page).root
