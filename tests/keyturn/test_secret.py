"""A key's text and its digest: the form, the checksum, and the ways in which it cannot leak."""

import copy
import hashlib
import json
import pickle
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn import FORMATS, NATIVE, KeyDigest, KeyFormat, KeyParser, KeySecret, Kind, Mode, generate, parse
from keyturn.keys.secret import BASE62, ForeignForm, _Layout

modes = st.sampled_from(Mode)


def checksum(text: str) -> str:
    """Six base-62 digits of the CRC-32, worked out in another way than the code does."""
    import binascii

    value, digits = binascii.crc32(text.encode()), ""
    while value:
        digits, value = BASE62[value % 62] + digits, value // 62
    return digits.rjust(6, "0")


@pytest.mark.spec("crypto-checkout R20", "crypto-checkout R21", "crypto-checkout R22")
def test_every_key_has_the_documented_form() -> None:
    """R20: ``ck_{mode}_{32-character base62 string}``; R21, R22: the mode can be read off it."""
    for mode in Mode:
        made = [generate(NATIVE, Kind.SECRET, mode).reveal() for _ in range(500)]
        assert all(re.fullmatch(r"ck_(live|test)_[0-9A-Za-z]{32}", text) for text in made)
        assert all(text.startswith(f"ck_{mode}_") for text in made)
        assert len(set(made)) == 500
        assert {char for text in made for char in text[8:34]} == set(BASE62)
        parsed = [parse(NATIVE, text) for text in made]
        assert {secret.mode for secret in parsed if secret is not None} == {mode}


def test_the_checksum_is_crc_32_over_all_that_stands_before_it() -> None:
    """Anybody may check a key offline: scanners do."""
    text = generate(NATIVE, Kind.SECRET, Mode.LIVE).reveal()
    assert text[-6:] == checksum(text[:-6])


@given(st.text(BASE62, min_size=26, max_size=26), modes)
def test_a_well_made_text_is_parsed_and_given_back(body: str, mode: str) -> None:
    """Whatever the random part: with its checksum it is a key."""
    text = f"ck_{mode}_{body}"
    text += checksum(text)
    secret = parse(NATIVE, text)
    assert secret is not None
    assert (secret.reveal(), secret.mode) == (text, mode)


@given(modes, st.data())
def test_no_single_typo_goes_unnoticed(mode: str, data: st.DataObject) -> None:
    """One character changed anywhere, to anything, is refused without a hash or a query."""
    text = generate(NATIVE, Kind.SECRET, mode).reveal()
    place = data.draw(st.integers(0, len(text) - 1))
    char = data.draw(st.one_of(st.sampled_from(BASE62), st.characters()).filter(lambda char: char != text[place]))
    assert parse(NATIVE, text[:place] + char + text[place + 1 :]) is None


def test_every_single_typo_of_one_key_is_noticed() -> None:
    """The same without chance: all 61 others at each of 32 places, and each pair of neighbours swapped."""
    text = generate(NATIVE, Kind.SECRET, Mode.LIVE).reveal()
    for place in range(8, len(text)):
        for char in BASE62:
            if char != text[place]:
                assert parse(NATIVE, text[:place] + char + text[place + 1 :]) is None
    for place in range(8, len(text) - 1):
        if text[place] != text[place + 1]:
            swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            assert parse(NATIVE, swapped) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text + "a",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.upper(),
        lambda text: text.replace("ck_", "sk_"),
        lambda text: text.replace("_test_", "_live_"),
        lambda text: text.replace("_test_", "__"),
        lambda text: text[8:],
        lambda text: "",
        lambda text: "ck_test_",
        lambda text: "ck_test_" + "é" * 32,
        lambda text: "ck_test_" + "１" * 32,
        lambda text: "ck_test_" + "\0" * 32,
        lambda text: text * 10_000,
    ],
)
def test_cut_off_padded_and_foreign_texts_are_no_keys(change: object) -> None:
    """A test key does not become a live one by its word alone: the checksum covers it."""
    assert parse(NATIVE, change(generate(NATIVE, Kind.SECRET, Mode.TEST).reveal())) is None  # type: ignore[operator]


