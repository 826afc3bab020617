"""A command for each operation that the native API declares; none is written by hand, so none is forgotten."""

import inspect
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from keyturn.cli.output import Yes, confirm, fail, note
from tillgate.api.application import ROUTES
from tillgate.api.resources import EXPANSIONS
from tillgate.cli.api import calling, profiles
from tillgate.cli.api.calling import Request
from tillgate.cli.api.fields import Field, fields_of, value_of
from tillgate.cli.api.naming import DOCUMENTS, ENDING, is_file, name_of, variables_of
from tillgate.cli.api.printing import Form, Printer
from tillgate.cli.remote import connect
from tillgate.wire.reading import BODY_BYTES_MAX
from tillgate.wire.routing import Route

_ID: Final = re.compile(r"[A-Za-z0-9_\-]{1,200}", re.ASCII)

Profile = Annotated[
    str | None, typer.Option("--profile", metavar="NAME", help="A server and a key: tillgate api profiles.")
]
BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="The server's address, without a path [CHECKOUT_BASE_URL]."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON; with --all and --watch, one object a line.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, below one head.")]
Watch = Annotated[bool, typer.Option("--watch", help="Print what is new or changes, until Ctrl-C.")]
All = Annotated[bool, typer.Option("--all", help="All pages, not one.")]
Data = Annotated[
    str | None, typer.Option("--data", metavar="FILE", help="The body as a JSON file, - for standard input.")
]
Clear = Annotated[list[str] | None, typer.Option("--clear", metavar="NAME", help="An option whose value is removed.")]
Name = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="TEXT", help="Repeated with it, it is done once. A UUID by default."),
]
Expand = Annotated[
    str | None, typer.Option("--expand", metavar="PATHS", help="What to put beside its id: customer,order.payment.")
]
To = Annotated[Path | None, typer.Option("--to", metavar="FILE", help="Where the file goes; else standard output.")]


def nouns() -> dict[str, typer.Typer]:
    """A group of commands for each noun."""
    found: dict[str, typer.Typer] = {}
    for route in ROUTES:
        noun, verb = name_of(route)
        group = found.setdefault(noun, typer.Typer(help=_about(noun), no_args_is_help=True))
        group.command(verb, help=_help(route))(_command(route))
    found["profiles"] = profiles.app
    return found


def _about(noun: str) -> str:
    if noun == DOCUMENTS:
        return "Receipts, invoices and credit notes, as PDF files."
    return f"{noun.replace('-', ' ').capitalize()}."


def _help(route: Route) -> str:
    needs = " and ".join(need.scope for need in route.needs)
    return f"{route.summary}. Needs {needs}; {route.method} {route.path}."


def _command(route: Route) -> Callable[..., None]:
    """What runs an operation, with its path's variables as arguments and its fields as options."""
    given = variables_of(route)
    body, query = fields_of(route.body), fields_of(route.query, "query")
    options = [*body, *query]

    def run(**chosen: Any) -> None:
        target = profiles.chosen(chosen["profile"], chosen["base_url"])
        path = _path(route, [chosen[_argument(one)] for one in given])
        if name_of(route).verb in ENDING:
            confirm(f"{route.summary}: {', '.join(chosen[_argument(one)] for one in given)}.", chosen["yes"])
        values = {one: value_of(one, chosen[_argument(one.name)]) for one in options if chosen[_argument(one.name)]}
        asked = {one.wire: _in_query(values[one]) for one in query if one in values}
        if chosen.get("expand"):
            asked["expand"] = chosen["expand"]
        sent = _body(route, body, values, chosen) if route.body is not None else None
        request = Request(route.method, path, asked, sent, chosen.get("idempotency_key"))
        _run(route, request, target, chosen)

    parameters = [
        *(_parameter(_argument(one), Annotated[str, typer.Argument(metavar=one.upper())], ...) for one in given),
        *(_parameter(_argument(one.name), _option(one, updates=route.method == "PATCH"), None) for one in options),
    ]
    more: list[tuple[str, Any, Any]] = [("profile", Profile, None), ("base_url", BaseUrl, None)]
    if is_file(route):
        more += [("to", To, None)]
    else:
        more += [("as_json", Json, False), ("as_csv", Csv, False)]
    if route.body is not None:
        more += [("data", Data, None)]
        more += [("clear", Clear, None)] if any(one.clearable for one in body) and route.method == "PATCH" else []
    if route.changes:
        more += [("idempotency_key", Name, None)]
    elif not is_file(route):
        more += [("watch", Watch, False)]
    if lists(route):
        more += [("every", All, False)]
    if _expands(route):
        more += [("expand", Expand, None)]
    if name_of(route).verb in ENDING:
        more += [("yes", Yes, False)]
    parameters += [_parameter(*one) for one in more]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _run(route: Route, request: Request, target: profiles.Profile, chosen: dict[str, Any]) -> None:
    with connect(target.base_url, target.key) as server:
        if is_file(route):
            calling.save(calling.send(server, request).content, chosen["to"])
            return
        if chosen["as_json"] and chosen["as_csv"]:
            fail("--json and --csv: say one of them")
        printer = Printer(Form.JSON if chosen["as_json"] else Form.CSV if chosen["as_csv"] else Form.TABLE)
        if chosen.get("watch"):
            calling.watch(server, request, printer)
        elif chosen.get("every"):
            for page in calling.pages(server, request):
                printer.rows(page["data"])
        else:
            answer = calling.decoded(calling.send(server, request))
            if isinstance(answer.get("data"), list):
                printer.page(answer)
            else:
                printer.one(answer)


