"""The few words that numbers are put into."""

import re

import pytest

from tillgate.base.clock import DAY_MS, HOUR_MS, MINUTE_MS
from tillgate.dashboard.rendering import ago, duration, pretty_json, utc, utc_seconds
from tillgate.wire.static import static_url

NOW = 1_700_000_000_000


def test_times_are_utc_and_say_so() -> None:
    """To the minute in lists, to the second on pages."""
    assert utc(NOW) == "14 Nov 2023, 22:13 UTC"
    assert utc_seconds(NOW) == "14 Nov 2023, 22:13:20 UTC"


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (0, "just now"),
        (-59_999, "just now"),
        (59_999, "in under a minute"),
        (-MINUTE_MS, "1 minute ago"),
        (5 * MINUTE_MS, "in 5 minutes"),
        (-HOUR_MS, "1 hour ago"),
        (-3 * DAY_MS, "3 days ago"),
    ],
)
def test_distances_are_shown_in_one_unit(distance: int, words: str) -> None:
    """The largest that fits, singular where it is one."""
    assert ago(NOW + distance, NOW) == words


def test_durations_are_shown_in_the_unit_that_fits() -> None:
    """Milliseconds below a second, tenths of seconds from there on."""
    assert (duration(12), duration(999), duration(3_449)) == ("12 ms", "999 ms", "3.4 s")


def test_json_is_shown_as_people_read_it() -> None:
    """A line each, two spaces deep."""
    assert pretty_json('{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'


def test_a_static_files_address_names_its_content() -> None:
    """It may be cached for ever, because a changed file has another address."""
    assert re.fullmatch(r"/static/tokens\.css\?v=[0-9a-f]{12}", static_url("tokens.css"))
    assert static_url("tokens.css") != static_url("dashboard.css").replace("dashboard", "tokens")
