"""What is wrong with a request, in English for programmers: one sentence for each problem, fields spelled as a dialect
spells them.

A dialect has words of its own by another :class:`Words`: how it spells a field, and whichever sentences it says
otherwise.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from keyturn.http.reading import EMPTY_BODY, listed, nearest
from tillgate.base.errors import TillgateError
from tillgate.base.problems import Field, Path, Problem, dotted, path_of

Values: TypeAlias = Mapping[str, Any]
Spell: TypeAlias = Callable[[Path], str]
Sentence: TypeAlias = "str | Callable[[Values, Spell], str]"

_UNITS: Final = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class Words(NamedTuple):
    """How one language says what is wrong.

    Attributes:
        spell: a field's name there; what is empty is about the whole.
        sentences: by problem.
        whole: problems whose sentence stands for itself, without the field before it.
    """

    spell: Spell
    sentences: Mapping[Problem, Sentence]
    whole: frozenset[Problem]

    def param(self, error: TillgateError) -> str | None:
        """The field, as it is spelled here; None where there is none."""
        return self.spell(error.field) if error.field else None

    def sentence(self, error: TillgateError) -> str:
        """What is wrong, without the field it is about."""
        if error.problem is None:
            return error.public
        sentence = self.sentences[error.problem]
        return sentence.format_map(error.values) if isinstance(sentence, str) else sentence(error.values, self.spell)

    def message(self, error: TillgateError) -> str:
        """What is wrong, and where."""
        sentence = self.sentence(error)
        alone = error.problem is None or error.problem in self.whole or not error.field
        return sentence if alone else f"{self.spell(error.field)}: {sentence}"


def at_path(names: Callable[[str], str]) -> Spell:
    """Spells a way as ``name[2].name``, each name as told; a name that is the caller's own is spelled as it is."""

    def spell(path: Path) -> str:
        own = [one if isinstance(one, int) or type(one) is not str else names(one) for one in path]
        return dotted(tuple(own))

    return spell


def camel(name: str) -> str:
    """``success_url`` as ``successUrl``."""
    first, *rest = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _claimer(values: Mapping[str, Any]) -> str:
    """The order that has a reference, as far as it can be seen."""
    order_id = values["order_id"]
    return f"The order {order_id}, which is {values['status']}," if order_id is not None else "Another order"


def _field(values: Values, spell: Spell, name: str = "other") -> str:
    field: Field = values[name]
    return spell(path_of(field))


def _duration(seconds: int) -> str:
    """``604800 (7 days)``: seconds, and as people say them where that is shorter."""
    for length, unit in _UNITS:
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{seconds} ({count} {unit}{'s' if count != 1 else ''})"
    return str(seconds)


def _hint(suggestion: str | None) -> str:
    return f" Did you mean {suggestion}?" if suggestion is not None else ""


def _choice(values: Values, _: Spell) -> str:
    return f"expected {listed(values['choices'])}.{_hint(values.get('suggestion'))}"


def _range(values: Values, _: Spell) -> str:
    if values.get("unlimited"):
        return f"expected {values['minimum']} to {values['maximum']}, or null for no limit."
    return f"expected {values['minimum']} to {values['maximum']}, got {values['given']}."


def _seconds(values: Values, _: Spell) -> str:
    least, most = _duration(values["minimum"]), _duration(values["maximum"])
    return f"expected {least} to {most}, got {values['given']}."


def _required(values: Values, spell: Spell) -> str:
    if "where" in values:
        field, value = values["where"]
        return f"Required where {spell(path_of(field))} is {value}"
    if "without" in values:
        return f"Required where there is no {_field(values, spell, 'without')}"
    if "beside" in values:
        return f"Required with {_field(values, spell, 'beside')}"
    return "Required"


def _one_of(values: Values, spell: Spell) -> str:
    names = [spell(path_of(one)) for one in values["others"]]
    count = values["count"]
    got = "none of them" if count == 0 else "both" if len(names) == 2 else "more than one of them"
    return f"expected either {' or '.join(names)}, got {got}."


def _not_where(values: Values, spell: Spell) -> str:
    field, value = values["where"]
    return f"not possible where {spell(path_of(field))} is {value}."


def _url(values: Values, _: Spell) -> str:
    return f"expected {_https(values)}."


def _https(values: Values) -> str:
    return "an https:// URL" + (" (or http://localhost in test mode)" if values["http_loopback"] else "")


def _currency(values: Values, _: Spell) -> str:
    usual = values["suggestion"]
    hint = f" Write it in capitals: {usual}." if usual is not None else ""
    return f"expected an ISO 4217 currency code such as USD, EUR or JPY.{hint}"


