"""Where an operator says that requests carry their keys: in which headers, and by which schemes of ``Authorization``.

Programs send keys in many ways: ``apikey``, ``api-key``, ``Authorization: Api-Key …``, ``token …``, as the password of
HTTP Basic. What is named here is looked at, and nothing else is: where ``Authorization`` is not among the headers, or
another scheme is sent in it, it is the application's own and may stand beside the key.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from keyturn.admission.carriers import CREDENTIAL_MAX
from keyturn.keys.client_secrets import CLIENT_SECRET
from keyturn.keys.model import RefusalReason, Refused

AUTHORIZATION: Final = "authorization"
BASIC_PASSWORD: Final = "basic-password"  # noqa: S105 — the name of a scheme
DEFAULT_HEADERS: Final = (AUTHORIZATION, "x-api-key")
DEFAULT_SCHEMES: Final = ("bearer", "basic")
NAMED_MAX: Final = 8

# RFC 9110, 5.6.2, of a sensible length.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,64}", re.ASCII)
# What says how a request is framed, led on or whose it is. A key in a cookie would be sent by browsers of themselves.
_TAKEN: Final = re.compile(
    r"connection|cookie|content-.*|date|expect|forwarded|host|origin|proxy-.*|referer|te|trailer|transfer-encoding|"
    r"upgrade|user-agent|via|x-app-identifier|x-forwarded-.*|x-keyturn-.*|x-original-.*",
    re.ASCII,
)
# A key that has one of these for its scheme is rewritten to the first of them, which the key layer knows.
_KNOWN: Final = frozenset(DEFAULT_SCHEMES)


class InvalidKeyPlace(ValueError):
    """A header or scheme that cannot carry keys; the message says which, and what was expected."""


class KeyPlaces:
    """Finds the credentials of a request, for :class:`keyturn.admission.verifying.Presented`.

    Attributes:
        headers: in lower case; each but ``authorization`` holds the key itself.
        schemes: of ``authorization``, in lower case; ``basic-password`` is HTTP Basic with any user name.
    """

    def __init__(self, headers: Iterable[str] = DEFAULT_HEADERS, schemes: Iterable[str] = DEFAULT_SCHEMES) -> None:
        """
        Raises:
            InvalidKeyPlace: one cannot carry keys, there is none, or there are too many.
        """
        self.headers = _checked(headers, "header", DEFAULT_HEADERS)
        self.schemes = _checked(schemes, "scheme", (*DEFAULT_SCHEMES, BASIC_PASSWORD, "api-key", "token"))
        for name in self.headers:
            if _TAKEN.fullmatch(name):
                raise InvalidKeyPlace(f"the header {name} has a meaning of its own; keys need another, such as api-key")
        self.usual = (set(self.headers), set(self.schemes)) == (set(DEFAULT_HEADERS), set(DEFAULT_SCHEMES))
        self._bare = tuple(name for name in self.headers if name != AUTHORIZATION)

    def find(self, header: Callable[[str], str | None]) -> tuple[str | None, str | None]:
        """The credentials as the key layer reads them: ``authorization`` with a scheme that it knows, and a bare key.
        None for what did not come, or is not looked at.

        Args:
            header: the value of a header by its name in lower case; None where it did not come.
        """
        if self.usual:
            return header(AUTHORIZATION), header("x-api-key")
        # Two of them are two credentials unless they hold the same.
        found = dict.fromkeys(value.strip() for name in self._bare if (value := header(name)) and value.strip())
        authorization = header(AUTHORIZATION) if AUTHORIZATION in self.headers else None
        return self._known(authorization) if authorization is not None else None, ", ".join(found) or None

    def expected(self) -> str:
        """How a request carries its key, for a person: ``'Authorization: Bearer <key>' or 'x-api-key: <key>'``."""
        ways = []
        for name in self.headers:
            if name == AUTHORIZATION:
                ways += [_spelt(scheme) for scheme in self.schemes]
            else:
                ways.append(f"'{name}: <key>'")
        return " or ".join(ways)

    def challenge_scheme(self) -> str:
        """The scheme that a 401 names (RFC 9110, 11.6.1)."""
        if AUTHORIZATION not in self.headers:
            return "ApiKey"
        first = self.schemes[0]
        return "Basic" if first == BASIC_PASSWORD else first.title()

    def explained(self, refusal: Refused) -> Refused:
        """A refusal whose words name the places that are looked at here."""
        if self.usual or refusal.reason not in (RefusalReason.MISSING, RefusalReason.MALFORMED):
            return refusal
        words = "Send" if refusal.reason is RefusalReason.MISSING else "This is no key. Expected"
        return msgspec.structs.replace(refusal, hint=f"{words} {self.expected()}.")

    def _known(self, authorization: str) -> str | None:
        """The header with a scheme that the key layer knows; None where its scheme is not one of those named here."""
        stripped = authorization.strip(" ")
        if len(stripped) > CREDENTIAL_MAX:
            return None
        if CLIENT_SECRET.fullmatch(stripped):
            return stripped
        scheme, _, token = stripped.partition(" ")
        scheme, token = scheme.lower(), token.strip(" ")
        if scheme == "basic" and BASIC_PASSWORD in self.schemes and (password := _password(token)):
            return f"Bearer {password}"
        if scheme not in self.schemes:
            return None
        return authorization if scheme in _KNOWN else f"Bearer {token}"


def _checked(named: Iterable[str], kind: str, examples: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.strip().lower() for one in named))
    if not 1 <= len(found) <= NAMED_MAX:
        raise InvalidKeyPlace(f"expected one {kind} to {NAMED_MAX}, such as {', '.join(examples)}")
    for one in found:
        if _TOKEN.fullmatch(one) is None:
            raise InvalidKeyPlace(f"{one[:60]!r} is no {kind}; expected a name such as {', '.join(examples)}")
    return found


def _spelt(scheme: str) -> str:
    if scheme == BASIC_PASSWORD:
        return "HTTP Basic with <key> as the password"
    if scheme == "basic":
        return "HTTP Basic with <key> as the user name"
    return f"'Authorization: {scheme.title()} <key>'"


def _password(token: str) -> str:
    try:
        _, colon, password = base64.b64decode(token, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return password if colon else ""


USUAL: Final = KeyPlaces()
