"""Filters of a list that somebody keeps under a name: saved beside it, renamed and removed on a page of theirs."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from tillgate.access.saved import operations
from tillgate.access.saved.operations import NAME_MAX
from tillgate.access.saved.records import Saved
from tillgate.base.errors import Conflict, InvalidInput, NotFound
from tillgate.dashboard.calls import READ, Call, Unusable, View
from tillgate.dashboard.exports import EXPORTS
from tillgate.dashboard.filters import FIELDS, SORT, VALUE_MAX, owner_of
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.store import Transaction

SAVED: Final = "/dashboard/saved"
# The lists by their names, each with its address and the filters that it has.
LISTS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    one.listing.name: (root, frozenset((*FIELDS, SORT, *one.listing.filters))) for root, one in EXPORTS.items()
}


async def save(call: Call) -> Response:
    """Keep the filters that the list has, under a name."""
    name, query = _list(call.form.one("list")), _checked_query(call)

    async def operation(tx: Transaction) -> Saved:
        now = call.context.clock.now()
        return await operations.save(tx, owner_of(call, name), call.form.text("name"), query, now)

    try:
        await call.write(operation)
    except InvalidInput as error:
        words = next(iter(problems_of(error).values()))
        raise Unusable(f"The name: {words}") from error
    return call.go(f"{LISTS[name][0]}?{query}", flash="filter_saved")


async def show(call: Call) -> Response:
    """The form that renames saved filters or removes them."""
    one = await _named(call, call.query("list") or "", call.query("name") or "")
    return _form(call, call.query("list") or "", one, draft(name=one.name))


async def rename(call: Call) -> Response:
    """Give them another name."""
    noun, was, to = _list(call.form.one("list")), call.form.one("was"), call.form.text("name")

    async def operation(tx: Transaction) -> Saved:
        return await operations.rename(tx, owner_of(call, noun), was, to)

    try:
        one = await call.write(operation)
    except (InvalidInput, Conflict) as error:
        problems = {"name": error.public} if isinstance(error, Conflict) else problems_of(error)
        return _form(call, noun, await _named(call, noun, was), Draft({"name": to}, problems))
    return call.go(f"{LISTS[noun][0]}?{one.query}", flash="filter_renamed")


async def remove(call: Call) -> Response:
    """Forget them; the list stays as it is."""
    noun, name = _list(call.form.one("list")), call.form.one("was")

    async def operation(tx: Transaction) -> None:
        await operations.remove(tx, owner_of(call, noun), name)

    await call.write(operation)
    return call.go(LISTS[noun][0], flash="filter_removed")


def _form(call: Call, noun: str, one: Saved, form: Draft) -> Response:
    return call.page(
        "saved/edit.html",
        status_code=form.status_code,
        section=noun,
        list=noun,
        root=LISTS[noun][0],
        one=one,
        told=parse_qsl(one.query),
        draft=form,
        name_max=NAME_MAX,
    )


async def _named(call: Call, noun: str, name: str) -> Saved:
    if noun not in LISTS:
        raise NotFound("saved filter")
    return await call.read(lambda tx: operations.find(tx, owner_of(call, noun), name))


def _list(name: str) -> str:
    if name not in LISTS:
        raise Unusable("Save the filters of a list beside it.")
    return name


def _checked_query(call: Call) -> str:
    """The filters as they stand in the list's address: those that it has, each once.

    Raises:
        Unusable: there are none, or others.
    """
    known = LISTS[call.form.one("list")][1]
    given = {name: call.form.one(f"filter_{name}") for name in sorted(known) if call.form.one(f"filter_{name}")}
    if not given or any(len(value) > VALUE_MAX or "\0" in value for value in given.values()):
        raise Unusable("Filter the list first, then save what it is filtered by.")
    return urlencode(given)


VIEWS: Final = (
    View("GET", SAVED, show, READ),
    View("POST", SAVED, save, READ),
    View("POST", f"{SAVED}/rename", rename, READ),
    View("POST", f"{SAVED}/remove", remove, READ),
)
