"""``python -m attacks --fuzz SECONDS``: the parsers that meet strangers, for as long as one likes."""

import json
import time
from typing import Final

from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import HypothesisException

from tests.fuzz.readers import CORPUS, READERS, Reader

EXAMPLES: Final = 300
FOUND_MAX: Final = 3


class _Broken(Exception):
    """An input that a reader does not answer as it declares."""

    def __init__(self, data: bytes, why: Exception) -> None:
        super().__init__(f"{type(why).__name__}: {why}"[:300])
        self.data = data


def _round(reader: Reader, number: int) -> _Broken | None:
    """Some inputs for a reader; what breaks it, made as small as it gets."""
    smallest: _Broken | None = None
    tried = 0

    @seed(number)
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
    )
    @given(reader.inputs)
    def check(data: bytes) -> None:
        nonlocal smallest, tried
        tried += 1
        try:
            reader.check(data)
        except Exception as error:
            smallest = _Broken(data, error)
            raise

    try:
        check()
    except HypothesisException:
        raise
    except Exception:
        return smallest
    finally:
        _TRIED[reader.name] = _TRIED.get(reader.name, 0) + tried
    return None


_TRIED: Final[dict[str, int]] = {}


def fuzz(seconds: float) -> bool:
    """Whether no input broke a reader. Each that did is printed as a line for its corpus."""
    ends, number, broken = time.monotonic() + seconds, int(time.time()), 0
    while True:
        for reader in READERS:
            found = _round(reader, number)
            if found is not None:
                broken += 1
                line = json.dumps(found.data.decode("latin-1"))
                print(f"{reader.name}: {found}\n  for {CORPUS.name}/{reader.name}.jsonl: {line}", flush=True)
            if time.monotonic() > ends or broken >= FOUND_MAX:
                width = max(len(name) for name in _TRIED)
                for name, tried in sorted(_TRIED.items()):
                    print(f"{name.ljust(width)}  {tried:>12,} inputs")
                print(f"{sum(_TRIED.values()):,} inputs, {broken} broke a reader. Seed {number}.")
                return broken == 0
        number += 1
