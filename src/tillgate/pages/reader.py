"""Who reads a page: in which language, and how an address keeps the one that they picked."""

from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from tillgate.words import ENGLISH, LANGUAGES, Language, Words, chosen_language, language_of, words_in


class Switch(NamedTuple):
    """A language that the page can be read in.

    Attributes:
        url: the same page in it.
        current: it is read in it now.
    """

    language: Language
    url: str
    current: bool


class Reader(NamedTuple):
    """Somebody in front of a page.

    Attributes:
        words: their language.
        picked: the language that they picked on the page; each address keeps it (``?lang=``), without a cookie.
    """

    words: Words
    picked: Language | None = None

    def to(self, path: str, **query: str) -> str:
        """An address on this server, in the language that was picked."""
        fields = query | ({"lang": self.picked.tag} if self.picked is not None else {})
        return _with(path, fields) if fields else path

    def switches(self, path: str) -> tuple[Switch, ...]:
        """The same page in each language."""
        return tuple(
            Switch(one, _with(path, {"lang": one.tag}), one == self.words.language) for one in LANGUAGES.values()
        )


def _with(path: str, fields: dict[str, str]) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode(fields)}"


# What is written for programmers, and whoever is known by nothing.
IN_ENGLISH = Reader(words_in(ENGLISH))


def reader_of(request: Request, *set_by_seller: str | None) -> Reader:
    """Who asks: what they picked, else what the seller set (the session first, then the project), else what their
    browser asks for."""
    picked = language_of(request.query_params.get("lang"))
    asked = request.headers.get("Accept-Language")
    return Reader(words_in(chosen_language(picked.tag if picked else None, set_by_seller, asked)), picked)