@given(st.text())
def test_no_text_makes_parsing_fail(text: str) -> None:
    """Junk is None, never an exception."""
    assert parse(NATIVE, text) is None
    assert parse(NATIVE, "ck_live_" + text) is None


def test_a_format_is_data() -> None:
    """Another brand with other words and another length needs no other code."""
    format = KeyFormat("other", ((Kind.SECRET, "shop"),), ((Mode.TEST, "sandbox"), (Mode.LIVE, "prod")), 40)
    secret = generate(format, Kind.SECRET, Mode.LIVE)
    assert re.fullmatch(r"shop_prod_[0-9A-Za-z]{40}", secret.reveal())
    assert parse(format, secret.reveal()) is not None
    assert parse(NATIVE, secret.reveal()) is None
    with pytest.raises(KeyError):
        generate(format, Kind.PUBLISHABLE, Mode.LIVE)


# Each format's keys, as its document and its clients show them.
WRITTEN = [
    ("native", Kind.SECRET, r"ck_(test|live)_[0-9A-Za-z]{32}"),
    ("native", Kind.PUBLISHABLE, r"pk_(test|live)_[0-9A-Za-z]{32}"),
    ("crossmint", Kind.SECRET, r"sk_(staging|production)_[1-9A-HJ-NP-Za-km-z]{44}"),
    ("crossmint", Kind.PUBLISHABLE, r"ck_(staging|production)_[1-9A-HJ-NP-Za-km-z]{44}"),
    ("smartpay", Kind.SECRET, r"sk_(test|live)_[0-9A-Za-z]{22}"),
    ("smartpay", Kind.PUBLISHABLE, r"pk_(test|live)_[0-9A-Za-z]{22}"),
    ("coin-moebius", Kind.SECRET, r"cmk_(test|live)_[0-9A-Za-z]{24}"),
    ("craftkit", Kind.SECRET, r"ck_(test|live)_[0-9A-Za-z]{32}"),
    ("craftkit", Kind.PUBLISHABLE, r"ck_pk_(test|live)_[0-9A-Za-z]{32}"),
]


@pytest.mark.parametrize(("name", "kind", "form"), WRITTEN)
def test_each_format_is_written_as_documented_and_read_among_all(name: str, kind: Kind, form: str) -> None:
    """One parser tells the keys of all five formats apart, by kind and mode, and finds every typo that a checksum of
    their length can find: one in 62 ** 3 goes unnoticed in the shortest, none in those with six characters."""
    parser = KeyParser(FORMATS.values())
    format = FORMATS[name]
    for mode in Mode:
        text = generate(format, kind, mode).reveal()
        assert re.fullmatch(form, text)
        found = parser.parse(text)
        assert found is not None
        assert (found.kind, found.mode, found.reveal()) == (kind, mode, text)
        last = format.alphabet[(format.alphabet.index(text[-1]) + 1) % len(format.alphabet)]
        assert parser.parse(text[:-1] + last) is None


def test_the_formats_of_a_text_are_those_that_write_it() -> None:
    """By head and length. Two formats write one shape, in the order of the formats; a typo changes nothing."""
    parser = KeyParser(FORMATS.values())
    shapes = {
        name: [parser.formats_of(generate(format, kind, Mode.LIVE).reveal()) for kind in sorted(format.kinds)]
        for name, format in FORMATS.items()
    }
    assert all(name in one for name, found in shapes.items() for one in found)
    text = generate(NATIVE, Kind.SECRET, Mode.LIVE).reveal()
    assert parser.formats_of(text) == parser.formats_of(text[:-1] + "0") == ("native", "craftkit")
    assert parser.formats_of(text + "0") == parser.formats_of("sk_other_" + text[-32:]) == ()


def test_the_shapes_that_ship_are_all_covered_here() -> None:
    """A format that is added is added to the list above."""
    assert {(name, kind) for name, kind, _ in WRITTEN} == {
        (format.name, kind) for format in FORMATS.values() for kind in format.kinds
    }


def test_base_58_has_none_of_the_letters_that_look_alike() -> None:
    """A Crossmint key with 0, O, I or l in it is a typo, with a fitting checksum or without."""
    format = FORMATS["crossmint"]
    text = generate(format, Kind.SECRET, Mode.TEST).reveal()
    at = text.rindex("_") + 1
    for char in "0OIl":
        assert parse(format, text[:at] + char + text[at + 1 :]) is None


