"""Entity tags, and ``If-Match``: a change is made to what its caller has read, or not at all (RFC 9110, 8.8.3 and
13.1.1).

A tag is a digest of the object's JSON, so that whatever changes in it is another tag. It is compared under the lock
that every change of the object takes: of two that name one tag, one is done.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from tillgate.base.errors import PreconditionFailed, TillgateError
from tillgate.base.principal import Principal
from tillgate.store import Transaction

HEADER: Final = b"if-match"
ETAG: Final = b"etag"
ANY: Final = "*"
IF_MATCH_LENGTH_MAX: Final = 2_000
DIGEST_BYTES: Final = 16
# Of a header that is wrong, in the answer that says so.
_SHOWN_MAX: Final = 80
_SPACE: Final = " \t"
_blake2b: Final = hashlib.blake2b

Hold = Callable[[Transaction, Principal, str], Awaitable[object]]
"""Takes the lock that every change of an object takes, until the transaction ends."""


class Tagged(NamedTuple):
    """The object that a route shows or changes.

    Attributes:
        read: the action that shows it.
        answers: the type in which it is shown.
    """

    read: Callable[..., Awaitable[Any]]
    answers: Any
    hold: Hold


class Condition(NamedTuple):
    """What an object's tag has to be.

    Attributes:
        tags: as they were sent; :data:`ANY` alone is every object that there is.
    """

    tags: tuple[str, ...]

    def holds(self, tag: str) -> bool:
        """Whether an object with this tag is meant: the strong comparison, by which a weak tag is never the same."""
        return self.tags == (ANY,) or tag in self.tags


def tag_of(shown: bytes) -> str:
    """The strong tag of an object that is shown as these bytes."""
    return f'"{_blake2b(shown, digest_size=DIGEST_BYTES).hexdigest()}"'


def read_condition(text: str) -> Condition:
    """An ``If-Match`` header: ``*``, or tags with commas between them.

    Raises:
        TillgateError: it is neither.
    """
    text = text.strip(_SPACE)
    if text == ANY:
        return Condition((ANY,))
    tags = _tags(text) if len(text) <= IF_MATCH_LENGTH_MAX else ()
    if tags:
        return Condition(tags)
    shown = text[:_SHOWN_MAX] if text.isascii() and text.isprintable() else "something else"
    raise TillgateError(
        "If-Match: expected * or the ETag of an answer, in its double quotes, or several with commas between them, in "
        f"at most {IF_MATCH_LENGTH_MAX} characters; got {shown!r}.",
        code="invalid_if_match",
    )


def _tags(text: str) -> tuple[str, ...]:
    """The tags of a list (5.6.1: empty elements count for nothing); none where it is no list of tags."""
    found: list[str] = []
    rest = text.strip(_SPACE + ",")
    while rest:
        begins = 3 if rest.startswith('W/"') else 1
        ends = rest.find('"', begins) + 1
        tag, rest = rest[:ends], rest[ends:].lstrip(_SPACE)
        if rest[:1] not in ("", ",") or tag[begins - 1 : begins] != '"' or not _is_opaque(tag[begins:-1]):
            return ()
        found.append(tag)
        rest = rest.lstrip(_SPACE + ",")
    return tuple(found)


def _is_opaque(text: str) -> bool:
    """Whether it may stand between the double quotes of a tag."""
    return all(letter > " " and letter != "\x7f" and letter <= "\xff" for letter in text)


def not_taken() -> TillgateError:
    """The refusal of a condition by an operation that would not look at it."""
    return TillgateError(
        "If-Match: this operation neither shows nor changes one object that has an ETag, so that the condition would "
        "not be kept. Leave it out.",
        code="invalid_if_match",
    )


async def check(
    tagged: Tagged,
    condition: Condition,
    encode: Callable[[Any], bytes],
    context: Any,
    tx: Transaction,
    call: Any,
    *,
    changes: bool,
) -> None:
    """Go on if the object is what the caller has read; it stays so until a transaction that changes it ends.

    Raises:
        NotFound: it is not in the caller's project and mode.
        PreconditionFailed: it has another tag by now.
    """
    if changes:
        await tagged.hold(tx, call.principal, call.id)
    plain = replace(call, query=None, body=None, expansion=None)
    tag = tag_of(encode(await tagged.read(context, tx, plain)))
    if condition.holds(tag):
        return
    weak = " A weak ETag (W/) never matches; what is between may have made it so, such as by compression."
    raise PreconditionFailed(
        "The object is not what it was when you read the ETag in If-Match, and nothing was changed. Read it again, "
        "and make your change to what it is now." + (weak if all(one[0] == "W" for one in condition.tags) else "")
    )
