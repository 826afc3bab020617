"""A letter as text and as HTML.

The HTML has no styles and loads nothing: it reads well in whatever font and colours its reader has chosen, and tells
nobody that it was opened.
"""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from tillgate.mail.model import SUBJECT_MAX, Content, Letter, one_line
from tillgate.words import ENGLISH, LANGUAGES, Words, words_in
from tillgate.words.templates import Isolating, IsolatingText


def _environment(*, autoescape: bool) -> Environment:
    return Environment(
        loader=PackageLoader("tillgate.mail"),
        extensions=[Isolating if autoescape else IsolatingText],
        autoescape=autoescape,  # noqa: S701 — plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


_HTML: Final = _environment(autoescape=True)
_TEXT: Final = _environment(autoescape=False)


def rendered(letter: Letter, *, sender_name: str = "Tillgate", reply_to: str = "") -> Content:
    """The letter in both forms.

    Args:
        sender_name: who writes, as mail programs show it.
        reply_to: where an answer goes; empty for nowhere else than to the sender.
    """
    return Content(
        subject=one_line(letter.subject, SUBJECT_MAX),
        text=_TEXT.get_template("letter.txt").render(letter=letter, words=_words(letter)),
        html=_HTML.get_template("letter.html").render(
            letter=letter, body=body_of(letter), dir=direction(letter), words=_words(letter)
        ),
        locale=letter.locale,
        sender_name=one_line(sender_name, SUBJECT_MAX),
        reply_to=reply_to,
    )


def body_of(letter: Letter) -> str:
    """What stands in the HTML's body, as a preview shows it; all of it escaped."""
    return _HTML.get_template("body.html").render(letter=letter, words=_words(letter))


def direction(letter: Letter) -> str:
    """``rtl`` for a language that is written from right to left."""
    return LANGUAGES.get(letter.locale, ENGLISH).direction


def _words(letter: Letter) -> Words:
    return words_in(LANGUAGES.get(letter.locale, ENGLISH))
