"""From bytes and query strings to declared types, and from their failures to errors that name the field."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from keyturn import Need
from tillgate.api.fields import IdText
from tillgate.base.clock import from_rfc3339
from tillgate.base.errors import Forbidden, InvalidInput
from tillgate.base.ids import is_id
from tillgate.base.pages import LIMIT_DEFAULT, LIMIT_MAX, PageRequest
from tillgate.base.principal import Principal

BODY_BYTES_MAX: Final = 256 * 1024

_FIELD = re.compile(r"field `([^`]+)`")
_AT = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")

T = TypeVar("T")

Receive = Callable[[], Awaitable[Any]]


class ListQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every list takes. A query has no null: a parameter is given or left out."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=LIMIT_MAX)] = LIMIT_DEFAULT
    starting_after: IdText | msgspec.UnsetType = msgspec.UNSET

    @property
    def page(self) -> PageRequest:
        return PageRequest(self.limit, given(self.starting_after))


def given(value: T | msgspec.UnsetType) -> T | None:
    """What a query parameter says, or None where it was left out."""
    return None if value is msgspec.UNSET else value


async def read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body.

    Raises:
        InvalidInput: it is not declared as JSON, or too large; then no more of it is read.
    """
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type != b"application/json":
        raise InvalidInput(
            "Content-Type: expected application/json"
            + (f", got {media_type.decode('latin-1')[:60]}." if media_type else ", got none."),
            code="unsupported_media_type",
        )
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > BODY_BYTES_MAX:
        raise _too_large()
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > BODY_BYTES_MAX:
            raise _too_large()
        return body
    chunks, length = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > BODY_BYTES_MAX:
            raise _too_large()
    return b"".join(chunks)


def decode_body(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """The body as its declared type.

    Raises:
        InvalidInput: it is not JSON, or a field is missing, unknown or of another type.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise InvalidInput(message, param=param) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InvalidInput(f"The body is not valid JSON: {problem}.") from error


def read_query(query_string: bytes) -> dict[str, str]:
    """The parameters by name.

    Raises:
        InvalidInput: one is repeated, or no text.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, strict_parsing=False)
    except (UnicodeDecodeError, ValueError) as error:
        raise InvalidInput("The query string is not well formed.", code="invalid_query") from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise InvalidInput(f"{name[:60]}: given more than once.", code="invalid_query", param=name[:60])
        if not value.isprintable():
            raise InvalidInput(
                f"{name[:60]}: control characters are not allowed.", code="invalid_query", param=name[:60]
            )
        given[name] = value
    return given


def decode_query(type: type[msgspec.Struct], given: dict[str, str]) -> Any:
    """The parameters as their declared type.

    Raises:
        InvalidInput: one is unknown or wrong.
    """
    try:
        return msgspec.convert(given, type, strict=False)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise InvalidInput(message, code="invalid_query", param=param) from error


def require_scope(principal: Principal, need: Need, *, param: str) -> None:
    """For what a parameter asks for beyond what the route itself needs.

    Raises:
        Forbidden: the caller's key may not read that.
    """
    if need.scope not in principal.scopes and "*" not in principal.scopes:
        raise Forbidden(f"{param}: this needs the scope {need.scope}, which this key lacks.", code="missing_scope")


def instant(text: str | msgspec.UnsetType, *, param: str) -> int | None:
    """A query's RFC 3339 timestamp as Unix milliseconds.

    Raises:
        InvalidInput: it is none.
    """
    if text is msgspec.UNSET:
        return None
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise InvalidInput(
            f"{param}: expected an RFC 3339 timestamp such as 2024-11-01T12:00:00Z.",
            code="invalid_query",
            param=param,
        ) from error


def object_id(text: str | msgspec.UnsetType, prefix: str, *, param: str) -> str | None:
    """A query's object id.

    Raises:
        InvalidInput: it has not the form of one.
    """
    if text is msgspec.UNSET:
        return None
    if not is_id(prefix, text):
        raise InvalidInput(f"{param}: expected an id such as {prefix}_01j….", code="invalid_query", param=param)
    return text


def _explain(problem: str) -> tuple[str, str]:
    """The message of msgspec as ours, and the field it is about."""
    at = _AT.search(problem)
    path = at[1] if at else ""
    what = _AT.sub("", problem)
    field = _FIELD.search(what)
    if field is not None:
        param = f"{path}.{field[1]}" if path else field[1]
        if "missing required" in what:
            return f"{param}: Required", param[:100]
        return f"{param[:100]}: unknown field; see the API reference for those there are.", param[:100]
    param = path or "body"
    return f"{param[:100]}: {what.replace('`', '')}.", param[:100]


def _too_large() -> InvalidInput:
    return InvalidInput(f"The body is larger than {BODY_BYTES_MAX // 1024} KiB.", code="body_too_large")
