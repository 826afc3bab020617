"""Calls as values and answers as results, and when to try again. No I/O: both clients share this."""

import email.utils
import os
import random
import re
import uuid
import weakref
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

import httpx
import msgspec

from tillgate_client.errors import (
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitedError,
    SequenceAheadError,
    ServerError,
    UnexpectedAnswerError,
)

VERSION: Final = "0.1.0"
ROOT: Final = "/api/v1"
KEY_VARIABLE: Final = "CHECKOUT_API_KEY"
BASE_URL_VARIABLE: Final = "CHECKOUT_BASE_URL"
TIMEOUT_SECONDS: Final = 30.0
RETRIES_MAX: Final = 2
BACKOFF_SECONDS: Final = 0.5
BACKOFF_SECONDS_MAX: Final = 8.0
# A server that asks for a longer pause than this gets it from the caller, not from a blocked call.
RETRY_AFTER_SECONDS_MAX: Final = 60.0
RETRIED: Final = frozenset({429, 502, 503, 504})
QUOTA_EXCEEDED: Final = "quota_exceeded"
IDEMPOTENCY_KEY_LENGTH_MAX: Final = 255
# What a longer Retry-After is read as: thirty years, however absurd the number is.
PAUSE_SECONDS_MAX: Final = 1e9

T = TypeVar("T")

_ID: Final = re.compile(r"[A-Za-z0-9_\-]{1,200}", re.ASCII)
_KEY: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_HEADER: Final = re.compile(r"[\x20-\x7e]{1,2000}", re.ASCII)
_MUTATING: Final = frozenset({"POST", "PATCH", "DELETE"})
_random: Final = random.SystemRandom()
_tags: Final[dict[int, tuple[weakref.ref[Any], str]]] = {}


class ApiKey:
    """The key's text, which no ``repr``, error or log shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def header(self) -> str:
        """The value of an ``Authorization`` header."""
        return f"Bearer {self._text}"

    def hidden_in(self, text: str) -> str:
        """The text without the key, should somebody have sent it back."""
        return text.replace(self._text, str(self))

    def __repr__(self) -> str:
        head = re.match(r"ck_(live|test)_", self._text)
        return f"{head[0] if head else ''}…"


class Call(NamedTuple):
    """One call, the same on every attempt.

    Attributes:
        path: below ``/api/v1``.
        body: JSON; None for none.
        idempotency_key: None on a read.
        if_match: the tag that the object has to have; None where it may be any.
    """

    method: str
    path: str
    query: dict[str, str]
    body: bytes | None
    idempotency_key: str | None
    if_match: str | None = None


def call_of(
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    if_match: str | None = None,
) -> Call:
    """A call as a value. Parameters that are None stay out of the query; those that are UNSET, out of the body.

    Raises:
        ConfigurationError: a value cannot be sent.
    """
    if idempotency_key is None:
        idempotency_key = str(uuid.uuid4()) if method in _MUTATING else None
    elif not _is(_KEY, idempotency_key) or len(idempotency_key) > IDEMPOTENCY_KEY_LENGTH_MAX:
        raise ConfigurationError(
            f"idempotency_key: expected 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} visible ASCII characters without spaces."
        )
    if if_match is not None and not _HEADER.fullmatch(if_match):
        raise ConfigurationError("if_match: expected what etag_of gives, or '*'.")
    given = {name: _query_text(name, value) for name, value in (query or {}).items() if value is not None}
    content = None
    if body is not None:
        sent = {name: _wire_value(name, value) for name, value in body.items() if value is not msgspec.UNSET}
        try:
            content = msgspec.json.encode(sent)
        except (TypeError, ValueError, msgspec.MsgspecError) as error:
            raise ConfigurationError(f"The body cannot be written as JSON: {error}") from error
    return Call(method, path, given, content, idempotency_key, if_match)


def given(**values: Any) -> dict[str, Any]:
    """A body of what was given: None means left out."""
    return {name: value for name, value in values.items() if value is not None}


def path_of(*segments: str) -> str:
    """A path below the root whose odd segments are ids.

    Raises:
        ConfigurationError: an id is none; sent as it is, it would lead to another operation.
    """
    for id in segments[1::2]:
        if not _is(_ID, id):
            raise ConfigurationError(f"id: expected the id of one of {segments[0]}, letters, digits and _ only.")
    return "/" + "/".join(segments)


def _is(pattern: re.Pattern[str], text: object) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


def _wire_value(name: str, value: object) -> object:
    """A value of a body with the wire's names inside. What ``metadata`` holds is the caller's and stays."""
    if name == "metadata":
        return value
    if isinstance(value, Mapping):
        return {_camel(inner): _wire_value(inner, one) for inner, one in value.items()}
    if isinstance(value, list | tuple):
        return [_wire_value(name, one) for one in value]
    return value


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), name)


def _query_text(name: str, value: object) -> str:
    if name == "expand":
        # Paths are said with the fields' names, which are Python's here and the wire's there.
        paths = value if isinstance(value, str) else ",".join(cast(Sequence[str], value))
        return _camel(paths)
    match value:
        case bool():
            return "true" if value else "false"
        case datetime():
            if value.tzinfo is None:
                raise ConfigurationError(f"{name}: expected a datetime with a time zone, such as datetime.now(UTC).")
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case _:
            text = str(value)
            if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
                raise ConfigurationError(f"{name}: expected text that can be written as UTF-8.")
            return text


def read_api_key(given: str | None) -> ApiKey:
    """The key that was given, or else the environment's.

    Raises:
        ConfigurationError: there is none, or it could not be part of a header.
    """
    text = given if given is not None else os.environ.get(KEY_VARIABLE, "")
    if not text:
        raise ConfigurationError(f"api_key: none was given and {KEY_VARIABLE} is not set.")
    if not isinstance(text, str):
        raise ConfigurationError(f"api_key: expected text, got {type(text).__name__}.")
    if not _KEY.fullmatch(text):
        raise ConfigurationError(
            "api_key: it has a space, a line break or a character that no key has; a line break at its end comes from "
            "a file, as a rule: use api_key.strip()."
        )
    return ApiKey(text)


def read_base_url(given: str | None) -> str:
    """The bare origin: ``https://your-domain.com``, or else the environment's. A trailing slash and ``/api/v1`` are
    removed.

    Raises:
        ConfigurationError: there is none, it is no http(s) URL, or it has anything beyond the origin.
    """
    url = given if given is not None else os.environ.get(BASE_URL_VARIABLE)
    if url is None:
        raise ConfigurationError(f"base_url: none was given and {BASE_URL_VARIABLE} is not set.")
    if not isinstance(url, str):
        raise ConfigurationError(f"base_url: expected text, got {type(url).__name__}.")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise ConfigurationError("base_url: expected an origin such as https://your-domain.com.") from error
    path = parts.path.rstrip("/").removesuffix(ROOT)
    if parts.scheme not in ("http", "https") or not parts.hostname or path or parts.query or parts.fragment:
        raise ConfigurationError(
            "base_url: expected the bare origin of your server, such as https://your-domain.com, without a path."
        )
    if "@" in parts.netloc:
        raise ConfigurationError("base_url: expected no user name or password in it.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")


def read_timeout(seconds: object) -> httpx.Timeout:
    """The time limit of each attempt.

    Raises:
        ConfigurationError: it is no positive number.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise ConfigurationError("timeout_seconds: expected a positive number of seconds.")
    return httpx.Timeout(seconds)


