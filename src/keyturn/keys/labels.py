"""What a maker of an API writes on a key: whose it is over there, what is known of them, and words by which keys are
found. None of it is judged; the first two are handed on with each request."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from keyturn.errors import InvalidLabel

EXTERNAL_ID_MAX: Final = 200
METADATA_MAX: Final = 20
NAME_MAX: Final = 40
VALUE_MAX: Final = 200
# Handed on in a header, beside others, and proxies take only so much.
METADATA_BYTES_MAX: Final = 1_000
TAGS_MAX: Final = 20
TAG_MAX: Final = 40

EXTERNAL_ID_FORM: Final = "[!-~]+"
NAME_FORM: Final = rf"[0-9A-Za-z_.-]{{1,{NAME_MAX}}}"
TAG_FORM: Final = rf"[0-9A-Za-z][0-9A-Za-z_.:-]{{0,{TAG_MAX - 1}}}"

_EXTERNAL_ID: Final = re.compile(EXTERNAL_ID_FORM, re.ASCII)
_NAME: Final = re.compile(NAME_FORM, re.ASCII)
_TAG: Final = re.compile(TAG_FORM, re.ASCII)

Metadata = tuple[tuple[str, str], ...]


def checked_external_id(text: str | None) -> str | None:
    """Whose the key is in the application's own words.

    Raises:
        InvalidLabel: it is empty, too long, or holds spaces or characters beyond visible ASCII.
    """
    if text is None:
        return None
    if len(text) > EXTERNAL_ID_MAX or _EXTERNAL_ID.fullmatch(text) is None:
        raise InvalidLabel(
            f"an external id is 1 to {EXTERNAL_ID_MAX} visible ASCII characters without spaces, such as cus_1042",
            field="external_id",
        )
    return text


def checked_metadata(given: Mapping[str, str] | Iterable[tuple[str, str]]) -> Metadata:
    """Names and values, in the order of the names.

    Raises:
        InvalidLabel: there are too many, or one is too long or no name.
    """
    pairs = sorted(given.items() if isinstance(given, Mapping) else given)
    if len(pairs) > METADATA_MAX:
        raise InvalidLabel(f"a key has at most {METADATA_MAX} metadata values", field="metadata")
    for name, value in pairs:
        if _NAME.fullmatch(name) is None:
            raise InvalidLabel(
                f"{name[:NAME_MAX]!r} names no metadata; expected 1 to {NAME_MAX} letters, digits, _, . and -",
                field="metadata",
            )
        if len(value) > VALUE_MAX or not value.isprintable():
            raise InvalidLabel(
                f"the metadata value {name} has more than {VALUE_MAX} characters, or control characters",
                field="metadata",
            )
    if len(spelt(tuple(pairs))) > METADATA_BYTES_MAX:
        raise InvalidLabel(f"the metadata has more than {METADATA_BYTES_MAX} bytes as JSON", field="metadata")
    return tuple(pairs)


def checked_tags(given: Iterable[str], field: str = "tags") -> frozenset[str]:
    """Words by which keys are listed and revoked together.

    Raises:
        InvalidLabel: there are too many, or one is none.
    """
    tags = frozenset(one.strip() for one in given)
    if len(tags) > TAGS_MAX:
        raise InvalidLabel(f"a key has at most {TAGS_MAX} tags", field=field)
    for one in sorted(tags):
        if _TAG.fullmatch(one) is None:
            raise InvalidLabel(
                f"{one[:TAG_MAX]!r} is no tag; expected 1 to {TAG_MAX} letters, digits, _, ., : and -", field=field
            )
    return tags


def spelt(metadata: Metadata) -> bytes:
    """Metadata as a JSON object in ASCII, as a header can carry it; empty where there is none."""
    return json.dumps(dict(metadata), separators=(",", ":")).encode("ascii") if metadata else b""
