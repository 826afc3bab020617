"""What we write is plain: no phrase that only its author understands, in a message, a page, a docstring or a document.

This code once spoke a language of its own: nobody could tell what "is let go of by itself" or "none like that" meant
without asking. `docs/glossary.md` has the words to use instead.
"""

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.house.source import ROOT, SRC, nodes_of, python_files, tracked


class Private(NamedTuple):
    """A phrase of the private voice, and what says the same plainly."""

    phrase: str
    instead: str


PRIVATE = (
    Private(r"anew", "again"),
    Private(r"by (?:itself|themselves)", "automatically, on its own, alone"),
    Private(r"(?:let|lets|letting) go(?: of)?", "release"),
    Private(r"so many", "a count, this number of"),
    Private(r"none like that|nobody like that", "not found, no matching …"),
    Private(r"(?:can|may|could)\s?not be told", "is unknown, could not be verified"),
    Private(r"told of|tells? of", "is notified of, reports, receives"),
    Private(r"what became of", "the outcome of"),
    Private(r"what(?:ever)? (?:has |can )?becomes? of", "the outcome of, what is done with"),
    Private(r"(?:came|comes?|coming) to nothing", "fail, be canceled, end without a sale"),
    Private(r"the telling", "the report, the notification"),
    Private(r"whosever", "in any project"),
    Private(r"amiss", "wrong"),
    Private(r"as often as it may", "reached its limit"),
    Private(r"in whatever (?:case|state|currency)", "ignoring case, in any state"),
    Private(r"(?:be|to be) had", "is available"),
    Private(r"(?:the|a|at|one|each|every|no|front|running) doors?", "admission, the key layer"),
    Private(r"out of (?:its |their )?memory", "from its cache"),
    Private(r"(?:narrows?|narrowing|narrowed) (?:a |the |its |that )?keys?", "restrict"),
    Private(r"narrowing change|narrowers?|what(?:ever)? narrows", "restricting change, restricting process"),
    Private(r"(?:is|are|was|were|be|been|not) let in|lets? in", "is admitted, is accepted; admit, allow"),
    Private(r"turn(?:s|ed|ing)? away", "refuse"),
    Private(r"say so be it|at some moment", "accept, at some point"),
    Private(r"known to others", "others may have it"),
    Private(r"too (?:early|quick|fast)", "rate limited, over its rate limit"),
    Private(r"take[ns]? (?:it |them )?(?:back|away)", "withdraw, remove, reverse"),
    Private(r"gone again|went away again", "dropped, reversed"),
    Private(r"(?:does|did) as it was told", "what it did"),
    Private(r"(?:can|could) do with less", "has unused scopes"),
    Private(r"which is all it may", "the maximum"),
    Private(r"authoris\w*", "authorize, as Stripe and OAuth write it"),
    Private(r"(?:leak|key|session) desk|teller|clockwork|hushed", "context, observer, expiry worker, masked repr"),
)

# Where a phrase is right. Each with the reason; one that is no longer needed fails.
ALLOWED: dict[tuple[str, str], str] = {
    ("docs/glossary.md", "*"): "the list of words has a column of those to avoid",
    ("CHANGELOG.md", "*"): "a line is worded when it is written, and stays as it was released",
    ("tests/house/test_words.py", "*"): "the list itself, and the sentences that started it",
}

PATTERN = re.compile(r"\b(?:" + "|".join(f"(?:{one.phrase})" for one in PRIVATE) + r")\b", re.IGNORECASE)
# What may stand between two words of a phrase in a file of Python. Where nothing is found even so, nothing is parsed.
GAPS = re.compile(r"[\s\"'#:_\\]+")


class Passage(NamedTuple):
    """Some prose, and where it stands."""

    page: str
    line: int
    text: str


def python_prose(path: Path) -> Iterator[Passage]:
    """Every string and docstring of a file, and every run of comments."""
    page = path.relative_to(ROOT).as_posix()
    for node in nodes_of(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield Passage(page, node.lineno, node.value)
    comments: list[tuple[int, str]] = []
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                if comments and token.start[0] != comments[-1][0] + 1:
                    yield Passage(page, comments[0][0], " ".join(text for _, text in comments))
                    comments = []
                comments.append((token.start[0], token.string.lstrip("#: ")))
    if comments:
        yield Passage(page, comments[0][0], " ".join(text for _, text in comments))


def names_of_tests(path: Path) -> Iterator[Passage]:
    """The name of every test of a file, which is a sentence."""
    for node in nodes_of(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield Passage(path.relative_to(ROOT).as_posix(), node.lineno, node.name.replace("_", " "))


def written() -> Iterator[Passage]:
    """All prose under version control that somebody reads: source, tests and their names, templates and documents."""
    for folder in (SRC, ROOT / "tests"):
        for path in python_files(folder):
            if PATTERN.search(GAPS.sub(" ", path.read_text("utf-8").lower())):
                yield from python_prose(path)
                yield from names_of_tests(path)
    for path in tracked():
        page = path.relative_to(ROOT).as_posix()
        if path.suffix in (".md", ".html") and path.exists() and "vendor" not in page:
            yield Passage(page, 1, path.read_text("utf-8"))


def private(passage: Passage) -> list[tuple[str, int]]:
    """The private phrases in a passage, each with its line."""
    text = re.sub(r"(?<=\S)\n[ \t]*(?=\S)", "\n", passage.text)
    joined = text.replace("\n", " ")
    return [
        (" ".join(found[0].split()).lower(), passage.line + passage.text[: found.start()].count("\n"))
        for found in PATTERN.finditer(joined)
    ]


def test_prose_uses_the_words_of_the_glossary() -> None:
    """No string, docstring, comment, template or document has a phrase of the private voice."""
    found = []
    used = set()
    for passage in written():
        for phrase, line in private(passage):
            allowed = {(passage.page, phrase), (passage.page, "*")} & ALLOWED.keys()
            used |= allowed
            if not allowed:
                plain = next(one.instead for one in PRIVATE if re.fullmatch(one.phrase, phrase, re.IGNORECASE))
                found.append(f"{passage.page}:{line}: {phrase!r}; write: {plain}")
    assert not found, "\n".join(found)
    assert used == ALLOWED.keys(), f"no longer needed: {ALLOWED.keys() - used}"


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("What was authorized is let go of.", "let go of"),
        ("The rest is paid\n    by itself.", "by itself"),
        ("Whether this key may do that cannot be told right now, so it may not.", "cannot be told"),
        ("This coupon has been used as often as it may be.", "as often as it may"),
    ],
)
def test_a_private_phrase_is_found_across_lines(text: str, phrase: str) -> None:
    """The sentences that started this test are found, also where a line ends inside of the phrase."""
    assert [found for found, _ in private(Passage("a.py", 1, text))] == [phrase]
