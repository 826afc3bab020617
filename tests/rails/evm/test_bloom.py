"""The filter in a block's header: what it holds is not passed over, and one that is too full says nothing."""

from tillgate.rails.evm.addresses import keccak256
from tillgate.rails.evm.bloom import suggests_logs
from tillgate.rails.evm.node import TRANSFER_TOPIC, LogQuery, topic_of

TOKEN, RECIPIENT, STRANGER = "0x" + "11" * 20, "0x" + "22" * 20, "0x" + "33" * 20


def bloom_of(*items: str) -> bytes:
    """As a client fills it in, byte by byte (Ethereum yellow paper, 4.3.1)."""
    filled = bytearray(256)
    for item in items:
        digest = keccak256(bytes.fromhex(item[2:]))
        for at in (0, 2, 4):
            bit = ((digest[at] << 8) | digest[at + 1]) & 2047
            filled[255 - bit // 8] |= 1 << (bit % 8)
    return bytes(filled)


QUIET = bloom_of(TOKEN, TRANSFER_TOPIC, topic_of(RECIPIENT))


def asks(*recipients: str) -> LogQuery:
    return LogQuery((TOKEN,), ((TRANSFER_TOPIC,), None, tuple(map(topic_of, recipients))))


def test_a_filter_tells_what_may_be_there() -> None:
    """Token, kind and recipient have to be in it, all of them; without a filter nothing is said."""
    filled = bloom_of(TOKEN, TRANSFER_TOPIC, topic_of(STRANGER), topic_of(RECIPIENT))
    assert suggests_logs(filled, asks(RECIPIENT))
    assert suggests_logs(filled, asks("0x" + "44" * 20, RECIPIENT))
    assert not suggests_logs(filled, asks("0x" + "44" * 20))
    assert not suggests_logs(bloom_of(TRANSFER_TOPIC, topic_of(RECIPIENT)), asks(RECIPIENT))
    for nothing in (None, b"", b"\x00" * 256, b"\xff" * 255):
        assert not suggests_logs(nothing, asks(RECIPIENT))


def test_a_filter_that_is_too_full_says_nothing() -> None:
    """Of a busy block it holds a recipient by accident, and many recipients sooner than one."""
    assert not suggests_logs(b"\xff" * 256, asks(RECIPIENT))
    busy = bytes(one | two for one, two in zip(QUIET, b"\x11" * 256, strict=True))
    assert not suggests_logs(busy, asks(RECIPIENT))
    fuller = bloom_of(TOKEN, TRANSFER_TOPIC, topic_of(RECIPIENT), *(f"0x{number:064x}" for number in range(90)))
    assert suggests_logs(QUIET, asks(RECIPIENT)) and suggests_logs(fuller, asks(RECIPIENT))
    assert not suggests_logs(fuller, asks(RECIPIENT, *(f"0x{number:040x}" for number in range(400))))
