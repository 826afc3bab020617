"""Ids in the writing of other documents: the same 128 bits, computed from one another, without a table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillgate.base import ids

SPELLINGS = {"base62": 22, "hex": 32, "uuid": 36}
values = st.integers(min_value=0, max_value=(1 << 128) - 1)


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(value=values)
def test_an_id_is_the_same_after_there_and_back(spelling: str, value: int) -> None:
    """Every id has one writing of a fixed length, and that writing leads to it alone."""
    id = ids.unspelled("ord", f"{value:032x}", "hex")
    assert id is not None and ids.is_id("ord", id)
    text = ids.spelled(id, spelling)
    assert len(text) == SPELLINGS[spelling]
    assert ids.unspelled("ord", text, spelling) == id


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(text=st.text(max_size=40) | st.text("0123456789abcdefABCDEF-zZ", min_size=20, max_size=38))
def test_a_text_is_one_id_or_none(spelling: str, text: str) -> None:
    """Whatever is read as an id is written exactly so: two texts never name one object."""
    id = ids.unspelled("ord", text, spelling)
    assert id is None or (ids.is_id("ord", id) and ids.spelled(id, spelling) == text)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_order_of_ids_is_that_of_their_writings(spelling: str) -> None:
    """Lists by id are lists by time, in every language."""
    made = [ids.new_id("ord") for _ in range(500)]
    written = [ids.spelled(id, spelling) for id in made]
    assert sorted(written) == written


@pytest.mark.parametrize("text", ["z" * 22, "7" * 23, "", "8z" * 11, "A" * 21 + "é", "F" * 32, "g" * 32])
def test_what_is_beyond_128_bits_or_written_otherwise_is_none(text: str) -> None:
    """A number that no id carries is no id."""
    for spelling in ("hex", "uuid"):
        assert ids.unspelled("ord", text, spelling) is None
    found = ids.unspelled("ord", text, "base62")
    assert found is None or ids.spelled(found, "base62") == text


def test_what_is_no_id_cannot_be_written_as_one() -> None:
    """Nor is there another spelling."""
    with pytest.raises(ValueError, match="not an id"):
        ids.spelled("ord_1", "hex")
    with pytest.raises(ValueError, match="no spelling"):
        ids.spelled(ids.new_id("ord"), "base36")
    with pytest.raises(ValueError, match="no spelling"):
        ids.unspelled("ord", "1", "base36")
