"""Client secrets: each opens the one object that a publishable key made, and nothing else."""

import re
from typing import Any

import pytest

from keyturn import Issued, Mode, Need, Reach, RefusalReason
from keyturn.keys.client_secrets import CLIENT_SECRET, new_client_secret
from keyturn.keys.secret import digest_of
from tests.key_harness import KeyHarness

pytestmark = pytest.mark.anyio

SHOP = "https://shop.example"
OPENS = Need("sessions:read", Reach.OPENS)


@pytest.fixture
def context() -> KeyHarness:
    return KeyHarness()


async def made(context: KeyHarness, issued: Issued, object_id: str) -> str:
    """The client secret of an object that a key has made."""
    secret = new_client_secret(object_id)
    key = issued.key
    await context.store.keep_client_secret(
        digest_of(secret), project_id=key.project_id, mode=key.mode.value, key_id=key.id, object_id=object_id, at=0
    )
    return secret


async def reason(context: KeyHarness, issued: Issued, secret: str | None, object_id: str | None, **more: Any) -> Any:
    shown: dict[str, Any] = {"origin": SHOP} | more
    return await context.reason(
        secret, shown.pop("need", OPENS), api_key=issued.secret.reveal(), object_id=object_id, **shown
    )


async def test_a_client_secret_names_its_object_and_is_no_two_times_the_same() -> None:
    """190 random bits behind the object's id; its form is told from a key's, a token's and an id's."""
    secrets = {new_client_secret("cs_01j2x3y4z5") for _ in range(200)}
    assert len(secrets) == 200
    for secret in secrets:
        assert re.fullmatch(r"cs_01j2x3y4z5_secret_[0-9A-Za-z]{32}", secret)
        assert CLIENT_SECRET.fullmatch(secret)
    for other in (
        "cs_01j2x3y4z5",
        "ck_test_" + "a" * 32,
        "eyJh.e30.c2ln",
        "_secret_" + "a" * 32,
        "a_secret_" + "a" * 31,
    ):
        assert CLIENT_SECRET.fullmatch(other) is None


@pytest.mark.spec("crossmint R19", "crossmint R20", "crossmint R21")
async def test_a_publishable_key_reaches_an_object_only_by_its_client_secret(context: KeyHarness) -> None:
    """R19 to R21: raw in ``authorization`` beside the key; without it refused; and it opens exactly that object,
    whoever else's it is."""
    issued, other = await context.publishable(SHOP), await context.publishable(SHOP)
    one, another = await made(context, issued, "cs_1"), await made(context, issued, "cs_2")
    foreign = await made(context, await context.publishable(SHOP, project_id="prj_b"), "cs_1")
    live = await made(context, await context.publishable(SHOP, mode=Mode.LIVE), "cs_1")
    assert await reason(context, issued, one, "cs_1") is None
    assert await reason(context, issued, None, "cs_1") is RefusalReason.CLIENT_SECRET_MISSING
    for wrong in (another, foreign, live, new_client_secret("cs_1")):
        assert await reason(context, issued, wrong, "cs_1") is RefusalReason.CLIENT_SECRET_WRONG
    assert await reason(context, issued, one, "cs_2") is RefusalReason.CLIENT_SECRET_WRONG
    assert await reason(context, issued, one, None) is RefusalReason.CLIENT_SECRET_MISSING
    assert await reason(context, issued, one, "cs_1", origin="https://evil.example") is RefusalReason.ORIGIN_NOT_ALLOWED
    # The project's other publishable key is as public as this one: the secret is what counts.
    assert await reason(context, other, one, "cs_1") is None


async def test_a_client_secret_gives_no_other_right(context: KeyHarness) -> None:
    """It neither replaces a scope where one is asked for, nor opens to a publishable key what is closed to it."""
    issued = await context.publishable(SHOP, scopes=[])
    secret = await made(context, issued, "cs_1")
    assert await reason(context, issued, secret, "cs_1") is None
    creates, never = Need("sessions:write", Reach.CREATES), Need("sessions:write")
    assert await reason(context, issued, secret, "cs_1", need=creates) is RefusalReason.SCOPE_MISSING
    assert await reason(context, issued, secret, "cs_1", need=never) is RefusalReason.SECRET_KEY_REQUIRED
    server = await context.issue("links:read")
    assert await reason(context, server, secret, "cs_1") is RefusalReason.SCOPE_MISSING
