"""What can be looked for, and what a text may be."""

from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from tillgate.base import ids

QUERY_MAX: Final = 254
RESULTS_MAX: Final = 20
# Of customers with a word that begins as one that is looked for; the other words are compared with theirs alone.
CUSTOMERS_LOOKED_AT_MAX: Final = 200
_SPELLINGS: Final = ("uuid", "hex", "base62")
# What an id begins with in the language of Coin Moebius; the rest is its session's.
_TRANSACTION_OF_SESSION: Final = "tx"


class SearchType(StrEnum):
    """What a result is; the name that the object gives itself."""

    ORDER = "order"
    CHECKOUT_SESSION = "checkout_session"
    PAYMENT = "payment"
    TRANSACTION = "transaction"
    REFUND = "refund"
    UNASSIGNED_TRANSFER = "unassigned_transfer"
    CUSTOMER = "customer"
    PRODUCT = "product"
    PAYMENT_LINK = "payment_link"
    COUPON = "coupon"
    PROMOTION_CODE = "promotion_code"


class SearchMatch(StrEnum):
    """By what it was found."""

    ID = "id"
    REFERENCE = "reference"
    CUSTOMER = "customer"
    TRANSACTION_HASH = "transaction_hash"
    ADDRESS = "address"
    CODE = "code"
    DOCUMENT_NUMBER = "document_number"
    METADATA = "metadata"


PREFIX_OF: Final = {
    SearchType.ORDER: ids.ORDER,
    SearchType.CHECKOUT_SESSION: ids.CHECKOUT_SESSION,
    SearchType.PAYMENT: ids.PAYMENT,
    SearchType.TRANSACTION: ids.TRANSACTION,
    SearchType.REFUND: ids.REFUND,
    SearchType.UNASSIGNED_TRANSFER: ids.UNASSIGNED_TRANSFER,
    SearchType.CUSTOMER: ids.CUSTOMER,
    SearchType.PRODUCT: ids.PRODUCT,
    SearchType.PAYMENT_LINK: ids.PAYMENT_LINK,
    SearchType.COUPON: ids.COUPON,
    SearchType.PROMOTION_CODE: ids.PROMOTION_CODE,
}
_OF_PREFIX: Final = {prefix: found for found, prefix in PREFIX_OF.items()}


class Hit(NamedTuple):
    """Something that was found.

    Attributes:
        title: what a person calls it.
        leads_to: the id of the session that it belongs to; None for what belongs to none.
        coupon_id: of a promotion code, its coupon.
    """

    type: SearchType
    id: str
    matched: SearchMatch
    title: str
    leads_to: str | None = None
    coupon_id: str | None = None


class SearchResultObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Something that was found. ``type`` is what it is, ``id`` is its id, ``matched`` is by what it was found, and
    ``title`` is what a person calls it."""

    object: Literal["search_result"] = "search_result"
    livemode: bool
    type: SearchType
    id: str
    matched: SearchMatch
    title: str


class SearchResultsObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Up to 20 results; ``hasMore`` says that there are others. A longer text finds fewer."""

    data: Annotated[list[SearchResultObject], msgspec.Meta(max_length=RESULTS_MAX)]
    has_more: bool


def to_api(hits: list[Hit], *, livemode: bool) -> SearchResultsObject:
    """What was found in the API's form."""
    shown = [
        SearchResultObject(livemode=livemode, type=one.type, id=one.id, matched=one.matched, title=one.title)
        for one in hits[:RESULTS_MAX]
    ]
    return SearchResultsObject(data=shown, has_more=len(hits) > RESULTS_MAX)


def ids_of(text: str) -> dict[SearchType, str]:
    """The ids that a text may spell, in whichever language's spelling; by what they would be of."""
    head, _, rest = text.partition("_")
    if ids.is_typed(text):
        if head == _TRANSACTION_OF_SESSION:
            return {SearchType.CHECKOUT_SESSION: ids.renamed(ids.CHECKOUT_SESSION, text)}
        found = _OF_PREFIX.get(head)
        return {found: text} if found is not None else {}
    # The language that has a mode in its ids has it before the last part.
    last = rest.rpartition("_")[2] if rest else text
    for spelling in _SPELLINGS:
        if ids.unspelled(ids.ORDER, last, spelling) is not None:
            # Such a text does not say of what it is, so all are asked.
            return {
                one: spelled
                for one, prefix in PREFIX_OF.items()
                if (spelled := ids.unspelled(prefix, last, spelling)) is not None
            }
    return {}
