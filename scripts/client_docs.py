#!/usr/bin/env python3
"""Write what each field and parameter of the Python client means into its docstrings, out of the API's vocabulary.

python scripts/client_docs.py          write it, and make tillgate_client/sync again
python scripts/client_docs.py --check  say whether it is current
"""

import ast
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import client_sync  # noqa: E402 — beside this file

from tillgate.api.application import ROUTES  # noqa: E402
from tillgate.api.openapi import document  # noqa: E402

CLIENT = ROOT / "sdks/python/src/tillgate_client"
BASE = "/api/v1"
WIDTH = 120
# Objects that are called otherwise in the OpenAPI document.
NAMES = {
    "NewLineItem": "CreateLineItem",
    "ExchangeRate": "RateObject",
    "ExchangeRateLeg": "RateLegObject",
    "DeletedWebhookEndpoint": "DeletedObject",
    "DeliveryAttempt": "AttemptObject",
    "TransferMovement": "MovementObject",
    "TransferOnNetwork": "OnNetworkObject",
    "RenderUsage": "UsageObject",
    "ReportBalances": "BalancesObject",
}
# What every call of a kind has, and the document says once or in other words.
SHARED = {
    "idempotency_key": "Makes a retry safe: the same call with the same key is answered as the first one was.",
    "if_match": "The ETag of the object as you know it (``etag_of``); a change is refused where it is another by now.",
    "expand": "Paths of what is put into the answer.",
}
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Yields):$")
_CAMEL = re.compile(r"\b[a-z]+(?:[A-Z][a-z0-9]*)+\b")
Schemas = Mapping[str, Any]


def snake(name: str) -> str:
    """A field's name in Python."""
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def described(schemas: Schemas, name: str) -> dict[str, str]:
    """What each field of a schema means, by its name in Python."""
    found = schemas.get(name, {}).get("properties", {})
    return {snake(field): _spoken(one["description"], schemas) for field, one in found.items() if "description" in one}


def _spoken(sentence: str, schemas: Schemas) -> str:
    """A sentence in which fields have their names in Python."""
    known = {field for one in schemas.values() for field in one.get("properties", {})}
    told = _CAMEL.sub(lambda found: snake(found[0]) if found[0] in known else found[0], sentence)
    told = re.sub(r"(?<!`)`(?!`)([^`]+)`", r"``\1``", re.sub(r"\bnull\b", "None", told))
    return told.replace("\\", "\\\\")


def of_objects(schemas: Schemas, text: str) -> str:
    """``objects.py`` with all attributes described."""
    edits = []
    for one in ast.parse(text).body:
        if isinstance(one, ast.ClassDef):
            fields = [part.target.id for part in one.body if _is_field(part)]
            schema = next(
                (name for name in (NAMES.get(one.name, f"{one.name}Object"), one.name) if name in schemas), ""
            )
            meanings = described(schemas, schema)
            if lines := [(field, meanings[field]) for field in fields if field in meanings]:
                edits.append((one, "Attributes", lines))
    return _edited(text, edits)


def of_calls(paths: Mapping[str, Any], schemas: Schemas, text: str) -> str:
    """One of the modules of operations, with all parameters described."""
    edits = []
    for one in ast.walk(ast.parse(text)):
        if isinstance(one, ast.AsyncFunctionDef | ast.FunctionDef) and (asked := _asked(one)) is not None:
            operation = paths.get(BASE + asked[1], {}).get(asked[0].lower())
            if operation is not None:
                meanings = _parameters(operation, schemas)
                names = [part.arg for part in (*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs)]
                lines = [(name, meanings[name]) for name in names if name in meanings]
                edits.append((one, "Args", lines))
    return _edited(text, [edit for edit in edits if edit[2]])


