"""Cursor pages and the errors' words."""

import time

import pytest

from tillgate.base import ids
from tillgate.base.clock import DAY_MS, HOUR_MS
from tillgate.base.errors import InvalidInput, NotFound, TillgateError
from tillgate.base.pages import Page, PageRequest, checked_cursor, cut, since


def test_one_more_row_than_asked_for_means_a_further_page() -> None:
    """A page is never longer than its limit."""
    assert cut([1, 2, 3], 2) == Page([1, 2], True)
    assert cut([1, 2], 2) == Page([1, 2], False)
    assert cut([], 2) == Page([], False)


def test_without_a_cursor_a_page_begins_after_every_id() -> None:
    """The first page looks below a text that sorts after every id that there can be."""
    assert max(ids.new_id(prefix) for prefix in ("txn", "usr", "we", "req")) < PageRequest().before
    assert PageRequest(starting_after="cs_x").before == "cs_x"


@pytest.mark.parametrize("cursor", ["", "x", "evt_01j0000000000000000000000a", "cs_01j0000000000000000000000a\n"])
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    """It is named, and its form is shown."""
    with pytest.raises(InvalidInput) as caught:
        checked_cursor(PageRequest(starting_after=cursor), ids.CHECKOUT_SESSION)
    assert (caught.value.code, caught.value.field) == ("invalid_query", ("starting_after",))


def test_what_is_not_found_repeats_no_long_text() -> None:
    """A 404 says which id it was, and does not become an echo for whatever was sent."""
    assert "'cs_1'" in NotFound("checkout session", "cs_1").public
    assert "x" * 65 not in NotFound("checkout session", "x" * 65).public


def test_what_is_for_the_log_is_not_for_the_caller() -> None:
    """``str()`` of an error, which logs print, may say more than ``public``."""
    error = TillgateError("Try again.", internal="disk 3 is full")
    assert str(error) == "disk 3 is full"
    assert error.public == "Try again."
    assert error.code == "internal_error"


def test_a_list_of_what_is_new_ends_where_ids_are_too_old() -> None:
    """Every id of something that was created at that instant or later lies above the bound, also if the clock was set
    back by hours between the two; one of two days before lies below it. Without an instant all lie above."""
    made = ids.new_id(ids.ORDER)
    now = time.time_ns() // 1_000_000
    assert since(ids.ORDER, now - 1_000) < since(ids.ORDER, now + 20 * HOUR_MS) < made
    assert made < since(ids.ORDER, now + 2 * DAY_MS)
    assert (
        "" == since(ids.ORDER, None) < since(ids.ORDER, -1) == since(ids.ORDER, 0) == ids.first_id(ids.ORDER, 0) < made
    )
    assert made < since(ids.ORDER, 10**15) == ids.first_id(ids.ORDER, 2**48 - 1)
