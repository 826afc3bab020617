#!/usr/bin/env python3
"""Bring the catalogues in step with the source: what is new is added empty, what is gone is dropped.

usage: .venv/bin/python scripts/words.py [--check]       (--check changes nothing and fails where it would)
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src/tillgate"
CATALOGUES = SOURCE / "words/catalogues"
TEMPLATE = CATALOGUES / "messages.pot"
# Mark a sentence: in Python and in templates, where there is one form of it and where there are several.
IN_PYTHON: dict[str, Any] = {"phrase": None, "say": None, "html": None, "say_many": (1, 2), "html_many": (1, 2)}
IN_TEMPLATES: dict[str, Any] = {"_": None, "n_": (1, 2)}
# Other functions have such names as well; who words sentences imports one of these, or is handed a reader's words.
_WORDS = re.compile(r"tillgate\.(?:words|pages\.reader)\b|\bwords\.(?:say|html)(?:_many)?\(")


def sentences() -> Iterator[tuple[str | tuple[str, str], str]]:
    """Every sentence in the source that is marked, and the file that it stands in."""
    for path in sorted(SOURCE.rglob("*")):
        kind = {".py": "python", ".html": "html", ".txt": "html"}.get(path.suffix)
        if kind is None or "static" in path.parts:
            continue
        text = path.read_text("utf-8")
        if kind == "python" and not _WORDS.search(text):
            continue
        method, keywords = ("python", IN_PYTHON) if kind == "python" else (babel_extract, IN_TEMPLATES)
        options = {"trim_blocks": "true", "lstrip_blocks": "true"}
        file = io.BytesIO(text.encode("utf-8"))
        for _, message, _, _ in extract(method, file, keywords=keywords, options=options):
            yield message, path.relative_to(ROOT).as_posix()


def collected() -> Catalog:
    """The template of all catalogues."""
    template = Catalog(project="tillgate", charset="utf-8", fuzzy=False)
    for message, where in sentences():
        if message and message[0]:
            template.add(message, locations=[(where, 0)])
    return template


def written(catalogue: Catalog) -> str:
    """A catalogue as its file has it: the same for the same sentences, with no date and no line numbers in it."""
    catalogue.header_comment = "# Sentences that people read. In step with the source by scripts/words.py."
    file = io.BytesIO()
    write_po(
        file, catalogue, width=110, sort_output=False, include_lineno=False, omit_header=False, ignore_obsolete=True
    )
    header = re.compile(
        r'^"(?:POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To|Generated-By'
        r'|Project-Id-Version): .*\\n"\n',
        re.MULTILINE,
    )
    return header.sub("", file.getvalue().decode("utf-8"))


def brought_up(path: Path, template: Catalog) -> str:
    """A language's catalogue with the sentences of the template."""
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale=path.stem.replace("-", "_"))
    catalogue.update(template, no_fuzzy_matching=True)
    return written(catalogue)


def main() -> int:
    template = collected()
    wanted = {TEMPLATE: written(template)}
    wanted |= {path: brought_up(path, template) for path in sorted(CATALOGUES.glob("*.po"))}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        print(f"{'stale' if '--check' in sys.argv else 'wrote'}: {path.relative_to(ROOT)}")
        if "--check" not in sys.argv:
            path.write_text(wanted[path], "utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