def _parameters(operation: Mapping[str, Any], schemas: Schemas) -> dict[str, str]:
    found = dict(SHARED)
    for one in operation.get("parameters", ()):
        if one.get("in") == "query" and "description" in one:
            found.setdefault(snake(one["name"]), _spoken(one["description"], schemas))
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        for part in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            found = described(schemas, part.get("$ref", "").rpartition("/")[2]) | found
    return found


def _asked(function: ast.AsyncFunctionDef | ast.FunctionDef) -> tuple[str, str] | None:
    """The method and path that a function asks for, with ``{id}`` where an id stands."""
    for one in ast.walk(function):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Name):
            if one.func.id == "call_of" and isinstance(one.args[0], ast.Constant):
                path = _path(one.args[1])
                return (one.args[0].value, path) if path else None
            if one.func.id == "list_page":
                path = _path(one.args[1])
                return ("GET", path) if path else None
    return None


def _path(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "path_of":
        return "/" + "/".join(str(one.value) if isinstance(one, ast.Constant) else "{id}" for one in node.args)
    return ""


def _is_field(part: ast.stmt) -> Any:
    return isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)


def _edited(text: str, edits: list[tuple[Any, str, list[tuple[str, str]]]]) -> str:
    lines = text.splitlines()
    for node, title, told in sorted(edits, key=lambda edit: -edit[0].lineno):
        own = node.body[0]
        assert isinstance(own, ast.Expr) and isinstance(own.value, ast.Constant), f"{node.name} has no docstring"
        start, end, indent = own.lineno - 1, own.end_lineno, " " * own.col_offset
        lines[start:end] = _docstring(own.value.value, indent, title, told)
    return "\n".join(lines) + "\n"


def _docstring(text: str, indent: str, title: str, told: list[tuple[str, str]]) -> Iterator[str]:
    """A docstring with one of its sections made again; what others say stays, and what that says of other names."""
    sections: dict[str, list[str]] = {"": []}
    at = ""
    for line in text.splitlines():
        if found := _SECTION.match(line.strip()):
            at = found[1]
            sections[at] = []
        else:
            sections[at].append(line.strip() if not at else line.removeprefix(indent))
    names = {name for name, _ in told}
    kept, keeps = [], False
    for line in sections.pop(title, []):
        if entry := re.match(r" {4}(\w[\w, ]*):", line):
            keeps = not set(entry[1].split(", ")) & names
        if keeps and line.strip():
            kept.append(line)
    made = []
    for name, sentence in told:
        wrapped = textwrap.wrap(f"{name}: {sentence}", WIDTH - len(indent) - 4, subsequent_indent="    ")
        made += [f"    {line}" for line in wrapped]
    head = sections.pop("")
    while head and not head[-1]:
        head.pop()
    first, *rest = head
    whole = [f'{indent}"""{first}', *(f"{indent}{line}" if line else "" for line in rest)]
    for name, body in [(title, [*made, *kept]), *sections.items()]:
        whole += ["", f"{indent}{name}:", *(f"{indent}{line}".rstrip() for line in body if line.strip())]
    return iter([*whole, f'{indent}"""'])


def made() -> dict[Path, str]:
    """Each file's text."""
    spoken = document(ROUTES, "https://your-domain.com")
    schemas, paths = spoken["components"]["schemas"], spoken["paths"]
    objects = CLIENT / "objects.py"
    found = {objects: of_objects(schemas, objects.read_text("utf-8"))}
    for path in sorted((CLIENT / "aio").glob("*.py")):
        found[path] = of_calls(paths, schemas, path.read_text("utf-8"))
    return found


def main() -> int:
    """Write the files, or check them."""
    found = made()
    stale = [path for path, text in found.items() if path.read_text("utf-8") != text]
    if "--check" in sys.argv[1:]:
        print("\n".join(path.name for path in stale) or "current")
        return 1 if stale else 0
    for path in stale:
        path.write_text(found[path], "utf-8")
    sys.argv = sys.argv[:1]
    return client_sync.main()


if __name__ == "__main__":
    sys.exit(main())
