"""What may be set of a project, and what will do for each setting."""

import hashlib
import re
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zoneinfo import available_timezones

import msgspec

from tillgate.base.errors import Conflict, InvalidInput
from tillgate.base.money import MINOR_DIGITS, format_minor, parse_amount, parse_currency
from tillgate.base.problems import Problem
from tillgate.base.text import checked_email, checked_text, checked_url
from tillgate.checkout.projects.images import LOGO_BYTES_MAX, LOGO_PIXELS_MAX, Image, image_of

ADDRESS_MAX: Final = 500
TAX_ID_MAX: Final = 50
FOOTER_MAX: Final = 300
POST_INSTRUCTIONS_MAX: Final = 1_000
LIFETIME_MIN_MINUTES: Final = 5
LIFETIME_MAX_MINUTES: Final = 7 * 24 * 60
# A tolerance is for what a wallet or an exchange takes off on the way; more is another price.
TOLERANCE_BASIS_POINTS_MAX: Final = 1_000
# In which buyers' pages and mails are written.
LOCALES: Final = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt-BR": "Português (Brasil)",
    "ja": "日本語",
    "ar": "العربية",
}
UTC: Final = "UTC"
VERSION_BYTES: Final = 8
# What pays test sessions: the simulated rail, or the test networks of this server.
SIMULATED: Final = "simulated"
NETWORKS: Final = "networks"
TEST_RAILS: Final = (SIMULATED, NETWORKS)
# The smallest sum that is worth moving from its address, where a project says none.
SWEEP_LEAST: Final = "1"

_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_SUM: Final = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)
_PERCENTAGE: Final = re.compile(r"(\d{1,2})(?:[.,](\d{1,2}))?")


class ProjectSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is set of a project, for both modes. Empty text is nothing.

    Attributes:
        colour: ``#rrggbb``; buttons and links of the buyer's page are drawn in it, as far as they stay readable.
        address, tax_id: the seller's, as buyers see them.
        footer: what stands at the foot of each page of receipts, invoices and credit notes.
        locale: one of :data:`LOCALES`; empty for what the buyer's browser asks for.
        time_zone: of the IANA database; times in mails are told in it.
        success_url, cancel_url: where buyers go whose session and link say nothing else.
        session_lifetime_minutes: None for the server's setting.
        tolerance_basis_points, tolerance_minor, tolerance_currency: by how much money may differ from a price in this
            currency: the smaller of the share and the sum.
        mail_buyers: whether buyers whose address is known get mail about their payments.
        test_rail: one of :data:`TEST_RAILS`.
        sweep_least: what is less stays at its address when money is gathered; empty for :data:`SWEEP_LEAST`.
        post_address, post_instructions: where buyers send payments by mail, and what else they read; without an
            address there are none.
    """

    colour: str = ""
    address: str = ""
    tax_id: str = ""
    footer: str = ""
    support_email: str = ""
    terms_url: str = ""
    privacy_url: str = ""
    locale: str = ""
    time_zone: str = UTC
    success_url: str = ""
    cancel_url: str = ""
    session_lifetime_minutes: int | None = None
    tolerance_basis_points: int = 0
    tolerance_minor: int = 0
    tolerance_currency: str = ""
    mail_buyers: bool = False
    test_rail: str = SIMULATED
    sweep_least: str = ""
    post_address: str = ""
    post_instructions: str = ""

    def tolerance_in(self, currency: str) -> "Tolerance":
        """What is tolerated of a price in this currency; nothing in any but the tolerance's own."""
        if currency != self.tolerance_currency:
            return NO_TOLERANCE
        return Tolerance(self.tolerance_basis_points, self.tolerance_minor)


class Tolerance(NamedTuple):
    """By how much money may differ from a price: the smaller of a share of it and a sum in minor units."""

    basis_points: int
    minor: int


NO_TOLERANCE: Final = Tolerance(0, 0)
DEFAULT: Final = ProjectSettings()


class Profile(NamedTuple):
    """A project as its buyers meet it.

    Attributes:
        logo: the digest of its logo, which is a part of that one's address; None where there is none.
    """

    id: str
    name: str
    settings: ProjectSettings
    logo: str | None

    @property
    def logo_path(self) -> str | None:
        """Where its logo is served; another path for another logo."""
        return f"/logos/{self.id}/{self.logo}" if self.logo is not None else None

    @property
    def version(self) -> str:
        """What says whether name and settings are as they were read: another one for any change, as an entity tag is
        (RFC 9110, 8.8.3)."""
        held = msgspec.json.encode((self.name, self.settings), order="deterministic")
        return hashlib.blake2b(held, digest_size=VERSION_BYTES).hexdigest()


