"""Which tests are quick: they start no other process and are not slow by their nature. ``make quick`` runs these, with
fewer of Hypothesis' examples.

What a test asks for says it: a fixture that starts a server, PostgreSQL, a proxy or a browser makes it another kind.
So nobody has to mark anything, and a new test is quick unless it needs more than this process and SQLite. Rooms whose
tests are stories, proofs by repetition or commands as processes are left out as a whole, and so are those of the edges:
pages, the dashboard, other languages, documents and chains. Whoever works on one of these runs its room by name.
"""

from pathlib import Path

import hypothesis
import pytest

TESTS = Path(__file__).parent
LEFT_OUT = frozenset({
    "attacks", "cli", "client", "contracts", "dashboard", "dialects", "documents", "golden", "guarantees", "journeys",
    "pages", "rails", "requirements", "sdk", "soak",
})  # fmt: skip
EXAMPLES = 15

STARTS_A_PROCESS = frozenset({
    "browser", "consumer", "envoy", "caddy", "fleet", "fresh_server", "keyturn", "nginx", "postgres_database_url",
    "postgres_server", "postgres_url", "reader", "redis_server", "running", "sdk", "served", "server",
    "standby", "left", "live",
})  # fmt: skip


hypothesis.settings.register_profile("quick", hypothesis.settings(deadline=None, max_examples=EXAMPLES))


def pytest_configure(config: pytest.Config) -> None:
    if config.option.markexpr == "quick":
        hypothesis.settings.load_profile("quick")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not isinstance(item, pytest.Function) or item.get_closest_marker("slow"):
            continue
        if item.path.relative_to(TESTS).parts[0] in LEFT_OUT:
            continue
        callspec = getattr(item, "callspec", None)
        if "postgres" in (callspec.params.values() if callspec else ()) or STARTS_A_PROCESS & set(item.fixturenames):
            continue
        item.add_marker("quick")