def read_max_retries(number: object) -> int:
    """How often a call is repeated.

    Raises:
        ConfigurationError: it is no whole number from 0.
    """
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ConfigurationError("max_retries: expected a whole number, 0 or more.")
    return number


def headers_of(call: Call, key: ApiKey, answer: type[Any]) -> dict[str, str]:
    """The headers of each attempt; what answers with bytes is a file."""
    headers = {
        "Authorization": key.header(),
        "Accept": "application/pdf, application/json" if answer is bytes else "application/json",
        "User-Agent": f"tillgate-client-python/{VERSION}",
    }
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    if call.idempotency_key is not None:
        headers["Idempotency-Key"] = call.idempotency_key
    if call.if_match is not None:
        headers["If-Match"] = call.if_match
    return headers


def wait_seconds(attempt: int, response: httpx.Response | None) -> float | None:
    """How long to wait before the next attempt; None if there is to be none.

    Full jitter: anything between nothing and a bound that doubles each time
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), on top of what the server asked for.

    Args:
        attempt: 0 after the first.
        response: None if no answer came.
    """
    asked = 0.0
    if response is not None:
        named = retry_after_seconds(response)
        # A 409 that names a pause: the first attempt with this idempotency key is still running.
        if response.status_code not in RETRIED and not (response.status_code == 409 and named is not None):
            return None
        if response.status_code == 429 and _used_up(response):
            return None
        asked = named or 0.0
        if asked > RETRY_AFTER_SECONDS_MAX:
            return None
    return asked + _random.uniform(0, min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2.0**attempt))


