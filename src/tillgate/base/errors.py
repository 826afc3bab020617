"""What a caller can do wrong, and what the world can do to us. No HTTP status here.

    TillgateError
    ├── InvalidInput   the request's content is wrong; ``param`` names the field
    ├── NotFound       absent, or not yours: the two look the same
    ├── Conflict       the object is not in a state that allows this
    │   └── SequenceAhead   a place in the event log that is none of this log's
    ├── Forbidden      the caller may not do this at all
    ├── TooOften        the caller may do this, but later
    └── Unavailable    something that is needed does not answer; trying again may help

``code`` is stable across versions and has a page in the documentation; ``public`` is what the
caller reads; ``internal`` goes to the log only.
"""


class TillgateError(Exception):
    """Root of this package's errors."""

    default_code = "internal_error"

    def __init__(
        self, public: str, *, code: str | None = None, param: str | None = None, internal: str | None = None
    ) -> None:
        super().__init__(internal or public)
        self.code = code or self.default_code
        self.public = public
        self.param = param
        self.internal = internal


class InvalidInput(TillgateError):
    """The request's content is wrong. ``param`` names the field, dotted where it is nested."""

    default_code = "invalid_body"


class NotFound(TillgateError):
    """No such object, or not the caller's: a fresh 404 that tells nothing more."""

    default_code = "not_found"

    def __init__(self, noun: str, object_id: str = "") -> None:
        which = f" with the id {object_id!r}" if object_id and len(object_id) <= 64 else ""
        super().__init__(f"No such {noun}{which} in this mode and project.")


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

    def __init__(self, public: str, *, param: str, newest_sequence: int, log_id: str) -> None:
        super().__init__(public, param=param)
        self.newest_sequence = newest_sequence
        self.log_id = log_id


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
