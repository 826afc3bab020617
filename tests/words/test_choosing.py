"""Which language somebody reads."""

import pytest

from keyturn.words.choosing import ACCEPT_LANGUAGE_MAX, accepted
from tillgate.words import chosen_language, language_of


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("de", "de"),
        ("ja", "ja"),
        ("ar-EG,ar;q=0.9,en;q=0.8", "ar"),
        ("fr-CA;q=0.5, es;q=0.8", "es"),
        ("pt", "pt-BR"),
        ("pt-PT, en;q=0.1", "pt-BR"),
        ("PT-br", "pt-BR"),
        ("zh-TW, zh;q=0.9, de;q=0.1", "de"),
        ("de;q=0, fr;q=0.001", "fr"),
        ("en, de", "en"),
        ("de, en", "de"),
        ("sv, *;q=0.5", None),
        ("*", None),
        ("", None),
        ("de;q=2, fr;q=0.1", "fr"),
        ("de;q=0.1234", None),
        ("d€, fr", "fr"),
        ("de;level=1", None),
        ("<script>, de", "de"),
        ("xx," * 40 + "de", None),
        ("de," + "x" * ACCEPT_LANGUAGE_MAX, None),
    ],
)
def test_the_header_is_read_as_the_standard_says(header: str, tag: str | None) -> None:
    """The best liked of those that there are; what is not well-formed counts as not written, and only so much is read
    of it."""
    found = accepted(header)
    assert (found.tag if found else None) == tag


@pytest.mark.parametrize(
    ("picked", "session", "project", "header", "tag"),
    [
        ("ja", "de", "fr", "es", "ja"),
        (None, "de", "fr", "es", "de"),
        (None, None, "fr", "es", "fr"),
        (None, None, None, "es", "es"),
        (None, None, None, None, "en"),
        ("xx", None, None, "ar", "ar"),
        ("en", "de", None, "ar", "en"),
    ],
)
def test_who_reads_decides_then_who_sells_then_the_browser(
    picked: str | None, session: str | None, project: str | None, header: str | None, tag: str
) -> None:
    """The switch on the page comes first, then the session, then its project, then the browser."""
    assert chosen_language(picked, (session, project), header).tag == tag


@pytest.mark.parametrize("tag", ["", "e", "x" * 10_000, "de\x00", "../de", "ｄｅ"])
def test_no_odd_tag_is_a_language(tag: str) -> None:
    """A tag is looked up, and never a path."""
    assert language_of(tag) is None
