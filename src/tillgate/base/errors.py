"""What a caller can do wrong, and what the world can do to us. No HTTP status here, and no wire's names.

    TillgateError
    ├── InvalidInput   the request's content is wrong: a field and a problem
    ├── NotFound       absent, or not yours: the two look the same
    ├── Conflict       the object is not in a state that allows this
    │   └── SequenceAhead   a place in the event log that is none of this log's
    ├── PreconditionFailed   the object is not what the caller has read
    ├── Forbidden      the caller may not do this at all
    ├── TooOften       the caller may do this, but later
    └── Unavailable    something that is needed does not answer; trying again may help

``code`` is stable across versions and has a page in the documentation. An error that is about a field names it in the
domain's own words and says a :class:`~tillgate.base.problems.Problem` with its values; each wire, page and language
words it. Others have a sentence, ``public``, that names no field. ``internal`` goes to the log only.
"""

from collections.abc import Mapping
from typing import Any, Final

from tillgate.base import ids
from tillgate.base.problems import NO_FIELD, Field, Problem, dotted, path_of

_NO_VALUES: Final[Mapping[str, Any]] = {}


class TillgateError(Exception):
    """Root of this package's errors.

    Attributes:
        problem, values: what is wrong, for whoever words it; None where there is a sentence.
        field: what it is about, as the way to it; empty where it is about the whole.
        public: the sentence; empty where there is a problem.
    """

    default_code = "internal_error"

    def __init__(
        self,
        told: str | Problem,
        *,
        field: Field = NO_FIELD,
        values: Mapping[str, Any] = _NO_VALUES,
        code: str | None = None,
        internal: str | None = None,
    ) -> None:
        self.problem = told if isinstance(told, Problem) else None
        self.public = "" if isinstance(told, Problem) else told
        self.field = path_of(field)
        self.values = values
        self.code = code or self.default_code
        self.internal = internal
        super().__init__(internal or self.public or _describe(self))


def _describe(error: TillgateError) -> str:
    """A problem for logs, in the domain's words. What a caller sent is among the values of some, and stays out."""
    at = dotted(error.field)
    return f"{at}: {error.problem}" if at else str(error.problem)


class InvalidInput(TillgateError):
    """The request's content is wrong: a field, in the domain's words, and what is the matter with it."""

    default_code = "invalid_body"

    def __init__(self, field: Field, problem: Problem, *, code: str | None = None, **values: Any) -> None:
        super().__init__(problem, field=field, values=values, code=code)


class NotFound(TillgateError):
    """No such object, or not the caller's: a fresh 404 that tells nothing more."""

    default_code = "not_found"

    def __init__(self, noun: str, object_id: str = "") -> None:
        which = f" with the id {object_id!r}" if object_id and len(object_id) <= 64 else ""
        super().__init__(f"No such {noun}{which} in this mode and project{_other_kind(noun, object_id)}.")


def _other_kind(noun: str, object_id: str) -> str:
    """That an id is of another kind of object than the one that was looked for; said of the prefix alone."""
    prefix, underscore, _ = object_id.partition("_")
    other = ids.NOUNS.get(prefix) if underscore else None
    if other is None or other == noun:
        return ""
    return f"; {prefix}_ begins the id of {'an' if other[0] in 'aeiou' else 'a'} {other}"


class Conflict(TillgateError):
    """The object is not in a state that allows this."""

    default_code = "conflict"


class SequenceAhead(Conflict):
    """A place in the event log that is beyond its end, or in another log.

    Attributes:
        newest_sequence: the number of the newest event; 0 while there is none.
        log_id: the id of the log that there is.
    """

    default_code = "sequence_ahead"

    def __init__(
        self, field: Field, problem: Problem, *, newest_sequence: int, log_id: str, after: int | None = None
    ) -> None:
        values = {"newest": newest_sequence, "log": log_id, "after": after}
        super().__init__(problem, field=field, values=values)
        self.newest_sequence = newest_sequence
        self.log_id = log_id


class PreconditionFailed(TillgateError):
    """The object is not what the caller has read, and what was asked for was for that."""

    default_code = "precondition_failed"


class Forbidden(TillgateError):
    """The caller may not do this, whatever the object's state."""

    default_code = "forbidden"


class TooOften(TillgateError):
    """The caller may do this again after some seconds."""

    default_code = "rate_limited"

    def __init__(self, public: str, *, retry_after_seconds: int) -> None:
        super().__init__(public)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(TillgateError):
    """Something that is needed does not answer."""

    default_code = "unavailable"
