"""The buyer's pages in the buyer's language, and nothing on them in any other."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.pages.conftest import Till
from tests.pages.pseudo import CLOSE, OPEN, words_in
from tests.pages.test_truth import STORIES, Story
from tillgate.checkout.sessions.model import SessionStatus
from tillgate.pages import reader
from tillgate.words import LANGUAGES, Language, Words

pytestmark = pytest.mark.anyio

# What people read besides text.
READ = ("title", "alt", "aria-label", "placeholder")
# Values that stand alone: of the merchant's, of the books, or of the language switch.
VALUES = re.compile(
    r"Marlow & Finch|Pro plan|A kilogram of beans|shop\.example|SPRING|test:0x[0-9a-f]+|0x[0-9a-fA-F]+|cs_[0-9a-z]+"
    r"|USD|EUR|\$|ETH|Ethereum|M\b|Beans|[A-Z]{3}\b|A-1|" + "|".join(re.escape(one.name) for one in LANGUAGES.values())
)


class Walker(HTMLParser):
    """Collects what people read of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[str] = []
        self.addresses: list[str] = []
        self.root: dict[str, str | None] = {}
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.root = given
        self.attributes += [value for name, value in attrs if value and (name in READ or name.startswith("data-word-"))]
        self.addresses += [value for name, value in attrs if value and name in ("href", "action", "hx-get")]
        self._silent += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")
        # Words of two elements are two words.
        self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text.append(data)


def walked(page: httpx.Response) -> Walker:
    walker = Walker()
    walker.feed(page.text)
    return walker


def outside(text: str) -> Iterator[str]:
    """The words that stand in no sentence of the catalogues, but for values."""
    depth, kept = 0, []
    for char in text:
        depth += (char == OPEN) - (char == CLOSE)
        kept.append(char if depth == 0 and char != CLOSE else " ")
    assert depth == 0, text
    yield from re.findall(r"[^\W\d_]{2,}", VALUES.sub(" ", "".join(kept)))


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "words_in", words_in)


def assert_all_from_catalogues(page: httpx.Response) -> None:
    walker = walked(page)
    assert OPEN in page.text
    assert list(outside("".join(walker.text))) == [], page.url
    for attribute in walker.attributes:
        assert list(outside(attribute)) == [], (page.url, attribute)


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("name", STORIES)
async def test_no_text_of_a_story_is_outside_of_the_catalogues(sqlite_till: Till, name: str) -> None:
    """Each state of the money, its page and what changes in it."""
    story = await STORIES[name][0](sqlite_till)
    assert_all_from_catalogues(await sqlite_till.browser.get(f"/checkout/{story.session.id}"))
    assert_all_from_catalogues(await sqlite_till.browser.get(f"/checkout/{story.session.id}/state"))


@pytest.mark.usefixtures("pseudo")
@pytest.mark.parametrize("status", SessionStatus)
async def test_no_text_of_a_state_is_outside_of_the_catalogues(sqlite_till: Till, status: SessionStatus) -> None:
    """Each state of a session, and the page of who leaves it."""
    session = await sqlite_till.session_in(
        status, success_url="https://shop.example/a", return_url="https://shop.example/b"
    )
    assert_all_from_catalogues(await sqlite_till.browser.get(f"/checkout/{session.id}"))
    left = await sqlite_till.browser.get(f"/checkout/{session.id}/cancel", follow_redirects=True)
    assert_all_from_catalogues(left)


