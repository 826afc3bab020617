"""What a key's forms ask for beyond name, mode and scopes: where it may be used from, how fast, until when."""

from collections.abc import Collection
from typing import Any, Final

from keyturn import (
    InvalidExpiry,
    InvalidKey,
    InvalidLimit,
    Key,
    Limit,
    parse_limit,
)
from keyturn.errors import InvalidQuota
from keyturn.keys.model import EVERY_SCOPE, REPORTABLE
from tillgate.access import RETURN, price_set_by, returns_of
from tillgate.base.clock import DAY_MS, from_rfc3339, to_rfc3339
from tillgate.dashboard.forms import Form

# What each is called on the form.
REPORT_ONLY: Final = {
    "address_not_allowed": "Networks",
    "origin_not_allowed": "Web origins",
    "app_not_allowed": "Mobile apps",
    "scope_missing": "Scopes",
}
if {reason.value for reason in REPORTABLE} != set(REPORT_ONLY):
    raise LookupError("each reason that a key can be set to report only has its name on the form, and no other has")

LABELS: Final = {
    "name": "Name",
    "kind": "Kind",
    "format": "Format",
    "mode": "Mode",
    "scopes": "Scopes",
    "origins": "Web origins",
    "apps": "Mobile apps",
    "networks": "Networks",
    "rate": "Rate",
    "burst": "At once",
    "monthlyQuota": "Monthly quota",
    "expires": "Expiry",
    "reportOnly": "Only report",
    "allow": "Allowed by name",
    "returns": "Return places",
}

# What a new key is tried with: the first list that it may read.
_LISTS: Final = {
    "sessions:read": "checkout_sessions",
    "orders:read": "orders",
    "payments:read": "payments",
    "refunds:read": "refunds",
    "customers:read": "customers",
    "products:read": "products",
    "links:read": "payment_links",
    "coupons:read": "coupons",
    "events:read": "events",
    "webhooks:read": "webhook_endpoints",
}

# As the form calls what the key layer calls otherwise.
_FIELDS: Final = {
    "monthly_quota": "monthlyQuota",
    "limit": "rate",
    "expires_at": "expires",
    "report_only": "reportOnly",
}


def readable_with(scopes: Collection[str]) -> str | None:
    """The path of a list that these scopes open; None where they open none."""
    return next((path for scope, path in _LISTS.items() if scope in scopes or EVERY_SCOPE in scopes), None)


def typed(form: Form) -> dict[str, object]:
    """What was typed, to be shown again where something is wrong with it."""
    return {
        "origins": form.text("origins"),
        "apps": form.text("apps"),
        "networks": form.text("networks"),
        "rate": form.text("rate"),
        "burst": form.text("burst"),
        "monthlyQuota": form.text("monthlyQuota"),
        "expires": form.text("expires"),
        "reportOnly": form.many("reportOnly"),
        "allow": form.many("allow"),
        "returns": form.text("returns"),
        "tags": form.text("tags"),
    }


def of_key(key: Key) -> dict[str, object]:
    """What a key has now, as it would be typed."""
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "origins": "\n".join(key.origins),
        "apps": "\n".join(key.apps),
        "networks": "\n".join(key.networks),
        "rate": "/".join((key.limit.rate[0], key.limit.rate[1][0])) if key.limit is not None else "",
        "burst": str(key.limit.burst) if key.limit is not None else "",
        "monthlyQuota": str(key.monthly_quota) if key.monthly_quota is not None else "",
        "expires": to_rfc3339(key.expires_at)[:10] if key.expires_at is not None else "",
        "reportOnly": sorted(key.report_only),
        "allow": price_set_by(key.allow),
        "returns": "\n".join(returns_of(key.allow)),
        "tags": " ".join(sorted(key.tags)),
    }


def restrictions(form: Form) -> dict[str, Any]:
    """The restrictions as :class:`keyturn.KeyWish` and :class:`keyturn.KeyChanges` take them.

    Raises:
        InvalidLimit, InvalidQuota, InvalidExpiry: what was typed is no rate, no number or no day.
    """
    return {
        "origins": form.text("origins").split(),
        "apps": form.text("apps").split(),
        "networks": form.text("networks").split(),
        "limit": _limit(form.text("rate"), form.text("burst")),
        "monthly_quota": _quota(form.text("monthlyQuota")),
        "expires_at": _end_of_day(form.text("expires")),
        "report_only": form.many("reportOnly"),
        "allow": [*form.many("allow"), *(f"{RETURN}{place}" for place in form.text("returns").split())],
        "tags": form.text("tags").split(),
    }


def problem_of(error: InvalidKey) -> dict[str, str]:
    """The error beside the field that it is about."""
    words = str(error)
    # Return places are allowed by name, and have a field of their own.
    field = "returns" if error.about.startswith(RETURN) else _FIELDS.get(error.field, error.field) or "origins"
    return {field: words[:1].upper() + words[1:] + "."}


def _limit(rate: str, burst: str) -> Limit | None:
    if not rate:
        if burst:
            raise InvalidLimit("burst requires a rate, such as 5/s")
        return None
    if burst and not (burst.isascii() and burst.isdigit() and len(burst) <= 8):
        raise InvalidLimit(f"{burst[:20]!r} is no whole number")
    return parse_limit(rate, int(burst) if burst else None)


def _quota(requests: str) -> int | None:
    if requests and not (requests.isascii() and requests.isdigit() and len(requests) <= 15):
        raise InvalidQuota(f"{requests[:20]!r} is no whole number")
    return int(requests) if requests else None


def _end_of_day(day: str) -> int | None:
    if not day:
        return None
    try:
        return from_rfc3339(f"{day}T00:00:00Z") + DAY_MS
    except ValueError as error:
        raise InvalidExpiry(f"{day[:20]!r} is not a date; expected one such as 2027-01-31") from error
