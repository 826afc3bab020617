"""Which tests are quick: they start no other process and are not slow by their nature. ``make quick`` runs these.

What a test asks for says it: a fixture that starts a server, PostgreSQL, a proxy or a browser makes it another kind.
So nobody has to mark anything, and a new test is quick unless it needs more than this process and SQLite.
"""

import pytest

STARTS_A_PROCESS = frozenset({
    "browser", "consumer", "envoy", "caddy", "fleet", "fresh_server", "keyturn", "nginx", "postgres_database_url",
    "postgres_server", "postgres_url", "reader", "redis_server", "running", "sdk", "served", "server",
    "standby",
})  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not isinstance(item, pytest.Function) or item.get_closest_marker("slow"):
            continue
        callspec = getattr(item, "callspec", None)
        if "postgres" in (callspec.params.values() if callspec else ()) or STARTS_A_PROCESS & set(item.fixturenames):
            continue
        item.add_marker("quick")
