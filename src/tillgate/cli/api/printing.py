"""Objects as a table, as JSON or as CSV."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from keyturn.cli.output import say, say_fields, say_json, say_table
from keyturn.terminal import foreign
from tillgate.dashboard.exports import safe

# What a table shows of an object, where it has it, in this order; a table has as many columns as fit.
_COLUMNS: Final = (
    "id",
    "sequence",
    "kind",
    "type",
    "eventType",
    "status",
    "fulfillment",
    "title",
    "name",
    "code",
    "email",
    "reference",
    "url",
    "couponId",
    "discountPercentage",
    "discountAmount",
    "fiat",
    "fiatAmount",
    "fiatCurrency",
    "price",
    "amounts",
    "value",
    "amount",
    "currency",
    "reason",
    "active",
    "createdAt",
)
# A sum in money is shown rather than the same one in an asset.
_IN_MONEY: Final = frozenset({"amounts", "value", "fiat"})
_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_COLUMNS_MAX: Final = 7


class Form(StrEnum):
    """How objects are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Printer:
    """Prints objects of one kind, a page at a time."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._heads: list[str] = []

    def page(self, answer: Mapping[str, Any]) -> None:
        """One page as it was answered."""
        if self._form is Form.JSON:
            say_json(answer)
            return
        self.rows(answer["data"])
        if self._form is Form.TABLE:
            self._end(answer)

    def _end(self, answer: Mapping[str, Any]) -> None:
        if not answer["data"]:
            say("Nothing found.")
        elif answer.get("hasMore"):
            say(f"There are more: --starting-after {answer['nextCursor']}, or --all")
        elif "total" in answer and answer["page"] * answer["limit"] < answer["total"]:
            say(f"There are more: --page {answer['page'] + 1}, or --all")

    def rows(self, objects: Sequence[Mapping[str, Any]]) -> None:
        """Objects, below one head; as JSON one a line."""
        match self._form:
            case Form.JSON:
                for one in objects:
                    say_json(one)
            case Form.CSV:
                self._csv(objects)
            case Form.TABLE:
                if not self._heads and objects:
                    self._heads = _columns(objects[0])
                say_table(
                    [_WORD.sub(" ", name).upper() for name in self._heads],
                    [[_short(one.get(name)) for name in self._heads] for one in objects],
                )

    def one(self, answer: Mapping[str, Any]) -> None:
        """One object, all of it."""
        match self._form:
            case Form.JSON:
                say_json(answer)
            case Form.CSV:
                self._csv([answer])
            case Form.TABLE:
                say_fields({name: _short(value) for name, value in answer.items()})

    def _csv(self, objects: Iterable[Mapping[str, Any]]) -> None:
        for one in objects:
            if not self._heads:
                self._heads = list(one)
                say(_line(self._heads))
            say(_line([safe(foreign(_plain(one.get(name)))) for name in self._heads]))


def _columns(one: Mapping[str, Any]) -> list[str]:
    """What a table shows of objects like this one, the time they were made at last."""
    named = [name for name in _COLUMNS if name in one and not (name == "amount" and _IN_MONEY & one.keys())]
    return named[:_COLUMNS_MAX]


def _short(value: object) -> object:
    """A value in a cell: a price with its currency, an amount of an asset in its larger unit, a list by its texts or
    its length, an object as JSON."""
    match value:
        case {"amount": str(amount), "currency": str(currency), **more} if not more:
            return f"{amount} {currency}"
        case {"total": str(total)} | {"requested": str(total)}:
            return total
        case {"wei": _, "eth": str(amount), **more} if not more:
            return amount
        case list() if all(isinstance(one, str) for one in value):
            return value
        case list():
            return f"({len(value)})"
        case Mapping():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return value


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Mapping() | list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return str(value)


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()