@pytest.mark.usefixtures("pseudo")
async def test_no_answer_to_a_buyer_is_outside_of_the_catalogues(sqlite_till: Till) -> None:
    """A live page, refused forms, links that are closed or unknown, too many visits, and no checkout at all."""
    till = sqlite_till
    live = await till.session(live=True, allow_promotion_codes=True, cancel_url="https://shop.example/cart")
    open_ = await till.session(allow_promotion_codes=True)
    link, closed, gift = await till.link(), await till.link(), await till.link(fiat_amount="0")
    await till.close(closed)
    path = f"/checkout/{open_.id}"
    answers = [
        await till.browser.get(f"/checkout/{live.id}"),
        await till.browser.get("/checkout/cs_unknown"),
        await till.browser.get("/l/unknown"),
        await till.browser.get(f"/l/{closed.slug}"),
        await till.browser.get(f"/l/{link.slug}?email=&reference=A-1"),
        await till.browser.get(f"/l/{gift.slug}"),
        await till.browser.post(f"/l/{link.slug}", data={"email": "nobody", "with_email": "1"}),
        await till.browser.post(f"{path}/promotion-code", data={"code": "WRONG"}),
        await till.browser.post(f"{path}/promotion-code", data={"code": ""}),
        await till.browser.post(f"{path}/amount", data={"amount": "1"}),
        await till.browser.post(f"{path}/complete"),
        await till.browser.post(f"{path}/simulate", data={"outcome": "?"}),
        await till.browser.post(f"{path}/simulate", data={"outcome": "top_up"}),
    ]
    for _ in range(10):
        answers.append(await till.browser.post(f"{path}/promotion-code", data={"code": "WRONG"}))
    for _ in range(4):
        visit = await till.browser.post(f"/l/{link.slug}")
    answers.append(visit)
    assert {answer.status_code for answer in answers} >= {200, 404, 410, 422, 409, 400, 429}
    for answer in answers:
        assert_all_from_catalogues(answer)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.tag)
async def test_a_page_speaks_the_language_that_it_says(sqlite_till: Till, language: Language) -> None:
    """``lang``, ``dir`` and the header agree; a cache tells the languages apart, and none keeps the page."""
    session = await sqlite_till.session()
    page = await sqlite_till.browser.get(f"/checkout/{session.id}", headers={"Accept-Language": language.tag})
    root = walked(page).root
    assert (root["lang"], root["dir"], page.headers["Content-Language"]) == (
        language.tag,
        language.direction,
        language.tag,
    )
    assert (page.headers["Vary"], page.headers["Cache-Control"]) == ("Accept-Language", "no-store")
    assert Words(language, {}).language is language


async def test_who_sells_says_the_language_and_who_buys_has_the_last_word(sqlite_till: Till) -> None:
    """The session's language is stronger than the browser's, and what is picked on the page than both."""
    session = await sqlite_till.session(locale="de")
    path, french = f"/checkout/{session.id}", {"Accept-Language": "fr"}
    assert (await sqlite_till.browser.get(path, headers=french)).headers["Content-Language"] == "de"
    assert (await sqlite_till.browser.get(f"{path}?lang=ja", headers=french)).headers["Content-Language"] == "ja"
    assert (await sqlite_till.browser.get(f"{path}?lang=xx", headers=french)).headers["Content-Language"] == "de"


async def test_the_picked_language_stays(sqlite_till: Till) -> None:
    """Each address on the page keeps it, so forms, the look for news and the answers to them speak it: no cookie."""
    session = await sqlite_till.session(allow_promotion_codes=True)
    path = f"/checkout/{session.id}"
    page = await sqlite_till.browser.get(f"{path}?lang=ar")
    assert "set-cookie" not in page.headers
    kept = [one for one in walked(page).addresses if one.startswith(path)]
    assert {urlsplit(one).path for one in kept} >= {f"{path}/{end}" for end in ("state", "cancel", "simulate")}
    for address in kept:
        (tag,) = parse_qs(urlsplit(address).query)["lang"]
        assert tag == "ar" or urlsplit(address).path == path
    done = await sqlite_till.browser.post(f"{path}/simulate?lang=ar", data={"outcome": "paid"})
    assert done.headers["Location"] == f"{path}?lang=ar"
    link = await sqlite_till.link()
    assert (await sqlite_till.browser.post(f"/l/{link.slug}?lang=ar")).headers["Location"].endswith("?lang=ar")


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.tag)
@pytest.mark.parametrize("name", ["3.00 captured of 5.00", "refunded"])
async def test_a_story_is_told_with_its_sums_in_each_language(sqlite_till: Till, name: str, language: Language) -> None:
    """The same sums of the books, as the language writes them."""
    story: Story = await STORIES[name][0](sqlite_till)
    page = await sqlite_till.browser.get(f"/checkout/{story.session.id}?lang={language.tag}")
    assert f'lang="{language.tag}"' in page.text
    number = "3,00" if language.tag in ("de", "fr", "es", "pt-BR") else "3.00"
    assert (number in page.text) == (name == "3.00 captured of 5.00")