class Changes(NamedTuple):
    """What was changed of a project, by name of what was changed: ``from`` and ``to``."""

    name: dict[str, Any]
    settings: dict[str, Any]

    def __bool__(self) -> bool:
        return bool(self.name or self.settings)


class ChangedMeanwhile(Conflict):
    """Somebody else has changed the project since it was read.

    Attributes:
        now: as it is.
    """

    def __init__(self, now: Profile) -> None:
        super().__init__(
            "The settings were changed by somebody else meanwhile. Read them again, then change them.",
            code="settings_changed",
        )
        self.now = now


class Logo(NamedTuple):
    """An image, as it was uploaded."""

    media_type: str
    content: bytes


class GivenSettings(NamedTuple):
    """The same as a form or a command line gives them: text, as people write it."""

    colour: str = ""
    address: str = ""
    tax_id: str = ""
    footer: str = ""
    support_email: str = ""
    terms_url: str = ""
    privacy_url: str = ""
    locale: str = ""
    time_zone: str = ""
    success_url: str = ""
    cancel_url: str = ""
    session_lifetime_minutes: str = ""
    tolerance_percentage: str = ""
    tolerance_amount: str = ""
    tolerance_currency: str = ""
    mail_buyers: bool = False
    test_rail: str = ""
    sweep_least: str = ""
    post_address: str = ""
    post_instructions: str = ""


def given_of(settings: ProjectSettings) -> GivenSettings:
    """What is set, as people would write it."""
    tolerated = bool(settings.tolerance_basis_points)
    currency, minutes = settings.tolerance_currency, settings.session_lifetime_minutes
    return GivenSettings(
        colour=settings.colour,
        address=settings.address,
        tax_id=settings.tax_id,
        footer=settings.footer,
        support_email=settings.support_email,
        terms_url=settings.terms_url,
        privacy_url=settings.privacy_url,
        locale=settings.locale,
        time_zone=settings.time_zone,
        success_url=settings.success_url,
        cancel_url=settings.cancel_url,
        session_lifetime_minutes=str(minutes) if minutes is not None else "",
        tolerance_percentage=percentage_of(settings.tolerance_basis_points) if tolerated else "",
        tolerance_amount=format_minor(settings.tolerance_minor, MINOR_DIGITS[currency]) if tolerated else "",
        tolerance_currency=currency,
        mail_buyers=settings.mail_buyers,
        test_rail=settings.test_rail,
        sweep_least=settings.sweep_least,
        post_address=settings.post_address,
        post_instructions=settings.post_instructions,
    )


def checked_settings(given: GivenSettings) -> ProjectSettings:
    """The settings that people gave.

    Raises:
        InvalidInput: one will not do; it is named.
    """
    basis_points, minor, currency = _tolerance(given)
    return ProjectSettings(
        colour=_colour(given.colour),
        address=checked_text(given.address, field="address", length_max=ADDRESS_MAX, may_be_empty=True),
        tax_id=_line(given.tax_id, "tax_id", TAX_ID_MAX),
        footer=checked_text(given.footer, field="footer", length_max=FOOTER_MAX, may_be_empty=True),
        support_email=_email(given.support_email),
        terms_url=_url(given.terms_url, "terms_url"),
        privacy_url=_url(given.privacy_url, "privacy_url"),
        locale=_choice(given.locale, "locale", tuple(LOCALES)),
        time_zone=checked_time_zone(given.time_zone.strip() or UTC),
        success_url=_url(given.success_url, "success_url"),
        cancel_url=_url(given.cancel_url, "cancel_url"),
        session_lifetime_minutes=_lifetime(given.session_lifetime_minutes),
        tolerance_basis_points=basis_points,
        tolerance_minor=minor,
        tolerance_currency=currency,
        mail_buyers=given.mail_buyers,
        test_rail=_choice(given.test_rail, "test_rail", TEST_RAILS) or SIMULATED,
        sweep_least=_sum(given.sweep_least, "sweep_least"),
        post_address=checked_text(given.post_address, field="post_address", length_max=ADDRESS_MAX, may_be_empty=True),
        post_instructions=checked_text(
            given.post_instructions, field="post_instructions", length_max=POST_INSTRUCTIONS_MAX, may_be_empty=True
        ),
    )


