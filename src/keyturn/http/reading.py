"""From bytes and query strings to declared types, and from their failures to a denial that names the field."""

import difflib
import functools
import re
from collections.abc import Awaitable, Callable, Iterable
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final, assert_never
from urllib.parse import parse_qsl

import msgspec
from msgspec.inspect import (
    DictType,
    EnumType,
    FrozenSetType,
    ListType,
    LiteralType,
    Metadata,
    SetType,
    StructType,
    Type,
    UnionType,
    VarTupleType,
    type_info,
)

from keyturn.http.denials import Denial

BODY_BYTES_MAX: Final = 64 * 1024

QUERY_BYTES_MAX: Final = 8 * 1024
PARAMETERS_MAX: Final = 100
NEAREST_LENGTH_MAX: Final = 60
# Of a field's name, which is the caller's, as it is told again.
PARAM_MAX: Final = 100
# By difflib's ratio: a letter in five may be wrong.
NEAR: Final = 0.75
EMPTY_BODY: Final = "The body is empty; a JSON object is expected."

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
        Denied: it is empty or not JSON, or a field is missing, unknown or of another type.
    """
    if not body.strip():
        raise bad_request("invalid_body", EMPTY_BODY)
    try:
        decoded = decode_json(decoder, body)
    except msgspec.ValidationError as error:
        raise _denied("invalid_body", misfit(str(error), decoder.type)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # What was sent may hold a key: it is not quoted.
        raise bad_request("invalid_body", f"The body is not valid JSON: {why_no_json(body, error)}.") from error
    # JSON has it only escaped, so that nearly no body is looked through.
    if b"\\u0000" in body:
        _refuse_nul(decoded)
    return decoded


def decode_json(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """JSON as its declared type. Where an integer is meant, ``2.0`` is one, as some languages write all their numbers.

    Raises:
        msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError: as the decoder does.
    """
    for _ in range(_INTEGERS_MAX):
        try:
            return decoder.decode(body)
        except msgspec.ValidationError as error:
            what, path = _place(str(error))
            if not what.startswith("Expected `int") or not what.endswith("got `float`"):
                raise
            shorter = _without_points(body, path.rpartition(".")[2].encode())
            if shorter == body:
                raise
            body = shorter
    return decoder.decode(body)


def _without_points(body: bytes, field: bytes) -> bytes:
    """The body in which the whole numbers of this field have no point."""
    return _WITH_POINT.sub(lambda found: found[1] if found[2] == field else found[0], body)


def why_no_json(body: bytes, error: Exception) -> str:
    """Why a body is no JSON, without quoting it: what it is instead, where its first bytes say so."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return next((words for head, words in _HEADS if body.startswith(head)), str(error))


def decode_query(type: type[msgspec.Struct], query_string: bytes) -> Any:
    """The query as its declared type.

    Raises:
        Denied: a parameter is unknown, repeated or wrong, or it is longer than 8 KiB.
    """
    try:
        return msgspec.convert(parameters(query_string), type, strict=False)
    except Malformed as problem:
        raise _denied("invalid_query", problem) from problem
    except msgspec.ValidationError as error:
        raise _denied("invalid_query", misfit(str(error), type)) from error


_INTEGERS_MAX: Final = 20
# A name, which has no quotation mark inside, and a number: neither is found in a text, where each mark is escaped.
_WITH_POINT: Final = re.compile(rb'("(\w{1,60})"[ \t\r\n]{0,20}:[ \t\r\n]{0,20}-?\d{1,18})\.0{1,18}(?=[ \t\r\n,}])')
_HEADS: Final = (
    (b"\xef\xbb\xbf", "it begins with a byte order mark; send UTF-8 without one"),
    (b"\xff\xfe", "it is UTF-16; send UTF-8"),
    (b"\xfe\xff", "it is UTF-16; send UTF-8"),
    (b"\x1f\x8b", "it is compressed with gzip; send it as it is, without Content-Encoding"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; send it as it is, without Content-Encoding"),
    (b"\x78\x9c", "it is compressed with deflate; send it as it is, without Content-Encoding"),
)


class Fault(Enum):
    """What may be the matter with a body's or a query's form, for whoever words it."""

    QUERY_TOO_LONG = auto()
    QUERY_MALFORMED = auto()
    REPEATED = auto()
    CONTROL_CHARACTERS = auto()
    MISSING = auto()
    UNKNOWN = auto()
    CHOICE = auto()
    TYPE = auto()


class Malformed(Exception):
    """What was sent is not well formed.

    Attributes:
        param: the parameter or field it is about, as it is called there; dotted where it is nested.
        choices: of an unknown field, those there are; of a wrong choice, those there are.
        suggestion: which of them was probably meant.
        expected: of another type, what was expected and what came, in msgspec's words.
    """

    def __init__(
        self,
        fault: Fault,
        param: str | None = None,
        *,
        choices: tuple[str, ...] = (),
        suggestion: str | None = None,
        expected: str = "",
    ) -> None:
        super().__init__(fault.name)
        self.fault = fault
        self.param = param
        self.choices = choices
        self.suggestion = suggestion
        self.expected = expected


def parameters(query_string: bytes) -> dict[str, str]:
    """A query's parameters by name.

    Raises:
        Malformed: one is repeated, or no text, or they are longer than 8 KiB.
    """
    if len(query_string) > QUERY_BYTES_MAX:
        raise Malformed(Fault.QUERY_TOO_LONG)
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, max_num_fields=PARAMETERS_MAX)
    except (UnicodeDecodeError, ValueError) as error:
        raise Malformed(Fault.QUERY_MALFORMED) from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise Malformed(Fault.REPEATED, name[:60])
        if not value.isprintable():
            raise Malformed(Fault.CONTROL_CHARACTERS, name[:60])
        given[name] = value
    return given


