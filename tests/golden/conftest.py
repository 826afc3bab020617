"""A shop whose clock stands still, and one who writes its answers down."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.makers import NEW_YEAR
from tests.shop import MovableClock, Shop, open_shop


class FixedClock(MovableClock):
    """New year's instant, put forward as the test likes."""

    def now(self) -> int:
        return NEW_YEAR + self.ahead_ms


@pytest.fixture
async def fixed_shop(tmp_path: Path, database_url: str, anyio_backend: object) -> AsyncIterator[Shop]:
    """A shop in which only requests do something, at an instant that is the same in each run, on either database."""
    async with open_shop(tmp_path, database_url, still=True, clock=FixedClock()) as opened:
        yield opened
