"""From bytes and query strings to declared types, and from their failures to errors that name the field."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from keyturn.http.reading import (
    QUERY_BYTES_MAX,
    Fault,
    Malformed,
    decode_json,
    misfit,
    parameters,
    place_of_nul,
    why_no_json,
)
from tillgate.base.clock import from_rfc3339
from tillgate.base.errors import InvalidInput
from tillgate.base.ids import is_id
from tillgate.base.money import parse_amount, parse_currency
from tillgate.base.problems import NO_FIELD, Field, Problem, Verbatim

BODY_BYTES_MAX: Final = 256 * 1024


T = TypeVar("T")

Receive = Callable[[], Awaitable[Any]]


def given(value: T | msgspec.UnsetType) -> T | None:
    """What a query parameter says, or None where it was left out."""
    return None if value is msgspec.UNSET else value


def declares_too_much(content_length: bytes, most: int = BODY_BYTES_MAX) -> bool:
    """Whether a ``Content-Length`` is larger than a body may be. A number of thousands of digits is not computed."""
    return content_length.isdigit() and (len(content_length) > 19 or int(content_length) > most)


async def read_body(
    headers: dict[bytes, bytes], receive: Receive, *, most: int = BODY_BYTES_MAX, any_media_type: bool = False
) -> bytes:
    """The whole body.

    Args:
        most: how long it may be.
        any_media_type: take it for JSON whatever it is declared as.

    Raises:
        InvalidInput: it is not declared as JSON, or too large, and no more of it is read; or its sender has gone before
            it was complete.
    """
    media_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    if media_type != b"application/json" and not any_media_type:
        raise InvalidInput(
            NO_FIELD, Problem.NOT_DECLARED_JSON, code="unsupported_media_type", given=media_type.decode("latin-1")[:60]
        )
    declared = headers.get(b"content-length", b"")
    if declares_too_much(declared, most):
        raise _too_large(most)
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > most:
            raise _too_large(most)
        if message["type"] == "http.disconnect":
            raise _incomplete()
        return body
    chunks, length = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > most:
            raise _too_large(most)
    if message["type"] == "http.disconnect":
        raise _incomplete()
    return b"".join(chunks)


def decode_body(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """The body as its declared type.

    Raises:
        InvalidInput: it is empty or not JSON, or a field is missing, unknown or of another type.
    """
    if not body.strip():
        raise InvalidInput(NO_FIELD, Problem.EMPTY_BODY)
    try:
        decoded = decode_json(decoder, body)
    except msgspec.ValidationError as error:
        raise _refusal(misfit(str(error), decoder.type)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(NO_FIELD, Problem.NOT_JSON, detail=why_no_json(body, error)) from error
    # JSON has it only escaped, so that nearly no body is looked through.
    if b"\\u0000" in body:
        _refuse_nul(decoded)
    return decoded


def read_query(query_string: bytes) -> dict[str, str]:
    """The parameters by name.

    Raises:
        InvalidInput: one is repeated, or no text, or they are longer than 8 KiB.
    """
    try:
        return parameters(query_string)
    except Malformed as problem:
        raise _refusal(problem, code="invalid_query") from problem


def decode_query(type: type[msgspec.Struct], given: dict[str, str]) -> Any:
    """The parameters as their declared type.

    Raises:
        InvalidInput: one is unknown or wrong.
    """
    try:
        return msgspec.convert(given, type, strict=False)
    except msgspec.ValidationError as error:
        raise _refusal(misfit(str(error), type), code="invalid_query") from error


def instant(text: str | msgspec.UnsetType, *, field: Field) -> int | None:
    """A query's RFC 3339 timestamp as Unix milliseconds.

    Raises:
        InvalidInput: it is none.
    """
    if text is msgspec.UNSET:
        return None
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise InvalidInput(field, Problem.NOT_A_TIMESTAMP, code="invalid_query") from error


def price(currency: str | msgspec.UnsetType, amount: str | msgspec.UnsetType) -> tuple[str | None, int | None]:
    """A query's currency, and its amount in that currency's minor units.

    Raises:
        InvalidInput: one is wrong, or an amount comes without its currency.
    """
    if currency is msgspec.UNSET:
        if amount is not msgspec.UNSET:
            raise InvalidInput("currency", Problem.REQUIRED, code="invalid_query", beside="amount")
        return None, None
    try:
        code = parse_currency(currency, field="currency")
        if amount is msgspec.UNSET:
            return code, None
        return code, parse_amount(amount, code, field="amount", may_be_zero=True).minor
    except InvalidInput as error:
        error.code = "invalid_query"
        raise


def object_id(text: str | msgspec.UnsetType, prefix: str, *, field: Field) -> str | None:
    """A query's object id.

    Raises:
        InvalidInput: it has not the form of one.
    """
    if text is msgspec.UNSET:
        return None
    if not is_id(prefix, text):
        raise InvalidInput(field, Problem.NOT_AN_ID, code="invalid_query", prefix=prefix)
    return text


_PROBLEMS: Final[dict[Fault, Problem]] = {
    Fault.QUERY_TOO_LONG: Problem.QUERY_TOO_LONG,
    Fault.QUERY_MALFORMED: Problem.QUERY_MALFORMED,
    Fault.REPEATED: Problem.REPEATED,
    Fault.CONTROL_CHARACTERS: Problem.CONTROL_CHARACTERS,
    Fault.MISSING: Problem.REQUIRED,
    Fault.UNKNOWN: Problem.UNKNOWN_FIELD,
    Fault.CHOICE: Problem.NOT_A_CHOICE,
    Fault.TYPE: Problem.WRONG_TYPE,
}


def _refusal(what: Malformed, *, code: str | None = None) -> InvalidInput:
    """What is malformed as an error. Its field is named as it was declared: in the words of the dialect already."""
    field = Verbatim(what.param) if what.param is not None else NO_FIELD
    problem = _PROBLEMS[what.fault]
    values: dict[str, Any] = {}
    match what.fault:
        case Fault.QUERY_TOO_LONG:
            values = {"maximum": QUERY_BYTES_MAX}
        case Fault.UNKNOWN:
            problem = Problem.UNKNOWN_PARAMETER if code == "invalid_query" else problem
            values = {"choices": what.choices, "suggestion": what.suggestion}
        case Fault.CHOICE:
            values = {"choices": what.choices, "suggestion": what.suggestion}
        case Fault.TYPE:
            values = {"expected": what.expected}
        case _:
            pass
    return InvalidInput(field, problem, code=code, **values)


def _incomplete() -> InvalidInput:
    # Nobody hears this; but a part of a body is never taken for the whole.
    return InvalidInput(NO_FIELD, Problem.BODY_CUT_OFF)


def _refuse_nul(value: Any) -> None:
    if (param := place_of_nul(value)) is not None:
        raise InvalidInput(Verbatim(param), Problem.NUL_CHARACTER)


def _too_large(most: int) -> InvalidInput:
    return InvalidInput(NO_FIELD, Problem.BODY_TOO_LARGE, code="body_too_large", maximum=most)
