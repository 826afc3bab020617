"""What a buyer reads whose promotion code cannot be used: why, and nothing that is only the merchant's to know."""

from typing import Final, NamedTuple, assert_never

from markupsafe import Markup

from tillgate.base.errors import InvalidInput
from tillgate.checkout.redemptions.model import DiscountRefusal, DiscountRefused
from tillgate.words import Words, phrase

_UNKNOWN: Final = phrase("This code is not valid. Please check the spelling.")

USED_UP: Final = phrase("This code has reached its limit.")


class WrongCode(NamedTuple):
    """What was typed, and what is the matter with it."""

    typed: str
    words: Markup


def code_refused(error: DiscountRefused | InvalidInput, merchant: str, words: Words) -> Markup:
    """The reason in plain words.

    A code that is switched off reads like none: whether it will be on one day is the merchant's business. What a code
    asks of its customer is said without a word on what this one has done before, for whoever has the page's address
    may read it.
    """
    if isinstance(error, InvalidInput):
        return words.html(_UNKNOWN)
    match error.why:
        case DiscountRefusal.INACTIVE:
            return words.html(_UNKNOWN)
        case DiscountRefusal.EXPIRED:
            return words.html("This code has expired.")
        case DiscountRefusal.USED_UP:
            return words.html(USED_UP)
        case DiscountRefusal.OTHER_CURRENCY:
            return words.html("This code is for prices in another currency.")
        case DiscountRefusal.BELOW_MINIMUM:
            return words.html(
                "This code is for purchases of {minimum} or more.", minimum=words.price(error.values["minimum"]).text
            )
        case DiscountRefusal.NOTHING_TO_TAKE_OFF:
            return words.html("This code does not apply to this purchase.")
        case DiscountRefusal.FIRST_PAYMENT_ONLY:
            return words.html(
                "This code is only for the first purchase of registered customers of {merchant}.", merchant=merchant
            )
        case DiscountRefusal.ONCE_PER_CUSTOMER:
            return words.html(
                "This code can be used once by each registered customer of {merchant}, and not for this purchase.",
                merchant=merchant,
            )
        case never:
            assert_never(never)
