"""What a row of the bench says of two sides that were measured in the same rounds."""

from bench.measuring import Numbers
from bench.table import compared


def numbers(rates: list[float], cpu_us: list[float]) -> Numbers:
    made = Numbers()
    made.rates, made.cpu_us = rates, cpu_us
    return made


def test_a_row_is_judged_by_processor_time() -> None:
    """Twice the rate at twice the processor time is half as good: the rate waits for whoever uses the machine, too."""
    ours, theirs = numbers([200.0] * 4, [20.0] * 4), numbers([100.0] * 4, [10.0] * 4)
    row = compared("GET", ours, theirs, against="other", target=0.97)
    assert (row.ratio, row.by_rate, row.met) == ("50% (50% to 50%)", "200%", False)


def test_a_row_without_processor_time_is_judged_by_rate() -> None:
    """As beside pgbench, whose own time is not known."""
    row = compared("POST", numbers([90.0] * 4, [5.0] * 4), numbers([100.0] * 4, []), against="pgbench", target=0.5)
    assert (row.ratio, row.by_rate, row.met) == ("90% (90% to 90%)", "–", True)


def test_a_target_within_the_middle_half_is_unclear() -> None:
    """The rounds disagree, so that neither yes nor no is said."""
    row = compared(
        "GET", numbers([1.0] * 4, [10.0, 10, 10, 10]), numbers([1.0] * 4, [9.0, 9.5, 10, 11]), against="x", target=0.97
    )
    assert row.met == "unclear"
