"""A partner: its names, where its pages lie, and the keys that its tokens are signed with."""

import re
import secrets
import string
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import msgspec

from tillgate.base.clock import DAY_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput
from tillgate.base.problems import Problem
from tillgate.base.text import is_loopback_host

ORIGINS_MAX: Final = 20
ORIGIN_LENGTH_MAX: Final = 253
# A key that was replaced is honoured for so long, as the document says.
OVERLAP_MS: Final = DAY_MS
# Those in use, and those that were replaced within a day.
KEYS_MAX: Final = 10
_RANDOM: Final = 32
_LETTERS: Final = string.ascii_letters + string.digits
_HOST: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


class Holder(StrEnum):
    """Who has the private half of a key."""

    PARTNER = "partner"
    SERVER = "server"


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """A project that embeds. Instants are Unix milliseconds.

    Attributes:
        live_key, test_key: its publishable keys: who issues the tokens that it signs itself, by mode.
        origins: of the pages that may show this server's inside of theirs; none where that is empty.
    """

    project_id: str
    live_key: str
    test_key: str
    origins: tuple[str, ...]
    suspended_at: int | None
    created_at: int
    updated_at: int

    def issuer(self, livemode: bool) -> str:
        """Its publishable key of a mode."""
        return self.live_key if livemode else self.test_key


class VerifyingKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public half of a key that tokens are signed with.

    Attributes:
        public: the 32 bytes of an Ed25519 public key (RFC 8032) in base64url, as a JWK writes them (RFC 8037).
        ends_at: when a replaced one ends; None while it is in use.
    """

    id: str
    project_id: str
    holder: Holder
    public: str
    created_at: int
    ends_at: int | None = None

    def honoured(self, now: int) -> bool:
        """Whether tokens that it signed are accepted."""
        return self.ends_at is None or now < self.ends_at


class EmbedNotEnabled(Forbidden):
    """The project has no partner record."""

    default_code = "embed_not_enabled"

    def __init__(self) -> None:
        super().__init__(
            "Embed is not enabled for the project of this key. Enable it in the dashboard under Embed, or with: "
            "tillgate embed enable"
        )


class PartnerSuspended(Forbidden):
    """The project's embed partnership is suspended."""

    default_code = "partner_suspended"

    def __init__(self) -> None:
        super().__init__("Embed is suspended for this project. Ask whoever runs this server.")


class EmbedEnabled(Conflict):
    """Embed is enabled already."""

    default_code = "embed_enabled"

    def __init__(self, *, suspended: bool) -> None:
        super().__init__(
            "Embed is suspended for this project: resume it."
            if suspended
            else "Embed is enabled for this project already. Rotate its signing key to be shown another one."
        )


def new_publishable_key(livemode: bool) -> str:
    """A name for a partner that nobody else has. It is no secret."""
    return f"ck_pk_{'live' if livemode else 'test'}_{''.join(secrets.choice(_LETTERS) for _ in range(_RANDOM))}"


def checked_origins(origins: list[str]) -> tuple[str, ...]:
    """Origins of pages, each once.

    Raises:
        InvalidInput: there are too many, or one is none that a browser would send.
    """
    if len(origins) > ORIGINS_MAX:
        raise InvalidInput("origins", Problem.TOO_MANY, maximum=ORIGINS_MAX, count=len(origins))
    return tuple(dict.fromkeys(_checked_origin(one) for one in origins))


def _checked_origin(origin: str) -> str:
    text = origin.strip().rstrip("/").lower()
    expected = "expected an origin such as https://app.example.com; http is taken for this machine alone"
    wrong = InvalidInput("origins", Problem.WRONG_TYPE, expected=expected)
    if len(text) > ORIGIN_LENGTH_MAX or not text.isascii():
        raise wrong
    try:
        split = urlsplit(text)
        host, port = split.hostname or "", split.port
    except ValueError:
        raise wrong from None
    if split.scheme not in ("https", "http") or _HOST.fullmatch(host) is None:
        raise wrong
    if split.scheme == "http" and not is_loopback_host(host):
        raise wrong
    usual = {"https": 443, "http": 80}[split.scheme]
    written = f"{split.scheme}://{host}" + (f":{port}" if port is not None else "")
    if written != text:
        raise wrong
    return f"{split.scheme}://{host}" if port == usual else written