@pytest.mark.spec("crypto-checkout R17")
def test_the_digest_is_the_sha_256_of_the_whole_text() -> None:
    """R17: computed here with the standard library, on the text as its owner has it."""
    secret = generate(NATIVE, Kind.SECRET, Mode.TEST)
    assert secret.digest() == KeyDigest("sha256", hashlib.sha256(secret.reveal().encode()).digest())


@pytest.mark.spec("crypto-checkout R18", "crypto-checkout R65")
def test_a_secret_shows_no_more_than_its_prefix() -> None:
    """repr, str, format and logging of a secret or its digest tell the first six characters at most."""
    secret = generate(NATIVE, Kind.SECRET, Mode.TEST)
    text, digest = secret.reveal(), secret.digest()
    told = [
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r}",
        repr([secret]),
        repr({"k": secret}),
    ]
    assert all(text[:14] in one for one in told)
    assert all(text[14:] not in one and text[14:22] not in one for one in told)
    told = [repr(digest), str(digest), f"{digest}", repr((digest,))]
    assert all(digest.value.hex() not in one and repr(digest.value) not in one for one in told)


def test_a_secret_cannot_be_pickled_copied_or_encoded() -> None:
    """It does not end up in a queue, a cache or a JSON log by accident."""
    secret = generate(NATIVE, Kind.SECRET, Mode.TEST)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError):
            leak(secret)
    assert not hasattr(secret, "__dict__")


def test_what_is_shown_for_ever_is_the_head_six_characters_and_the_last_four() -> None:
    """Enough to tell keys apart; 90 random bits and more stay untold."""
    secret = KeySecret("ck_live_abcdef0123456789abcdef01234WXYZ", Kind.SECRET, Mode.LIVE)
    assert (secret.prefix, secret.last_four) == ("ck_live_abcdef", "WXYZ")


def test_imported_forms_are_read_beside_the_formats_and_only_while_they_are_known() -> None:
    """A text of a declared form is a key, under its form's prefix, taken for a live secret key; also where it has the
    head and length of a format without its checksum. Other texts are none, and what is learnt replaces what was."""
    acme, clash = ForeignForm("acme_live_", 40, 40), ForeignForm("ck_live_", 32, 32)
    parser, text, alike = KeyParser([NATIVE]), "acme_live_" + "a" * 40, "ck_live_" + "b" * 32
    assert (parser.parse(text), parser.parse(alike), parser.foreign) == (None, None, ())
    parser.learn([acme, clash])
    assert parser.foreign == (acme, clash)
    for known, prefix in ((text, "acme_live_"), (alike, "ck_live_")):
        secret = parser.parse(known)
        assert secret is not None
        assert (secret.reveal(), secret.prefix, secret.last_four) == (known, prefix, "")
        assert (secret.kind, secret.mode) == (Kind.SECRET, Mode.LIVE)
    assert parser.parse(text + "a") is None
    native = generate(NATIVE, Kind.PUBLISHABLE, Mode.TEST)
    assert (native.kind, native.mode) == (Kind.PUBLISHABLE, Mode.TEST)
    assert type(parser.parse(native.reveal())) is KeySecret
    parser.learn([])
    assert (parser.parse(text), parser.foreign) == (None, ())


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_a_body_has_only_characters_of_its_alphabet(format: KeyFormat) -> None:
    """Also where a stranger has worked out the checksum of another text: letters beyond ASCII, signs, and letters that
    base 58 leaves out are no key."""
    kind = next(iter(format.kinds))
    text = generate(format, kind, Mode.LIVE).reveal()
    head = text[: text.rindex("_") + 1]
    strange = "é-._ " + "".join(sorted(set(BASE62) - set(format.alphabet)))
    layout = _Layout(format)
    for letter in strange:
        body = letter + text[len(head) + 1 : -format.checksum_length]
        assert not layout.spells(body)
        assert parse(format, head + body + layout.checksum((head + body).encode())) is None
    assert layout.spells(text[len(head) :])
    assert layout.checksum(text[: -format.checksum_length].encode()) == text[-format.checksum_length :]
