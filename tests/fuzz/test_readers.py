"""Whatever a stranger sends, its reader gives what it declares, or refuses it as it declares."""

import json

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.readers import CORPUS, READERS, Reader

# Seconds for all of them together; `make attack ARGS="--fuzz 3600"` looks longer.
EXAMPLES = 150
CORPUS_BYTES_MAX = 64 * 1024


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_reader_refuses_only_as_it_declares(reader: Reader) -> None:
    """What is kept in the corpus, and as much as there is time for: no other exception, bounded words about it, and
    what is a normal form stays itself."""
    for data in reader.corpus:
        reader.check(data)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(reader.inputs)
    def check(data: bytes) -> None:
        reader.check(data)

    check()


def test_the_corpus_is_small_and_belongs_to_readers() -> None:
    """Each file is a reader's, each line the bytes of one input, none of them twice."""
    names = {reader.name for reader in READERS}
    for path in CORPUS.glob("*.jsonl"):
        assert path.stem in names, path
        lines = path.read_text("ascii").splitlines()
        assert len(lines) == len(set(lines))
        assert all(isinstance(json.loads(line), str) for line in lines)
    assert sum(path.stat().st_size for path in CORPUS.iterdir()) < CORPUS_BYTES_MAX


def test_an_exception_that_is_not_declared_is_found() -> None:
    """A reader that fails on a byte is found by its inputs, and a word about it that is as long as the input, too."""

    def fragile(data: bytes) -> None:
        if b"\xff" in data:
            raise KeyError(data)

    def wordy(data: bytes) -> None:
        raise ValueError(data.decode("latin-1") * 2_000)

    for broken in (Reader("fragile", fragile, (), (b"\xff",)), Reader("wordy", wordy, (ValueError,), (b"a",))):
        look = settings(max_examples=200, deadline=None, database=None)(given(broken.inputs)(broken.check))
        with pytest.raises((KeyError, AssertionError)):
            look()