def nearest(given: str, choices: Iterable[str]) -> str | None:
    """The choice that was probably meant; None where none is near. Of what is longer than any of ours, only the
    beginning is looked at."""
    folded = {choice.lower(): choice for choice in choices}
    found = difflib.get_close_matches(given[:NEAREST_LENGTH_MAX].lower(), folded, n=1, cutoff=NEAR)
    return folded[found[0]] if found else None


def listed(choices: Iterable[str]) -> str:
    """``a, b or c``: what there is to choose from."""
    *first, last = choices
    return f"{', '.join(first)} or {last}" if first else last


def misfit(problem: str, type: Any) -> Malformed:
    """What msgspec says of a body or query that does not fit its type, with what would fit."""
    what, path = _place(problem)
    places = _places_at(type, path)
    field = _between(what, "field `", "`")
    if field:
        param = (f"{path}.{field}" if path else field)[:PARAM_MAX]
        if "missing required" in what:
            return Malformed(Fault.MISSING, param)
        names = tuple(one.encode_name for place in places if isinstance(place, StructType) for one in place.fields)
        return Malformed(Fault.UNKNOWN, param, choices=names, suggestion=nearest(field, names))
    param = (path or "body")[:PARAM_MAX]
    if choices := _choices(places):
        given = what.partition("Invalid enum value ")[2].strip("'")
        return Malformed(Fault.CHOICE, param, choices=choices, suggestion=nearest(given, choices))
    return Malformed(Fault.TYPE, param, expected=what.replace("`", ""))


@functools.lru_cache(maxsize=1_000)
def _type_info(type: Any) -> Type:
    return type_info(type)


def _places_at(type: Any, path: str) -> list[Type]:
    """What may stand at the end of a path of msgspec, which names declared fields and entries only."""
    found = _alternatives(_type_info(type))
    for step in path.replace("[", ".[").split(".") if path else ():
        if not step:
            continue
        inside: list[Type] = []
        for place in found:
            if isinstance(place, StructType):
                inside += [one.type for one in place.fields if one.encode_name == step]
            elif isinstance(place, ListType | SetType | FrozenSetType | VarTupleType):
                inside.append(place.item_type)
            elif isinstance(place, DictType):
                inside.append(place.value_type)
        found = [one for place in inside for one in _alternatives(place)]
    return found


def _alternatives(place: Type) -> list[Type]:
    if isinstance(place, Metadata):
        return _alternatives(place.type)
    return list(place.types) if isinstance(place, UnionType) else [place]


def _choices(places: Iterable[Type]) -> tuple[str, ...]:
    found: list[str] = []
    for place in places:
        if isinstance(place, EnumType):
            found += [str(one.value) for one in place.cls]
        elif isinstance(place, LiteralType):
            found += [str(one) for one in place.values]
    return tuple(found)


def _denied(code: str, problem: Malformed) -> Denied:
    return bad_request(code, worded(problem), problem.param)


def worded(problem: Malformed) -> str:
    """What is wrong, as Keyturn's own server says it."""
    param = problem.param
    hint = f" Did you mean {problem.suggestion}?" if problem.suggestion is not None else ""
    match problem.fault:
        case Fault.QUERY_TOO_LONG:
            return f"The query string is longer than {QUERY_BYTES_MAX // 1024} KiB."
        case Fault.QUERY_MALFORMED:
            return "The query string is not well formed."
        case Fault.REPEATED:
            return f"{param}: given more than once."
        case Fault.CONTROL_CHARACTERS:
            return f"{param}: control characters are not allowed."
        case Fault.MISSING:
            return f"{param}: required."
        case Fault.UNKNOWN:
            return f"{param}: unknown field.{hint or ' See /v1/openapi.json for those there are.'}"
        case Fault.CHOICE:
            return f"{param}: expected {listed(problem.choices)}.{hint}"
        case Fault.TYPE:
            return f"{param}: {problem.expected}."
        case never:
            assert_never(never)


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
        return (at[:PARAM_MAX] or "body") if "\0" in value else None
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
