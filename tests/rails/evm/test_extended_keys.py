"""Extended public keys and the addresses that follow from them."""

import hashlib
import hmac

import pytest
from coincurve import PublicKey
from eth_keys.backends.native.main import NativeECCBackend
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tillgate.rails.evm.addresses import AddressError, checksum, keccak256, parse_address
from tillgate.rails.evm.extended_keys import (
    _BASE58,
    INDEX_MAX,
    ExtendedKeyError,
    KeyProblem,
    _base58,
    _child,
    parse_extended_key,
)

# BIP-32, test vectors 1 and 2 (https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki). An index with an
# apostrophe is hardened: what follows it cannot be derived from the public key before it.
SEED_1 = "000102030405060708090a0b0c0d0e0f"
SEED_2 = (
    "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a"
    "5754514e4b484542"
)
VECTORS = {
    (
        SEED_1,
        "m",
    ): "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6"
    "W1EGMcet8",
    (
        SEED_1,
        "m/0'",
    ): "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9"
    "rL2dZXvgGDnw",
    (
        SEED_1,
        "m/0'/1",
    ): "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3UFHKkNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysA"
    "A7xmALppuCkwQ",
    (
        SEED_1,
        "m/0'/1/2'",
    ): "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX"
    "7x7DogT5Uv6fcLW5",
    (
        SEED_1,
        "m/0'/1/2'/2",
    ): "xpub6FHa3pjLCk84BayeJxFW2SP4XRrFd1JYnxeLeU8EqN3vDfZmbqBqaGJAyiLjTAwm6ZLRQUMv1ZACTj37sR62cfN7f"
    "e5JnJ7dh8zL4fiyLHV",
    (
        SEED_1,
        "m/0'/1/2'/2/1000000000",
    ): "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTEcYFgJS2UaFcxupHiYkro49"
    "S8yGasTvXEYBVPamhGW6cFJodrTHy",
    (
        SEED_2,
        "m/0/2147483647'/1",
    ): "xpub6DF8uhdarytz3FWdA8TvFSvvAh8dP3283MY7p2V4SeE2wyWmG5mg5EwVvmdMVCQcoNJxGoWaU9DCWh89Loj"
    "fZ537wTfunKau47EL2dhHKon",
    (
        SEED_2,
        "m/0/2147483647'/1/2147483646'",
    ): "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5J"
    "aHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL",
}
XPUB = VECTORS[SEED_1, "m/0'/1/2'"]
XPRV = "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM"
DEEP = [text for (_, path), text in VECTORS.items() if path.count("/") in (3, 4)]
# The order of secp256k1's group (SEC 2, version 2.0, section 2.4.1).
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def private_child(seed: str, path: str) -> tuple[PrivateKey, bytes]:
    """The private key and the chain code of a path: BIP-32 from its other side, with another curve's arithmetic."""
    digest = hmac.new(b"Bitcoin seed", bytes.fromhex(seed), hashlib.sha512).digest()
    key, code = int.from_bytes(digest[:32], "big"), digest[32:]
    for step in path.split("/")[1:]:
        index = int(step.rstrip("'")) + (2**31 if step.endswith("'") else 0)
        own = key.to_bytes(32, "big")
        public = PrivateKey(own, NativeECCBackend()).public_key.to_compressed_bytes()
        head = b"\0" + own if index >= 2**31 else public
        digest = hmac.new(code, head + index.to_bytes(4, "big"), hashlib.sha512).digest()
        key, code = (int.from_bytes(digest[:32], "big") + key) % ORDER, digest[32:]
    return PrivateKey(key.to_bytes(32, "big"), NativeECCBackend()), code


def address_at(seed: str, path: str) -> str:
    return private_child(seed, path)[0].public_key.to_checksum_address()


def signed_by(index: int, text: str, v: int = 27) -> str:
    """What ``personal_sign`` answers for an address of the wallet that the tests set (m/0'/1/2')."""
    head = f"\x19Ethereum Signed Message:\n{len(text)}".encode()
    key, _ = private_child(SEED_1, f"m/0'/1/2'/0/{index}")
    signature = key.sign_msg_hash(keccak256(head + text.encode())).to_bytes()
    return f"0x{signature[:64].hex()}{signature[64] + v:02x}"


def encoded(payload: bytes) -> str:
    """Base58Check of what a test made up."""
    raw = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return _BASE58[0] * (len(raw) - len(raw.lstrip(b"\0"))) + text


def payload_of(text: str) -> bytes:
    raw = _base58(text)
    assert raw is not None
    return raw[:-4]


