"""What a request for the portal's pages carries beside its path: cookies, a form, and the language of its reader; and
what is said in place of a page that is not shown."""

from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from keyturn.errors import KeyturnError
from keyturn.http.pipeline import NOT_STORED, Answer, Exchange
from keyturn.portal.html import PortalHtml
from keyturn.portal.model import PortalSecret, PortalSession
from keyturn.portal.operations import Customer
from keyturn.portal.words import problem_of, words_in
from keyturn.words import Language, Sentences, chosen_language, language_of

FIELDS_MAX: Final = 100
COOKIES_MAX: Final = 16 * 1024
LANGUAGE_COOKIE: Final = "keyturn_portal_lang"
HTML: Final = b"text/html; charset=utf-8"
HEADERS: Final = (
    NOT_STORED,
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; "
        b"frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    # Under `no-referrer`, browsers send `Origin: null` with a form. Other origins are told nothing either way.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Told(Exception):
    """Says something in place of what was asked for.

    Attributes:
        text: a phrase; None where all that is said is how long to wait.
        wait_seconds: after which trying again makes sense; 0 where that is unknown.
    """

    def __init__(self, status: int, title: str, text: str | None, *, wait_seconds: int = 0) -> None:
        self.status = status
        self.title = title
        self.text = text
        self.wait_seconds = wait_seconds

    def page(self, words: Sentences) -> Answer:
        """The page that says it."""
        seconds = self.wait_seconds
        text = (
            words.say(self.text)
            if self.text is not None
            else words.say_many("Try again in {count} second.", "Try again in {count} seconds.", seconds)
        )
        page = answered(self.status, PortalHtml(words).message_page(words.say(self.title), text))
        return page.adding([(b"retry-after", b"%d" % seconds)]) if seconds else page


class Reader:
    """Which language somebody reads: what they picked, what their session says, or what their browser asks for."""

    def __init__(self, exchange: Exchange) -> None:
        self._accepted = exchange.header(b"accept-language")
        looks = exchange.method in ("GET", "HEAD")
        self.picked: Language | None = language_of(query_of(exchange).get("lang", [""])[0]) if looks else None
        self._chosen = self.picked or language_of(cookie_of(exchange, LANGUAGE_COOKIE))
        self.words = self._words(None)

    def knows(self, session: PortalSession) -> None:
        """From here on, whose session it is."""
        self.words = self._words(session.locale)

    def _words(self, of_session: str | None) -> Sentences:
        tag = self._chosen.tag if self._chosen is not None else None
        return words_in(chosen_language(tag, [of_session], self._accepted))


class Visit(NamedTuple):
    """One request in an open session."""

    customer: Customer
    cookie: PortalSecret
    fields: dict[str, list[str]]
    reader: Reader

    @property
    def token(self) -> str:
        """What the page's forms carry."""
        return self.cookie.form_token()

    @property
    def words(self) -> Sentences:
        """The reader's."""
        return self.reader.words

    @property
    def pages(self) -> PortalHtml:
        """The pages in the reader's language."""
        return PortalHtml(self.words)

    def problem(self, error: KeyturnError) -> str:
        """What is wrong with what was asked for, in the reader's words."""
        return problem_of(error, self.words, self.customer.session.allowed.keys_max)

    def field(self, name: str) -> str:
        """The first value of a field; empty where it did not come."""
        return (self.fields.get(name) or [""])[0]


def answered(status: int, body: bytes) -> Answer:
    """A page as it is answered."""
    return Answer(status, body, HTML, HEADERS)


def cookie_of(exchange: Exchange, name: str) -> str:
    """A cookie's value; empty where it did not come."""
    sent = exchange.header(b"cookie") or ""
    if len(sent) > COOKIES_MAX:
        return ""
    pairs = (one.strip().partition("=") for one in sent.split(";"))
    return next((value for key, _, value in pairs if key == name), "")


def query_of(exchange: Exchange) -> dict[str, list[str]]:
    """The parameters of the address; none where they are too many."""
    return fields_in(exchange.scope["query_string"].decode("latin-1")) or {}


def fields_in(text: str) -> dict[str, list[str]] | None:
    """The fields of a form; None where they are too many."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
