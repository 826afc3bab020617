"""Texts and numbers that have a form: what the OpenAPI documents say of them, for readers and for tools.

The types are only said. They are decoded as any text, and the operations check them, with better words and more to go
by; the limits here are the constants of those checks. ``FORMS`` are what vocabularies name, mostly of what is answered.
"""

from typing import Annotated, Final

from msgspec import Meta

from keyturn.http.vocabulary import FORMS as SHARED
from keyturn.http.vocabulary import Forms, declares
from tillgate.base import ids
from tillgate.base.money import AMOUNT_LENGTH_MAX
from tillgate.base.text import DESCRIPTION_MAX, EMAIL_MAX, NAME_MAX, URL_MAX
from tillgate.checkout.bounds import USES_MAX
from tillgate.checkout.orders.model import (
    QUANTITY_MAX,
    REASON_MAX,
    REFERENCE_MAX,
    TOKEN_TEXT_MAX,
    TRANSACTION_ID_MAX,
)
from tillgate.checkout.promotions.model import CODE_LENGTH_MAX
from tillgate.checkout.refunds.model import DESTINATION_MAX, HASH_MAX
from tillgate.checkout.unassigned.model import NOTE_MAX
from tillgate.documents.templates.model import SLUG_MAX
from tillgate.events.deliveries.model import EXCERPT_BYTES_MAX
from tillgate.events.log import LOG_ID
from tillgate.rails.evm.explaining import HASH_CHARACTERS_MAX
from tillgate.rails.evm.networks.model import SYMBOL_MAX
from tillgate.words import LANG_MAX

# Of a path's variable: what no object could be called is looked up nowhere. Some are no ids.
SEGMENT_LENGTH_MAX: Final = 64
_LENGTHS_MAX: Final = {"hash": HASH_CHARACTERS_MAX, "slug": SLUG_MAX, "publishable_key": 64}
ASSET_MAX: Final = 200
EVENT_TYPE: Final = r"^[a-z_]+\.[a-z_]+$"
# A type, all types of one noun, or all there are.
SUBSCRIPTION: Final = r"^(\*|[a-z_]+\.(\*|[a-z_]+))$"
# Without white space, as what is copied and sent again.
_VISIBLE: Final = r"^\S+$"


def length_max(name: str) -> int:
    """How long a variable of a path may be."""
    return _LENGTHS_MAX.get(name, SEGMENT_LENGTH_MAX)


def text(length_max: int, length_min: int = 1) -> Meta:
    """A text of at least and at most this many characters."""
    return declares(minLength=length_min, maxLength=length_max)


# A decimal number in a currency's own digits.
DecimalText = Annotated[str, declares(pattern=r"^[0-9]+(\.[0-9]+)?$", maxLength=AMOUNT_LENGTH_MAX)]
# An ISO 4217 code.
CurrencyText = Annotated[str, declares(pattern="^[A-Z]{3}$")]
# An RFC 3339 timestamp.
InstantText = Annotated[str, declares(format="date-time")]
# An absolute URL.
UrlText = Annotated[str, declares(format="uri", maxLength=URL_MAX)]
# The id of an object; which kind it is, the field's name says.
IdText = Annotated[str, declares(pattern=f"^{ids.PATTERN}$")]
EmailText = Annotated[str, declares(format="email", maxLength=EMAIL_MAX)]
NameText = Annotated[str, text(NAME_MAX)]
DescriptionText = Annotated[str, text(DESCRIPTION_MAX, 0)]
ReferenceText = Annotated[str, text(REFERENCE_MAX)]
CodeText = Annotated[str, text(CODE_LENGTH_MAX)]
# How often something may be used.
Uses = Annotated[int, declares(minimum=1, maximum=USES_MAX)]
Quantity = Annotated[int, declares(minimum=1, maximum=QUANTITY_MAX)]
SubscriptionText = Annotated[str, declares(pattern=SUBSCRIPTION)]

FORMS: Final[Forms] = {
    **SHARED,
    "address": {"maxLength": DESTINATION_MAX, "pattern": _VISIBLE},
    "asset": {"minLength": 1, "maxLength": ASSET_MAX},
    "code": {"minLength": 1, "maxLength": CODE_LENGTH_MAX},
    "cursor": {"maxLength": SEGMENT_LENGTH_MAX, "pattern": _VISIBLE},
    "description": {"maxLength": DESCRIPTION_MAX},
    "email": {"format": "email", "maxLength": EMAIL_MAX},
    "event_type": {"pattern": EVENT_TYPE},
    "excerpt": {"maxLength": EXCERPT_BYTES_MAX},
    "hex": {"pattern": "^0x[0-9a-fA-F]*$"},
    "id": {"pattern": f"^{ids.PATTERN}$"},
    "lang": {"maxLength": LANG_MAX, "pattern": "^[A-Za-z0-9-]+$"},
    "log_id": {"pattern": LOG_ID},
    "name": {"maxLength": NAME_MAX},
    "note": {"maxLength": NOTE_MAX},
    "quantity": {"minimum": 1, "maximum": QUANTITY_MAX},
    "reason": {"minLength": 1, "maxLength": REASON_MAX},
    "reference": {"minLength": 1, "maxLength": REFERENCE_MAX},
    "secret": {"pattern": _VISIBLE},
    "segment": {"minLength": 1, "maxLength": SEGMENT_LENGTH_MAX},
    "slug": {"pattern": "^[a-z0-9-]+$"},
    "subscription": {"pattern": SUBSCRIPTION},
    "symbol": {"minLength": 1, "maxLength": SYMBOL_MAX},
    "token_text": {"maxLength": TOKEN_TEXT_MAX},
    "transaction_id": {"minLength": 1, "maxLength": TRANSACTION_ID_MAX},
    "tx_hash": {"maxLength": HASH_MAX},
    "url": {"format": "uri", "maxLength": URL_MAX},
    "zone": {"pattern": "^[A-Za-z0-9_+/-]+$"},
}
