"""Money: an integer number of minor units with its currency inside, a decimal string outside.

Currencies and their minor digits are those of ISO 4217 (list one, active codes that name money).
"""

import re
from typing import NamedTuple

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Field, Problem

INTEGER_DIGITS_MAX = 12
# Of a decimal string, before it is looked at.
AMOUNT_LENGTH_MAX = 40

_TWO_DIGITS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP
CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE
SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR
ZMW ZWG
"""
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_DIGITS: dict[str, int] = (
    dict.fromkeys(_TWO_DIGITS.split(), 2)
    | dict.fromkeys(_NO_DIGITS.split(), 0)
    | dict.fromkeys(_THREE_DIGITS.split(), 3)
)

# An amount that is well formed, by a currency's minor digits, for whoever wrote one that is not.
_EXAMPLES = {0: "99", 2: "99.00", 3: "99.000"}
_AMOUNT = re.compile(rf"(\d{{1,{AMOUNT_LENGTH_MAX}}})(?:\.(\d{{1,{AMOUNT_LENGTH_MAX}}}))?", re.ASCII)


class Money(NamedTuple):
    """An amount of one fiat currency.

    Attributes:
        minor: how many of the currency's smallest units (cents, yen, fils).
        currency: ISO 4217 code, three capital letters.
    """

    minor: int
    currency: str

    def __str__(self) -> str:
        """The decimal string of the wire, with all of the currency's minor digits: ``"99.00"``."""
        return format_minor(self.minor, MINOR_DIGITS[self.currency])


def format_minor(minor: int, digits: int) -> str:
    """An integer of ``10**-digits`` units as a decimal string with exactly ``digits`` decimals."""
    if digits == 0:
        return str(minor)
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}"


def worded(minor: int | None, currency: str) -> str | None:
    """Minor units as the decimal string of the wire; None where there are none."""
    return str(Money(minor, currency)) if minor is not None else None


def parse_currency(code: str, *, field: Field) -> str:
    """The code, if it is an ISO 4217 currency in use.

    Raises:
        InvalidInput: it is not; ``field`` is named.
    """
    if code not in MINOR_DIGITS:
        raise InvalidInput(
            field, Problem.NOT_A_CURRENCY, suggestion=usual if (usual := code.upper()) in MINOR_DIGITS else None
        )
    return code


def parse_amount(text: str, currency: str, *, field: Field, may_be_zero: bool = False) -> Money:
    """An amount from its decimal string: positive, or zero too where that is allowed.

    Raises:
        InvalidInput: the text is not a plain decimal number, is zero (unless that is allowed), is too
            large, or has more decimals than the currency; ``field`` is named.
    """
    digits = MINOR_DIGITS[currency]
    match = _AMOUNT.fullmatch(text) if len(text) <= AMOUNT_LENGTH_MAX else None
    if match is None:
        raise InvalidInput(field, Problem.NOT_AN_AMOUNT, example=_EXAMPLES[digits], may_be_zero=may_be_zero)
    whole, decimals = match[1].lstrip("0"), match[2] or ""
    if len(decimals) > digits:
        raise InvalidInput(
            field,
            Problem.DECIMALS,
            currency=currency,
            digits=digits,
            given=len(decimals),
            example=_EXAMPLES[digits],
        )
    if len(whole) > INTEGER_DIGITS_MAX:
        raise InvalidInput(field, Problem.AMOUNT_TOO_LARGE, digits=INTEGER_DIGITS_MAX)
    minor = int(whole + decimals.ljust(digits, "0") or "0")
    if minor == 0 and not may_be_zero:
        raise InvalidInput(field, Problem.AMOUNT_ZERO)
    return Money(minor, currency)
