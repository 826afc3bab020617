"""The reference page of each language beside the native one, out of the declarations that the server runs on.

``python -m tillgate.dialects.reference docs/reference`` writes them; a test holds the tree to it.
"""

import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from keyturn.http.openapi import document as keyturn_document
from keyturn.http.server import DOCUMENT_PATH
from keyturn.http.server import ROUTES as KEYTURN_ROUTES
from tillgate.dialects.spoken import SPOKEN, title_of
from tillgate.wire.dialect import Dialect
from tillgate.wire.openapi import document
from tillgate.wire.reference import fields, made_by, queries

MADE: Final = made_by("tillgate.dialects.reference")
_HOST: Final = "https://your-domain.com"


def pages() -> dict[str, str]:
    """Each page's text by its file name."""
    every = [one for spoken in SPOKEN for one in (spoken, *spoken.beside)]
    told = {f"{Path(one.described_at).stem}.md": _page(one) for one in every if one.described_at}
    return told | {"keyturn.md": _keyturn()}


def _page(dialect: Dialect) -> str:
    described = document(dialect, title_of(dialect), _HOST, "")
    schemas = described["components"]["schemas"]
    bases = ", ".join(f"`{one['url']}`" for one in described["servers"])
    # Of what lies beside a language, under its own document.
    part = Path(dialect.described_at).stem.removeprefix(dialect.name).replace("-", " ")
    parts = [
        f"# {title_of(dialect)}{part} reference\n",
        MADE,
        f"What this server speaks of it, at {bases}; what differs from the document is in "
        f"[the guide](../dialects/{dialect.name}.md). The same reference is an OpenAPI 3.1 document at "
        f"`{dialect.described_at}`, for which no key is needed.\n",
    ]
    for route in dialect.routes:
        operation = described["paths"][route.path][route.method.lower()]
        parts += [f"## {route.method} {route.path}\n", f"{route.summary}. {operation['description']}\n"]
        parts += queries(operation["parameters"])
        if "requestBody" in operation:
            parts.append(fields("body", schemas[_name(operation["requestBody"])]))
        parts.append(_answer(operation, HTTPStatus(route.status)))
    return "\n".join([*parts, *_objects(described)]).rstrip() + "\n"


def _keyturn() -> str:
    """The page of Keyturn's own server."""
    described = keyturn_document(KEYTURN_ROUTES)
    schemas = described["components"]["schemas"]
    parts = [
        "# Keyturn reference\n",
        MADE,
        "What `keyturn serve` answers; [the guide](../keyturn.md) says how it is put before an API, and lists the "
        f"errors. The same reference is an OpenAPI 3.1 document at `{DOCUMENT_PATH}`, for which no key is needed.\n",
    ]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            parts += [f"## {method.upper()} {path}\n", f"{operation['summary']}. {operation['description']}\n"]
            parts += queries(operation["parameters"])
            if "requestBody" in operation:
                parts.append(fields("body", schemas[_name(operation["requestBody"])]))
            [success] = [one for status, one in operation["responses"].items() if status != "default"]
            [content] = success["content"].values()
            if "$ref" in content["schema"]:
                parts.append(f"Answers with `{_name(success)}`.\n")
    return "\n".join([*parts, *_objects(described)]).rstrip() + "\n"


def _objects(described: dict[str, Any]) -> list[str]:
    """The tables of what is answered; what is sent has its own beside the operation."""
    taken = {
        _name(one["requestBody"])
        for path in described["paths"].values()
        for one in path.values()
        if "requestBody" in one
    }
    parts = ["## Objects\n"]
    for name, schema in sorted(described["components"]["schemas"].items()):
        if schema.get("properties") and name not in taken:
            parts += [f"### {name}\n", fields("field", schema)]
    return parts


def _answer(operation: dict[str, Any], status: HTTPStatus) -> str:
    success = operation["responses"][str(status.value)]
    what = f" with `{_name(success)}`" if "content" in success else ""
    return f"Answers {status.value} {status.phrase}{what}.\n"


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