STEPS = [
    (seed, path) for seed, path in VECTORS if not path.endswith("'") and (seed, path.rpartition("/")[0]) in VECTORS
]


@pytest.mark.parametrize(("seed", "path"), STEPS)
def test_published_vectors_lead_from_parent_to_child(seed: str, path: str) -> None:
    """Where BIP-32 publishes the parent's key, too, the child follows from it to the bit."""
    parent, _, step = path.rpartition("/")
    before, after = payload_of(VECTORS[seed, parent]), payload_of(VECTORS[seed, path])
    key, code = _child(before[45:], before[13:45], int(step))
    assert (key.format(), code) == (after[45:], after[13:45])


@pytest.mark.parametrize("path", ["m/0'/1/2'", "m/0'/1/2'/2"])
@pytest.mark.parametrize("first", [0, INDEX_MAX])
def test_addresses_are_those_of_a_second_implementation(path: str, first: int) -> None:
    """The addresses of a published public key are those of its private keys, by an implementation of others."""
    key = parse_extended_key(VECTORS[SEED_1, path])
    assert key.addresses(first, 1) == [address_at(SEED_1, f"{path}/0/{first}")]


@settings(max_examples=4, deadline=None)
@given(seed=st.binary(min_size=16, max_size=64), account=st.integers(0, INDEX_MAX), index=st.integers(0, INDEX_MAX))
def test_any_wallet_agrees_with_a_second_implementation(seed: bytes, account: int, index: int) -> None:
    """Whatever the seed, the account and the index: both sides of BIP-32 come to one address."""
    path = f"m/44'/60'/{account}'"
    private, code = private_child(seed.hex(), path)
    public = private.public_key.to_compressed_bytes()
    text = encoded(bytes.fromhex("0488b21e") + b"\3" + bytes(8) + code + public)
    assert parse_extended_key(text).addresses(index, 1) == [address_at(seed.hex(), f"{path}/0/{index}")]


def test_a_key_further_up_or_down_is_refused() -> None:
    """Only depths 3 and 4 are taken: a master key holds every account, a leaf one address."""
    for (_, path), text in VECTORS.items():
        depth = path.count("/")
        if depth in (3, 4):
            assert parse_extended_key(text).depth == depth
            continue
        with pytest.raises(ExtendedKeyError) as refused:
            parse_extended_key(text)
        assert refused.value.problem is KeyProblem.DEPTH
        assert f"depth is {depth}" in str(refused.value)


PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
SECRETS = {
    "an extended private key": (XPRV, KeyProblem.PRIVATE_KEY),
    "one with a character too few": (XPRV[:-1], KeyProblem.PRIVATE_KEY),
    "one in quotes": (f'"{XPRV}"', KeyProblem.PRIVATE_KEY),
    "one behind a label": (f"key={XPRV}", KeyProblem.PRIVATE_KEY),
    "a zprv": ("z" + XPRV[1:], KeyProblem.PRIVATE_KEY),
    "a tprv": ("t" + XPRV[1:], KeyProblem.PRIVATE_KEY),
    "a private key": ("0x" + "4c" * 32, KeyProblem.PRIVATE_KEY),
    "one without 0x": ("4C" * 32, KeyProblem.PRIVATE_KEY),
    "a seed": ("4c" * 64, KeyProblem.PRIVATE_KEY),
    "a WIF key": ("5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", KeyProblem.PRIVATE_KEY),
    "a seed phrase": (PHRASE, KeyProblem.SEED_PHRASE),
    "one in several lines": (PHRASE.replace(" ", "\n"), KeyProblem.SEED_PHRASE),
    "one with commas": (PHRASE.replace(" ", ","), KeyProblem.SEED_PHRASE),
    "a very long one": (PHRASE * 50, KeyProblem.SEED_PHRASE),
}


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_refused_by_name_and_never_repeated(name: str) -> None:
    """A private key or a seed phrase is named as what it is, and no part of it is in the message."""
    text, problem = SECRETS[name]
    with pytest.raises(ExtendedKeyError) as refused:
        parse_extended_key(text)
    assert refused.value.problem is problem
    told = f"{refused.value!s} {refused.value!r}"
    assert "private key" in told or "seed phrase" in told
    for part in text.replace(",", " ").split():
        if part not in ("year", "wave", "key"):
            assert part not in told
    assert text[5:17] not in told


