"""What is wrong, in a merchant's words: fields by the labels of their forms, and no word of the API."""

from collections.abc import Mapping
from typing import Final

from keyturn.http.reading import listed
from tillgate.base.errors import TillgateError
from tillgate.base.problems import Path, Problem
from tillgate.wire.words import SENTENCES, WHOLE, Sentence, Spell, Values, Words, at_path, camel

_P = Problem

# As the forms call them.
LABELS: Final[Mapping[str, str]] = {
    "address": "Address",
    "cancel_url": "Cancel URL",
    "code": "Code",
    "colour": "Colour",
    "coupon_id": "Coupon",
    "currency": "Currency",
    "customer_id": "Customer",
    "description": "Description",
    "discount_amount": "Amount",
    "discount_percentage": "Percentage",
    "discount_type": "Discount",
    "email": "E-mail address",
    "events": "Events",
    "expires_at": "Last day",
    "fiat_amount": "Amount",
    "fiat_currency": "Currency",
    "locale": "Language",
    "test_rail": "Test payments",
    "sweep_least": "Smallest sweep",
    "logo": "Logo",
    "max_completed_sessions": "Payment limit",
    "max_redemptions": "Redemption limit",
    "minimum_amount": "Minimum purchase",
    "month": "Month",
    "name": "Name",
    "overlap_seconds": "Overlap",
    "new": "New password",
    "footer": "Footer of documents",
    "old": "Current password",
    "passkey": "Passkey",
    "password": "Password",
    "post_address": "Mailing address",
    "post_instructions": "Instructions",
    "price": "Price",
    "privacy_url": "Privacy notice",
    "price_max": "At most",
    "price_min": "At least",
    "pricing": "Pricing",
    "promotion_code": "Promotion code",
    "starting_after": "Page",
    "session_lifetime_minutes": "Session lifetime",
    "success_url": "Success URL",
    "support_email": "Support address",
    "tax_id": "Tax id",
    "terms_url": "Terms",
    "time_zone": "Time zone",
    "title": "Title",
    "tolerance_amount": "At most",
    "tolerance_currency": "Currency",
    "tolerance_percentage": "Tolerance",
    "url": "URL",
}


def label(name: str) -> str:
    """A field as its form calls it; one of no form as plain words."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def form_name(path: Path) -> str:
    """A field as the forms name it in HTML; empty for what is about the whole."""
    return at_path(camel)(path)


def _required(values: Values, spell: Spell) -> str:
    if "where" in values:
        field, value = values["where"]
        return f"Fill this in where {spell((field,))} is {value}."
    if "beside" in values:
        return f"Fill this in as well, or leave {spell((values['beside'],))} empty."
    return "Fill this in."


def _only(values: Values, spell: Spell) -> str:
    field, value = values["where"]
    return f"Leave this empty where {spell((field,))} is {value}."


def _ambiguous(values: Values, _: Spell) -> str:
    return f"Do you mean {' or '.join(values['readings'])}? Enter it exactly so."


def _range(values: Values, _: Spell) -> str:
    empty = ", or leave it empty for no limit" if values.get("unlimited") else ""
    return f"Enter a number from {values['minimum']} to {values['maximum']}{empty}."


_SENTENCES: Final[Mapping[Problem, Sentence]] = {
    **SENTENCES,
    _P.EMPTY: "Fill this in.",
    _P.NOTHING_VISIBLE: "Nothing in this can be seen. Enter at least one visible character.",
    _P.TOO_LONG: "Shorten this to {maximum} characters; it has {length}.",
    _P.REQUIRED: _required,
    _P.NOT_WHERE: _only,
    _P.OUT_OF_RANGE: _range,
    _P.NOT_A_NUMBER: "Enter a whole number.",
    _P.NO_SUCH: "There is no such {noun} in this project and mode.",
    _P.NOT_AN_ID: "There is no such page or filter.",
    _P.NOT_A_CURSOR: "This page of the list does not exist. Start at the first one.",
    _P.NOT_A_TIMESTAMP: "Choose a day, such as 2027-01-31.",
    _P.NOT_IN_FUTURE: "Choose a day that has not passed.",
    _P.NOT_A_COLOUR: "Enter a colour such as #14614a, or leave this empty.",
    _P.NOT_A_MONTH: "Choose a month, such as 2026-11.",
    _P.NOT_A_TIME_ZONE: "Enter a time zone such as Europe/Berlin, or UTC.",
    _P.NOT_A_TOLERANCE: "Enter a percentage above 0 and up to {maximum}, such as 0.5, with at most two decimals.",
    _P.NOT_AN_IMAGE: "Choose a whole PNG, JPEG or WebP image. SVG files are not accepted.",
    _P.IMAGE_TOO_LARGE: "Choose an image of at most {maximum} kB.",
    _P.IMAGE_TOO_WIDE: "Choose an image of at most {maximum} pixels each way; this one has {width} by {height}.",
    _P.NOT_A_PERCENTAGE: "Enter a number above 0 and up to 100, such as 12.5, with at most two decimals.",
    _P.AMOUNT_AMBIGUOUS: _ambiguous,
    _P.NOT_A_CHOICE: lambda values, _: f"Choose {listed(values['choices'])}.",
    _P.NOT_AN_AMOUNT: lambda values, _: (
        f"Enter an amount {'of zero or more' if values['may_be_zero'] else 'above zero'}, such as "
        f"{values['example']}, without a sign or a currency symbol."
    ),
    _P.FIXED_HAS_NO_BOUNDS: "Leave this empty: only the price that a buyer sets has bounds.",
    _P.PRODUCT_REFERENCE_TAKEN: "Another product of this project and mode has this reference. Choose another.",
    _P.ROLE_NEEDS_PROJECT: "Choose a project for the role {role}.",
    _P.SESSION_CHANGED: "The session was changed at the same moment. Look at it again, then decide.",
}
WORDS: Final = Words(at_path(label), _SENTENCES, WHOLE)


def sentence_of(error: TillgateError) -> str:
    """What is wrong, to stand beside its field."""
    words = WORDS.sentence(error)
    return words[:1].upper() + words[1:]


def message_of(error: TillgateError) -> str:
    """What is wrong, and with which field."""
    return WORDS.message(error) if error.field else sentence_of(error)