def _decimals(values: Values, _: Spell) -> str:
    return (
        f"{values['currency']} has {values['digits'] or 'no'} decimal places, got {values['given']}; write it as "
        f'"{values["example"]}".'
    )


def _refund(values: Values, _: Spell) -> str:
    left = values["left"]
    if left is None:
        return "Nothing has come for this payment that could still be refunded."
    return f"At most {left} {left.currency} of what came for this payment can still be refunded."


def _discount_currency(values: Values, _: Spell) -> str:
    whose = "the coupon" if values["what"] == "coupon" else "its minimum"
    return f"this discount does not apply: {whose} is in {values['discount']}, the price in {values['price']}."


def _not_on_key(values: Values, spell: Spell) -> str:
    link, lines, product = (spell(path_of(one)) for one in values["others"])
    return (
        f"this publishable key opens links and products at their own price. Send {link}, or {lines} with a {product} "
        "each; or open the session on your server with a secret key. The key can be allowed this "
        f"({values['allow']}), and then its visitors choose what they pay."
    )


def _lifetime(values: Values, _: Spell) -> str:
    return (
        f"a session that a publishable key opens{' with a code' if values['with_code'] else ''} lasts at most "
        f"{values['maximum']} seconds, got {values['given']}. Open it on your server to have it longer."
    )


def _event_type(values: Values, _: Spell) -> str:
    given, choices = values["given"], values["choices"]
    return f"unknown event type {given!r}; choose from: {', '.join(choices)}.{_hint(nearest(given, choices))}"


def _not_declared(values: Values, _: Spell) -> str:
    return f"Content-Type: expected application/json, got {values['given'] or 'none'}."


def _unknown_field(values: Values, _: Spell) -> str:
    return f"unknown field.{_hint(values['suggestion']) or ' See the API reference for those there are.'}"


def _unknown_parameter(values: Values, _: Spell) -> str:
    choices = values["choices"]
    hint = _hint(values["suggestion"])
    there = f"; it takes {', '.join(choices)}" if choices else ""
    return f"this operation takes no such parameter{there}.{hint}"


def _nowhere(values: Values, _: Spell) -> str:
    given, choices = values["given"], values["choices"]
    possible = ", ".join(choices) or "none"
    hint = _hint(nearest(given, choices))
    return f"{given!r} leads nowhere. Possible for {values['noun']}: {possible}.{hint}"


_P = Problem

