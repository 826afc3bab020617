"""Fields as Smartpay's document bounds them."""

from typing import Any, Final, TypeVar

import msgspec

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Field, Problem, Verbatim
from tillgate.base.text import checked_text

T = TypeVar("T")

CURRENCY: Final = "JPY"
COUNTRY: Final = "JP"
REFERENCE_MAX: Final = 40
DESCRIPTION_MAX: Final = 80
LOCALITY_MAX: Final = 80
LINE_MAX: Final = 200
METADATA_MAX: Final = 20
DOCUMENT_BYTES_MAX: Final = 16 * 1024
IDS_MAX: Final = 50
ID_LENGTH_MAX: Final = 64
_CURRENCY: Final = Verbatim("currency")
AUTOMATIC: Final = "automatic"
MANUAL: Final = "manual"
_AUTOMATIC: Final = frozenset({AUTOMATIC, "autommatic"})


def required(value: T | None, field: str) -> T:
    """
    Raises:
        InvalidInput: it is absent.
    """
    if value is None:
        raise InvalidInput(Verbatim(field), Problem.REQUIRED)
    return value


def yen(currency: str | None, field: Field = _CURRENCY) -> None:
    """
    Raises:
        InvalidInput: the currency is absent or another.
    """
    if currency is None:
        raise InvalidInput(field, Problem.REQUIRED)
    choice(currency, (CURRENCY,), field)


def same_currency(currency: str | None, expected: str) -> None:
    """
    Raises:
        InvalidInput: the currency is absent, or not that of what the call is about.
    """
    choice(required(currency, "currency"), (expected,), _CURRENCY)


def choice(value: str, choices: tuple[str, ...], field: Field) -> str:
    """
    Raises:
        InvalidInput: the value is none of the choices.
    """
    if value not in choices:
        raise InvalidInput(field, Problem.NOT_A_CHOICE, choices=choices, suggestion=None)
    return value


def automatic(value: str | None, field: str) -> bool:
    """Whether a field says automatic, as it does where it is absent; the clients' constants misspell it.

    Raises:
        InvalidInput: it says neither that nor manual.
    """
    if value is None or value in _AUTOMATIC:
        return True
    choice(value, (AUTOMATIC, MANUAL), Verbatim(field))
    return False


def text(value: str | None, field: str, length_max: int) -> str | None:
    """A text where there is one.

    Raises:
        InvalidInput: it is empty, too long, or holds control characters.
    """
    return None if value is None else checked_text(value, field=Verbatim(field), length_max=length_max)


def document(value: dict[str, Any], field: str) -> dict[str, Any]:
    """An object that is kept and given back as it came.

    Raises:
        InvalidInput: its JSON is too long, or nested too deeply.
    """
    try:
        length = len(msgspec.json.encode(value))
    except RecursionError as error:
        raise InvalidInput(Verbatim(field), Problem.TOO_DEEP) from error
    if length > DOCUMENT_BYTES_MAX:
        raise InvalidInput(Verbatim(field), Problem.TOO_LONG, maximum=DOCUMENT_BYTES_MAX, length=length)
    return value


def metadata(value: dict[str, Any] | None) -> dict[str, Any]:
    """
    Raises:
        InvalidInput: there are too many pairs.
    """
    if value is None:
        return {}
    if len(value) > METADATA_MAX:
        raise InvalidInput("metadata", Problem.TOO_MANY_KEYS, maximum=METADATA_MAX, count=len(value))
    return document(value, "metadata")


def line_items(value: list[str] | None) -> list[str]:
    """
    Raises:
        InvalidInput: there are too many ids, or one is too long.
    """
    found = value or []
    if len(found) > IDS_MAX:
        raise InvalidInput(Verbatim("lineItems"), Problem.COUNT, minimum=0, maximum=IDS_MAX, count=len(found))
    for one in found:
        checked_text(one, field=Verbatim("lineItems"), length_max=ID_LENGTH_MAX)
    return found


def shipping(value: dict[str, Any]) -> int:
    """What shipping costs, in minor units; the rest is kept as it came.

    Raises:
        InvalidInput: the address is missing, incomplete or outside of Japan, or the fee is none.
    """
    document(value, "shippingInfo")
    address = required(value.get("address"), "shippingInfo.address")
    if not isinstance(address, dict):
        raise InvalidInput(Verbatim("shippingInfo.address"), Problem.WRONG_TYPE, expected="object")
    for name, length in (("line1", LINE_MAX), ("locality", LOCALITY_MAX), ("postalCode", LINE_MAX), ("country", 2)):
        field = f"shippingInfo.address.{name}"
        part = required(address.get(name), field)
        if not isinstance(part, str):
            raise InvalidInput(Verbatim(field), Problem.WRONG_TYPE, expected="str")
        checked_text(part, field=Verbatim(field), length_max=length)
    choice(address["country"], (COUNTRY,), Verbatim("shippingInfo.address.country"))
    fee = value.get("feeAmount")
    if fee is None:
        return 0
    if type(fee) is not int or not 0 <= fee < 1 << 32:
        raise InvalidInput(Verbatim("shippingInfo.feeAmount"), Problem.WRONG_TYPE, expected="int")
    if (currency := value.get("feeCurrency")) is not None:
        choice(str(currency), (CURRENCY,), Verbatim("shippingInfo.feeCurrency"))
    return fee
