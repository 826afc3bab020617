"""What is wrong, in a buyer's words: short, calm, without fields, states or anything of the API.

What a buyer cannot do anything about has one sentence for all of it. A sentence of another audience is never handed on.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from tillgate.base.errors import TillgateError
from tillgate.base.problems import Problem
from tillgate.pages.amounts import price

Values: TypeAlias = Mapping[str, Any]

OTHERWISE: Final = "This did not work. Please reload the page and try again."

_P = Problem
_MOVED_ON: Final = "A payment has been seen, or the time has run out, so the price can no longer change."


def _decimals(values: Values) -> str:
    digits = values["digits"]
    most = f"at most {digits} decimals" if digits else "a whole number"
    return f"Please enter {most}, such as {values['example']}."


_SENTENCES: Final[Mapping[Problem, str | Callable[[Values], str]]] = {
    _P.NOT_AN_AMOUNT: "Please enter an amount such as {example}.",
    _P.DECIMALS: _decimals,
    _P.AMOUNT_TOO_LARGE: "This amount is too large. Please enter a smaller one.",
    _P.AMOUNT_ZERO: "Please enter an amount above zero.",
    _P.TOTAL_BELOW_ZERO: "Please enter a larger amount: the total would be below zero.",
    _P.TOTAL_TOO_LARGE: "The total would be too large. Please enter a smaller amount.",
    _P.PRICE_BELOW: lambda values: f"Please enter {price(values['bound'])} or more.",
    _P.PRICE_ABOVE: lambda values: f"Please enter {price(values['bound'])} or less.",
    _P.NOT_A_BUYERS_LINE: "This price is fixed. Please reload the page.",
    _P.FIXED_PRICE: "This price is fixed. Please reload the page.",
    _P.HAS_A_PRICE: "This order has a price, so it is complete once that is paid.",
    _P.PRICE_IS_FINAL: _MOVED_ON,
    _P.CODE_IS_FINAL: _MOVED_ON,
    _P.PRICE_HAS_DISCOUNT: "A promotion code applies to this price. Please remove it first, then set the price.",
    _P.CODE_APPLIES: "A promotion code applies already. Please remove it first, then enter the other one.",
    _P.TAKES_NO_CODES: "This purchase takes no promotion codes.",
    _P.LINK_USED_UP: "This offer is no longer available: all of it has been taken. Nothing was charged.",
    _P.LINK_EXPIRED: "This offer has ended. Nothing was charged.",
    _P.SESSION_CHANGED: "Something changed at the same moment. Please look at the page again.",
}
_BY_CODE: Final[Mapping[str, str]] = {
    # Only a test payment says so.
    "session_not_payable": "This test outcome is not possible now. Choose one of those that are offered.",
    "session_not_pending": _MOVED_ON,
    "session_changed": "Something changed at the same moment. Please look at the page again.",
}


def for_buyer(error: TillgateError) -> str:
    """What a buyer reads."""
    sentence = _SENTENCES.get(error.problem) if error.problem is not None else None
    if sentence is None:
        return _BY_CODE.get(error.code, OTHERWISE)
    return sentence.format_map(error.values) if isinstance(sentence, str) else sentence(error.values)
