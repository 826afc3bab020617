"""A URL to which nothing could ever be delivered is refused when it is given, and says why."""

import pytest

from tillgate.api.errors import WORDS
from tillgate.base.errors import InvalidInput
from tillgate.events.deliveries.guard import LOOPBACK, AddressGuard
from tillgate.events.endpoints.targets import checked_target

NEVER = [
    ("https://", "expected an https"),
    ("https://:443/in", "expected an https"),
    ("https:///in", "expected an https"),
    ("https://merchant.example:0/in", "port 0"),
    ("https://merchant.example:65536/in", "expected an https"),
    ("https://user:password@merchant.example/in", "user name"),
    ("https://merchant.example/in#top", "#"),
    ("https://merchant.example/in#", "#"),
    ("https://merchant.example./in", "trailing dot"),
    ("https://./in", "trailing dot"),
    ("https://merchant..example/in", "between two dots"),
    ("https://" + "a" * 64 + ".example/in", "between two dots"),
    ("https://" + "a." * 130 + "example/in", "at most 253"),
    ("https://xn--a/in", "IDNA"),
    ("https://127.1/in", "four decimal numbers"),
    ("https://8.8.8/in", "four decimal numbers"),
    ("https://134744072/in", "four decimal numbers"),
    ("https://0x08080808/in", "four decimal numbers"),
    ("https://0x8.0x8.0x8.0x8/in", "four decimal numbers"),
    ("https://010.8.8.8/in", "four decimal numbers"),
    ("https://8.8.8.256/in", "four decimal numbers"),
    ("https://192。168。1。1/in", "in ASCII"),
    ("https://8.8。8.8/in", "in ASCII"),
    ("https://127。1/in", "four decimal numbers"),
    ("https://10.0.0.1%00.evil.example/in", "letters, digits"),
    ("https://a%2eexample/in", "letters, digits"),
    ("https://merchant.invalid/in", "never found"),
    ("https://abcdefghijklmnop.onion/in", "never found"),
    ("https://[2001:4860:4860::8888%25eth0]/in", "zone"),
    ("https://10.0.0.1/in", "public address"),
    ("https://[::1]/in", "public address"),
]
ONCE = [
    "https://merchant.example/in?a=b",
    "https://merchant.example:8443/in",
    "https://8.8.8.8/in",
    "https://[2001:4860:4860::8888]/in",
    "https://bücher.example/in",
    "https://xn--bcher-kva.example/in",
    "https://a_b.example/in",
    "https://a1.2b.example/in",
]


@pytest.mark.parametrize(("url", "problem"), NEVER)
def test_what_can_never_work_is_refused_with_its_reason(url: str, problem: str) -> None:
    """Before anything is kept, the field named."""
    with pytest.raises(InvalidInput) as refused:
        checked_target(url, http_loopback=False, guard=AddressGuard())
    assert refused.value.field == ("url",)
    assert problem in WORDS.message(refused.value)


@pytest.mark.parametrize("url", ONCE)
def test_what_may_work_is_taken_as_it_is(url: str) -> None:
    """Ports, public addresses, names beyond ASCII in either form."""
    assert checked_target(url, http_loopback=False, guard=AddressGuard()) == url


def test_in_development_this_machine_will_do() -> None:
    """Also in clear text."""
    for url in ("http://localhost:3000/in", "http://127.0.0.1:3000/in", "https://[::1]/in"):
        assert checked_target(url, http_loopback=True, guard=AddressGuard(LOOPBACK)) == url
