"""Which language somebody reads: what they chose, what the owner of the page set, or what their browser asks for."""

import re
from collections.abc import Iterable
from typing import Final

from keyturn.words.languages import ENGLISH, LANGUAGES, Language

# A browser sends a few dozen characters. What is longer than this is no list of languages and is not looked at.
ACCEPT_LANGUAGE_MAX: Final = 1_000
RANGES_MAX: Final = 32
# The longest tag that is looked up.
LANG_MAX: Final = 35

# RFC 9110, 12.5.4: a language range of RFC 4647 and its weight.
_RANGE: Final = re.compile(
    r"[ \t]{0,8}([a-z]{1,8}(?:-[a-z0-9]{1,8}){0,7})[ \t]{0,8}"
    r"(?:;[ \t]{0,8}q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]{0,8})?",
    re.ASCII | re.IGNORECASE,
)
_BY_TAG: Final = {tag.lower(): one for tag, one in LANGUAGES.items()}
# Somebody who asks for Portuguese is better served with Brazil's than with English.
_BY_PRIMARY: Final = {tag.lower().partition("-")[0]: one for tag, one in LANGUAGES.items()}


def language_of(tag: str | None) -> Language | None:
    """The language of that tag, ignoring case; ``de-AT`` is German. None where there is none like it."""
    if tag is None or len(tag) > LANG_MAX:
        return None
    lower = tag.lower().replace("_", "-")
    return _BY_TAG.get(lower) or _BY_PRIMARY.get(lower.partition("-")[0])


def accepted(header: str | None) -> Language | None:
    """The language that ``Accept-Language`` likes best of those that there are; None where it likes none.

    Of two that it likes the same, the one that stands first. What is not written as the standard says counts as not
    written at all.
    """
    if header is None or len(header) > ACCEPT_LANGUAGE_MAX:
        return None
    liked: list[tuple[float, Language]] = []
    for one in header.split(",", RANGES_MAX)[:RANGES_MAX]:
        found = _RANGE.fullmatch(one)
        language = language_of(found[1]) if found else None
        if found and language is not None:
            liked.append((float(found[2] or "1"), language))
    best = max(liked, key=lambda one: one[0], default=(0.0, ENGLISH))
    return best[1] if best[0] > 0 else None


def chosen_language(chosen: str | None, set_by_owner: Iterable[str | None], accept_language: str | None) -> Language:
    """The language to write in.

    Args:
        chosen: what the reader picked on the page.
        set_by_owner: what whoever runs the page asks for, the strongest first.
        accept_language: the header that the reader's browser sent.
    """
    for tag in (chosen, *set_by_owner):
        language = language_of(tag)
        if language is not None:
            return language
    return accepted(accept_language) or ENGLISH
