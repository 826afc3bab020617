"""What a list is narrowed to: filters that live in the address of its page, so that it can be kept and sent on."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from tillgate.access.saved.operations import saved_of
from tillgate.access.saved.records import Owner, Saved
from tillgate.base import ids
from tillgate.base.errors import InvalidInput
from tillgate.base.money import parse_amount, parse_currency
from tillgate.base.pages import AMOUNT, NEWEST_FIRST, PageRequest, Sort
from tillgate.base.problems import Problem
from tillgate.checkout.projects.operations import get_settings
from tillgate.dashboard.calls import Call, Unusable
from tillgate.dashboard.forms import Draft, problems_of
from tillgate.words.reading import plain_amount

E = TypeVar("E", bound=StrEnum)

# As long as the longest that is looked for: an e-mail address.
VALUE_MAX: Final = 254
_YEARS: Final = range(1970, 9_999)
FIELDS: Final = ("from", "to", "currency", "amount")
SORT: Final = "sort"
CREATED: Final = NEWEST_FIRST.by
# As large as an amount that a database holds.
_MINOR_MAX: Final = 2**63 - 1
_NUMBER: Final = re.compile(r"[0-9]{1,19}")
_WORD: Final = re.compile(r"[A-Za-z_]{1,32}")

# What a row has in the columns that a list is sorted by, and how it is read out of a row, by those columns.
Keys = tuple[str | int, ...]
Sorts = Mapping[str, Callable[[Any], Keys]]
ONLY_BY_TIME: Final[Sorts] = MappingProxyType({})


class Filters(NamedTuple):
    """The filters of a list's address.

    Attributes:
        values: as they are written there; only those that are given.
        problems: beside a field, what is wrong with it; then there is nothing to list.
        zone: the time zone whose days ``from`` and ``to`` are, both inclusive.
        created_after, created_before: the instant at which they begin and end.
    """

    values: Mapping[str, str]
    problems: dict[str, str]
    zone: str
    page: PageRequest
    created_after: int | None = None
    created_before: int | None = None
    currency: str | None = None
    amount_minor: int | None = None
    sorts: Sorts = ONLY_BY_TIME

    def cursor(self, row: Any) -> str:
        """What stands in an address for a row of the list: its id, behind what it has in the sorted column. That may
        change while the list is read, and leads on from where it stood all the same."""
        return ".".join(str(one) for one in (*self.keys_of(row), row.id))

    def keys_of(self, row: Any) -> Keys:
        """What a row has in the sorted column; nothing where the list is sorted by time, which its id tells."""
        by = self.page.sort.by
        return self.sorts[by](row) if by != CREATED else ()

    def direction(self, name: str) -> str | None:
        """How the list is sorted by a column, as ``aria-sort`` says it; None where it is sorted by another."""
        sort = self.page.sort
        return ("ascending" if sort.ascending else "descending") if sort.by == name else None

    def sorted_by(self, name: str) -> str:
        """The address that sorts by a column: largest or newest first, and the other way where it is so already."""
        turned = "" if self.direction(name) == "descending" else "-"
        wanted = f"{turned}{name}"
        rest = {one: value for one, value in self.values.items() if one != SORT}
        return urlencode(rest if wanted == f"-{CREATED}" else {**rest, SORT: wanted})

    @property
    def draft(self) -> Draft:
        """The form that they are given in."""
        return Draft(dict(self.values), self.problems)

    @property
    def query(self) -> str:
        """All of them, to stand behind another parameter of an address."""
        return f"&{urlencode(self.values)}" if self.values else ""

    def are(self, query: str) -> bool:
        """Whether an address narrows the list to these very filters."""
        return dict(parse_qsl(query)) == dict(self.values)

    def of(self, *names: str) -> str:
        """Some of them, as they stand in an address."""
        return urlencode({name: value for name, value in self.values.items() if name in names})

    def besides(self, *names: str) -> str:
        """All others."""
        return urlencode({name: value for name, value in self.values.items() if name not in names})

    @property
    def is_restricted(self) -> bool:
        """Whether the form is used, and so shown open."""
        return any(name in self.values for name in (*FIELDS, "q"))

    @property
    def leaves_out(self) -> bool:
        """Whether rows may be missing that the whole list has; a sorted list has them all."""
        narrowed = self.values.keys() - {SORT}
        return bool(narrowed or self.page.starting_after or self.page.ending_before)

    def one(self, name: str, choices: type[E]) -> E | None:
        """The value of a filter that has a few.

        Raises:
            Unusable: it has another one.
        """
        value = self.values.get(name)
        if value is None:
            return None
        try:
            return choices(value)
        except ValueError as error:
            raise Unusable("Unknown filter.") from error

    def id(self, name: str, prefix: str) -> str | None:
        """The value of a filter that is an id.

        Raises:
            Unusable: it is none.
        """
        value = self.values.get(name)
        if value is not None and not ids.is_id(prefix, value):
            raise Unusable("Unknown filter.")
        return value


def owner_of(call: Call, noun: str) -> Owner:
    """Whose saved filters of a list these are: of whoever is signed in, in their project."""
    return Owner(call.who.user.id, call.who.project.id, noun)


async def saved_beside(call: Call, noun: str) -> list[Saved]:
    """What whoever is signed in has saved of a list."""
    return await call.read(lambda tx: saved_of(tx, owner_of(call, noun)))


async def filters_of(call: Call, *names: str, sorts: Sorts = ONLY_BY_TIME) -> Filters:
    """The filters of this address: period, currency and amount, and those named beside them; and how the list is
    sorted.

    Args:
        sorts: the columns by which it may be, beside the time.

    Raises:
        Unusable: one is longer than any of them can be, or it is sorted by what it cannot be.
    """
    given = {name: call.query(name) for name in (*FIELDS, *names, SORT)}
    values = {name: value for name, value in given.items() if value is not None}
    if any(len(value) > VALUE_MAX or "\0" in value for value in values.values()):
        raise Unusable("Unknown filter.")
    zone = (await call.read(lambda tx: get_settings(tx, call.principal.project_id))).time_zone
    # What leads to newer objects, and what to older ones.
    found = Filters(values, {}, zone, _page(call, values.get(SORT), sorts), sorts=sorts)
    try:
        currency, amount = _price(values)
        after, before = _day(values, "from", zone), _day(values, "to", zone, days=1)
    except InvalidInput as error:
        return found._replace(problems=problems_of(error))
    return found._replace(created_after=after, created_before=before, currency=currency, amount_minor=amount)


def _page(call: Call, wanted: str | None, sorts: Sorts) -> PageRequest:
    """Which page of the list, and in which order."""
    after, before = call.query("after"), call.query("before")
    if wanted is None:
        return PageRequest(starting_after=after, ending_before=before)
    by = wanted.removeprefix("-")
    if by not in (CREATED, *sorts):
        raise Unusable("This list cannot be sorted so.")
    keys: Keys = ()
    if by != CREATED and (cursor := before or after) is not None:
        *told, last = cursor.split(".")
        keys = _keys(by, told)
        after, before = (None, last) if before is not None else (last, None)
    return PageRequest(starting_after=after, ending_before=before, sort=Sort(by, wanted == by, keys))


def _keys(by: str, told: list[str]) -> Keys:
    """What a cursor says of the row at which a page ended.

    Raises:
        Unusable: no page gave it.
    """
    word, *amount = told or [""]
    if _WORD.fullmatch(word) and len(amount) == (by == AMOUNT) and all(_NUMBER.fullmatch(one) for one in amount):
        minors = [int(one) for one in amount]
        if all(minor <= _MINOR_MAX for minor in minors):
            return word, *minors
    raise Unusable("This page of the list cannot be found.")


def _price(values: Mapping[str, str]) -> tuple[str | None, int | None]:
    amount = values.get("amount")
    if "currency" not in values:
        if amount is not None:
            raise InvalidInput("currency", Problem.REQUIRED, beside="amount")
        return None, None
    currency = parse_currency(values["currency"].upper(), field="currency")
    if amount is None:
        return currency, None
    plain = plain_amount(amount, currency, field="amount")
    return currency, parse_amount(plain, currency, field="amount", may_be_zero=True).minor


def _day(values: Mapping[str, str], name: str, zone: str, days: int = 0) -> int | None:
    """The instant at which a day begins, or the one after it."""
    if name not in values:
        return None
    try:
        day = date.fromisoformat(values[name])
    except ValueError:
        day = date.min
    if day.year not in _YEARS:
        raise InvalidInput(name, Problem.NOT_A_TIMESTAMP)
    begins = datetime.combine(day + timedelta(days=days), datetime.min.time(), ZoneInfo(zone))
    return int((begins - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
