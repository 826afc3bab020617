"""Leases in a database that was put in the place of another."""

import re

from tests.house.source import SRC
from tillgate.store.claiming import _END_LEASES


def test_what_is_leased_is_freed_after_a_restore() -> None:
    """Every table with a lease: nobody works on what was under way when a backup was made."""
    files = sorted((SRC / "tillgate/store/migrations").glob("*.sql"))
    text = "\n".join(path.read_text("utf-8") for path in files)
    tables = re.findall(r"CREATE TABLE (\w+) \(([^;]*?)\n\);", text)
    leased = {name for name, columns in tables if re.search(r"^\s+lease_until\b", columns, re.MULTILINE)}
    assert leased and leased == set(_END_LEASES)
    assert all(statement.split()[1] == name for name, statement in _END_LEASES.items())
