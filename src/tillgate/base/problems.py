"""What can be wrong with what a caller sends, as values: no words, and no HTTP language's names.

A problem stands beside the field it is about, in the domain's own words, and has values. Whoever tells it words it:
:mod:`tillgate.wire.words` for programmers, ``dashboard/words.py`` for merchants, ``pages/words.py`` for buyers. Each of
them has words for each problem, which a test holds.
"""

from enum import StrEnum
from typing import Final, TypeAlias

# A field by its own name (``success_url``), or the way to it: ``("line_items", 2, "unit_amount")``.
Field: TypeAlias = "str | tuple[str | int, ...]"
Path: TypeAlias = "tuple[str | int, ...]"

NO_FIELD: Final[Path] = ()


class Verbatim(str):
    """A name that is the caller's or a language's own, such as a key of ``metadata``: spelled as it is by everybody."""

    __slots__ = ()


def path_of(field: Field, *more: str | int) -> Path:
    """A field as the way to it, and further from there."""
    return (*((field,) if isinstance(field, str) else field), *more)


def dotted(path: Path) -> str:
    """``line_items[2].unit_amount``: the way in the domain's words, for logs and for people who read code."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


class Problem(StrEnum):
    """What is wrong. The values that go with each stand beside it; ``?`` marks one that may be missing.

    Values that name other fields are called ``other``, ``others``, ``without``, ``beside`` or ``where`` (a field and
    its value): they are spelled by whoever words the problem.
    """

    # Texts.
    EMPTY = "empty"
    NOTHING_VISIBLE = "nothing_visible"
    TOO_LONG = "too_long"  # maximum, length
    LENGTH = "length"  # minimum, maximum, length
    CONTROL_CHARACTERS = "control_characters"
    NUL_CHARACTER = "nul_character"
    SPACES = "spaces"
    KEY_LENGTH = "key_length"  # minimum, maximum, length
    TOO_MANY_KEYS = "too_many_keys"  # maximum, count
    TOO_DEEP = "too_deep"

    # Numbers, counts and choices.
    OUT_OF_RANGE = "out_of_range"  # minimum, maximum, given, unlimited?
    SECONDS_OUT_OF_RANGE = "seconds_out_of_range"  # minimum, maximum, given
    COUNT = "count"  # minimum, maximum, count
    TOO_MANY = "too_many"  # maximum, count
    NOT_A_NUMBER = "not_a_number"
    NOT_A_CHOICE = "not_a_choice"  # choices, suggestion?

    # What has to be there, and what must not be.
    REQUIRED = "required"  # where? or without? or beside?
    REQUIRES = "requires"  # other
    ONE_OF = "one_of"  # others, count
    ONLY_WITH = "only_with"  # other
    NOT_WHERE = "not_where"  # where
    AT_LEAST_FIELD = "at_least_field"  # other
    AT_MOST_FIELD = "at_most_field"  # other
    NO_SUCH = "no_such"  # noun

    # Values with a form.
    NOT_AN_ID = "not_an_id"  # prefix
    NOT_A_CURSOR = "not_a_cursor"  # prefix, other
    NOT_A_TIMESTAMP = "not_a_timestamp"
    NOT_IN_FUTURE = "not_in_future"
    NOT_AN_EMAIL = "not_an_email"
    EMAIL_SPACES = "email_spaces"
    NOT_A_TEST_EMAIL = "not_a_test_email"
    NOT_A_PHONE = "not_a_phone"
    WRONG_ONE_TIME_CODE = "wrong_one_time_code"
    NOT_A_PERCENTAGE = "not_a_percentage"
    NOT_A_COLOUR = "not_a_colour"
    NOT_A_MONTH = "not_a_month"
    NOT_A_TIME_ZONE = "not_a_time_zone"
    NOT_A_TOLERANCE = "not_a_tolerance"  # maximum
    NOT_A_NAME_OF_A_REQUEST = "not_a_name_of_a_request"  # maximum
    NOT_A_VISITOR = "not_a_visitor"  # minimum, maximum

    # Networks.
    NOT_A_HASH = "not_a_hash"
    NOT_AN_ADDRESS = "not_an_address"
    ADDRESS_MISTYPED = "address_mistyped"
    ADDRESS_OF_NOBODY = "address_of_nobody"
    ADDRESS_OF_TOKEN = "address_of_token"  # noqa: S105 (of a chain, no secret)
    ADDRESS_OF_OURS = "address_of_ours"

    # Images.
    NOT_AN_IMAGE = "not_an_image"
    IMAGE_TOO_LARGE = "image_too_large"  # maximum (kB)
    IMAGE_TOO_WIDE = "image_too_wide"  # maximum, width, height (pixels)

    # URLs.
    NOT_A_URL = "not_a_url"  # http_loopback
    URL_CHARACTERS = "url_characters"  # http_loopback
    URL_CREDENTIALS = "url_credentials"
    URL_TEXT = "url_text"  # maximum
    URL_PORT_ZERO = "url_port_zero"
    URL_FRAGMENT = "url_fragment"
    URL_NOT_IPV6 = "url_not_ipv6"
    URL_ZONE = "url_zone"
    URL_TRAILING_DOT = "url_trailing_dot"
    URL_NUMERIC_HOST = "url_numeric_host"
    URL_NOT_IDNA = "url_not_idna"
    URL_RESERVED_NAME = "url_reserved_name"  # last
    URL_HOST_LENGTH = "url_host_length"  # host_maximum, label_maximum
    URL_HOST_CHARACTERS = "url_host_characters"
    URL_NOT_PUBLIC = "url_not_public"
    RETURN_URL_NOT_ON_KEY = "return_url_not_on_key"

    # Money.
    NOT_A_CURRENCY = "not_a_currency"  # suggestion?
    NOT_AN_AMOUNT = "not_an_amount"  # example, may_be_zero
    AMOUNT_AMBIGUOUS = "amount_ambiguous"  # readings
    DECIMALS = "decimals"  # currency, digits, given, example
    AMOUNT_TOO_LARGE = "amount_too_large"  # digits
    AMOUNT_ZERO = "amount_zero"
    TOTAL_BELOW_ZERO = "total_below_zero"  # discount, price
    TOTAL_TOO_LARGE = "total_too_large"
    CURRENCY_OF_LINES = "currency_of_lines"  # other
    CAPTURE_TOO_LARGE = "capture_too_large"  # left
    REFUND_TOO_LARGE = "refund_too_large"  # left?

    # Products and their prices.
    FIXED_PRICE = "fixed_price"  # price
    BUYER_SETS_PRICE = "buyer_sets_price"
    PRICE_BELOW = "price_below"  # bound
    PRICE_ABOVE = "price_above"  # bound
    FIXED_HAS_NO_BOUNDS = "fixed_has_no_bounds"
    NOT_A_BUYERS_LINE = "not_a_buyers_line"
    PRODUCT_KIND = "product_kind"  # other
    PRODUCT_CURRENCY = "product_currency"  # product, order
    PRODUCT_NOT_FOR_SALE = "product_not_for_sale"
    PRODUCT_REFERENCE_TAKEN = "product_reference_taken"

    # Sessions and orders.
    REFERENCE_TAKEN = "reference_taken"  # reference, order_id, status
    NO_AUTHORIZATIONS = "no_authorizations"
    DISCOUNTED_ALREADY = "discounted_already"
    CLOCK_FULL = "clock_full"  # maximum
    PRICE_IS_FINAL = "price_is_final"
    HAS_A_PRICE = "has_a_price"
    HAS_NO_OPTIONS = "has_no_options"
    COSTS_NOTHING = "costs_nothing"
    PAYMENT_HAS_BEGUN = "payment_has_begun"
    CODE_IS_FINAL = "code_is_final"
    CODE_IS_GONE = "code_is_gone"
    CODE_APPLIES = "code_applies"
    PRICE_HAS_DISCOUNT = "price_has_discount"
    TAKES_NO_CODES = "takes_no_codes"
    SESSION_CHANGED = "session_changed"
    LINK_EXPIRED = "link_expired"  # other
    LINK_USED_UP = "link_used_up"  # other

    # Discounts.
    COUPON_CURRENCY = "coupon_currency"  # coupon, currency
    DISCOUNT_INACTIVE = "discount_inactive"  # what
    DISCOUNT_EXPIRED = "discount_expired"  # what
    DISCOUNT_USED_UP = "discount_used_up"  # what
    DISCOUNT_CURRENCY = "discount_currency"  # what, discount, price
    DISCOUNT_MINIMUM = "discount_minimum"  # minimum
    DISCOUNT_OF_NOTHING = "discount_of_nothing"
    DISCOUNT_NEEDS_CUSTOMER = "discount_needs_customer"  # other
    DISCOUNT_FIRST_PAYMENT = "discount_first_payment"
    DISCOUNT_FIRST_PAYMENT_HELD = "discount_first_payment_held"
    DISCOUNT_ONCE = "discount_once"

    # Publishable keys.
    SERVER_ONLY = "server_only"
    NOT_ALLOWED_ON_KEY = "not_allowed_on_key"  # allow, others (link, lines, product)
    LINK_TAKES_NO_CODES = "link_takes_no_codes"
    PUBLISHABLE_LIFETIME = "publishable_lifetime"  # maximum, given, with_code

    # Events and webhooks.
    NO_EVENT_TYPES = "no_event_types"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"  # given, choices
    OTHER_LOG = "other_log"  # log, newest
    BEYOND_LOG = "beyond_log"  # after, newest
    LOG_OF_WHAT = "log_of_what"  # other
    EITHER_WAY = "either_way"  # other

    # People.
    ROLE_NEEDS_PROJECT = "role_needs_project"  # role
    GUESSABLE = "guessable"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 — what is wrong, not what it is
    WRONG_CODE = "wrong_code"
    PASSKEY_IN_USE = "passkey_in_use"
    PASSKEY_REFUSED = "passkey_refused"

    # Requests.
    NAME_REUSED = "name_reused"  # other, hours
    NAME_IN_USE = "name_in_use"  # other
    STORE_UNAVAILABLE = "store_unavailable"  # other
    EMPTY_BODY = "empty_body"
    NOT_JSON = "not_json"  # detail
    BODY_CUT_OFF = "body_cut_off"
    BODY_TOO_LARGE = "body_too_large"  # maximum (bytes)
    NO_BODY_TAKEN = "no_body_taken"
    NOT_DECLARED_JSON = "not_declared_json"  # given
    WRONG_TYPE = "wrong_type"  # expected
    UNKNOWN_FIELD = "unknown_field"  # choices, suggestion?
    UNKNOWN_PARAMETER = "unknown_parameter"  # choices, suggestion?
    QUERY_TOO_LONG = "query_too_long"  # maximum (bytes)
    QUERY_MALFORMED = "query_malformed"
    REPEATED = "repeated"
    EXPANDS_TOO_MANY = "expands_too_many"  # maximum, count
    EXPANDS_TOO_DEEP = "expands_too_deep"  # given, depth, maximum
    EXPANDS_NOWHERE = "expands_nowhere"  # given, noun, choices
    EXPANDS_TOO_MUCH = "expands_too_much"  # maximum, count
