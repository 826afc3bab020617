"""A real server process on either database, for stories over HTTP."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.postgres import PostgresServer
from tests.running import RunningServer


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A running server, shared by a file's stories: each has projects of its own."""
    with contextlib.ExitStack() as stack:
        url = None
        if request.param == "postgres":
            postgres: PostgresServer = request.getfixturevalue("postgres_server")
            url = stack.enter_context(postgres.fresh_database())
        running = RunningServer(tmp_path_factory.mktemp("journeys") / "data", url).start()
        stack.callback(running.stop)
        yield running


@pytest.fixture
def project(server: RunningServer) -> str:
    """The id of a project of this story alone."""
    return server.project("My shop")
