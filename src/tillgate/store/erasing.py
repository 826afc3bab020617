"""What tells who somebody is, taken out of rows: where it may stand, and what is put in its place.

A room declares its places: tables with texts, addresses and JSON documents in which a person may be named. Issued
documents and the lines of orders are books, and no room declares them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

import msgspec

from keyturn.database import Transaction

ERASED: Final = "[erased]"
# What expects an address is given one that nobody has (RFC 2606).
ERASED_EMAIL: Final = "erased@erased.invalid"
# A shorter name is not looked for in other texts: it is a syllable of too many of them.
NAME_MIN: Final = 2

_OF_CUSTOMER: Final = ("email", "name", "reference", "metadata")
# Where a merchant writes what they like; and whom somebody's document describes.
_FREE: Final = frozenset({"metadata"})
_PEOPLE: Final = frozenset({"customerInfo", "customer_info", "shippingInfo", "shipping_info", "recipient"})
# In such a description, what tells nobody who it is and what money or chains go by.
_IMPERSONAL: Final = frozenset(
    {"feeCurrency", "fee_currency", "addressType", "address_type", "country", "walletAddress", "wallet_address"}
)
# What an address goes on with, before and after; a dot after it may end a sentence.
_IN_ADDRESS_BEFORE: Final = "_.+%-"
_IN_ADDRESS_AFTER: Final = "_-"


class Place(NamedTuple):
    """A table in which a person may be named.

    Attributes:
        key: the columns by whose order it is walked.
        within: the condition that a row is of the project ``$1`` and the mode ``$2``.
        linked: the condition that a row is about one of the objects ``{list}``; empty where none says so.
        texts: columns of text, replaced as a whole where they name the person.
        unique: the same, of columns in which no two rows may have the same.
        cleared: columns that are set to NULL instead.
        documents: columns of JSON, in which what names the person is replaced.
        subject: the column with the id of the object that a document is of.
        also: what else is set in a row that is changed.
        then: statements about the row with the key ``$1`` that was changed.
        rewritten: what else is written for a row with this key of which these columns were changed.
        by_id: whether rows are looked at that name the customer's id, too.
    """

    table: str
    key: tuple[str, ...]
    within: str
    linked: str = ""
    texts: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    subject: str = ""
    also: str = ""
    then: tuple[str, ...] = ()
    rewritten: Callable[[Transaction, str, Mapping[str, str | None]], Awaitable[None]] | None = None
    by_id: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that may name somebody."""
        return (*self.texts, *self.unique, *self.cleared, *self.documents)

    def changed(self, row: Any, person: "Person", *, linked: bool) -> dict[str, str | None]:
        """What is to be written to a row's columns; empty where it says nothing of the person."""
        found: dict[str, str | None] = {}
        for column in (*self.texts, *self.unique, *self.cleared):
            text = row[column]
            if text is None or not person.named_in(text, by_name=linked):
                continue
            if column in self.cleared:
                found[column] = None
            else:
                found[column] = f"{ERASED} {row[self.key[-1]]}" if column in self.unique else ERASED
        own = bool(self.subject) and row[self.subject] == person.customer_id
        for column in self.documents:
            text = row[column]
            if (
                text is not None
                and (after := redacted(text, person, linked=linked, own=own, free=column in _FREE)) != text
            ):
                found[column] = after
        return found


class Person(NamedTuple):
    """Who is to be erased.

    Attributes:
        email: as it is compared, in lower case.
    """

    customer_id: str
    email: str | None
    name: str | None

    def __repr__(self) -> str:
        return f"Person({self.customer_id})"

    def spellings(self, *, by_id: bool) -> Sequence[str]:
        """By what a row is found that may name them, in lower case."""
        found = [self.email, quote(self.email, safe=".+-_")] if self.email is not None else []
        return list(dict.fromkeys([*found, *([self.customer_id] if by_id else [])]))

    def named_in(self, text: str, *, by_name: bool) -> bool:
        """Whether a text has their e-mail address in it, or their name as whole words."""
        lowered = text.lower()
        if self.email is not None:
            spelled = [lowered, unquote(lowered)] if "%" in lowered else [lowered]
            if any(_holds(one, self.email, _IN_ADDRESS_BEFORE, _IN_ADDRESS_AFTER) for one in spelled):
                return True
        if not by_name or self.name is None or len(self.name) < NAME_MIN:
            return False
        return _holds(lowered, self.name.lower(), "_", "_")


def _holds(text: str, wanted: str, before: str, after: str) -> bool:
    """Whether a text is in another, and is not a part of a longer word there."""
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        begins = at == 0 or not (text[at - 1].isalnum() or text[at - 1] in before)
        dotted = text[end : end + 1] == "." and text[end + 1 : end + 2].isalnum() and "@" in wanted
        ends = end == len(text) or not (text[end].isalnum() or text[end] in after or dotted)
        if begins and ends:
            return True
        at = text.find(wanted, end)
    return False


def redacted(document: str, person: Person, *, linked: bool, own: bool = False, free: bool = False) -> str:
    """A JSON document without what tells who the person is; the same text where it does not.

    Args:
        linked: whether it is about something of theirs, so that their name and whom it describes are them; one that
            says their id is.
        own: whether it is about the customer, or holds some of the customer's fields.
        free: whether a merchant writes all of it.
    """
    linked = linked or person.customer_id in document
    try:
        value = msgspec.json.decode(document)
    except (msgspec.DecodeError, RecursionError):
        return ERASED if person.named_in(document, by_name=linked) else document
    about = linked or person.named_in(document, by_name=False)
    after = _without(value, person, by_name=linked, about=about, free=free)
    if own and isinstance(after, dict):
        after = _forgotten(after)
    return document if after == value else msgspec.json.encode(after).decode()


def _forgotten(customer: dict[str, Any]) -> dict[str, Any]:
    return {name: None if name in _OF_CUSTOMER else value for name, value in customer.items()}


def _without(value: Any, person: Person, *, by_name: bool, about: bool, key: str = "", free: bool = False) -> Any:
    """
    Args:
        by_name: whether the name counts, where a merchant writes what they like.
        about: whether what describes a person describes this one.
        free: whether it is within such a place.
    """
    if isinstance(value, dict):
        if value.get("object") == "customer" and value.get("id") == person.customer_id:
            value = _forgotten(value)
        return {
            ERASED if person.named_in(name, by_name=free and by_name) else name: _described(inner)
            if about and name in _PEOPLE
            else _without(inner, person, by_name=by_name, about=about, key=name, free=free or name in _FREE)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without(one, person, by_name=by_name, about=about, key=key, free=free) for one in value]
    if isinstance(value, str) and person.named_in(value, by_name=free and by_name):
        return _in_its_place(key)
    return value


def _described(value: Any, key: str = "") -> Any:
    """The description of a person with nothing in it that is theirs."""
    if isinstance(value, dict):
        return {name: _described(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_described(one, key) for one in value]
    return _in_its_place(key) if isinstance(value, str) and key not in _IMPERSONAL else value


def _in_its_place(key: str) -> str:
    return ERASED_EMAIL if "email" in key.lower() else ERASED