SENTENCES: Final[Mapping[Problem, Sentence]] = {
    _P.EMPTY: "expected at least 1 character.",
    _P.NOTHING_VISIBLE: "expected at least 1 visible character; every character of this text is invisible.",
    _P.TOO_LONG: "at most {maximum} characters are allowed, got {length}.",
    _P.LENGTH: "expected {minimum} to {maximum} characters, got {length}.",
    _P.CONTROL_CHARACTERS: "control characters are not allowed.",
    _P.NUL_CHARACTER: "the character U+0000 is not allowed.",
    _P.SPACES: "spaces and control characters are not allowed.",
    _P.KEY_LENGTH: "a key has {minimum} to {maximum} characters, got {length}.",
    _P.TOO_MANY_KEYS: "at most {maximum} keys are allowed, got {count}.",
    _P.TOO_DEEP: "nested too deeply.",
    _P.OUT_OF_RANGE: _range,
    _P.SECONDS_OUT_OF_RANGE: _seconds,
    _P.COUNT: "expected {minimum} to {maximum} entries, got {count}.",
    _P.TOO_MANY: "at most {maximum} entries are allowed, got {count}.",
    _P.NOT_A_NUMBER: "expected a whole number.",
    _P.NOT_A_CHOICE: _choice,
    _P.REQUIRED: _required,
    _P.REQUIRES: lambda values, spell: f"requires {_field(values, spell)}.",
    _P.ONE_OF: _one_of,
    _P.ONLY_WITH: lambda values, spell: f"possible with {_field(values, spell)} only.",
    _P.NOT_WHERE: _not_where,
    _P.AT_LEAST_FIELD: lambda values, spell: f"expected at least {_field(values, spell)}.",
    _P.AT_MOST_FIELD: lambda values, spell: f"expected at most {_field(values, spell)}.",
    _P.NO_SUCH: "no such {noun} in this mode and project.",
    _P.NOT_AN_ID: "expected an id such as {prefix}_01j….",
    _P.NOT_A_CURSOR: lambda values, spell: (
        f"expected the {_field(values, spell)} of the page before, such as {values['prefix']}_01j…."
    ),
    _P.NOT_A_TIMESTAMP: "expected an RFC 3339 timestamp such as 2024-11-01T12:00:00Z.",
    _P.NOT_IN_FUTURE: "expected an instant in the future.",
    _P.NOT_AN_EMAIL: "expected an address such as owner@example.com.",
    _P.EMAIL_SPACES: "expected an address without spaces.",
    _P.NOT_A_TEST_EMAIL: "expected an address of a test shopper, such as you+test@example.com.",
    _P.NOT_A_PHONE: "expected a mobile number of Japan, such as 090-1234-5678 or +819012345678.",
    _P.WRONG_ONE_TIME_CODE: "this is another code.",
    _P.NOT_A_HASH: "expected 0x and 64 hexadecimal digits, as the wallet shows it after sending.",
    _P.NOT_AN_ADDRESS: "expected 0x and 40 hexadecimal digits, an address of the buyer's own.",
    _P.ADDRESS_MISTYPED: "its capitals do not fit (EIP-55): a character is wrong.",
    _P.ADDRESS_OF_NOBODY: "this address is nobody's; what is sent there is lost.",
    _P.ADDRESS_OF_TOKEN: "this is the contract of a token; what is sent there is lost.",
    _P.ADDRESS_OF_OURS: "this address is a payment's or a wallet's on this server; expected one of the buyer's own.",
    _P.NOT_A_COLOUR: "expected a colour such as #14614a.",
    _P.NOT_A_MONTH: "expected a month from 2000 to 2099, such as 2026-11.",
    _P.NOT_A_TIME_ZONE: "expected a time zone of the IANA database, such as Europe/Berlin.",
    _P.NOT_A_TOLERANCE: "expected a percentage above 0 and up to {maximum}, with at most two decimals.",
    _P.NOT_AN_IMAGE: "expected a whole PNG, JPEG or WebP image.",
    _P.IMAGE_TOO_LARGE: "expected an image of at most {maximum} kB.",
    _P.IMAGE_TOO_WIDE: "expected at most {maximum} pixels each way, got {width} by {height}.",
    _P.NOT_A_PERCENTAGE: (
        'expected a decimal string above 0 and up to 100, such as "12.5", with at most two decimals.'
    ),
    _P.NOT_A_NAME_OF_A_REQUEST: ("expected 1 to {maximum} visible ASCII characters without spaces, such as a UUID."),
    _P.NOT_A_VISITOR: (
        "expected {minimum} to {maximum} visible ASCII characters without spaces; make a random value, such as a UUID, "
        "and keep it in the visitor's browser."
    ),
    _P.NOT_A_URL: _url,
    _P.URL_CHARACTERS: lambda values, _: f"expected {_https(values)} without spaces or control characters.",
    _P.URL_CREDENTIALS: "a URL must not carry a user name or password.",
    _P.URL_TEXT: "expected at most {maximum} characters without spaces or control characters.",
    _P.URL_PORT_ZERO: "port 0 cannot be connected to; omit it, or use the receiver's port.",
    _P.URL_FRAGMENT: "a fragment (#…) is never sent; remove it, or put it into the query.",
    _P.URL_NOT_IPV6: "the host in brackets is not an IPv6 address.",
    _P.URL_ZONE: "an IPv6 address with a zone is valid on one machine only.",
    _P.URL_TRAILING_DOT: "a host with a trailing dot matches no certificate; omit the dot.",
    _P.URL_NUMERIC_HOST: "the host is neither a host name nor an IPv4 address of four decimal numbers in ASCII.",
    _P.URL_NOT_IDNA: "the host name cannot be resolved (IDNA).",
    _P.URL_RESERVED_NAME: "names under .{last} are never found in public DNS (RFC 6761, RFC 7686).",
    _P.URL_HOST_LENGTH: (
        "a host has at most {host_maximum} characters, and 1 to {label_maximum} between two dots (RFC 1035)."
    ),
    _P.URL_HOST_CHARACTERS: "a host name consists of letters, digits, hyphens and dots.",
    _P.URL_NOT_PUBLIC: "expected a public address; an operator may allow a network in TILLGATE_WEBHOOK_NETWORKS.",
    _P.RETURN_URL_NOT_ON_KEY: (
        "with a publishable key, buyers are sent to the key's own web origins, or to places that are registered on it "
        "(return:…). Use one of those, or open the session on your server."
    ),
    _P.NOT_A_CURRENCY: _currency,
    _P.NOT_AN_AMOUNT: lambda values, _: (
        f"expected a decimal amount {'of zero or more' if values['may_be_zero'] else 'above zero'} as a string, such "
        f'as "{values["example"]}": digits and at most one point; no sign, exponent, symbol or thousands separator.'
    ),
    _P.AMOUNT_AMBIGUOUS: "the amount can be read in more than one way. Write it without a separator of thousands.",
    _P.DECIMALS: _decimals,
    _P.AMOUNT_TOO_LARGE: "the amount is too large; at most {digits} digits before the point.",
    _P.AMOUNT_ZERO: "the amount must be greater than zero.",
    _P.TOTAL_BELOW_ZERO: (
        "the total must not be below zero: {discount} {discount.currency} are discounted from {price}."
    ),
    _P.TOTAL_TOO_LARGE: "the order's total is too large.",
    _P.CURRENCY_OF_LINES: lambda values, spell: f"expected the currency of {_field(values, spell)}, such as USD.",
    _P.CAPTURE_TOO_LARGE: "At most {left} {left.currency} can still be captured of this payment.",
    _P.REFUND_TOO_LARGE: _refund,
    _P.FIXED_PRICE: "this product has a fixed price of {price} {price.currency}.",
    _P.BUYER_SETS_PRICE: "Required, because the buyer sets the price of this product",
    _P.PRICE_BELOW: "this product costs at least {bound} {bound.currency}.",
    _P.PRICE_ABOVE: "this product costs at most {bound} {bound.currency}.",
    _P.FIXED_HAS_NO_BOUNDS: "only a buyer-priced product has bounds.",
    _P.NOT_A_BUYERS_LINE: "no such line with a price that the buyer sets.",
    _P.PRODUCT_KIND: lambda values, spell: f"expected kind product for a line with a {_field(values, spell)}.",
    _P.PRODUCT_CURRENCY: "this product costs {product}, the order is in {order}.",
    _P.PRODUCT_NOT_FOR_SALE: "this product is not for sale.",
    _P.PRODUCT_REFERENCE_TAKEN: "another product of this project and mode has this reference.",
    _P.REFERENCE_TAKEN: lambda values, _: (
        f"{_claimer(values)} has the unique reference {values['reference']!r}. Go on with that order and its session; "
        "the reference is free again once it is canceled, expired or refunded in full."
    ),
    _P.NO_AUTHORIZATIONS: ("this rail has no authorizations, so payments cannot be captured later; use automatic."),
    _P.DISCOUNTED_ALREADY: "a session that is created with a discount cannot take another.",
    _P.CLOCK_FULL: "this test clock has {maximum} sessions, the maximum. Create another.",
    _P.HAS_A_PRICE: "This order has a price, so it is complete once that is paid.",
    _P.HAS_NO_OPTIONS: "This session is not paid on a network, so there is no payment option to choose.",
    _P.COSTS_NOTHING: "This session costs nothing yet, so there is nothing to pay it with.",
    _P.PAYMENT_HAS_BEGUN: "How a session is paid can be chosen only before the first payment is seen.",
    _P.PRICE_IS_FINAL: "The price can be changed only before the first payment is seen.",
    _P.CODE_IS_GONE: (
        "The discount of this session was held for half an hour and has reached its redemption limit since. Remove the "
        "promotion code, or open another session."
    ),
    _P.CODE_IS_FINAL: "A promotion code can be applied or removed only before the first payment is seen.",
    _P.CODE_APPLIES: "A discount already applies. Remove it first, then enter the other code.",
    _P.PRICE_HAS_DISCOUNT: "A discount applies to this price. Remove it first, then set the price.",
    _P.TAKES_NO_CODES: "No promotion code can be used for this session.",
    _P.LINK_EXPIRED: lambda values, spell: (
        "This payment link has expired, so no session can be made from it. Set a later "
        f"{_field(values, spell)}, or null."
    ),
    _P.LINK_USED_UP: lambda values, spell: (
        "This payment link has reached its number of completed sessions, so no session can be made from it. Raise "
        f"{_field(values, spell)}, or set it to null."
    ),
    _P.SESSION_CHANGED: "The session was changed by another request. Read it again, then decide.",
    _P.COUPON_CURRENCY: "the coupon is in {coupon}, so it never applies to a price in {currency}.",
    _P.DISCOUNT_INACTIVE: "this {what} is deactivated.",
    _P.DISCOUNT_EXPIRED: "this {what} has expired.",
    _P.DISCOUNT_USED_UP: "this {what} has reached its redemption limit.",
    _P.DISCOUNT_CURRENCY: _discount_currency,
    _P.DISCOUNT_MINIMUM: "this discount does not apply: the minimum purchase is {minimum} {minimum.currency}.",
    _P.DISCOUNT_OF_NOTHING: "this discount does not apply: there is nothing to discount.",
    _P.DISCOUNT_NEEDS_CUSTOMER: lambda values, spell: (
        f"this discount does not apply: it is for registered customers; set {_field(values, spell)}."
    ),
    _P.DISCOUNT_FIRST_PAYMENT: (
        "this discount does not apply: it is for a customer's first payment, and this customer has paid before."
    ),
    _P.DISCOUNT_FIRST_PAYMENT_HELD: (
        "this discount does not apply: it is for a customer's first payment, and this customer has used such a code, "
        "or has one in another open session."
    ),
    _P.DISCOUNT_ONCE: ("this discount does not apply: this customer has used it, or has it in another open session."),
    _P.SERVER_ONLY: (
        "only your server sets this, because anybody may hold a publishable key. Leave it out, or open the session on "
        "your server with a secret key."
    ),
    _P.NOT_ALLOWED_ON_KEY: _not_on_key,
    _P.LINK_TAKES_NO_CODES: (
        "this payment link takes no promotion codes. Switch them on for the link, or open the session on your server "
        "with a secret key."
    ),
    _P.PUBLISHABLE_LIFETIME: _lifetime,
    _P.NO_EVENT_TYPES: 'expected at least one event type, or "*" for all.',
    _P.UNKNOWN_EVENT_TYPE: _event_type,
    _P.OTHER_LOG: (
        "the position is in another event log, from before the database was restored or of another project or mode. "
        "This log is {log} and ends at {newest}."
    ),
    _P.BEYOND_LOG: (
        "this event log ends at {newest}, before {after}: the position is from before the database was restored, or of "
        "another project or mode."
    ),
    _P.LOG_OF_WHAT: lambda values, spell: f"names the event log that `{_field(values, spell)}` belongs to; send both.",
    _P.EITHER_WAY: lambda values, spell: (
        f"lists forward by sequence, {_field(values, spell)} lists back by id; use one of them."
    ),
    _P.ROLE_NEEDS_PROJECT: "expected one to be {role} of.",
    _P.GUESSABLE: "too easy to guess: it is, or is made of, common passwords, rows of keys or your own address. "
    "Use a few words that do not belong together, or a password manager.",
    _P.WRONG_PASSWORD: "that is not your password.",
    _P.WRONG_CODE: "that is not the app's current code. Try the next one.",
    _P.PASSKEY_IN_USE: "this passkey is in use already.",
    _P.PASSKEY_REFUSED: "the browser's answer was not accepted. Try again.",
    _P.NAME_REUSED: lambda values, spell: (
        f"This {_field(values, spell)} was used for another request within the last {values['hours']} hours. Use a new "
        "key."
    ),
    _P.NAME_IN_USE: lambda values, spell: f"The first request with this {_field(values, spell)} is still running.",
    _P.STORE_UNAVAILABLE: lambda values, spell: (
        "The database does not answer. Try again; if this was to change something, with the same "
        f"{_field(values, spell)}: whether it was done may not be known."
    ),
    _P.EMPTY_BODY: EMPTY_BODY,
    _P.NOT_JSON: "The body is not valid JSON: {detail}.",
    _P.BODY_CUT_OFF: "The body ended before it was complete.",
    _P.BODY_TOO_LARGE: lambda values, _: f"The body is larger than {values['maximum'] // 1024} KiB.",
    _P.NO_BODY_TAKEN: "The body is too large; this operation takes none.",
    _P.NOT_DECLARED_JSON: _not_declared,
    _P.WRONG_TYPE: "{expected}.",
    _P.UNKNOWN_FIELD: _unknown_field,
    _P.UNKNOWN_PARAMETER: _unknown_parameter,
    _P.QUERY_TOO_LONG: lambda values, _: f"The query string is longer than {values['maximum'] // 1024} KiB.",
    _P.QUERY_MALFORMED: "The query string is not well formed.",
    _P.REPEATED: "given more than once.",
    _P.EXPANDS_TOO_MANY: "{count} paths; at most {maximum} in one request.",
    _P.EXPANDS_TOO_DEEP: "{given!r} is {depth} deep; {maximum} is the most.",
    _P.EXPANDS_NOWHERE: _nowhere,
    _P.EXPANDS_TOO_MUCH: (
        "this could put {count} objects into the answer, and the bound is {maximum}; ask for a smaller limit, or for "
        "less of each."
    ),
}

# They say what they are about.
WHOLE: Final = frozenset({_P.CAPTURE_TOO_LARGE, _P.REFUND_TOO_LARGE, _P.REFERENCE_TAKEN})
