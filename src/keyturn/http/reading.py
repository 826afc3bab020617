"""From bytes and query strings to declared types, and from their failures to a denial that names the field."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from keyturn.http.denials import Denial

BODY_BYTES_MAX: Final = 64 * 1024

QUERY_BYTES_MAX: Final = 8 * 1024
PARAMETERS_MAX: Final = 100

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
        Denied: it is larger than 64 KiB, and no more of it was read; or its sender has gone before it was complete.
    """
    parts: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > BODY_BYTES_MAX:
            raise bad_request(
                "body_too_large",
                f"The body is larger than {BODY_BYTES_MAX // 1024} KiB.",
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        if message["type"] == "http.disconnect":
            # Nobody hears this. A part of a body is never taken for the whole: without one, another thing is done.
            raise bad_request("invalid_body", "The body ended before it was complete.")
        more = message.get("more_body", False)
    return b"".join(parts)


def decode_body(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """The body as its declared type.

    Raises:
        Denied: it is not JSON, or a field is missing, unknown or of another type.
    """
    try:
        decoded = decoder.decode(body)
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise bad_request("invalid_body", message, param) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # What was sent may hold a key: it is not quoted.
        problem = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise bad_request("invalid_body", f"The body is not valid JSON: {problem}.") from error
    # JSON has it only escaped, so that nearly no body is looked through.
    if b"\\u0000" in body:
        _refuse_nul(decoded)
    return decoded


def decode_query(type: type[msgspec.Struct], query_string: bytes) -> Any:
    """The query as its declared type.

    Raises:
        Denied: a parameter is unknown, repeated or wrong, or it is longer than 8 KiB.
    """
    try:
        return msgspec.convert(parameters(query_string), type, strict=False)
    except Malformed as problem:
        raise bad_request("invalid_query", problem.message, problem.param) from problem
    except msgspec.ValidationError as error:
        message, param = _explain(str(error))
        raise bad_request("invalid_query", message, param) from error


class Malformed(Exception):
    """What was sent is not well formed, in whatever words it is told: the message, and the parameter it is about."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


def parameters(query_string: bytes) -> dict[str, str]:
    """A query's parameters by name.

    Raises:
        Malformed: one is repeated, or no text, or they are longer than 8 KiB.
    """
    if len(query_string) > QUERY_BYTES_MAX:
        raise Malformed(f"The query string is longer than {QUERY_BYTES_MAX // 1024} KiB.")
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, max_num_fields=PARAMETERS_MAX)
    except (UnicodeDecodeError, ValueError) as error:
        raise Malformed("The query string is not well formed.") from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise Malformed(f"{name[:60]}: given more than once.", name[:60])
        if not value.isprintable():
            raise Malformed(f"{name[:60]}: control characters are not allowed.", name[:60])
        given[name] = value
    return given


def _explain(problem: str) -> tuple[str, str]:
    return explained(problem, required="required.", documents="/v1/openapi.json")


def explained(problem: str, *, required: str, documents: str) -> tuple[str, str]:
    """The message of msgspec as ours, and the field it is about.

    Args:
        required: what is said of a field that is missing.
        documents: where the fields are listed.
    """
    what, path = _place(problem)
    field = _between(what, "field `", "`")
    if field:
        param = (f"{path}.{field}" if path else field)[:100]
        if "missing required" in what:
            return f"{param}: {required}", param
        return f"{param}: unknown field; see {documents} for those there are.", param
    param = (path or "body")[:100]
    return f"{param}: {what.replace('`', '')}.", param


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


def _refuse_nul(value: Any) -> None:
    if (param := place_of_nul(value)) is not None:
        raise bad_request("invalid_body", f"{param}: the character U+0000 is not allowed.", param)


def place_of_nul(value: Any, at: str = "") -> str | None:
    """Where in a body U+0000 stands, which PostgreSQL keeps in no text, nor do the receivers of webhooks in their JSON;
    None where it does not."""
    if isinstance(value, str):
        return (at[:100] or "body") if "\0" in value else None
    inside: list[tuple[Any, str]] = []
    if isinstance(value, dict):
        for name, one in value.items():
            inside += [(name, at), (one, f"{at}.{name}" if at else str(name))]
    elif isinstance(value, list | tuple | set | frozenset):
        inside = [(one, at) for one in value]
    elif isinstance(value, msgspec.Struct):
        for name, field in zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True):
            inside.append((getattr(value, field), f"{at}.{name}" if at else name))
    return next((found for one, where in inside if (found := place_of_nul(one, where)) is not None), None)
