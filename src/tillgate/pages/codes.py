"""What a buyer reads whose promotion code cannot be used: why, and nothing that is only the merchant's to know."""

from typing import Final, NamedTuple, assert_never

from tillgate.base.errors import InvalidInput
from tillgate.checkout.redemptions.model import DiscountRefusal, DiscountRefused
from tillgate.pages.amounts import price

_UNKNOWN: Final = "This code is not valid. Please check the spelling."


class WrongCode(NamedTuple):
    """What was typed, and what is the matter with it."""

    typed: str
    words: str


def code_refused(error: DiscountRefused | InvalidInput, merchant: str) -> str:
    """The reason in plain words.

    A code that is switched off reads like none: whether it will be on one day is the merchant's business. What a code
    asks of its customer is said without a word on what this one has done before, for whoever has the page's address
    may read it.
    """
    if isinstance(error, InvalidInput):
        return _UNKNOWN
    match error.why:
        case DiscountRefusal.INACTIVE:
            return _UNKNOWN
        case DiscountRefusal.EXPIRED:
            return "This code has expired."
        case DiscountRefusal.USED_UP:
            return "This code has reached its limit."
        case DiscountRefusal.OTHER_CURRENCY:
            return "This code is for prices in another currency."
        case DiscountRefusal.BELOW_MINIMUM:
            return f"This code is for purchases of {price(error.values['minimum'])} or more."
        case DiscountRefusal.NOTHING_TO_TAKE_OFF:
            return "This code does not apply to this purchase."
        case DiscountRefusal.WHOLE_PRICE:
            return f"This code would reduce the price to zero, which is not possible here. Please contact {merchant}."
        case DiscountRefusal.FIRST_PAYMENT_ONLY:
            return f"This code is only for the first purchase of registered customers of {merchant}."
        case DiscountRefusal.ONCE_PER_CUSTOMER:
            return f"This code can be used once by each registered customer of {merchant}, and not for this purchase."
        case never:
            assert_never(never)
