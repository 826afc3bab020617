"""Where in a request a key may lie, and what is said of it where it lies otherwise."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import FORMATS, Carriers, KeyParser, Mode, RefusalReason, Refused, generate
from keyturn.admission.carriers import CREDENTIAL_MAX, Carried
from tests.keyturn.test_secret import checksum

CARRIERS = Carriers(KeyParser(FORMATS.values()))
KEY = "ck_test_" + "aB3" * 8 + "zz"
KEY += checksum(KEY)
OTHER = "ck_test_" + "Qx7" * 8 + "kk"
OTHER += checksum(OTHER)
OPENER = "cs_01j2x3y4z5_secret_" + "m5T8" * 8


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def found(authorization: str | None, api_key: str | None = None) -> str:
    """The text of the key that was found."""
    carried = CARRIERS.find(authorization, api_key)
    assert isinstance(carried, Carried), carried
    return carried.secret.reveal()


def refused(authorization: str | None, api_key: str | None = None) -> Refused:
    refusal = CARRIERS.find(authorization, api_key)
    assert isinstance(refusal, Refused)
    return refusal


WAYS: list[Callable[[str], tuple[str | None, str | None]]] = [
    lambda key: (f"Bearer {key}", None),
    lambda key: (f"bearer  {key} ", None),
    lambda key: (f"Basic {base64_of(key + ':')}", None),
    lambda key: (f"Basic {base64_of(key)}", None),
    lambda key: (f"Basic {key}", None),
    lambda key: (f"BASIC {key}", None),
    lambda key: (None, key),
    lambda key: (None, f" {key} "),
    lambda key: ("", key),
    lambda key: (f"Bearer {key}", key),
    lambda key: (f"Basic {base64_of(key + ':')}", key),
    lambda key: (f"Bearer {key}", "  "),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_each_carrier_brings_a_key_of_each_format(
    way: Callable[[str], tuple[str | None, str | None]], name: str
) -> None:
    """Bearer; Basic with the key as user name, with the colon that curl adds or without; raw after Basic; x-api-key.
    The same key twice is one key."""
    for kind in FORMATS[name].kinds:
        key = generate(FORMATS[name], kind, Mode.LIVE).reveal()
        assert found(*way(key)) == key


def test_a_client_secret_comes_beside_its_key_and_nowhere_else() -> None:
    """``x-api-key`` with the client secret raw in ``authorization`` is the one pair."""
    carried = CARRIERS.find(OPENER, KEY)
    assert isinstance(carried, Carried)
    assert (carried.secret.reveal(), carried.client_secret) == (KEY, OPENER)
    assert refused(OPENER).reason is RefusalReason.MALFORMED
    assert "x-api-key" in (refused(OPENER).hint or "")
    for dressed in (f"Bearer {OPENER}", f"Basic {OPENER}", f"{OPENER}, {OPENER}", f'"{OPENER}"'):
        assert refused(dressed, KEY).reason is RefusalReason.AMBIGUOUS
        assert "without a scheme" in (refused(dressed, KEY).hint or "")


@pytest.mark.parametrize(
    ("authorization", "api_key"),
    [
        (f"Bearer {OTHER}", KEY),
        (f"Basic {base64_of(OTHER + ':')}", KEY),
        ("Bearer junk", KEY),
        (f"Bearer {OTHER[:-1]}", KEY),
        ("Basic dXNlcjpwYXNz", KEY),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln", KEY),
        (OTHER, KEY),
    ],
)
def test_two_credentials_are_refused_rather_than_one_of_them_picked(authorization: str, api_key: str) -> None:
    """Whichever of them is right: a proxy that adds its own must not change whose request it is."""
    assert refused(authorization, api_key).reason is RefusalReason.AMBIGUOUS


@pytest.mark.parametrize(("authorization", "api_key"), [(None, None), ("", None), ("  ", ""), (None, ""), (None, " ")])
def test_nothing_at_all_is_missing(authorization: str | None, api_key: str | None) -> None:
    """An empty header is no header."""
    assert refused(authorization, api_key).reason is RefusalReason.MISSING


HINTS = [
    (f'Bearer "{KEY}"', None, "quotes"),
    (f"Bearer '{KEY}'", None, "quotes"),
    (f"“{KEY}”", None, "quotes"),
    (f"Bearer “{KEY}”".encode().decode("latin-1"), None, "quotes"),
    (None, f'"{KEY}"', "send x-api-key: and the bare key"),
    (f"Bearer {KEY}\\n", None, "line break"),
    (f"Bearer {KEY}%0A", None, "line break"),
    (f"Bearer {KEY}\r\n", None, "line break"),
    (None, f"{KEY}\\n", "line break"),
    (f"Bearer Bearer {KEY}", None, "twice"),
    (f"bearer BEARER{KEY}", None, "twice"),
    (None, f"Bearer {KEY}", "word Bearer"),
    ("Bearer", None, "variable"),
    ("Bearer ", None, "variable"),
    ("Basic", None, "variable"),
    (f"Bearer {KEY}, Bearer {OTHER}", None, "Two credentials"),
    (None, f"{KEY}, {OTHER}", "Two credentials"),
    ("Bearer $CHECKOUT_API_KEY", None, "placeholder"),
    ("Bearer ${CHECKOUT_API_KEY}", None, "placeholder"),
    ("Bearer {{apiKey}}", None, "placeholder"),
    ("Bearer <your key>", None, "placeholder"),
    ("Bearer YOUR_KEY_HERE", None, "placeholder"),
    (None, "$KEY", "placeholder"),
    (KEY, None, "without a scheme"),
    (f"Basic {base64_of('user:' + KEY)}", None, "user name"),
    (f"Basic {base64_of(KEY + ':password')}", None, "user name"),
    ("Basic !!!", None, "user name"),
    ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", None, "JSON Web Token"),
    (f"Token {KEY}", None, "scheme"),
    (f"Bearer: {KEY}", None, "scheme"),
    (f"ApiKey {KEY}", None, "scheme"),
    (f"Bearer\t{KEY}", None, "not alone"),
    (f"Bearer key={KEY}", None, "not alone"),
    (None, f"key={KEY}", "not alone; send x-api-key: KEY."),
    (f"Bearer {KEY[:-1]}", None, "checksum"),
    (f"Bearer {KEY}x", None, "checksum"),
    (f"Bearer {KEY[:-1]}é", None, "checksum"),
    (None, KEY[:-2], "checksum"),
    (f"Bearer {'x' * (CREDENTIAL_MAX + 1)}", None, "longer than any key"),
    (None, "x" * (CREDENTIAL_MAX + 1), "x-api-key header is longer than any key"),
    (None, "eyJ" * 80_000, "JSON Web Token"),
    ("Bearer " + "eyJ" * 80_000, None, "JSON Web Token"),
]


@pytest.mark.parametrize(("authorization", "api_key", "said"), HINTS)
def test_a_usual_mistake_is_reported_by_its_name(authorization: str | None, api_key: str | None, said: str) -> None:
    """What is the matter, and what to send instead."""
    refusal = refused(authorization, api_key)
    assert refusal.reason is RefusalReason.MALFORMED
    assert said in (refusal.hint or ""), refusal.hint


@pytest.mark.parametrize(("authorization", "api_key", "said"), HINTS)
def test_a_hint_never_quotes_what_was_sent(authorization: str | None, api_key: str | None, said: str) -> None:
    """It may be a whole key but for a character; an error ends up in logs and screenshots."""
    told = repr(refused(authorization, api_key))
    for key in (KEY, OTHER):
        assert not any(key[at : at + 8] in told for at in range(8, len(key) - 8))
    assert "eyJ" not in told


@given(st.text(max_size=80) | st.text(max_size=600), st.none() | st.text(max_size=80))
def test_no_header_makes_finding_fail(authorization: str, api_key: str | None) -> None:
    """Junk is refused, never an exception, and never a key."""
    assert isinstance(CARRIERS.find(authorization, api_key), Refused)
    assert isinstance(CARRIERS.find(f"Basic {authorization}", api_key), Refused)
    assert isinstance(
        CARRIERS.find(f"Basic {base64.b64encode(authorization.encode(errors='replace')).decode()}"), Refused
    )


@pytest.mark.parametrize(
    "query",
    [
        "{key}",
        "key={key}",
        "limit=1&api_key={key}",
        "token=Bearer%20{key}",
        "token=Bearer+{key}",
        "a=1;key={key}",
        "next=/x?key={key}",
        "next=https%3A%2F%2Fx.example%2F%3Fkey%3D{key}",
        "key=%22{key}%22",
        "{key}=1",
    ],
)
@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_key_in_a_url_is_found_wherever_it_stands(query: str, name: str) -> None:
    """Itself where it is whole, so that its owner can be told; and where it is cut off, that there was one."""
    for kind in FORMATS[name].kinds:
        key = generate(FORMATS[name], kind, Mode.LIVE).reveal()
        seen = CARRIERS.in_url(query.format(key=key))
        assert not isinstance(seen, bool) and seen.reveal() == key
        assert CARRIERS.in_url(query.format(key=key[:-2])) is True


@pytest.mark.parametrize(
    "query", ["", "limit=10", "status=pending&mode=ck_live", "q=ck_live_short", f"after={OPENER}", "q=stock_live_x"]
)
def test_what_is_no_key_may_stand_in_a_url(query: str) -> None:
    """An id, a word, a prefix as it is shown in lists."""
    assert CARRIERS.in_url(query) is False
