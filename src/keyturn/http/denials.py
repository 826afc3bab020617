"""What a refused caller gets over HTTP, whoever asks: status, headers and a body (RFC 9457, problem details).

The challenge follows RFC 6750, section 3; the rate limit's headers draft-ietf-httpapi-ratelimit-headers.
"""

from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from math import ceil
from typing import Final, NamedTuple

import msgspec

from keyturn.http import wording
from keyturn.http.key_places import USUAL, KeyPlaces
from keyturn.keys.model import RefusalReason, Refused
from keyturn.limiting.gcra import Allowance, Limit
from keyturn.limiting.quotas import QuotaLeft

REALM: Final = "keyturn"
PROBLEM_TYPE: Final = b"application/problem+json"
RATE_LIMITED: Final = "rate_limited"
QUOTA_EXCEEDED: Final = "quota_exceeded"
AUTH_UNAVAILABLE: Final = "auth_unavailable"
NEED_NOT_DECLARED: Final = "need_not_declared"

Headers = Sequence[tuple[bytes, bytes]]


class Denial(NamedTuple):
    """A denied request, ready to be answered.

    Attributes:
        code: stable; what a program branches on.
        message: what was wrong and what to do, for a person.
        reason: on 401, why the key is refused.
        headers: those that go with it, such as ``WWW-Authenticate`` and ``Retry-After``.
    """

    status: int
    code: str
    message: str
    reason: str | None = None
    required_scope: str | None = None
    headers: Headers = ()


class Problem(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    """RFC 9457's members, and ours: ``code`` is stable and for branching, ``detail`` is for a person.

    Attributes:
        type: the address of the page about ``code``, relative to this server; absent where it has no such pages.
        param: the field that is wrong, where one is.
    """

    type: str | None = None
    title: str
    status: int
    code: str
    detail: str
    reason: str | None = None
    required_scope: str | None = None
    param: str | None = None


def denied(refusal: Refused, places: KeyPlaces = USUAL) -> Denial:
    """A refusal as its caller reads it.

    Args:
        places: where keys are looked for.
    """
    status, message = wording.describe(places.explained(refusal))
    scheme = places.challenge_scheme()
    if status == wording.FORBIDDEN:
        code = wording.FORBIDDEN_CODES[refusal.reason]
        if refusal.reason is not RefusalReason.SCOPE_MISSING:
            return Denial(status, code, message)
        scope = refusal.need.scope if refusal.need is not None else ""
        lacking = challenge(f'error="insufficient_scope", scope="{scope}"', scheme=scheme)
        return Denial(status, code, message, None, scope, [lacking])
    detail = "" if refusal.reason is RefusalReason.MISSING else 'error="invalid_token"'
    challenged = [challenge(detail, scheme=scheme)]
    return Denial(status, wording.INVALID_API_KEY, message, refusal.reason.value, None, challenged)


def rate_limited_denial(allowance: Allowance, *, by_visitor: bool = False) -> Denial:
    """A key over its rate limit or over its monthly quota, or one visitor who uses it."""
    seconds = max(ceil(allowance.retry_after_seconds), 1)
    used_up = wording.used_up(allowance)
    return Denial(
        HTTPStatus.TOO_MANY_REQUESTS,
        QUOTA_EXCEEDED if used_up is not None else RATE_LIMITED,
        used_up
        or f"Too many requests with this key{' from your address' if by_visitor else ''}: "
        f"{allowance.limit} are allowed. "
        f"Try again in {seconds} s.",
        headers=[(b"retry-after", b"%d" % seconds), *rate_headers(allowance)],
    )


UNAVAILABLE: Final = Denial(
    HTTPStatus.SERVICE_UNAVAILABLE,
    AUTH_UNAVAILABLE,
    "The key could not be verified right now. Try again in a moment.",
    headers=[(b"retry-after", b"1")],
)
UNDECLARED: Final = Denial(
    HTTPStatus.FORBIDDEN,
    NEED_NOT_DECLARED,
    "This endpoint declares no scope, so every request is refused. The API's author must declare what it needs.",
)


def unreadable(problem: str) -> Denial:
    """A request whose path is none, or is more than one."""
    return Denial(HTTPStatus.BAD_REQUEST, "invalid_request_target", problem)


def rate_headers(allowance: Allowance) -> Headers:
    """``RateLimit-Policy`` and ``RateLimit``: what there is, what is left; of the rate and of the month."""
    # All at once: this is on the way of every request.
    limit, remaining, reset_seconds, _, quota = allowance
    if quota is not None:
        return _with_quota(allowance, quota)
    return _rate_headers(limit, remaining, ceil(reset_seconds)) if limit is not None else ()


def _with_quota(allowance: Allowance, quota: QuotaLeft) -> Headers:
    policy = b'"month";q=%d;w=%d' % (quota.limit, quota.window_seconds)
    left = b'"month";r=%d;t=%d' % (quota.remaining, ceil(quota.reset_seconds))
    if allowance.limit is not None:
        rate = _rate_headers(allowance.limit, allowance.remaining, ceil(allowance.reset_seconds))
        policy, left = b"%b, %b" % (rate[0][1], policy), b"%b, %b" % (rate[1][1], left)
    return ((b"ratelimit-policy", policy), (b"ratelimit", left))


# As many as a busy minute has of them: what is left of a limit, and the whole second in which it is all back.
@lru_cache(maxsize=4_000)
def _rate_headers(limit: Limit, remaining: int, reset_seconds: int) -> Headers:
    return (
        (b"ratelimit-policy", b'"key";q=%d;w=%d' % (limit.burst, ceil(limit.window_seconds))),
        (b"ratelimit", b'"key";r=%d;t=%d' % (remaining, reset_seconds)),
    )


def challenge(detail: str, realm: str = REALM, scheme: str = "Bearer") -> tuple[bytes, bytes]:
    """``WWW-Authenticate``, with or without what was wrong."""
    value = f'{scheme} realm="{realm}"' + (f", {detail}" if detail else "")
    return b"www-authenticate", value.encode()


def problem(denial: Denial, param: str | None = None, type: str | None = None) -> bytes:
    """A denial as ``application/problem+json``.

    Args:
        type: the address of the page about its code, where there is one.
    """
    return msgspec.json.encode(
        Problem(
            type=type,
            title=HTTPStatus(denial.status).phrase,
            status=int(denial.status),
            code=denial.code,
            detail=denial.message,
            reason=denial.reason,
            required_scope=denial.required_scope,
            param=param,
        )
    )
