"""What a block's header says of its logs: a filter (``logsBloom``) in which nothing that is there is missing.

Yellow paper, 4.3.1 (Ethereum): of the Keccak-256 of a contract's address or of a topic, three pairs of bytes each name
one of 2,048 bits, which are set. What has a bit that is not set is in no log of the block. What has all of them set may
be there or not: the fuller the filter, the less that says.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from tillgate.rails.evm.addresses import keccak256
from tillgate.rails.evm.node import BLOOM_BYTES, LogQuery

_BITS: Final = BLOOM_BYTES * 8
# Above this chance that it holds one of several topics by accident, a filter is too full to say anything.
CHANCE_MAX: Final = 0.01


def suggests_logs(bloom: bytes | None, query: LogQuery) -> bool:
    """Whether a header says that its block has logs which a question asks for, so that an empty answer is not believed.

    False where there is no filter, where it excludes them, or where it is so full that it would hold them by accident.
    """
    if bloom is None or len(bloom) != BLOOM_BYTES:
        return False
    filled = int.from_bytes(bloom)
    share = filled.bit_count() / _BITS
    asked: list[Sequence[str]] = [place for place in query.topics if place is not None]
    if query.addresses:
        asked.append(query.addresses)
    # The place with the most choices is the one that is there by accident most easily.
    if max((len(one) for one in asked), default=0) * share**3 > CHANCE_MAX:
        return False
    return bool(asked) and all(any(_holds(filled, item) for item in one) for one in asked)


def _holds(filled: int, item: str) -> bool:
    mask = _mask(item)
    return filled & mask == mask


# Contracts and the first topic are asked for again with each block.
@lru_cache(maxsize=4_096)
def _mask(item: str) -> int:
    digest = keccak256(bytes.fromhex(item[2:]))
    mask = 0
    for at in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[at : at + 2]) % _BITS)
    return mask