def checked_logo(content: bytes) -> tuple[Image, bytes]:
    """A logo as it was uploaded.

    Raises:
        InvalidInput: it is too large in bytes or in pixels, or is no whole PNG, JPEG or WebP image.
    """
    if len(content) > LOGO_BYTES_MAX:
        raise InvalidInput("logo", Problem.IMAGE_TOO_LARGE, maximum=LOGO_BYTES_MAX // 1024)
    image = image_of(content)
    if image is None:
        raise InvalidInput("logo", Problem.NOT_AN_IMAGE)
    if max(image.width, image.height) > LOGO_PIXELS_MAX:
        raise InvalidInput(
            "logo", Problem.IMAGE_TOO_WIDE, maximum=LOGO_PIXELS_MAX, width=image.width, height=image.height
        )
    return image, content


# Few differ, and each is read with every look at a checkout.
@lru_cache(maxsize=1_000)
def settings_of(text: str) -> ProjectSettings:
    """The settings that a row holds."""
    return msgspec.json.decode(text, type=ProjectSettings)


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """The names of the zones that this system knows."""
    return frozenset(available_timezones()) | {UTC}


def percentage_of(basis_points: int) -> str:
    """``0.5`` for 50, as people write it."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def _line(text: str, field: str, length_max: int) -> str:
    checked = checked_text(text, field=field, length_max=length_max, may_be_empty=True)
    if not checked.isprintable():
        raise InvalidInput(field, Problem.CONTROL_CHARACTERS)
    return checked


def _colour(text: str) -> str:
    colour = text.strip().lower()
    if colour and not _COLOUR.fullmatch(colour):
        raise InvalidInput("colour", Problem.NOT_A_COLOUR)
    return colour


def _email(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return checked_email(text)
    except InvalidInput as error:
        raise InvalidInput("support_email", Problem.NOT_AN_EMAIL) from error


def _url(text: str, field: str) -> str:
    return checked_url(text.strip(), field=field, http_loopback=False) if text.strip() else ""


def _choice(text: str, field: str, choices: tuple[str, ...]) -> str:
    chosen = text.strip()
    if chosen and chosen not in choices:
        raise InvalidInput(field, Problem.NOT_A_CHOICE, choices=choices)
    return chosen


def _sum(text: str, field: str) -> str:
    value = text.strip().replace(",", ".")
    if value and _SUM.fullmatch(value) is None:
        raise InvalidInput(field, Problem.NOT_AN_AMOUNT, example="5.00", may_be_zero=True)
    return value


def checked_time_zone(zone: str) -> str:
    """A time zone, if this system knows it.

    Raises:
        InvalidInput: it does not.
    """
    if zone not in time_zones():
        raise InvalidInput("time_zone", Problem.NOT_A_TIME_ZONE)
    return zone


def _whole(text: str, field: str, minimum: int, maximum: int) -> int | None:
    number = text.strip()
    if not number:
        return None
    if not (number.isascii() and number.isdigit()) or len(number) > 9:
        raise InvalidInput(field, Problem.NOT_A_NUMBER)
    if not minimum <= int(number) <= maximum:
        raise InvalidInput(
            field, Problem.OUT_OF_RANGE, minimum=minimum, maximum=maximum, given=int(number), unlimited=False
        )
    return int(number)


def _lifetime(text: str) -> int | None:
    return _whole(text, "session_lifetime_minutes", LIFETIME_MIN_MINUTES, LIFETIME_MAX_MINUTES)


def _tolerance(given: GivenSettings) -> tuple[int, int, str]:
    percentage, amount = given.tolerance_percentage.strip(), given.tolerance_amount.strip()
    for own, other, field, beside in (
        (percentage, amount, "tolerance_percentage", "tolerance_amount"),
        (amount, percentage, "tolerance_amount", "tolerance_percentage"),
    ):
        if not own and other:
            raise InvalidInput(field, Problem.REQUIRED, beside=beside)
    if not percentage:
        return 0, 0, ""
    found = _PERCENTAGE.fullmatch(percentage) if percentage.isascii() else None
    basis_points = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found is not None else -1
    if not 0 < basis_points <= TOLERANCE_BASIS_POINTS_MAX:
        raise InvalidInput("tolerance_percentage", Problem.NOT_A_TOLERANCE, maximum=TOLERANCE_BASIS_POINTS_MAX // 100)
    currency = parse_currency(given.tolerance_currency.strip().upper(), field="tolerance_currency")
    return basis_points, parse_amount(amount, currency, field="tolerance_amount").minor, currency
