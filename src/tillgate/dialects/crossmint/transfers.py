"""An unsigned transfer that a payer's wallet can sign: EIP-1559 (type 2), encoded as RLP.

RLP as in the Ethereum Yellow Paper, appendix B. The nonce and the fees are zero: whoever signs fills them in, for only
the wallet knows them.
"""

from typing import Final

TYPE: Final = 2
GAS_LIMIT: Final = 21_000
# A token's contract counts as well; wallets estimate it again.
TOKEN_GAS_LIMIT: Final = 100_000
# transfer(address,uint256), ERC-20: the first four bytes of the Keccak-256 of that text.
_TRANSFER: Final = bytes.fromhex("a9059cbb")
_WORD: Final = 32
_SHORT_MAX: Final = 55
_TEXT, _LIST = 0x80, 0xC0


def unsigned_transfer(chain_id: int, to: bytes, amount_atomic: int) -> str:
    """A transfer of ``amount_atomic`` units of the chain's own currency, as ``0x`` and hexadecimal digits."""
    return _unsigned(chain_id, GAS_LIMIT, to, amount_atomic, b"")


def unsigned_token_transfer(chain_id: int, token: bytes, to: bytes, amount_atomic: int) -> str:
    """The same of an ERC-20 token: a call of its contract, by the contract ABI."""
    data = _TRANSFER + to.rjust(_WORD, b"\0") + amount_atomic.to_bytes(_WORD, "big")
    return _unsigned(chain_id, TOKEN_GAS_LIMIT, token, 0, data)


def _unsigned(chain_id: int, gas: int, to: bytes, value: int, data: bytes) -> str:
    fields = [_integer(chain_id), b"", b"", b"", _integer(gas), to, _integer(value), data]
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
