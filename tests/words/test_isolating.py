"""Text of other people changes the order of nothing around it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup

from keyturn.words.isolating import needs_isolation, without_turns
from tests.house.source import SRC, python_files
from tillgate.mail.model import one_line
from tillgate.words import ENGLISH, LANGUAGES, words_in
from tillgate.words.isolating import isolated, isolated_html
from tillgate.words.templates import Isolating, IsolatingText, speaking

TURNED = "evil \u202e00.1"
HEBREW = "\u05d0\u05d1\u05d2"
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def rendered(source: str, tag: str = "en", **values: object) -> str:
    environment = Environment(autoescape=True, extensions=[Isolating])
    return environment.from_string(source).render(speaking(words_in(LANGUAGES[tag])), **values)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<p>{{ name }}</p>", f"<p><bdi>{HEBREW}</bdi></p>"),
        ("<p class='a'>{{ name }} {{ 7 }}</p>", f"<p class='a'><bdi>{HEBREW}</bdi> 7</p>"),
        ("<title>{{ name }}</title><p>{{ name }}", f"<title>\u2068{HEBREW}\u2069</title><p><bdi>{HEBREW}</bdi>"),
        ("<option>{{ name }}</option>", f"<option>\u2068{HEBREW}\u2069</option>"),
        ("<textarea>{{ name }}</textarea>", f"<textarea>{HEBREW}</textarea>"),
        ('<input value="{{ name }}">', f'<input value="{HEBREW}">'),
        ('<a href="/x?{{ name }}" title="{{ name }}">', f'<a href="/x?{HEBREW}" title="\u2068{HEBREW}\u2069">'),
        ('<a {% if name %}title="{{ name }}"{% endif %}>x', f'<a title="\u2068{HEBREW}\u2069">x'),
        ("<p>{{ name if true else 1 }}", f"<p><bdi>{HEBREW}</bdi>"),
        ("<p>{{ name|upper }}", f"<p><bdi>{HEBREW}</bdi>"),
        ("<p>{% macro m() %}<b>{{ name }}</b>{% endmacro %}{{ m() }}", f"<p><b><bdi>{HEBREW}</bdi></b>"),
        ('<p>{{ _("Pay {price}", price=name) }}', f"<p>Pay \u2068{HEBREW}\u2069"),
        ("<p>2 < 3 {{ name }}", f"<p>2 < 3 <bdi>{HEBREW}</bdi>"),
    ],
)  # fmt: skip
def test_each_place_isolates_in_its_own_way(source: str, html: str) -> None:
    """By an element in text, by characters where there are no elements, and not at all where a machine reads."""
    assert rendered(source, name=HEBREW) == html


def test_what_only_turns_other_text_is_not_shown() -> None:
    """ "evil 00.1" stays that, in text and in a sentence; what the page says itself has its own order."""
    assert rendered("<p>{{ name }} live", name=TURNED) == "<p>evil 00.1 live"
    assert words_in(ENGLISH).say("Pay {price}", price=TURNED) == "Pay evil 00.1"
    assert rendered("<p>{{ name }}", name=Markup("<b>\u202ax</b>")) == "<p><b>\u202ax</b>"


def test_a_sentence_keeps_its_isolates_wherever_it_is_shown() -> None:
    """In a mail's text, in an element, in another sentence, and in a subject, also where that is cut; what others wrote
    beside it is isolated as ever."""
    said = words_in(ENGLISH).say("Pay {merchant}, {count} times", merchant=HEBREW, count="7")
    isolated_name = f"Pay \u2068{HEBREW}\u2069, 7 times"
    assert said == isolated_name
    assert rendered("<p>{{ said }} {{ name }}", said=said, name=HEBREW) == f"<p>{isolated_name} <bdi>{HEBREW}</bdi>"
    text = Environment(extensions=[IsolatingText]).from_string("{{ said }}|{{ name }}")  # noqa: S701
    assert text.render(said=said, name=HEBREW) == f"{isolated_name}|\u2068{HEBREW}\u2069"
    assert words_in(ENGLISH).say("{said}", said=said) == isolated_name
    assert rendered("<p>{{ said }}", said=words_in(ENGLISH).say("{x}", x="<b>")) == "<p>&lt;b&gt;"
    assert one_line(said, 100) == isolated_name
    assert one_line(said, 9) == f"Pay \u2068{HEBREW[:2]}…\u2069"
    assert one_line(f"\u2068{HEBREW}", 100) == HEBREW


def test_lines_from_right_to_left_isolate_everything_of_others() -> None:
    """A full stop after a name in Latin letters stays where it was written."""
    assert rendered("<p>{{ name }}", "ar", name="Acme Inc.") == "<p><bdi>Acme Inc.</bdi>"


@given(st.text(max_size=60), st.booleans())
def test_isolated_text_never_turns_what_follows(text: str, right_to_left: bool) -> None:
    """Within our own isolate nothing opens or closes another; without one, nothing in it could."""
    for shown in (str(isolated(text, right_to_left)), str(isolated_html(text, right_to_left))):
        inner = shown[1:-1] if shown.startswith("\u2068") else shown
        assert not TURNING & set(inner)
        if not needs_isolation(without_turns(text), right_to_left):
            assert "<bdi>" not in shown and "\u2068" not in shown


def test_every_template_of_the_house_is_isolated() -> None:
    """A room that writes HTML has the extension, so its next field is isolated before anybody thinks of it."""
    made = [path for path in python_files(SRC / "tillgate") if re.search(r"\bEnvironment\(", path.read_text("utf-8"))]
    assert len(made) >= 2
    for path in made:
        assert "Isolating" in path.read_text("utf-8"), f"{path}: extensions=[Isolating]"
