"""What is shown on a terminal does nothing to it, whoever wrote it."""

import json
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.cli import output
from keyturn.terminal import PrintableFormatter, json_line, printable

STRANGE = ("Cc", "Cf", "Cs", "Zl", "Zp")
TEXTS = st.text(st.characters(codec=None), max_size=40) | st.text(
    st.sampled_from("ab\x1b[\x07\r\n\t\x7f\x9b\u202e\u2066\u200f\u2028\ufeff\ud800é€😀\U000e0041"), max_size=40
)


def acted_upon(text: str, *, harmless: str = "\n\t") -> set[str]:
    return {char for char in text if unicodedata.category(char) in STRANGE and char not in harmless}


@given(TEXTS)
def test_nothing_that_a_terminal_acts_upon_is_left(text: str) -> None:
    """Neither its commands nor what turns text around; on one line not even a line break. The rest stays."""
    assert not acted_upon(printable(text))
    assert not acted_upon(printable(text, one_line=True), harmless="")
    printable(text).encode()
    if not acted_upon(text):
        assert printable(text) == text


@given(st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)))
def test_json_says_the_same_all_the_same(value: object) -> None:
    """A program reads what was there; a person's terminal is left alone."""
    line = json_line(value)
    assert not acted_upon(line, harmless="") and json.loads(line) == value


def test_both_command_lines_print_so(capsys: pytest.CaptureFixture[str]) -> None:
    """A name in a list clears no screen, and writes no line above it again; nor does it pass for a row of a table."""
    name = "shop\x1b]0;owned\x07\x1b[2J\u202egpj"
    output.say(f"key_1  {name}")
    output.note(name)
    output.say_table(("ID", "NAME"), [("key_1", f"a\nkey_2  {name}")])
    output.say_fields({"name": name})
    shown = capsys.readouterr()
    assert not acted_upon(shown.out + shown.err)
    assert r"\u001b[2J\u202egpj" in shown.out


def test_a_line_of_the_log_is_shown_so() -> None:
    """In development the log is read on a terminal, and a path is a stranger's."""
    record = logging.LogRecord("keyturn", logging.ERROR, "", 1, "%s failed", ("/a\x1b[2J",), None)
    assert PrintableFormatter("%(message)s").format(record) == r"/a\u001b[2J failed"
