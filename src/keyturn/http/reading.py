"""From bytes and query strings to declared types, and from their failures to a denial that names the field."""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from keyturn.http.denials import Denial

BODY_BYTES_MAX: Final = 64 * 1024

_FIELD: Final = re.compile(r"field `([^`]+)`")
_AT: Final = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`$")

Receive = Callable[[], Awaitable[Any]]


class Denied(Exception):
    """A request that is not done, and what its caller is told."""

    def __init__(self, denial: Denial, param: str | None = None) -> None:
        super().__init__(denial.message)
        self.denial = denial
        self.param = param


def bad_request(code: str, message: str, param: str | None = None, status: int = HTTPStatus.BAD_REQUEST) -> Denied:
    """What is wrong with what was sent, to be raised."""
    return Denied(Denial(status, code, message), param)


async def read_body(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        Denied: it is larger than 64 KiB; no more of it was read.
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= BODY_BYTES_MAX:
        message = await receive()
        body += message.get("body", b"")
    if len(body) > BODY_BYTES_MAX:
        raise bad_request(
            "body_too_large",
            f"The body is larger than {BODY_BYTES_MAX // 1024} KiB.",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )
    return body


def decode_body(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """The body as its declared type.

    Raises:
        Denied: it is not JSON, or a field is missing, unknown or of another type.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise bad_request("invalid_body", message, param) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # What was sent may hold a key: it is not quoted.
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise bad_request("invalid_body", f"The body is not valid JSON: {problem}.") from error


def decode_query(type: type[msgspec.Struct], query_string: bytes) -> Any:
    """The query as its declared type.

    Raises:
        Denied: a parameter is unknown, repeated or wrong.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True)
    except (UnicodeDecodeError, ValueError) as error:
        raise bad_request("invalid_query", "The query string is not well formed.") from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise bad_request("invalid_query", f"{name[:60]}: given more than once.", name[:60])
        given[name] = value
    try:
        return msgspec.convert(given, type, strict=False)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise bad_request("invalid_query", message, param) from error


def _explain(problem: str) -> tuple[str, str]:
    """The message of msgspec as ours, and the field it is about."""
    at = _AT.search(problem)
    path = at[1] if at else ""
    what = _AT.sub("", problem)
    field = _FIELD.search(what)
    if field is not None:
        param = (f"{path}.{field[1]}" if path else field[1])[:100]
        if "missing required" in what:
            return f"{param}: required.", param
        return f"{param}: unknown field; see /v1/openapi.json for those there are.", param
    param = (path or "body")[:100]
    return f"{param}: {what.replace('`', '')}.", param
