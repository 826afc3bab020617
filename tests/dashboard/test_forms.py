"""What comes out of a form's bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.dashboard.forms import local_path, parse, problems_of


@given(st.binary(max_size=400))
def test_any_bytes_become_text_that_a_database_takes(body: bytes) -> None:
    """No NUL, no lone surrogate, no exception but the one that is documented."""
    try:
        form = parse(body)
    except ValueError:
        return
    for values in form._fields.values():
        for value in values:
            assert "\0" not in value
            value.encode("utf-8")


def test_a_form_keeps_what_was_typed() -> None:
    """UTF-8, plus signs and repeated fields; line breaks as LF."""
    form = parse(
        b"title=Caf%C3%A9+%26+Bar&note=a%0D%0Ab&scopes=links%3Aread&scopes=events%3Aread&nul=a%00b&cr=a%0Db%0D%0D%0Ac"
    )
    assert form.one("title") == "Café & Bar"
    assert form.one("note") == "a\nb"
    assert form.many("scopes") == ["links:read", "events:read"]
    assert form.one("nul") == "a\ufffdb"
    assert form.one("cr") == "a\nb\n\nc"
    assert form.one("missing") == ""
    assert form.optional("missing") is None


def test_too_many_fields_are_refused() -> None:
    """A form has a limit, by name."""
    with pytest.raises(ValueError):
        parse(b"&".join(b"a=1" for _ in range(101)))


@pytest.mark.parametrize(
    "path", ["/dashboard", "/dashboard/", "/dashboard/api-keys", "/dashboard/sessions?status=paid&after=cs_01"]
)
def test_a_path_of_the_dashboard_may_be_gone_back_to(path: str) -> None:
    """With its query, as it was asked for."""
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/api/v1/payment_links",
        "/dashboardx",
        "dashboard",
        "//evil.example/dashboard",
        "/\\evil.example/dashboard",
        "/dashboard\\..\\x",
        "https://evil.example/dashboard",
        "javascript:alert(1)",
        "https:/dashboard",
        "/dashboard\r\nSet-Cookie: a=b",
        "\t/dashboard",
        "http://[",
    ],
)
def test_nothing_else_may(path: str) -> None:
    """Signing in sends nobody to another site."""
    assert local_path(path) is None


def test_a_problem_stands_beside_its_field_in_plain_words() -> None:
    """The API's name of the field is not repeated, nor its type."""
    error = InvalidInput("max_redemptions", Problem.OUT_OF_RANGE, minimum=1, maximum=9, given=0, unlimited=True)
    words = "Enter a number from 1 to 9, or leave it empty for no limit."
    assert problems_of(error) == {"maxRedemptions": words}
