"""Each code that a language tells is declared with what it means and what to do, and its page shows that."""

import ast
import re
from html import unescape
from pathlib import Path

import pytest

from keyturn.http.error_pages import PAGES
from tests.house.source import SRC, python_files, tree_of
from tillgate.api.error_pages import PAGES as TODO
from tillgate.api.errors import ERRORS
from tillgate.dialects.coin_moebius import COIN_MOEBIUS
from tillgate.dialects.craftkit import CRAFTKIT, errors
from tillgate.dialects.spoken import SPOKEN
from tillgate.events.types import TYPES
from tillgate.pages import guides
from tillgate.wire.dialect import Dialect

LANGUAGES = [one for spoken in SPOKEN for one in (spoken, *spoken.beside) if one.described_at]
ROOMS = SRC / "tillgate" / "dialects"


def told(name: str) -> str:
    """A page's text without its elements, as a reader has it."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", str(guides.html_of(name)))))


def plain(text: str) -> str:
    return text.replace("`", "")


def is_said(text: str) -> bool:
    return len(text) > 12 and text[0].isupper() | text.startswith("`") and text.rstrip("`").endswith(".")


@pytest.mark.parametrize("dialect", LANGUAGES, ids=lambda one: one.described_at)
def test_a_page_shows_each_code_and_event_as_it_is_declared(dialect: Dialect) -> None:
    """Code, status, meaning, what to do; and each event with the sentence of the native one that it is told for."""
    page = told(f"reference/{Path(dialect.described_at).stem}")
    codes = dialect.errors.codes
    assert codes
    for code, one in codes.items():
        assert is_said(one.meaning) and is_said(one.todo), code
        for text in (code, str(one.status), one.meaning, one.todo):
            assert plain(text) in page, (code, text)
    when = {one.name: one.when for one in TYPES}
    for native, name in (dialect.webhooks.words or ()) if dialect.webhooks is not None else ():
        assert name in page and plain(when[native]) in page, name


def test_keyturns_codes_are_shown_as_they_are_declared() -> None:
    """Each with an anchor of its own."""
    page = told("reference/keyturn-errors")
    for code, one in PAGES.items():
        assert f'id="{code}"' in guides.html_of("reference/keyturn-errors")
        for text in (str(one.status), one.meaning, one.todo):
            assert plain(text) in page, (code, text)


def test_each_native_code_and_event_is_said() -> None:
    """A sentence for each, and of a code what to do."""
    assert [code for code, one in ERRORS.items() if not is_said(one.meaning) or len(TODO[code].todo) < 12] == []
    page = told("reference/events")
    assert [one.name for one in TYPES if not is_said(one.when) or plain(one.when) not in page] == []


def test_smartpay_tells_no_code_that_is_not_declared() -> None:
    """Its answers take the status from the declaration, so that no other code is answered; those that are written
    down at the places where something is refused are all there."""
    codes = SPOKEN[0].errors.codes
    written = set()
    for path in python_files(ROOMS / "smartpay"):
        for node in ast.walk(tree_of(path)):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            first = node.args[0] if isinstance(node, ast.Call) and node.args else None
            if called in ("Documented", "_answer", "Missing") and isinstance(first, ast.Constant):
                written.add(f"{first.value}.not-found" if called == "Missing" else first.value)
    assert len(written) > 10
    assert written <= codes.keys()


def test_craftkit_tells_no_code_that_is_not_declared() -> None:
    """Whatever its errors are translated into."""
    text = Path(errors.__file__).read_text("utf-8").partition("_NO_JSON")[2]
    assert {code for _, code in errors._CODES.values()} <= CRAFTKIT.errors.codes.keys()
    answered = set(re.findall(r'(?:code = |_envelope\(\s*\d+,\s*|return \d+, |\(\d+, |else )"([a-z_]+)"', text))
    assert {"missing_authorization", "rate_limited", "internal"} <= answered <= CRAFTKIT.errors.codes.keys()


def test_coin_moebius_own_codes_are_no_native_ones() -> None:
    """The others are the native API's, to whose page its own leads."""
    errors = COIN_MOEBIUS.errors
    assert errors.native_codes and not errors.codes.keys() & ERRORS.keys()
    assert f'href="{guides.ERRORS}"' in guides.html_of("reference/coin-moebius")
