"""What is wrong, in a buyer's words: short, calm, without fields, states or anything of the API.

What a buyer cannot do anything about has one sentence for all of it. A sentence of another audience is never handed on.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from markupsafe import Markup

from tillgate.base.errors import TillgateError
from tillgate.base.problems import Problem
from tillgate.pages.codes import USED_UP
from tillgate.words import Words, phrase

Values: TypeAlias = Mapping[str, Any]

OTHERWISE: Final = phrase("This did not work. Please reload the page and try again.")

_P = Problem
_MOVED_ON: Final = phrase("A payment has been seen, or the time has run out, so the price can no longer change.")
_FIXED: Final = phrase("This price is fixed. Please reload the page.")
_NOT_YOURS: Final = phrase("Money sent to this address would not reach you. Please enter an address of your own.")
_CHANGED: Final = phrase("Something changed at the same moment. Please look at the page again.")


def _decimals(values: Values, words: Words) -> Markup:
    example, digits = words.decimal(values["example"]), values["digits"]
    if not digits:
        return words.html("Please enter a whole number, such as {example}.", example=example)
    return words.html_many(
        "Please enter at most {count} decimal, such as {example}.",
        "Please enter at most {count} decimals, such as {example}.",
        digits,
        example=example,
    )


def _ambiguous(values: Values, words: Words) -> Markup:
    first, *others = (words.coins(one) for one in values["readings"])
    if others:
        return words.html("Do you mean {first} or {second}? Please enter it exactly so.", first=first, second=others[0])
    return words.html("Do you mean {amount}? Please enter it exactly so.", amount=first)


_SENTENCES: Final[Mapping[Problem, str | Callable[[Values, Words], Markup]]] = {
    _P.NOT_AN_AMOUNT: lambda values, words: words.html(
        "Please enter an amount such as {example}.", example=words.decimal(values["example"])
    ),
    _P.AMOUNT_AMBIGUOUS: _ambiguous,
    _P.DECIMALS: _decimals,
    _P.AMOUNT_TOO_LARGE: phrase("This amount is too large. Please enter a smaller one."),
    _P.AMOUNT_ZERO: phrase("Please enter an amount above zero."),
    _P.TOTAL_BELOW_ZERO: phrase("Please enter a larger amount: the total would be below zero."),
    _P.TOTAL_TOO_LARGE: phrase("The total would be too large. Please enter a smaller amount."),
    _P.PRICE_BELOW: lambda values, words: words.html(
        "Please enter {least} or more.", least=words.price(values["bound"]).text
    ),
    _P.PRICE_ABOVE: lambda values, words: words.html(
        "Please enter {most} or less.", most=words.price(values["bound"]).text
    ),
    _P.NOT_AN_EMAIL: phrase("Please enter an e-mail address, such as you+test@example.com."),
    _P.EMAIL_SPACES: phrase("Please enter an e-mail address, such as you+test@example.com."),
    _P.NOT_A_TEST_EMAIL: phrase("Please enter an address with +test before the @, such as you+test@example.com."),
    _P.NOT_A_PHONE: phrase("Please enter a mobile number of Japan, such as 090-1234-5678."),
    _P.WRONG_ONE_TIME_CODE: phrase("This is another code. Please enter the one that was filled in."),
    _P.NOT_AN_ADDRESS: phrase("Please enter an address that begins with 0x, as your wallet shows it."),
    _P.ADDRESS_MISTYPED: phrase("A character of this address is wrong. Please copy it from your wallet again."),
    _P.ADDRESS_OF_NOBODY: _NOT_YOURS,
    _P.ADDRESS_OF_TOKEN: _NOT_YOURS,
    _P.ADDRESS_OF_OURS: _NOT_YOURS,
    _P.NOT_A_BUYERS_LINE: _FIXED,
    _P.FIXED_PRICE: _FIXED,
    _P.HAS_A_PRICE: phrase("This order has a price, so it is complete once that is paid."),
    _P.HAS_NO_OPTIONS: _MOVED_ON,
    _P.COSTS_NOTHING: _MOVED_ON,
    _P.PAYMENT_HAS_BEGUN: _MOVED_ON,
    _P.PRICE_IS_FINAL: _MOVED_ON,
    _P.CODE_IS_FINAL: _MOVED_ON,
    _P.CODE_IS_GONE: USED_UP,
    _P.PRICE_HAS_DISCOUNT: phrase(
        "A promotion code applies to this price. Please remove it first, then set the price."
    ),
    _P.CODE_APPLIES: phrase("A promotion code applies already. Please remove it first, then enter the other one."),
    _P.TAKES_NO_CODES: phrase("This purchase takes no promotion codes."),
    _P.LINK_USED_UP: phrase("This offer is no longer available: all of it has been taken. Nothing was charged."),
    _P.LINK_EXPIRED: phrase("This offer has ended. Nothing was charged."),
    _P.SESSION_CHANGED: _CHANGED,
}
_BY_CODE: Final[Mapping[str, str]] = {
    # Only a test payment says so.
    "session_not_payable": phrase("This test outcome is not possible now. Choose one of those that are offered."),
    "session_not_pending": _MOVED_ON,
    "session_changed": _CHANGED,
}


def for_buyer(error: TillgateError, words: Words) -> Markup:
    """What a buyer reads."""
    sentence = _SENTENCES.get(error.problem) if error.problem is not None else None
    if sentence is None:
        return words.html(_BY_CODE.get(error.code, OTHERWISE))
    return words.html(sentence) if isinstance(sentence, str) else sentence(error.values, words)
