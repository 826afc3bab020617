"""Where buyers are sent: what is filled in is data, and never says where that is."""

from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.makers import NEW_YEAR, payment_of, session_of
from tillgate.checkout.sessions.model import CheckoutSession
from tillgate.checkout.sessions.returning import return_address

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=200)


def session(**fields: str | None) -> CheckoutSession:
    return msgspec.structs.replace(session_of(payment_of(), expires_at=NEW_YEAR), **fields)


@pytest.mark.parametrize(
    ("fields", "filled"),
    [
        ({"reference": "A-77"}, "A-77"),
        ({"reference": "A-77", "client_reference_id": "theirs"}, "A-77"),
        ({"client_reference_id": "theirs"}, "theirs"),
        ({}, ""),
        ({"client_reference_id": ".."}, ""),
        ({"client_reference_id": "//evil.example"}, "%2F%2Fevil.example"),
    ],
)
def test_the_reference_is_the_orders_or_else_the_clients(fields: dict[str, str], filled: str) -> None:
    """And nothing where there is neither, or dots that would be a step up."""
    assert (
        return_address("https://s.example/{ORDER_REFERENCE}/ok", session(**fields)) == f"https://s.example/{filled}/ok"
    )


@pytest.mark.parametrize(
    "url", ["https://s.example/ok?a=b#c", "https://s.example", "app.shop:ok", "https://s.example/{X}"]
)
def test_an_address_without_placeholders_stays_as_it_is(url: str) -> None:
    """Other braces are the shop's own."""
    assert return_address(url, session(reference="A-77")) == url


@given(TEXT, st.sampled_from(["https", "HTTP"]), st.sampled_from(["", ":8443"]))
def test_no_reference_changes_where_a_buyer_is_sent(reference: str, scheme: str, port: str) -> None:
    """Whatever a stranger calls a purchase, scheme, host, path and the other values stay, and it comes out again."""
    template = (
        f"{scheme}://s.example{port}/a/{{ORDER_REFERENCE}}?id={{CHECKOUT_SESSION_ID}}&r={{ORDER_REFERENCE}}&z=1#f"
    )
    of = session(client_reference_id=reference)

    parts = urlsplit(return_address(template, of))

    kept = reference if reference.strip(".") else ""
    assert (parts.scheme, parts.netloc, parts.fragment) == (scheme.lower(), f"s.example{port}", "f")
    assert parts.path.count("/") == 2
    assert unquote(parts.path) == f"/a/{kept}"
    assert parse_qs(parts.query, keep_blank_values=True) == {"id": [of.id], "r": [kept], "z": ["1"]}


@given(TEXT)
def test_a_placeholder_in_the_place_of_a_host_is_left_alone(reference: str) -> None:
    """No address with one is taken any more; one that was kept before leads nowhere else by it."""
    url = "https://{ORDER_REFERENCE}.s.example:{ORDER_REFERENCE}"
    assert return_address(url, session(client_reference_id=reference)) == url
