"""API keys at admission."""

import re
from collections.abc import Iterable
from typing import Final

from keyturn import InvalidOrigin, Kind, KnownKey, Mode
from keyturn.keys.restrictions import ANY_ORIGIN, checked_origins
from keyturn.keys.secret import CRAFTKIT, FORMATS
from tillgate.base.principal import Allow, Principal

# Each selectable on its own; a read scope never implies a write scope, nor the reverse. The first nine are Crypto
# Checkout's.
API_SCOPES: Final = {
    "links:read": "List and retrieve payment links",
    "links:write": "Create, update and archive payment links",
    "sessions:read": "List and retrieve checkout sessions",
    "sessions:write": "Create checkout sessions, and simulate their payment in test mode",
    "webhooks:read": "List and retrieve webhook endpoints and their deliveries",
    "webhooks:write": "Create, update, delete and test webhook endpoints, and replay deliveries",
    "events:read": "List and retrieve events",
    "customers:read": "List and retrieve customer records",
    "customers:write": "Create and update customer records",
    "products:read": "List and retrieve products",
    "products:write": "Create and update products",
    "coupons:read": "List and retrieve coupons, promotion codes and redemptions",
    "coupons:write": "Create and update coupons and promotion codes",
    "orders:read": "List and retrieve orders",
    "orders:write": "Update orders, and decide on underpaid, overpaid and late payments",
    "payments:read": "List and retrieve payments and transactions",
    "payments:write": "Capture and cancel payments, and change their metadata",
    "refunds:read": "List and retrieve refunds",
    "refunds:write": "Create, settle and cancel refunds",
    "usage:read": "Count the documents that live keys have made",
}

# A CraftKit key can do what its document says, whatever it is given, and is written as a native one.
KEY_FORMATS: Final = {
    **FORMATS,
    CRAFTKIT.name: CRAFTKIT._replace(scopes=("templates:read", "renders:read", "renders:write")),
}

# What a key that anybody may hold can be given. It reads what it made with that object's client secret, not by a scope.
PUBLISHABLE_SCOPES: Final = ("sessions:write",)


# What such a key sets only where it is allowed by name, because what the buyer pays comes of it.
ALLOW: Final = {
    Allow.AMOUNT: "Set an amount, and lines without a product of yours: its visitors choose the price",
    Allow.DISCOUNT: "Set discount lines: its visitors choose what is taken off",
    Allow.TAX: "Set tax lines: its visitors choose the tax, or leave it out",
    Allow.SHIPPING: "Set the shipping amount: its visitors choose it, or leave it out",
}
# Allowed in the same way: further places to which buyers are sent back, a web origin or the scheme of an app.
RETURN: Final = "return:"

_SECRET: Final = Kind.SECRET
_LIVE: Final = Mode.LIVE
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]{1,99}):(?://)?", re.ASCII)
# What a browser or a phone acts upon itself; an app's own scheme is none of them.
_TAKEN_SCHEMES: Final = frozenset(
    (
        "about",
        "android-app",
        "app",
        "blob",
        "chrome",
        "chrome-extension",
        "content",
        "data",
        "facetime",
        "file",
        "filesystem",
        "ftp",
        "ftps",
        "geo",
        "http",
        "https",
        "intent",
        "itms-apps",
        "javascript",
        "jar",
        "mailto",
        "market",
        "moz-extension",
        "resource",
        "sms",
        "smsto",
        "ssh",
        "tel",
        "vbscript",
        "view-source",
        "wallet",
        "wc",
        "ws",
        "wss",
    )
)


def checked_allow(word: str) -> str:
    """What a publishable key is allowed by name, as it is kept: a word of :data:`ALLOW`, or ``return:`` with a place.

    Raises:
        ValueError: there is no such word, or the place is none.
    """
    if not word.startswith(RETURN):
        if word not in ALLOW:
            raise ValueError(
                f"{word[:40]!r} cannot be allowed; choose from: {', '.join(ALLOW)}, or {RETURN} with a web origin or "
                f"the scheme of an app, such as {RETURN}https://shop.example or {RETURN}com.yourcompany.yourapp:"
            )
        return str(word)
    place = word.removeprefix(RETURN)
    scheme = _SCHEME.fullmatch(place.lower())
    if scheme is not None:
        if scheme[1] in _TAKEN_SCHEMES:
            raise ValueError(f"{scheme[1]}: is no scheme of an app of yours, so nobody can be sent back to it")
        return f"{RETURN}{scheme[1]}:"
    try:
        return f"{RETURN}{checked_origins([place])[0]}"
    except InvalidOrigin as error:
        raise ValueError(f"{error}; or the scheme of an app, such as {RETURN}com.yourcompany.yourapp:") from error


def price_set_by(allow: Iterable[str]) -> list[str]:
    """Of what a key is allowed, that by which its visitors set the price: what its owner is to be warned of."""
    return sorted(set(allow) & set(ALLOW))


def returns_of(allow: Iterable[str]) -> list[str]:
    """Of what a key is allowed, the places beyond its own origins to which buyers may be sent back."""
    return sorted(word.removeprefix(RETURN) for word in allow if word.startswith(RETURN))


def principal_of(key: KnownKey) -> Principal:
    """The principal of an admitted key."""
    terms = key.terms
    if terms.kind is _SECRET:
        return Principal(terms.project_id, terms.mode is _LIVE, "key", f"key:{key.id}", terms.scopes, key.id)
    return Principal(
        terms.project_id,
        terms.mode is _LIVE,
        "key",
        f"key:{key.id}",
        terms.scopes,
        key.id,
        True,
        terms.allow,
        (*(one for one in terms.origins if one != ANY_ORIGIN), *returns_of(terms.allow)),
    )