def test_a_private_key_behind_a_public_version_is_refused() -> None:
    """BIP-32's invalid vector: a public version whose key begins with zero holds a private key."""
    payload = bytes.fromhex("0488b21e") + payload_of(XPRV)[4:]
    with pytest.raises(ExtendedKeyError) as refused:
        parse_extended_key(encoded(payload))
    assert refused.value.problem is KeyProblem.PRIVATE_KEY


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", KeyProblem.EMPTY),
        ("   ", KeyProblem.EMPTY),
        ("xpub" * 60, KeyProblem.TOO_LONG),
        ("0x52908400098527886E0F7030069857D2E4169EE7", KeyProblem.ADDRESS),
        ("zpub" + XPUB[4:], KeyProblem.OTHER_NETWORK),
        ("tpub" + XPUB[4:], KeyProblem.OTHER_NETWORK),
        ("Ltub" + XPUB[4:], KeyProblem.OTHER_NETWORK),
        ("hello", KeyProblem.NOT_EXTENDED),
        (XPUB[:-1], KeyProblem.CHECKSUM),
        (XPUB + "1", KeyProblem.CHECKSUM),
        (XPUB[:50] + ("a" if XPUB[50] != "a" else "b") + XPUB[51:], KeyProblem.CHECKSUM),
        (XPUB[:50] + "0" + XPUB[51:], KeyProblem.CHECKSUM),
        (XPUB[:50] + "é" + XPUB[51:], KeyProblem.CHECKSUM),
        (encoded(payload_of(XPUB)[:45] + b"\2" + b"\xff" * 32), KeyProblem.NOT_A_POINT),
        (encoded(payload_of(XPUB)[:45] + b"\4" + payload_of(XPUB)[46:]), KeyProblem.NOT_A_POINT),
        # x = 7 is on no point of this curve (BIP-32, invalid vectors).
        (encoded(payload_of(XPUB)[:45] + b"\2" + (7).to_bytes(32, "big")), KeyProblem.NOT_A_POINT),
    ],
)
def test_what_is_no_such_key_is_refused_with_what_was_expected(text: str, problem: KeyProblem) -> None:
    """Each kind of wrong key has its own message, which says what was expected."""
    with pytest.raises(ExtendedKeyError) as refused:
        parse_extended_key(text)
    assert refused.value.problem is problem
    assert "expected the extended public key" in str(refused.value)


def test_a_key_is_named_by_what_it_derives() -> None:
    """The fingerprint is that of the addresses: what else is written into a key does not make it another wallet."""
    payload = payload_of(XPUB)
    relabelled = encoded(payload[:5] + b"\1\2\3\4" + b"\x80\0\0\7" + payload[13:])
    assert relabelled != XPUB
    one, other = parse_extended_key(XPUB), parse_extended_key(relabelled)
    assert one.fingerprint == other.fingerprint
    assert one.addresses(0, 2) == other.addresses(0, 2)
    assert len({parse_extended_key(text).fingerprint for text in DEEP}) == len(DEEP)


def test_a_key_is_not_shown() -> None:
    """Neither repr nor str of a key holds it."""
    key = parse_extended_key(XPUB)
    for shown in (repr(key), str(key), f"{key}"):
        assert XPUB[4:20] not in shown
        assert key.fingerprint in shown


# EIP-55, test cases (https://eips.ethereum.org/EIPS/eip-55).
CHECKSUMMED = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("address", CHECKSUMMED)
def test_checksums_are_those_of_the_standard(address: str) -> None:
    """The published addresses come out, whichever way they are written; a wrong capital is refused."""
    assert checksum(bytes.fromhex(address[2:])) == address
    for written in (address, address.lower(), "0x" + address[2:].upper()):
        assert parse_address(written) == address
    swapped = "0x" + address[2:].swapcase()
    if swapped[2:] not in (address[2:].lower(), address[2:].upper()):
        with pytest.raises(AddressError, match="EIP-55"):
            parse_address(swapped)


@pytest.mark.parametrize(
    "text", ["", "0x", "0x" + "a" * 39, "0x" + "a" * 41, "a" * 42, "0x" + "g" * 40, "0x" + "٣" * 40]
)
def test_what_has_not_the_form_of_an_address_is_refused(text: str) -> None:
    """The form is 0x and 40 hexadecimal digits of ASCII."""
    with pytest.raises(AddressError, match="40 hexadecimal digits"):
        parse_address(text)


def test_keccak_is_not_sha3() -> None:
    """The digest of nothing, as Ethereum has it; SHA3-256 pads otherwise."""
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"") != hashlib.sha3_256(b"").digest()
    assert PublicKey.from_valid_secret((1).to_bytes(32, "big")).format().hex().startswith("0279be667e")
