"""Where in a request a key may lie, and what is wrong where it lies otherwise.

``Authorization: Bearer KEY`` (RFC 6750), HTTP Basic with the key as user name and no password (RFC 7617), the key
itself after ``Basic`` as some clients send it, and ``x-api-key``. One request carries one key: two different
ones are refused rather than one of them picked. The one pair is ``x-api-key`` with an object's client secret raw in
``authorization``. A key in a URL is refused, for URLs are logged on their way.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from keyturn.keys.client_secrets import CLIENT_SECRET
from keyturn.keys.model import RefusalReason, Refused
from keyturn.keys.secret import FORMATS, ForeignForm, KeyParser, KeySecret

CREDENTIAL_MAX: Final = 512

_MISSING: Final = Refused(RefusalReason.MISSING)
_MISTYPED: Final = Refused(
    RefusalReason.MALFORMED,
    hint="It looks like a key, but its checksum does not match: characters are missing, added or changed.",
)
_AMBIGUOUS: Final = Refused(
    RefusalReason.AMBIGUOUS, hint="Two different credentials were sent. Send one key, in one header."
)
_DRESSED: Final = Refused(
    RefusalReason.AMBIGUOUS, hint="Send the client secret itself as authorization, without a scheme and alone."
)
# How the header of every JSON Web Token begins: `{"` in base64url.
_JWT_HEAD: Final = "eyJ"
_JWT_HINT: Final = "This is a JSON Web Token; this API takes API keys."
# Longer than what is cut out of a text: a key, or a client secret with its object's id.
_MARGIN: Final = 200
_QUOTES: Final = "\"'`“”‘’«»"


class Carried(msgspec.Struct, frozen=True, gc=False):
    """A key out of a request, well formed, and the client secret that came with it."""

    secret: KeySecret
    client_secret: str | None = None

    def __repr__(self) -> str:
        return f"Carried({self.secret!r}{', client_secret=…' if self.client_secret is not None else ''})"


class Carriers:
    """Finds the one key of a request.

    Attributes:
        length_min: how long the shortest key is that is found in a URL.
    """

    def __init__(self, parser: KeyParser) -> None:
        self._parser = parser
        self.learn(())

    def learn(self, forms: Iterable[ForeignForm]) -> None:
        """Let keys of these forms by, which were imported, and no others but those of the formats. Where they have no
        prefix they are not found in a URL, for anything there may look like one."""
        forms = tuple(forms)
        self._parser.learn(forms)
        foreign = "".join(f"|{form.pattern}" for form in forms if form.prefix)
        self.length_min = min(
            self._parser.length_min, *(len(form.prefix) + form.length_min for form in forms if form.prefix), 1_000
        )
        self._whole = re.compile(f"(?:{_key_like(self._parser.heads).pattern}{foreign})", re.ASCII)
        self._key_like = re.compile(rf"(?:^|[^0-9A-Za-z]|%[0-9A-Fa-f]{{2}}){self._whole.pattern}", re.ASCII)

    def find(self, authorization: str | None, api_key: str | None = None) -> Carried | Refused:
        """The key of a request by its two headers; None where a header did not come.

        A header that came more than once is handed in joined by ``", "`` (RFC 9110, 5.3), and is then no key.
        """
        if api_key is None and authorization is not None:
            # The way of nearly every request, first and short.
            if authorization[:7] == "Bearer ":
                secret = self._parser.parse(authorization[7:])
                if secret is not None:
                    return Carried(secret)
            return self._from_authorization(authorization)
        return self._from_both(authorization, api_key)

    def formats_of(self, text: str) -> tuple[str, ...]:
        """The formats that write keys as this text is written; none where it is no key of theirs."""
        return self._parser.formats_of(text)

    def in_url(self, text: str) -> KeySecret | bool:
        """The key that stands in a part of a URL: itself where it is whole, True where something only looks like
        one, False where nothing does."""
        match = self._key_like.search(text)
        if match is None:
            return False
        found = self._whole.search(text, match.start())
        secret = self._parser.parse(found[0]) if found is not None else None
        return secret or True

    def clean(self, text: str) -> str:
        """The text in which whatever looks like a key, or like a client secret, has become ``…``."""
        return CLIENT_SECRET.sub("…", self._whole.sub("…", text))

    def clipped(self, text: str, length_max: int) -> str:
        """The beginning of a text from outside, cleaned. However long the text is, no more of it is looked at."""
        # Cut twice, so that no key is cut to what does not look like one.
        return self.clean(text[: length_max + _MARGIN])[:length_max]

    def _from_both(self, authorization: str | None, api_key: str | None) -> Carried | Refused:
        authorization = authorization if authorization is not None and authorization.strip() else None
        if api_key is None or not api_key.strip():
            return self._from_authorization(authorization) if authorization is not None else _MISSING
        if len(api_key) > CREDENTIAL_MAX:
            return _too_long(api_key, "x-api-key")
        presented = api_key.strip()
        secret = self._parser.parse(presented)
        if secret is None:
            return Refused(RefusalReason.MALFORMED, hint=self._hint(presented, "x-api-key: "))
        if authorization is None:
            return Carried(secret)
        if len(authorization) > CREDENTIAL_MAX:
            return _AMBIGUOUS
        if CLIENT_SECRET.fullmatch(authorization.strip()):
            return Carried(secret, authorization.strip())
        other = self._from_authorization(authorization)
        if isinstance(other, Carried) and other.secret.reveal() == presented:
            return other
        if isinstance(other, Refused) and CLIENT_SECRET.search(authorization) is not None:
            return _DRESSED
        return _AMBIGUOUS

    def _from_authorization(self, authorization: str) -> Carried | Refused:
        if not authorization.strip():
            return _MISSING
        if len(authorization) > CREDENTIAL_MAX:
            return _too_long(authorization, "Authorization")
        scheme, _, token = authorization.strip(" ").partition(" ")
        token = token.strip(" ")
        match scheme.lower():
            case "bearer":
                secret = self._parser.parse(token)
                if secret is None and self._whole.fullmatch(token):
                    return _MISTYPED  # what is sprayed looks like this, and is not worth a closer look
            case "basic":
                secret = self._parser.parse(token) or self._basic(token)
            case _:
                secret = None
        if secret is None:
            return Refused(RefusalReason.MALFORMED, hint=self._hint(authorization, "Authorization: "))
        return Carried(secret)

    def _basic(self, token: str) -> KeySecret | None:
        try:
            name, _, password = base64.b64decode(token, validate=True).decode("ascii").partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        # `curl -u KEY` without a colon asks for a password, and sends an empty one.
        return self._parser.parse(name) if not password else None

    def _hint(self, presented: str, header: str) -> str | None:
        """What is the matter with a credential that is none. Never quotes it: it may be a key all but for that.

        Args:
            presented: at most ``CREDENTIAL_MAX`` characters.
        """
        presented = _as_typed(presented)
        scheme, _, token = presented.strip().partition(" ")
        if any(char in presented for char in _QUOTES) and self._whole.search(presented):
            return f"Remove the quotes: send {header}{'Bearer ' if header.startswith('A') else ''}and the bare key."
        if "\\n" in presented or "\n" in presented or "\r" in presented or "%0a" in presented.lower():
            return "The key has a line break in it; trim it where it is read."
        if scheme.lower() == "bearer" and not header.startswith("Authorization"):
            return f"Remove the word Bearer: send {header}and the bare key."
        if scheme.lower() == "bearer" and token.lower().startswith("bearer"):
            return "The word Bearer was sent twice. Send it once."
        if scheme.lower() in ("bearer", "basic") and not token:
            return f"After {scheme} there is no key; is the variable that should hold it empty?"
        if "," in presented:
            return "Two credentials were sent in one header. Send one key."
        if presented.startswith(("$", "Bearer $", "Bearer {", "Bearer <", "{", "<")) or "YOUR_KEY" in presented:
            return "A placeholder was sent instead of a key; is the variable that should hold it expanded?"
        if self._parser.parse(presented.strip()) is not None:
            return "A key was sent without a scheme. Send Authorization: Bearer and the key."
        if scheme.lower() == "basic":
            return "HTTP Basic takes the key as the user name, and no password: curl -u KEY:"
        if CLIENT_SECRET.search(presented):
            return "A client secret was sent without a key. Send the publishable key as x-api-key."
        if _is_jwt(presented):
            return _JWT_HINT
        if scheme.lower() not in ("bearer", "basic") and token and self._parser.parse(token.strip()) is not None:
            return "Send the key as Authorization: Bearer KEY; another scheme was sent."
        found = self._whole.search(presented)
        if found is not None and self._parser.parse(found[0]) is not None:
            return f"There is a key in it, but not alone; send {header}{'' if header[0] == 'x' else 'Bearer '}KEY."
        return _MISTYPED.hint if found is not None else None


def _too_long(text: str, header: str) -> Refused:
    """What no pattern looks at. Most of it, in practice, is a JSON Web Token."""
    return Refused(
        RefusalReason.MALFORMED,
        hint=_JWT_HINT if _is_jwt(text[:CREDENTIAL_MAX]) else f"The {header} header is longer than any key.",
    )


def _is_jwt(text: str) -> bool:
    """Whether the text, or what follows a scheme in it, begins as a JSON Web Token does (RFC 7519)."""
    return any(part.startswith(_JWT_HEAD) for part in text.split(maxsplit=2)[:2])


def _as_typed(text: str) -> str:
    """What somebody typed: a header's bytes come as Latin-1, and what was copied from a document is UTF-8."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def without_keys(text: str) -> str:
    """The same for the formats that ship."""
    return _SHIPPED.clean(text)


def _key_like(heads: Iterable[str]) -> re.Pattern[str]:
    """A pattern for keys, whole or cut short or with a wrong checksum."""
    longest_first = sorted(heads, key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))})[0-9A-Za-z]{{16,64}}", re.ASCII)


_SHIPPED: Final = Carriers(KeyParser(FORMATS.values()))
