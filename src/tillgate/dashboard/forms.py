"""Forms, from the browser's bytes to text that is safe to hand on, and back to the page with what was wrong."""

import hashlib
from collections.abc import AsyncGenerator
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from python_multipart.exceptions import FormParserError as MultipartParseError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.problems import Problem
from tillgate.dashboard.words import form_name, message_of, sentence_of
from tillgate.words.reading import plain_amount, plain_percentage

BODY_BYTES_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 100
# A template's source, its manifest and its sample data, each escaped for the way.
LARGE_BYTES_MAX: Final = 1024 * 1024
LARGE_FIELDS_MAX: Final = 3_000
UPLOAD_TYPE: Final = "multipart/form-data"
UPLOAD_BYTES_MAX: Final = 256 * 1024
# All images of a template together, and what is around one.
LARGE_UPLOAD_BYTES_MAX: Final = 5 * 1024 * 1024 + 16 * 1024
UPLOAD_FIELDS_MAX: Final = 10
# Of a file's name; who uploads one with a longer name is asked for another.
UPLOAD_NAME_MAX: Final = 200
COUNT_DIGITS_MAX: Final = 12
CONTENT_TYPE: Final = "application/x-www-form-urlencoded"

# The currencies offered first; any of ISO 4217 may be typed.
USUAL_CURRENCIES: Final = ("USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD")


class Form:
    """The fields of one submitted form. A field that was not sent is empty."""

    def __init__(
        self,
        fields: dict[str, list[str]],
        files: dict[str, bytes] | None = None,
        file_names: dict[str, str] | None = None,
    ) -> None:
        """
        Args:
            files: what was uploaded, by field; the field's text is then its SHA-256.
            file_names: how the browser called it.
        """
        self._fields = fields
        self._files = files or {}
        self._file_names = file_names or {}

    def file_name(self, name: str) -> str:
        """The name of what was uploaded in a field, without folders; empty where it has none."""
        return self._file_names.get(name, "").replace("\\", "/").rpartition("/")[2][:UPLOAD_NAME_MAX]

    def file(self, name: str) -> bytes:
        """What was uploaded in a field; empty where nothing was."""
        return self._files.get(name, b"")

    def one(self, name: str) -> str:
        """The field's first value, as it came."""
        values = self._fields.get(name)
        return values[0] if values else ""

    def text(self, name: str) -> str:
        """The field's first value without surrounding white space."""
        return self.one(name).strip()

    def optional(self, name: str) -> str | None:
        """The same; None where nothing was filled in."""
        return self.text(name) or None

    def amount(self, name: str, field: str, currency: str) -> str:
        """An amount of money as somebody typed it, as a decimal string; "" where nothing was filled in.

        Raises:
            InvalidInput: it could be two amounts; ``field`` is named.
        """
        return plain_amount(self.text(name), currency, field=field)

    def optional_amount(self, name: str, field: str, currency: str) -> str | None:
        """The same; None where nothing was filled in."""
        return self.amount(name, field, currency) or None

    def percentage(self, name: str, field: str) -> str | None:
        """A percentage in the same way; None where nothing was filled in."""
        return plain_percentage(self.text(name), field=field) or None

    def fields_but(self, *names: str) -> list[tuple[str, list[str]]]:
        """Every field with its values in order, but these."""
        return sorted((name, values) for name, values in self._fields.items() if name not in names)

    def pairs(self) -> list[tuple[str, str]]:
        """Every field with each of its values, as a form would send it again."""
        return [(name, value) for name, values in self._fields.items() for value in values]

    def count(self, name: str, *, field: str) -> int | None:
        """A whole number; None where nothing was filled in.

        Raises:
            InvalidInput: something else was filled in; ``field`` is named.
        """
        text = self.optional(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS_MAX):
            raise InvalidInput(field, Problem.NOT_A_NUMBER)
        return int(text)

    def end_of_day(self, name: str) -> str | None:
        """A day as the instant in which it ends, in UTC; None where nothing was filled in."""
        day = self.optional(name)
        return f"{day}T23:59:59.999Z" if day is not None else None

    def many(self, name: str) -> list[str]:
        """Every value of a field, as of a group of checkboxes."""
        return self._fields.get(name, [])


def parse(body: bytes, fields_max: int = FIELDS_MAX) -> Form:
    """The fields of an ``application/x-www-form-urlencoded`` body.

    Browsers send line breaks as CRLF; here they are LF, as is a CR alone, which no browser sends. NUL, which PostgreSQL
    stores in no text, becomes U+FFFD as bytes that are no UTF-8 do.

    Raises:
        ValueError: there are more fields than any form here has.
    """
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=fields_max):
        fields.setdefault(name, []).append(_text(value))
    return Form(fields)


async def parse_upload(content_type: str, body: bytes) -> Form:
    """The fields and the one file of a ``multipart/form-data`` body (RFC 7578), which is as bounded as it came.

    Raises:
        ValueError: it is none, or there are more fields or files than any form here has.
    """

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        Headers({"content-type": content_type}),
        stream(),
        max_files=1,
        max_fields=UPLOAD_FIELDS_MAX,
        max_part_size=UPLOAD_BYTES_MAX,
    )
    try:
        found = await parser.parse()
    except (MultiPartException, MultipartParseError, KeyError) as error:
        raise ValueError("no form with one file") from error
    fields, files, names = dict[str, list[str]](), dict[str, bytes](), dict[str, str]()
    for name, value in found.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.close()
            if content:
                files[name], names[name] = content, value.filename or ""
                fields.setdefault(name, []).append(hashlib.sha256(content).hexdigest())
        else:
            fields.setdefault(name, []).append(_text(value))
    return Form(fields, files, names)


def _text(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")


class Draft(NamedTuple):
    """What a form shows: its values, and beside a field what was wrong with it.

    Attributes:
        values: by field; a group of checkboxes has a list.
        problems: by field; those under ``""`` concern the form as a whole.
    """

    values: dict[str, object]
    problems: dict[str, str]

    @property
    def status_code(self) -> int:
        """422 where something was wrong."""
        return 422 if self.problems else 200


def draft(values: dict[str, object] | None = None, **given: object) -> Draft:
    """A form nobody has sent yet."""
    return Draft({**(values or {}), **given}, {})


def problems_of(error: InvalidInput | Conflict, otherwise: str = "") -> dict[str, str]:
    """The error as words beside its field.

    Args:
        otherwise: the field beside which an error stands that names none.
    """
    words = sentence_of(error) if error.problem is not None else message_of(error)
    return {form_name(error.field) or otherwise: words}


def local_path(text: str) -> str | None:
    """The path, if following it cannot leave the dashboard; None for anything else."""
    if not text.isprintable() or "\\" in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not (parts.path == "/dashboard" or parts.path.startswith("/dashboard/")):
        return None
    return text
