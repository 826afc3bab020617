"""From bytes and query strings to declared types, and from their failures to errors that name the field."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from tillgate.base.clock import from_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.ids import is_id
from tillgate.base.pages import LIMIT_DEFAULT, LIMIT_MAX, PageRequest
from tillgate.wire.fields import IdText

BODY_BYTES_MAX: Final = 256 * 1024

QUERY_BYTES_MAX: Final = 8 * 1024
PARAMETERS_MAX: Final = 100

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


def declares_too_much(content_length: bytes) -> bool:
    """Whether a ``Content-Length`` is larger than any body here. A number of thousands of digits is not computed."""
    return content_length.isdigit() and (len(content_length) > 19 or int(content_length) > BODY_BYTES_MAX)


async def read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body.

    Raises:
        InvalidInput: it is not declared as JSON, or too large, and no more of it is read; or its sender has gone before
            it was complete.
    """
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type != b"application/json":
        raise InvalidInput(
            "Content-Type: expected application/json"
            + (f", got {media_type.decode('latin-1')[:60]}." if media_type else ", got none."),
            code="unsupported_media_type",
        )
    declared = headers.get(b"content-length", b"")
    if declares_too_much(declared):
        raise _too_large()
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > BODY_BYTES_MAX:
            raise _too_large()
        if message["type"] == "http.disconnect":
            raise _incomplete()
        return body
    chunks, length = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > BODY_BYTES_MAX:
            raise _too_large()
    if message["type"] == "http.disconnect":
        raise _incomplete()
    return b"".join(chunks)


def decode_body(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """The body as its declared type.

    Raises:
        InvalidInput: it is not JSON, or a field is missing, unknown or of another type.
    """
    try:
        decoded = decoder.decode(body)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise InvalidInput(message, param=param) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise InvalidInput(f"The body is not valid JSON: {problem}.") from error
    # JSON has it only escaped, so that nearly no body is looked through.
    if b"\\u0000" in body:
        _refuse_nul(decoded)
    return decoded


def read_query(query_string: bytes) -> dict[str, str]:
    """The parameters by name.

    Raises:
        InvalidInput: one is repeated, or no text, or they are longer than 8 KiB.
    """
    if len(query_string) > QUERY_BYTES_MAX:
        raise InvalidInput(f"The query string is longer than {QUERY_BYTES_MAX // 1024} KiB.", code="invalid_query")
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, max_num_fields=PARAMETERS_MAX)
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
    what, path = _place(problem)
    field = _between(what, "field `", "`")
    if field:
        param = f"{path}.{field}" if path else field
        if "missing required" in what:
            return f"{param[:100]}: Required", param[:100]
        return f"{param[:100]}: unknown field; see the API reference for those there are.", param[:100]
    param = path or "body"
    return f"{param[:100]}: {what.replace('`', '')}.", param[:100]


def _incomplete() -> InvalidInput:
    # Nobody hears this; but a part of a body is never taken for the whole.
    return InvalidInput("The body ended before it was complete.")


def _place(problem: str) -> tuple[str, str]:
    """Msgspec's message without where, and where: `` - at `$.a.b` ``. Names in it are the caller's, of any length, so
    that no pattern looks at them."""
    what, at, path = problem.rpartition(" - at `")
    if not at or not path.endswith("`"):
        return problem, ""
    path = path[:-1].removeprefix("key in ")
    return what, path.removeprefix("$").removeprefix(".") if path.startswith("$") else ""


def _between(text: str, before: str, after: str) -> str:
    """What stands between two words; nothing where they are not there."""
    found, _, _ = text.partition(before)[2].partition(after)
    return found


def _refuse_nul(value: Any, at: str = "") -> None:
    """Refuse U+0000 in any text of a body: PostgreSQL keeps it in none, nor do the receivers of webhooks in their JSON.

    Raises:
        InvalidInput: it is in one, which is named.
    """
    if isinstance(value, str):
        if "\0" in value:
            param = at[:100] or "body"
            raise InvalidInput(f"{param}: the character U+0000 is not allowed.", param=param)
    elif isinstance(value, dict):
        for name, one in value.items():
            _refuse_nul(name, at)
            _refuse_nul(one, f"{at}.{name}" if at else str(name))
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            _refuse_nul(one, at)
    elif isinstance(value, msgspec.Struct):
        for name, field in zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True):
            _refuse_nul(getattr(value, field), f"{at}.{name}" if at else name)


def _too_large() -> InvalidInput:
    return InvalidInput(f"The body is larger than {BODY_BYTES_MAX // 1024} KiB.", code="body_too_large")
