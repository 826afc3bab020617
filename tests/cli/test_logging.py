"""The server's log, where it cannot be written."""

import contextlib
import os
from pathlib import Path

import pytest

from tillgate.cli.server import Unfailing


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_log_on_a_full_disk_fails_nobody() -> None:
    """The line is lost, and what was to be logged goes on."""
    full = open("/dev/full", "w")  # noqa: SIM115 — to close it fails, too
    print("a line", file=Unfailing(full), flush=True)
    with contextlib.suppress(OSError):
        full.close()


def test_a_log_whose_reader_has_gone_fails_nobody() -> None:
    """As where a pipe to a log collector breaks."""
    reading, writing = os.pipe()
    os.close(reading)
    broken = os.fdopen(writing, "w")
    print("a line", file=Unfailing(broken), flush=True)
    with contextlib.suppress(BrokenPipeError):
        broken.close()
