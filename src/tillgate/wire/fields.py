"""Texts that have a form: what the OpenAPI document says of them, for readers and for tools that make some up.

Only said here. They are decoded as any text, and the operations check them, with better words and more to go by.
"""

from typing import Annotated, Final

from msgspec import Meta

from tillgate.base import ids
from tillgate.base.text import URL_MAX

_AMOUNT_LENGTH_MAX: Final = 40

# A decimal number in a currency's own digits.
DecimalText = Annotated[
    str, Meta(extra_json_schema={"pattern": r"^[0-9]+(\.[0-9]+)?$", "maxLength": _AMOUNT_LENGTH_MAX})
]
# An ISO 4217 code.
CurrencyText = Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Z]{3}$"})]
# An RFC 3339 timestamp.
InstantText = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
# An absolute URL.
UrlText = Annotated[str, Meta(extra_json_schema={"format": "uri", "maxLength": URL_MAX})]
# The id of an object; which kind it is, the field's name says.
IdText = Annotated[str, Meta(extra_json_schema={"pattern": f"^{ids.PATTERN}$"})]
