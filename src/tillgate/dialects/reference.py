"""The reference page of each language beside the native one, out of the declarations that the server runs on.

``python -m tillgate.dialects.reference docs/reference`` writes them; a test holds the tree to it.
"""

import re
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from keyturn.http.error_pages import PAGES, PAGES_PATH
from keyturn.http.openapi import DOCUMENT_PATH
from keyturn.http.openapi import document as keyturn_document
from keyturn.http.playground_pages import PLAYGROUND_PATH
from keyturn.http.samples import operations, success_of
from keyturn.http.server import ROUTES as KEYTURN_ROUTES
from tillgate.dialects.spoken import SPOKEN, title_of
from tillgate.events.types import NOTHING_TO_DO, TYPES, EventType
from tillgate.wire.dialect import Dialect
from tillgate.wire.openapi import document
from tillgate.wire.reference import code, fields, json_of, linked, made_by, objects, queries

MADE: Final = made_by("tillgate.dialects.reference")
_VARIABLE: Final = re.compile(r"\$([A-Z][A-Z_]{0,40})")
_HOST: Final = "https://your-domain.com"


def pages() -> dict[str, str]:
    """Each page's text by its file name."""
    every = [one for spoken in SPOKEN for one in (spoken, *spoken.beside)]
    told = {f"{Path(one.described_at).stem}.md": _page(one) for one in every if one.described_at}
    return told | {"keyturn.md": _keyturn(), "keyturn-errors.md": _keyturn_errors()}


def _page(dialect: Dialect) -> str:
    described = document(dialect, title_of(dialect), _HOST, "")
    bases = ", ".join(f"`{one['url']}`" for one in described["servers"])
    # Of what lies beside a language, under its own document.
    part = Path(dialect.described_at).stem.removeprefix(dialect.name).replace("-", " ")
    parts = [
        f"# {title_of(dialect)}{part} reference\n",
        MADE,
        f"What this server speaks of it, at {bases}; what differs from the document is in "
        f"[the guide](../dialects/{dialect.name}.md). The same reference is an OpenAPI 3.1 document at "
        f"`{dialect.described_at}`, for which no key is needed. {_of_samples(described)}\n",
    ]
    for path, method, operation in operations(described):
        parts += [f"## {method} {path}\n", f"{operation['summary']}. {operation['description']}\n"]
        parts += _operation(operation, described["components"]["schemas"])
    parts += [*_errors(dialect), *_events(dialect)]
    return "\n".join([*parts, *_objects(described)]).rstrip() + "\n"


def _errors(dialect: Dialect) -> list[str]:
    """What its refusals mean, and what to do about them, as they are declared."""
    style = dialect.errors
    native = "Other codes are those of the native API, with [their pages](errors.md).\n"
    of = "status" if all(code.isdigit() for code in style.codes) else "code"
    rows = [
        f"| `{code}` |" + (f" {one.status} |" if of == "code" else "") + f" {one.meaning} | {one.todo} |"
        for code, one in sorted(style.codes.items())
    ]
    head = f"| {of} |" + (" status |" if of == "code" else "") + " meaning | what to do |"
    lines = "|---|" + ("---|" if of == "code" else "") + "---|---|"
    return ["## Errors\n", *([native] if style.native_codes else []), head, lines, *rows, ""]


def _events(dialect: Dialect) -> list[str]:
    """What its webhooks tell, and when: the sentences of the native events that they are told for."""
    style = dialect.webhooks
    if style is None:
        return []
    about = "Each type is told when one of these happens; the names of the native events are in brackets.\n"
    whole = "Every [event of the native API](events.md) is told under its own name.\n"
    if style.words is None:
        return ["## Events\n", whole]
    by_name: dict[str, list[str]] = {}
    for native, name in style.words:
        by_name.setdefault(name, []).append(native)
    types = {one.name: one for one in TYPES}
    rows = []
    for name, natives in sorted(by_name.items()):
        when = " ".join(f"{types[native].when} (`{native}`)" for native in natives)
        rows.append(f"| `{name}` | {when} | {_todo([types[native] for native in natives])} |")
    return ["## Events\n", about, "| type | when | what to do |", "|---|---|---|", *rows, ""]


def _todo(told: list[EventType]) -> str:
    """What is to be done when one of these is told, each by its name where that is not the same."""
    if len({one.todo for one in told}) == 1:
        return told[0].todo
    return " ".join(f"{one.todo} (`{one.name}`)" for one in told if one.todo != NOTHING_TO_DO)


