"""How commands print and end, whichever program they belong to."""

import sys
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import Annotated, Any, NoReturn

import typer

from keyturn.terminal import foreign, json_line, line_of, width_of

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


_program: ContextVar[str] = ContextVar("program", default="keyturn")


def program_name() -> str:
    """The program that runs, ``tillgate`` or ``keyturn``."""
    return _program.get()


def say(text: str = "") -> None:
    """Print at once, also into a file. What a terminal would act upon is escaped: most of what is shown was written by
    somebody else."""
    print(line_of(text), flush=True)


def say_json(value: object) -> None:
    """One JSON value on one line."""
    print(json_line(value), flush=True)


def say_fields(fields: dict[str, Any]) -> None:
    """Names and values, one a line, the values below each other; a dash for what is not set."""
    width = max([16, *map(len, fields)])
    for name, value in fields.items():
        say(f"{name:{width}} {_cell(value)}")


def say_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows below their heads, each column as wide as its widest cell; nothing where there are no rows."""
    lines = [[_cell(cell) for cell in row] for row in rows]
    if not lines:
        return
    widths = [max(map(width_of, column)) for column in zip(heads, *lines, strict=True)]
    for line in (heads, *lines):
        say("  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: object) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return foreign(text)


def note(text: str) -> None:
    """Say something beside the output."""
    print(line_of(text), file=sys.stderr, flush=True)


def fail(message: str, status: int = 1) -> NoReturn:
    """End with what is wrong, in one line."""
    note(f"{program_name()}: {message}")
    raise typer.Exit(status)


def confirm(what: str, yes: bool) -> None:
    """Ask before something ends, unless that was answered by ``--yes``. Without a terminal there is nobody to ask."""
    if yes:
        return
    if not has_terminal():
        fail(f"{what} There is no terminal to ask on; say --yes.")
    typer.confirm(f"{what} Go on?", abort=True)


def has_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def introduce(app: typer.Typer, program: str, version: str) -> None:
    """Give a program its name in messages, and the option ``--version``."""

    def print_version(wanted: bool) -> None:
        if wanted:
            say(f"{program} {version}")
            raise typer.Exit

    @app.callback()
    def options(
        version: Annotated[
            bool, typer.Option("--version", help="Print the version and stop.", callback=print_version, is_eager=True)
        ] = False,
    ) -> None:
        _program.set(program)


def refuse_what_is_not_text(program: str) -> None:
    """End if an argument is not UTF-8: it would fail anywhere further in."""
    for argument in sys.argv[1:]:
        if not argument.isascii() and any(0xD800 <= ord(char) <= 0xDFFF for char in argument):
            note(f"{program}: this argument is not text in UTF-8: {argument!r}")
            sys.exit(1)
