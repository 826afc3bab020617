"""Checks of text and addresses that callers hand in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.api.errors import WORDS
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.base.text import (
    URL_MAX,
    checked_description,
    checked_email,
    checked_return_url,
    checked_text,
    checked_url,
    folded,
    identity,
    normal_email,
)

OVERLONG = "https://shop.example/" + "a" * URL_MAX


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example",
        "https://shop.example/",
        "HTTPS://shop.example/thanks?order=1#top",
        "https://shop.example:8443/a%20b",
        "https://münchen.example/danke",
        "https://[2001:db8::1]/thanks",
        "https://192.0.2.1/thanks",
    ],
)
@pytest.mark.parametrize("http_loopback", [True, False])
def test_https_urls_are_taken_as_they_are(url: str, http_loopback: bool) -> None:
    """Nothing is rewritten."""
    assert checked_url(url, field="success_url", http_loopback=http_loopback) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "/thanks",
        "//shop.example/thanks",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://shop.example/%0aalert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://shop.example",
        "blob:https://shop.example/1",
        "https:",
        "https://",
        "https:///thanks",
        "https://?x",
        "https:shop.example",
        "https:/shop.example",
        "https://user@shop.example",
        "https://user:pw@shop.example",
        "https://@shop.example",
        "https://:@shop.example",
        "https://shop.example@evil.example",
        "https://{ORDER_REFERENCE}.shop.example",
        "https://shop.example:{CHECKOUT_SESSION_ID}",
        "https://shop.example\\@evil.example",
        "https:\\\\shop.example",
        "https://shop.example/\nX-Evil: 1",
        "https://shop.example/\r\nX-Evil: 1",
        "https://shop.example/\t",
        "https://shop.example/a b",
        "https://shop.example\0.evil.example",
        "https://shop.example/\u2028x",
        "https://shop.example/\u00a0x",
        "https://shop.example/\u0085x",
        "https://shop.example/\ud800",
        "https://shop.example:port",
        "https://shop.example:99999",
        "https://[2001:db8::1",
        "https://[not an address]/",
        "http://shop.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://192.168.1.1",
        "http://0.0.0.0",
        "http://10.0.0.1",
        OVERLONG,
    ],
)
@pytest.mark.parametrize("http_loopback", [True, False])
def test_everything_else_is_refused_and_the_field_named(url: str, http_loopback: bool) -> None:
    """Other schemes, user names, back slashes, line breaks, missing hosts, plain http to the world."""
    with pytest.raises(InvalidInput) as caught:
        checked_url(url, field="success_url", http_loopback=http_loopback)
    assert caught.value.field == ("success_url",)
    assert len(WORDS.message(caught.value)) < 300


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/thanks",
        "http://LOCALHOST/thanks",
        "http://127.0.0.1:9000",
        "http://127.9.9.9/",
        "http://[::1]:9000/",
        "http://shop.localhost/",
    ],
)
def test_plain_http_goes_to_this_machine_only_where_that_is_allowed(url: str) -> None:
    """A developer's own receiver; in live mode never."""
    assert checked_url(url, field="url", http_loopback=True) == url
    assert checked_return_url(url, field="success_url", livemode=False) == url
    with pytest.raises(InvalidInput):
        checked_url(url, field="url", http_loopback=False)
    with pytest.raises(InvalidInput):
        checked_return_url(url, field="success_url", livemode=True)


def test_no_return_url_is_none() -> None:
    """Absent stays absent."""
    assert checked_return_url(None, field="success_url", livemode=True) is None


@given(st.text(max_size=60), st.booleans())
def test_any_text_is_a_url_or_refused(text: str, http_loopback: bool) -> None:
    """Nothing else is raised, and what passes has no white space, back slash or user name in it."""
    for candidate in (text, f"https://{text}", f"http://localhost/{text}"):
        try:
            passed = checked_url(candidate, field="url", http_loopback=http_loopback)
        except InvalidInput:
            continue
        assert not any(char.isspace() for char in passed)
        assert "\\" not in passed
        assert "@" not in passed.split("/")[2]


@given(st.text())
def test_any_text_is_a_title_or_refused(text: str) -> None:
    """What passes fits a row of either database: no NUL, no lone surrogate, no longer than allowed."""
    try:
        passed = checked_text(text, field="title", length_max=40)
    except InvalidInput as error:
        assert error.field == ("title",)
        return
    assert 1 <= len(passed) <= 40
    assert passed == text.strip()
    assert "\0" not in passed
    passed.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\t", "a\0b", "a\x1bb", "a\x7fb", "a\x85b", "a\x9bb", "a\ud800b", "x" * 201]
)
def test_a_bad_title_is_refused(text: str) -> None:
    """Empty, overlong, or with control characters."""
    with pytest.raises(InvalidInput):
        checked_text(text, field="title", length_max=200)


@pytest.mark.parametrize("text", ["Pro plan", "  Pro plan ", "a\nb", "Größe ✓", "日本語", "x" * 200, "👩‍👩‍👧"])
def test_a_good_title_is_kept_without_surrounding_space(text: str) -> None:
    """Any script, emoji, line breaks."""
    assert checked_text(text, field="title", length_max=200) == text.strip()


def test_an_empty_description_is_none() -> None:
    """There is one way to have none."""
    assert checked_description(None) is None
    assert checked_description("  ") is None
    assert checked_description(" a ") == "a"
    with pytest.raises(InvalidInput):
        checked_description("x" * 2_001)


@pytest.mark.parametrize(
    "text", ["\u200b", "\u3164", "\u2800", "\u00ad\u2060", "\ufe0f", "\u202e", "\u0301", "\u115f\u1160", "\U000e0041"]
)
def test_a_name_that_nobody_can_see_is_none(text: str) -> None:
    """It is refused like an empty one; where a text may be empty, it is."""
    with pytest.raises(InvalidInput) as refused:
        checked_text(text, field="name", length_max=100)
    assert refused.value.problem is Problem.NOTHING_VISIBLE
    assert checked_text(text, field="description", length_max=100, may_be_empty=True) == ""


@pytest.mark.parametrize("text", ["a", "é", "e\u0301", "🙂", "0", "—", "दुकान", "می\u200cخواهم", "👩\u200d🚀"])
def test_a_name_with_something_to_see_stays_as_it_was_written(text: str) -> None:
    """Joiners that shape letters and pictures are part of a name."""
    assert checked_text(text, field="name", length_max=100) == text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A-1", "A-1\u200b"),
        ("A-1", " \u2066A-1\u2069 "),
        ("caf\u00e9", "cafe\u0301"),
        ("A-1", "\u200bA\u00ad-1\ufeff"),
    ],
)
def test_references_that_look_the_same_are_the_same(one: str, other: str) -> None:
    """Case is told apart, and what nobody can see is not."""
    assert identity(one) == identity(other) == identity(identity(other))
    assert identity(one) != identity(one.swapcase())


def test_an_address_is_compared_without_what_nobody_can_see() -> None:
    """Pasted with a space of no width, or typed in wide letters, it is the same one."""
    assert checked_email("\u200bAda@Example.com\u2060") == checked_email("Ａｄａ＠example.com") == "ada@example.com"


@given(st.text(max_size=40))
def test_comparing_twice_changes_nothing(text: str) -> None:
    """What is kept is found again."""
    assert identity(identity(text)) == identity(text)
    assert folded(folded(text)) == folded(text)
    assert normal_email(normal_email(text)) == normal_email(text)
