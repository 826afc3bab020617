"""What may be set of a project."""

from typing import Any

import pytest

from tillgate.base.errors import InvalidInput
from tillgate.checkout.projects.model import (
    DEFAULT,
    GivenSettings,
    ProjectSettings,
    Tolerance,
    checked_settings,
    percentage_of,
    settings_of,
)

TOLERANT = {"tolerance_percentage": "0,5", "tolerance_amount": "0.50", "tolerance_currency": "usd"}


def test_nothing_set_is_the_default() -> None:
    """An empty form changes nothing, and a row without settings has the defaults."""
    assert checked_settings(GivenSettings()) == DEFAULT == settings_of("{}")


def test_what_is_given_is_kept() -> None:
    """As it was meant: colours in lower case, a percentage with either decimal mark."""
    given = GivenSettings(
        colour=" #AA00ff ",
        address="1 High Street\nTown",
        support_email="Help@Example.com",
        terms_url="https://example.com/terms",
        locale="pt-BR",
        time_zone="Europe/Berlin",
        session_lifetime_minutes="30",
        mail_buyers=True,
        **TOLERANT,
    )
    assert checked_settings(given) == ProjectSettings(
        colour="#aa00ff",
        address="1 High Street\nTown",
        support_email="help@example.com",
        terms_url="https://example.com/terms",
        locale="pt-BR",
        time_zone="Europe/Berlin",
        session_lifetime_minutes=30,
        tolerance_basis_points=50,
        tolerance_minor=50,
        tolerance_currency="USD",
        mail_buyers=True,
    )


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("colour", {"colour": "red"}),
        ("colour", {"colour": "#12345"}),
        ("colour", {"colour": "#14614a;background:url(x)"}),
        ("address", {"address": "x" * 501}),
        ("address", {"address": "a\x00b"}),
        ("tax_id", {"tax_id": "a\nb"}),
        ("footer", {"footer": "x" * 301}),
        ("support_email", {"support_email": "nobody"}),
        ("support_email", {"support_email": "a@example.com\r\nBcc: b@example.com"}),
        ("terms_url", {"terms_url": "javascript:alert(1)"}),
        ("privacy_url", {"privacy_url": "http://example.com"}),
        ("success_url", {"success_url": "http://localhost:3000"}),
        ("cancel_url", {"cancel_url": "https://user:pass@example.com"}),
        ("locale", {"locale": "tlh"}),
        ("time_zone", {"time_zone": "../../etc/passwd"}),
        ("session_lifetime_minutes", {"session_lifetime_minutes": "4"}),
        ("session_lifetime_minutes", {"session_lifetime_minutes": "10081"}),
        ("session_lifetime_minutes", {"session_lifetime_minutes": "1e3"}),
        ("tolerance_percentage", TOLERANT | {"tolerance_percentage": ""}),
        ("tolerance_amount", TOLERANT | {"tolerance_amount": ""}),
        ("tolerance_percentage", TOLERANT | {"tolerance_percentage": "10.01"}),
        ("tolerance_percentage", TOLERANT | {"tolerance_percentage": "0"}),
        ("tolerance_percentage", TOLERANT | {"tolerance_percentage": "-1"}),
        ("tolerance_percentage", TOLERANT | {"tolerance_percentage": "٥"}),
        ("tolerance_amount", TOLERANT | {"tolerance_amount": "0.001"}),
        ("tolerance_amount", TOLERANT | {"tolerance_amount": "0"}),
        ("tolerance_currency", TOLERANT | {"tolerance_currency": "XXX"}),
        ("sweep_least", {"sweep_least": "-1"}),
        ("sweep_least", {"sweep_least": "1e3"}),
    ],
)
def test_what_will_not_do_is_named(field: str, given: dict[str, Any]) -> None:
    """The field, and nothing is kept of the rest."""
    with pytest.raises(InvalidInput) as caught:
        checked_settings(GivenSettings(**given))
    assert caught.value.field == (field,)


def test_a_tolerance_is_of_one_currency() -> None:
    """In any other there is none: a sum cannot be compared."""
    settings = checked_settings(GivenSettings(**TOLERANT))
    assert settings.tolerance_in("USD") == Tolerance(50, 50)
    assert settings.tolerance_in("JPY") == Tolerance(0, 0)


@pytest.mark.parametrize(("points", "text"), [(50, "0.5"), (100, "1"), (1, "0.01"), (1_000, "10"), (125, "1.25")])
def test_a_percentage_is_written_as_people_do(points: int, text: str) -> None:
    """No zeros that say nothing, and all that say something."""
    assert percentage_of(points) == text
