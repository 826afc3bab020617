"""Objects in the API's form, kept beside the rows that they are made of.

Whoever shows an object again reads its bytes instead of forming them. It is no cache: the form is written in the
transaction that changes the object, out of the event that tells the change. Every other statement that writes what a
form shows takes the form away (``kept = NULL``), so that there is a true one or none; what has none is formed as ever.
A form begins with a stamp, and one with another stamp counts for nothing: neither a new form of an object nor another
public URL needs a migration.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from tillgate.base import ids
from tillgate.base.errors import NotFound
from tillgate.base.principal import Principal
from tillgate.store import Row, Transaction

# Goes up whenever an object that has not changed is shown in other bytes. A test holds the bytes to it.
FORMS: Final = 6
STAMP_BYTES: Final = 8


class KeptNoun(NamedTuple):
    """A noun whose objects are kept in their form.

    Attributes:
        name: in words, for whoever asks for one that is not there.
    """

    name: str
    table: str
    one: str
    keep: str


class KeptForm(NamedTuple):
    """An object of a list.

    Attributes:
        form: its JSON; None where no true one is kept.
    """

    id: str
    form: bytes | None


def _noun(name: str, table: str) -> KeptNoun:
    return KeptNoun(
        name,
        table,
        one=f"SELECT project_id, livemode, kept FROM {table} WHERE id = $1",
        keep=f"UPDATE {table} SET kept = $1 WHERE id = $2",
    )


# By the prefix of their ids.
NOUNS: Final = {
    ids.CHECKOUT_SESSION: _noun("checkout session", "checkout_sessions"),
    ids.ORDER: _noun("order", "orders"),
    ids.PAYMENT: _noun("payment", "payments"),
    ids.PAYMENT_LINK: _noun("payment link", "payment_links"),
    ids.PRODUCT: _noun("product", "products"),
    ids.CUSTOMER: _noun("customer", "customers"),
}
SESSION: Final = NOUNS[ids.CHECKOUT_SESSION]
ORDER: Final = NOUNS[ids.ORDER]
PAYMENT: Final = NOUNS[ids.PAYMENT]
LINK: Final = NOUNS[ids.PAYMENT_LINK]
PRODUCT: Final = NOUNS[ids.PRODUCT]
CUSTOMER: Final = NOUNS[ids.CUSTOMER]

# A session, its order and its payment show one money and one deadline.
_OUTDATE: Final = (
    "UPDATE checkout_sessions SET kept = NULL WHERE id = $1 AND kept IS NOT NULL",
    "UPDATE orders SET kept = NULL WHERE session_id = $1 AND kept IS NOT NULL",
    "UPDATE payments SET kept = NULL WHERE session_id = $1 AND kept IS NOT NULL",
)
_OF_CLOCK: Final = "session_id IN (SELECT id FROM checkout_sessions WHERE test_clock_id = $1)"
_OUTDATE_OF_CLOCK: Final = (
    f"UPDATE orders SET kept = NULL WHERE {_OF_CLOCK} AND kept IS NOT NULL",
    f"UPDATE payments SET kept = NULL WHERE {_OF_CLOCK} AND kept IS NOT NULL",
)


@lru_cache(maxsize=8)
def stamp(public_url: str) -> bytes:
    """What begins a form that is shown today under this public URL."""
    return hashlib.blake2b(f"{FORMS} {public_url}".encode(), digest_size=STAMP_BYTES).digest()


def stamped(form: bytes, public_url: str) -> bytes:
    """A form as it is kept."""
    return stamp(public_url) + form


async def keep(tx: Transaction, object_id: str, form: bytes, public_url: str) -> None:
    """Keep an object's form beside its row, which this transaction holds; nothing, for a noun that keeps none."""
    noun = NOUNS.get(object_id.partition("_")[0])
    if noun is not None:
        await tx.execute(noun.keep, stamp(public_url) + form, object_id)


async def kept_form(
    tx: Transaction, principal: Principal, noun: KeptNoun, object_id: str, public_url: str
) -> bytes | None:
    """An object's JSON; None where no true one is kept.

    Raises:
        NotFound: it is not in the caller's project and mode.
    """
    row = await tx.fetch_one(noun.one, object_id)
    if row is None:
        raise NotFound(noun.name, object_id)
    if row[0] != principal.project_id or row[1] != principal.livemode:
        raise NotFound(noun.name, object_id)
    return _form(row[2], stamp(public_url))


def kept_forms(rows: Sequence[Row], public_url: str) -> list[KeptForm]:
    """What a list's rows of ``id`` and ``kept`` hold."""
    today = stamp(public_url)
    return [KeptForm(row[0], _form(row[1], today)) for row in rows]


async def outdate(tx: Transaction, session_id: str) -> None:
    """Withdraw the forms of a locked session, its order and its payment, whose money or deadline changes."""
    for statement in _OUTDATE:
        await tx.execute(statement, session_id)


async def outdate_of_clock(tx: Transaction, clock_id: str) -> None:
    """The same of the orders and the payments of a locked test clock's sessions."""
    for statement in _OUTDATE_OF_CLOCK:
        await tx.execute(statement, clock_id)


def _form(kept: bytes | None, today: bytes) -> bytes | None:
    return kept[STAMP_BYTES:] if kept is not None and kept.startswith(today) else None