def _used_up(response: httpx.Response) -> bool:
    """Whether a month's quota is used up, which no pause of ours outlasts."""
    try:
        return _envelope.decode(response.content).error.code == QUOTA_EXCEEDED
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def retry_after_seconds(response: httpx.Response) -> float | None:
    """``Retry-After`` (RFC 9110, 10.2.3): seconds, or an HTTP date. An absurd number is a very long pause."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+", text, re.ASCII):
        return min(float(text), PAUSE_SECONDS_MAX)
    try:
        at = email.utils.parsedate_to_datetime(text)
        pause = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(0.0, pause), PAUSE_SECONDS_MAX)


def tagged(answer: T, etag: str | None) -> T:
    """An answer whose tag is known for as long as there is the answer."""
    if etag is not None and type(answer).__weakrefoffset__:
        key = id(answer)
        _tags[key] = weakref.ref(answer, lambda _: _tags.pop(key, None)), etag
    return answer


def etag_of(answer: object) -> str | None:
    """The ETag that came with an object, for ``if_match``; None where none did, such as with what stands in a list."""
    held, etag = _tags.get(id(answer), (None, None))
    return etag if held is not None and held() is answer else None


class _Said(msgspec.Struct, frozen=True, rename="camel"):
    type: str
    code: str
    message: str
    doc_url: str | None = None
    param: str | None = None
    request_id: str | None = None
    reason: str | None = None
    detail: str | None = None
    required_scope: str | None = None
    granted_scopes: tuple[str, ...] | None = None
    newest_sequence: int | None = None
    log_id: str | None = None


class _Envelope(msgspec.Struct, frozen=True):
    error: _Said


_BY_TYPE: Final[dict[str, type[ApiError]]] = {
    "authentication": AuthenticationError,
    "permission": PermissionDeniedError,
    "invalid_request": InvalidRequestError,
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "rate_limited": RateLimitedError,
    "server": ServerError,
}
_BY_STATUS: Final[dict[int, type[ApiError]]] = {429: RateLimitedError, 502: ServerError, 503: ServerError}
_envelope: Final = msgspec.json.Decoder(_Envelope)


def result(call: Call, response: httpx.Response, answer: type[T], key: ApiKey) -> T:
    """The answer as its type; a file as its bytes.

    Raises:
        ApiError: it is not a success.
    """
    request_id = response.headers.get("X-Request-Id")
    if response.is_success and answer is bytes:
        return cast(T, response.content)
    if response.is_success:
        try:
            return tagged(msgspec.json.decode(response.content, type=answer), response.headers.get("ETag"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"The answer to {call.method} {ROOT}{call.path} is not what was expected"
            detail = f": {error}." if isinstance(error, msgspec.ValidationError) else ": it is not JSON."
            raise UnexpectedAnswerError(
                message + detail,
                status=response.status_code,
                type="unexpected",
                code="unexpected_answer",
                request_id=request_id,
                idempotency_key=call.idempotency_key,
            ) from error
    try:
        envelope = _envelope.decode(response.content).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Not the server's own words: a proxy's page, or another program altogether. It is not repeated here.
        kind = ServerError if response.status_code >= 500 else UnexpectedAnswerError
        raise _BY_STATUS.get(response.status_code, kind)(
            f"{call.method} {ROOT}{call.path} was answered without an error envelope"
            + ("; a redirect is not followed, so look at base_url." if response.is_redirect else "."),
            status=response.status_code,
            type="unexpected",
            code="unexpected_answer",
            request_id=request_id,
            retry_after_seconds=retry_after_seconds(response),
            idempotency_key=call.idempotency_key,
        ) from None
    fitting = _BY_TYPE.get(envelope.type, ServerError if response.status_code >= 500 else ApiError)
    more: dict[str, Any] = {}
    if envelope.code == "sequence_ahead":
        fitting, more = SequenceAheadError, {"newest_sequence": envelope.newest_sequence, "log_id": envelope.log_id}
    elif envelope.code == QUOTA_EXCEEDED:
        fitting = QuotaExceededError
    raise fitting(
        key.hidden_in(envelope.message),
        status=response.status_code,
        type=envelope.type,
        code=envelope.code,
        doc_url=envelope.doc_url,
        param=envelope.param,
        request_id=envelope.request_id or request_id,
        reason=envelope.reason,
        detail=envelope.detail,
        required_scope=envelope.required_scope,
        granted_scopes=envelope.granted_scopes,
        retry_after_seconds=retry_after_seconds(response),
        idempotency_key=call.idempotency_key,
        **more,
    )


def unreachable(call: Call, error: httpx.RequestError, attempts: int) -> ApiConnectionError:
    """What is raised when no answer came, or none that can be decoded."""
    kind = ApiTimeoutError if isinstance(error, httpx.TimeoutException) else ApiConnectionError
    if isinstance(error, httpx.DecodingError):
        return kind(
            f"{call.method} {ROOT}{call.path} was answered in an encoding that is not what its Content-Encoding says: "
            "look at the proxies between here and the server.",
            idempotency_key=call.idempotency_key,
        )
    return kind(
        f"{call.method} {ROOT}{call.path} got no answer in {attempts} attempt{'s' if attempts > 1 else ''}: "
        f"{type(error).__name__}.",
        idempotency_key=call.idempotency_key,
    )
