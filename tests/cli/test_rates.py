"""``tillgate rates`` from a shell."""

import json
from pathlib import Path

import pytest

from tests.running import run_cli

pytestmark = pytest.mark.slow


def test_rates_are_set_listed_and_removed(tmp_path: Path) -> None:
    """In force for every project or for one; a large change wants --yes; what is wrong is told by its name; the audit
    log has who did it."""
    data = ("--data", str(tmp_path))
    run_cli("projects", "create", "--name", "Shop", *data)
    assert "One EUR is 1.0832 USD, until 20" in run_cli("rates", "set", "EUR", "USD", "1.08320", *data)
    run_cli("rates", "set", "EUR", "USD", "1.2", "--valid", "7d", "--project", "Shop", *data)
    for wrong, told in (
        (("EUR", "USD", "1,08"), "a rate is a decimal number such as 1.0832"),
        (("EUR", "USD", "0"), "a rate is above zero"),
        (("EUR", "EUR", "1"), "name two currencies"),
        (("eur", "USD", "1"), "expected an ISO 4217 code"),
        (("EUR", "USD", "1.1", "--valid", "1y"), "--valid: expected a whole number of minutes"),
        (("USD", "EUR", "9.231"), "say --yes"),
    ):
        assert told in run_cli("rates", "set", *wrong, *data, status=1)
    assert "say --yes" not in run_cli("rates", "set", "USD", "EUR", "0.92", *data)
    run_cli("rates", "set", "USD", "EUR", "9.231", "--yes", *data)
    listed = json.loads(run_cli("rates", "list", "--json", *data))
    assert [(one["projectId"] is None, one["base"], one["value"], one["state"]) for one in listed] == [
        (True, "USD", "9.231", "valid"),
        (False, "EUR", "1.2", "valid"),
    ]
    assert "every" in run_cli("rates", "list", *data)
    assert "was removed" in run_cli("rates", "remove", "EUR", "USD", *data)
    assert "has no rate between EUR and USD" in run_cli("rates", "remove", "EUR", "USD", *data, status=1)
    lines = json.loads(run_cli("audit", "list", "--json", *data))
    assert [one["action"] for one in lines].count("rate.set") == 1
