"""Each language has every sentence, with the same values and tags in it, in as many forms as it counts in."""

import ast
import html
import re
import string
import subprocess
import sys

import pytest
from babel.messages.catalog import Message

from tests.house.source import ROOT
from tillgate.words import ENGLISH, LANGUAGES, Language, words_in
from tillgate.words.languages import read_catalogue

OTHERS = [one for one in LANGUAGES.values() if one is not ENGLISH]
TAG = re.compile(r"</?[a-z][^>]*>")
# An Arabic count of none, one or two is said without its number.
MAY_LACK = {"ar": {"count"}, "ja": set[str]()}


def messages(language: Language) -> list[Message]:
    return [one for one in read_catalogue(language.tag) if one.id]


def forms(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, list | tuple) else (message.string or "",)


def names(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, list | tuple) else (message.id,)


def values_in(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_the_catalogues_are_in_step_with_the_source() -> None:
    """Whoever changes a sentence runs ``scripts/words.py``, and translates what it adds."""
    check = subprocess.run(
        [sys.executable, ROOT / "scripts/words.py", "--check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout


def test_what_a_page_says_with_its_readers_words_is_in_the_catalogues() -> None:
    """Also in a module that imports no words and is handed a reader's: the headings of the instalment page were English
    for everybody, because the script that collects sentences did not look there."""
    known = {name for one in messages(OTHERS[0]) for name in names(one)}
    missing = [
        f"{path.relative_to(ROOT)}: {node.args[0].value!r}"
        for path in sorted((ROOT / "src/tillgate").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("say", "html", "say_many", "html_many")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "words"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value not in known
    ]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.tag)
def test_every_sentence_is_translated(language: Language) -> None:
    """No sentence is missing, doubtful, or has fewer forms than the language has plurals."""
    lacking = [
        one.id
        for one in messages(language)
        if one.fuzzy
        or not all(forms(one))
        or len(forms(one)) != (len(language.plurals) if isinstance(one.id, list | tuple) else 1)
    ]
    assert lacking == []
    assert read_catalogue(language.tag).num_plurals == len(language.plurals)


@pytest.mark.parametrize("language", OTHERS, ids=lambda one: one.tag)
def test_a_translation_has_the_values_and_the_tags_of_its_sentence(language: Language) -> None:
    """No sum is lost, none is invented, and no markup is broken by a translation."""
    wrong = []
    for message in messages(language):
        wanted, tags = values_in(names(message)[-1]), sorted(TAG.findall(names(message)[-1]))
        for form in forms(message):
            lacking = set(wanted) - set(values_in(form))
            if lacking and not (len(forms(message)) > 1 and lacking <= MAY_LACK.get(language.tag, set())):
                wrong.append((form, "lacks", lacking))
            if set(values_in(form)) - set(wanted) or sorted(TAG.findall(form)) != tags:
                wrong.append((form, "adds or breaks", tags))
            if html.escape(TAG.sub("", form), quote=False) != TAG.sub("", form):
                wrong.append((form, "has bare markup", tags))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda one: one.tag)
def test_a_count_takes_the_form_of_its_language(language: Language) -> None:
    """The index into the catalogue's forms is the one that its own header computes."""
    words = words_in(language)
    for count in (0, 1, 2, 3, 5, 11, 21, 100, 102, 111, 1_000_000):
        said = words.say_many("{count} minute", "{count} minutes", count)
        assert said and "{" not in said
        if language is not ENGLISH:
            plural = read_catalogue(language.tag).plural_expr
            message = next(one for one in messages(language) if names(one)[0] == "{count} minute")
            assert forms(message)[language.plural(count)] == forms(message)[gettext_index(plural, count)], count


def gettext_index(expression: str, count: int) -> int:
    """What gettext itself makes of a header's expression."""
    import gettext

    return gettext.c2py(expression)(count)  # type: ignore[attr-defined,no-any-return]
