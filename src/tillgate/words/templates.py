"""What Jinja2 needs of this room: each template speaks the language that it is rendered with, and isolates what it did
not write itself.

Not imported by the room's ``__init__``: the tables of sentences in the checkout know no template engine.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context

from tillgate.words.isolating import isolated, isolated_html
from tillgate.words.speaking import Words

# Elements whose content is text alone, and attributes that people read; the others are for machines.
_TEXT_ONLY: Final = frozenset({"title", "option"})
_RAW: Final = frozenset({"script", "style", "textarea"})
_READ: Final = frozenset({"title", "alt", "aria-label", "placeholder", "label", "content"})

_TAG: Final = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]{0,30})")
_ATTRIBUTE: Final = re.compile(r"([^\s\"'=<>/]{1,60})\s{0,8}=\s{0,8}$")


def speaking(words: Words) -> dict[str, Any]:
    """What each template is rendered with: ``_("…", name=…)`` and ``n_("…", "…", count, name=…)`` word sentences, and
    ``words`` writes amounts and dates."""
    return {"words": words, "_": words.html, "n_": words.html_many}


class Isolating(Extension):
    """Isolates each ``{{ … }}`` in direction, by the place in the HTML where it stands.

    In the text of an element by ``<bdi>``; in a title, an option, or an attribute that people read by characters; in
    all else, such as an address or the value of a field, not at all. What is ``Markup`` is the template's own.
    """

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals.update(_isolated_text=_in_text, _isolated_characters=_in_characters)

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        markup = _MarkupState()
        end: list[Token] | None = None
        for token in stream:
            if token.type == "data":
                markup.read(token.value)
            elif token.type == "variable_end" and end is not None:
                yield from end
                end = None
            yield token
            if token.type == "variable_begin" and (function := markup.function()):
                yield Token(token.lineno, "name", function)
                yield Token(token.lineno, "lparen", "(")
                end = [Token(token.lineno, "rparen", ")")]


class IsolatingText(Isolating):
    """The same in plain text, where all is text and nothing is markup: by characters."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        for token in stream:
            if token.type == "variable_end":
                yield Token(token.lineno, "rparen", ")")
            yield token
            if token.type == "variable_begin":
                yield Token(token.lineno, "name", "_isolated_characters")
                yield Token(token.lineno, "lparen", "(")


class _MarkupState:
    """Where in the HTML the next expression is."""

    def __init__(self) -> None:
        self._element = ""
        self._in_tag = False
        self._quote = ""
        self._attribute = ""

    def function(self) -> str | None:
        if self._in_tag:
            return "_isolated_characters" if self._quote and self._attribute in _READ else None
        if self._element in _RAW:
            return None
        return "_isolated_characters" if self._element in _TEXT_ONLY else "_isolated_text"

    def read(self, data: str) -> None:
        at = 0
        while at < len(data):
            at = self._in_a_tag(data, at) if self._in_tag else self._in_text(data, at)

    def _in_text(self, data: str, at: int) -> int:
        for found in _TAG.finditer(data, at):
            name = found[1].lower()
            if self._element and name != f"/{self._element}":
                continue
            self._element = name if name in _RAW | _TEXT_ONLY else ""
            self._in_tag = True
            return found.end()
        return len(data)

    def _in_a_tag(self, data: str, at: int) -> int:
        if self._quote:
            end = data.find(self._quote, at)
            if end < 0:
                return len(data)
            self._quote = ""
            return end + 1
        for index in range(at, len(data)):
            if data[index] == ">":
                self._in_tag = False
                return index + 1
            if data[index] in "\"'":
                named = _ATTRIBUTE.search(data, at, index)
                self._quote, self._attribute = data[index], named[1].lower() if named else ""
                return index + 1
        return len(data)


def _rtl(context: Context) -> bool:
    words = context.get("words")
    return isinstance(words, Words) and words.language.right_to_left


@pass_context
def _in_text(context: Context, value: object) -> object:
    return isolated_html(value, _rtl(context))


@pass_context
def _in_characters(context: Context, value: object) -> object:
    return isolated(value, _rtl(context))
