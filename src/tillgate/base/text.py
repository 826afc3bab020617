"""Checks of text and addresses that callers hand in."""

import functools
import ipaddress
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Field, Problem

NAME_MAX = 200
DESCRIPTION_MAX = 2_000
URL_MAX = 2_048
EMAIL_MAX = 254


# Default_Ignorable_Code_Point of Unicode: what a font shows nothing for, and Python's table does not tell.
_IGNORABLE: Final = dict.fromkeys(
    code
    for first, last in (
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x061C, 0x061C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFF8),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
    )
    for code in range(first, last + 1)
)
# The empty pattern of Braille: a letter, and blank.
_BLANK: Final = "\u2800"


def without_invisible(text: str) -> str:
    """The text without what nobody can see, and without white space around it."""
    return text.strip() if text.isascii() else text.translate(_IGNORABLE).strip()


def is_visible(text: str) -> bool:
    """Whether there is something in the text that a reader can see."""
    seen = without_invisible(text)
    # As a rule it begins with a letter or a digit, which is seen.
    return seen[:1].isalnum() or any(unicodedata.category(char)[0] not in "CZM" and char != _BLANK for char in seen)


def identity(text: str) -> str:
    """A name that is compared, such as a reference: two that look the same are the same.

    What nobody can see is left out, and letters have their composed form (NFC). Case is told apart.
    """
    return without_invisible(unicodedata.normalize("NFC", without_invisible(text)))


def folded(text: str) -> str:
    """A word that people type, as it is compared: also without case, and without the differences that Unicode calls
    compatible (NFKC), such as those of wide letters."""
    wide = unicodedata.normalize("NFKC", without_invisible(text)).casefold()
    return without_invisible(unicodedata.normalize("NFKC", wide))


def checked_text(text: str, *, field: Field, length_max: int, may_be_empty: bool = False) -> str:
    """The text without surrounding white space.

    Raises:
        InvalidInput: nothing in it is visible, it is too long, or it holds control characters other than line breaks
            and tabs.
    """
    stripped = text.strip()
    if not stripped and not may_be_empty:
        raise InvalidInput(field, Problem.EMPTY)
    if len(stripped) > length_max:
        raise InvalidInput(field, Problem.TOO_LONG, maximum=length_max, length=len(stripped))
    # Lone surrogates cannot be written as UTF-8; NUL cannot be stored by PostgreSQL. What is printable holds neither.
    if not stripped.isprintable() and any(
        unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in stripped
    ):
        raise InvalidInput(field, Problem.CONTROL_CHARACTERS)
    if is_visible(stripped):
        return stripped
    if not may_be_empty:
        raise InvalidInput(field, Problem.NOTHING_VISIBLE)
    return ""


# Asked for on each request, of few addresses; parsing one takes longer than everything else about a key.
@functools.lru_cache(maxsize=1_000)
def is_loopback_host(host: str) -> bool:
    """Whether a URL's host names this very machine: ``localhost``, 127.0.0.0/8 or ::1."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_url(url: str, *, field: Field, http_loopback: bool) -> str:
    """An absolute https URL; plain http only to this machine, and only where ``http_loopback`` allows it.

    Raises:
        InvalidInput: anything else, such as ``javascript:``, a missing host, or a user and password in it.
    """
    if len(url) > URL_MAX:
        raise InvalidInput(field, Problem.TOO_LONG, maximum=URL_MAX, length=len(url))
    # What is not printable is every kind of white space, control character and lone surrogate.
    if not url.isprintable() or " " in url or "\\" in url:
        raise InvalidInput(field, Problem.URL_CHARACTERS, http_loopback=http_loopback)
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port  # raises for a port that is no number
    except ValueError as error:
        raise InvalidInput(field, Problem.NOT_A_URL, http_loopback=http_loopback) from error
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(field, Problem.URL_CREDENTIALS)
    # A placeholder is filled in behind the host only: what a buyer calls a purchase never says where they are sent.
    if "{" in parts.netloc or "}" in parts.netloc:
        raise InvalidInput(field, Problem.URL_HOST_CHARACTERS)
    if parts.scheme == "https" and host:
        return url
    if parts.scheme == "http" and http_loopback and is_loopback_host(host):
        return url
    raise InvalidInput(field, Problem.NOT_A_URL, http_loopback=http_loopback)


def checked_description(description: str | None) -> str | None:
    """A description, or None where it is empty.

    Raises:
        InvalidInput: it is too long or holds control characters; ``description`` is named.
    """
    if description is None:
        return None
    return checked_text(description, field="description", length_max=DESCRIPTION_MAX, may_be_empty=True) or None


def checked_return_url(url: str | None, *, field: Field, livemode: bool) -> str | None:
    """Where a buyer may be sent: https, and in test mode also plain http to the developer's own machine.

    Raises:
        InvalidInput: it is anything else; ``field`` is named.
    """
    return None if url is None else checked_url(url, field=field, http_loopback=not livemode)


def normal_email(email: str) -> str:
    """An address as it is compared and kept: in lower case, without what nobody can see, wide letters as usual ones."""
    wide = unicodedata.normalize("NFKC", without_invisible(email)).lower()
    return without_invisible(unicodedata.normalize("NFKC", wide))


def checked_email(email: str) -> str:
    """The address in lower case, without surrounding white space.

    Raises:
        InvalidInput: it does not look like an e-mail address.
    """
    normal = normal_email(email)
    name, at, domain = normal.rpartition("@")
    if not at or not name or not domain or len(normal) > EMAIL_MAX:
        raise InvalidInput("email", Problem.NOT_AN_EMAIL)
    # Of white space, the space alone is printable.
    if not normal.isprintable() or " " in normal:
        raise InvalidInput("email", Problem.EMAIL_SPACES)
    return normal