def _keyturn_errors() -> str:
    """Each code of Keyturn's own server, as that has it at its own address."""
    parts = [
        "# Keyturn errors\n",
        MADE,
        f"Every refusal of `keyturn serve` is a problem (RFC 9457) with a stable `code`. Its `type` leads to "
        f"`{PAGES_PATH}/<code>` on that server, which says what is said here. The "
        "[reference](keyturn.md) has the operations.\n",
    ]
    for name, one in sorted(PAGES.items()):
        parts += [f"## {name}\n", f"{HTTPStatus(one.status).phrase} ({one.status}). {one.meaning}\n", f"{one.todo}\n"]
    return "\n".join(parts).rstrip() + "\n"


def _keyturn() -> str:
    """The page of Keyturn's own server."""
    described = keyturn_document(KEYTURN_ROUTES)
    parts = [
        "# Keyturn reference\n",
        MADE,
        "What `keyturn serve` answers; [the guide](../keyturn.md) says how it is put before an API, and "
        "[each error](keyturn-errors.md) has what to do. The same reference is an OpenAPI 3.1 document at "
        f"`{DOCUMENT_PATH}`, for which no key is needed, and `{PLAYGROUND_PATH}` of the server has a form for each "
        f"operation. {_of_samples(described)}\n",
    ]
    for path, method, operation in operations(described):
        parts += [f"## {method} {path}\n", f"{operation['summary']}. {operation['description']}\n"]
        parts += _operation(operation, described["components"]["schemas"])
    return "\n".join([*parts, *_objects(described)]).rstrip() + "\n"


def _of_samples(described: dict[str, Any]) -> str:
    """Where the samples have their secrets from, and what they are good for."""
    sources = [sample["source"] for _, _, one in operations(described) for sample in one["x-codeSamples"]]
    named = dict.fromkeys(name for source in sources for name in _VARIABLE.findall(source))
    listed = " and ".join(f"`{name}`" for name in sorted(named))
    taken = f"The samples take {listed} from the environment; tests" if listed else "Tests"
    what = "each of them" if listed else "each sample"
    return f"{taken} send {what} to a real server, and compare the answers."


def _operation(operation: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """What an operation takes, a sample, and what was answered to it."""
    parts = queries(operation["parameters"])
    if "requestBody" in operation:
        parts.append(fields("body", schemas[_name(operation["requestBody"])]))
    parts += [code("sh", one["source"]) for one in operation["x-codeSamples"]]
    answers = [one["example"] for one in success_of(operation).get("content", {}).values() if "example" in one]
    return [*parts, _answer(operation), *(json_of(one) for one in answers)]


def _objects(described: dict[str, Any]) -> list[str]:
    """What is answered; what is sent has its own table beside the operation."""
    found = [one for _, _, one in operations(described)]
    taken = {_name(one["requestBody"]) for one in found if "requestBody" in one}
    return objects(described["components"]["schemas"], taken)


def _answer(operation: dict[str, Any]) -> str:
    if refused := operation.get("x-always-refused"):
        return f"It is always refused here, with the code `{refused}`.\n"
    [(status, success)] = [one for one in operation["responses"].items() if one[0].startswith("2")]
    phrase = HTTPStatus(int(status)).phrase
    if any("--output" in one["source"] for one in operation["x-codeSamples"]):
        return f"Answers {status} {phrase} with the file.\n"
    [(media_type, content)] = success.get("content", {"": {}}).items()
    if "$ref" in content.get("schema", {}):
        return f"Answers {status} {phrase} with {linked(_name(success))}.\n"
    what = f" with `{media_type}`" if media_type else ""
    return f"Answers {status} {phrase}{what}.\n"


def _name(holder: dict[str, Any]) -> str:
    [content] = holder["content"].values()
    reference: str = content["schema"]["$ref"]
    return reference.rpartition("/")[2]


def main() -> None:
    """Write the pages into the directory that is named, and remove those of languages that are gone."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    made = pages()
    for name, text in made.items():
        (directory / name).write_text(text, "utf-8")
    for old in directory.glob("*.md"):
        if old.name not in made and MADE in old.read_text("utf-8"):
            old.unlink()


if __name__ == "__main__":
    main()
