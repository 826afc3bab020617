"""An unsigned transfer that a payer's wallet can sign: EIP-1559 (type 2), encoded as RLP.

RLP as in the Ethereum Yellow Paper, appendix B. The nonce and the fees are zero: whoever signs fills them in, for only
the wallet knows them.
"""

from typing import Final

TYPE: Final = 2
GAS_LIMIT: Final = 21_000
_SHORT_MAX: Final = 55
_TEXT, _LIST = 0x80, 0xC0


def unsigned_transfer(chain_id: int, to: bytes, amount_atomic: int) -> str:
    """A transfer of ``amount_atomic`` units of the chain's own currency, as ``0x`` and hexadecimal digits."""
    fields = [_integer(chain_id), b"", b"", b"", _integer(GAS_LIMIT), to, _integer(amount_atomic), b""]
    encoded = b"".join(_framed(one, _TEXT) for one in fields) + _framed(b"", _LIST)
    return "0x" + (bytes([TYPE]) + _framed(encoded, _LIST)).hex()


def _integer(value: int) -> bytes:
    """Big endian without leading zeros; zero is empty."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _framed(content: bytes, kind: int) -> bytes:
    if kind == _TEXT and len(content) == 1 and content[0] < _TEXT:
        return content
    if len(content) <= _SHORT_MAX:
        return bytes([kind + len(content)]) + content
    length = _integer(len(content))
    return bytes([kind + _SHORT_MAX + len(length)]) + length + content