def lists(route: Route) -> bool:
    """Whether it answers with a page of objects."""
    return route.query is not None and name_of(route).verb in ("list", "deliveries")


def _expands(route: Route) -> bool:
    """Whether its answer names other objects."""
    return EXPANSIONS.of_answer(route.answers) is not None


def _argument(name: str) -> str:
    """A Python name for an option's or a variable's; none of them is one of ours."""
    return f"field_{name.replace('-', '_')}"


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    if default is ...:
        return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _option(field: Field, *, updates: bool = False) -> Any:
    option = typer.Option(
        f"--{field.name}",
        metavar=field.metavar,
        help=field.help(updates=updates),
        show_default=False,
        autocompletion=_completing(field.choices or (("true", "false") if field.kind == "yes" else ())),
    )
    return Annotated[list[str] | None, option] if field.many else Annotated[str | None, option]


def _completing(words: tuple[str, ...]) -> Callable[[str], list[str]] | None:
    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete if words else None


def _path(route: Route, values: list[str]) -> str:
    path = route.path
    for name, value in zip(variables_of(route), values, strict=True):
        if not _ID.fullmatch(value):
            fail(f"{name.upper()}: expected letters, digits, - and _ only, got {value[:40]!r}")
        path = path.replace(f"{{{name}}}", value)
    return path


def _in_query(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _body(route: Route, fields: list[Field], values: dict[Field, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    body = _read(chosen["data"]) if chosen["data"] is not None else {}
    body |= {one.wire: values[one] for one in fields if one in values}
    for name in chosen.get("clear") or []:
        found = next((one for one in fields if one.clearable and one.name == name.removeprefix("--")), None)
        if found is None:
            can = ", ".join(one.name for one in fields if one.clearable)
            fail(f"--clear: expected one of {can}; got {name[:40]!r}")
        body[found.wire] = None
    if missing := [one.name for one in fields if one.required and one.wire not in body]:
        fail(f"--{missing[0]} is missing; tillgate api {' '.join(name_of(route))} --help lists the options")
    return body


def _read(source: str) -> dict[str, Any]:
    try:
        if source == "-":
            text = sys.stdin.buffer.read(BODY_BYTES_MAX + 1)
        else:
            with Path(source).open("rb") as file:
                text = file.read(BODY_BYTES_MAX + 1)
        found = json.loads(text) if len(text) <= BODY_BYTES_MAX else None
    except OSError as error:
        fail(f"--data: {source} cannot be read: {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        note(f"--data: {type(error).__name__}")
        found = None
    if not isinstance(found, dict):
        fail(f"--data: expected one JSON object of at most {BODY_BYTES_MAX} bytes in {source}")
    return found
