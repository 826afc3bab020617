"""How passwords are kept: with what the library that makes the hashes holds to be right today, or more."""

import argon2
import pytest

from tillgate.access import hashes
from tillgate.access.hashes import PasswordHashes

PASSWORD, EMAIL = "correct horse battery", "owner@example.com"
# RFC 9106, the second of its two recommendations: 64 MiB, three passes, four lanes.
MEMORY_KIB, PASSES, LANES = 65_536, 3, 4


@pytest.fixture
def as_served(monkeypatch: pytest.MonkeyPatch) -> PasswordHashes:
    """As the product makes them, and not as the other tests of this process do."""
    monkeypatch.setattr(hashes, "PasswordHasher", argon2.PasswordHasher)
    return PasswordHashes()


@pytest.mark.anyio
async def test_a_password_is_kept_by_argon2id_at_its_recommended_cost(as_served: PasswordHashes) -> None:
    """The hash says with what it was made, and nothing in the product makes it cheaper."""
    kept = await as_served.hash_of(PASSWORD, EMAIL)
    made = argon2.extract_parameters(kept)
    assert made.type is argon2.Type.ID
    assert made.memory_cost >= MEMORY_KIB and made.time_cost >= PASSES and made.parallelism >= LANES
    assert await as_served.is_of(kept, PASSWORD)
    assert not await as_served.is_of(kept, PASSWORD + "!")


@pytest.mark.anyio
async def test_a_hash_of_weaker_settings_is_known(as_served: PasswordHashes) -> None:
    """So that a sign-in can replace it; it still lets its password in."""
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    assert as_served.is_weaker(weak)
    assert await as_served.is_of(weak, PASSWORD)
    assert not as_served.is_weaker(await as_served.rehash(PASSWORD))
