"""Trying a restriction out: while it is only reported, it refuses nothing, and tells what it would have refused."""

import pytest

from keyturn import InvalidKind, KeyChanges, Need, Reach, RefusalReason, Verified, change
from keyturn.keys.model import REPORTABLE
from tests.key_harness import READ, KeyHarness, bearer

pytestmark = pytest.mark.anyio

NAMED = {"project_id": "prj_a", "by": "user:1"}


async def test_a_network_is_tried_out_before_it_is_kept() -> None:
    """First reported, with the request admitted; then, once the owner has seen who would be shut out, kept."""
    context = KeyHarness()
    issued = await context.issue("links:read")
    named = {"key_id": issued.key.id} | NAMED

    async def changed(**changes: object) -> None:
        await change(context.store, context.clock, context.issuer, changes=KeyChanges(**changes), **named)  # type: ignore[arg-type]

    await changed(networks=["203.0.113.0/24"], report_only=["address_not_allowed"])
    inside, outside = [await context.verify(bearer(issued), address=one) for one in ("203.0.113.9", "8.8.8.8")]
    assert isinstance(inside, Verified) and inside.reported == ()
    assert isinstance(outside, Verified) and outside.reported == (RefusalReason.ADDRESS_NOT_ALLOWED,)
    await changed(report_only=[])
    assert await context.reason(bearer(issued), address="8.8.8.8") is RefusalReason.ADDRESS_NOT_ALLOWED
    assert await context.reason(bearer(issued), address="203.0.113.9") is None


async def test_everything_that_would_have_refused_is_reported() -> None:
    """All at once, in the order of admission."""
    context = KeyHarness()
    public = await context.publishable(
        "https://shop.example", scopes=[], networks=["10.0.0.0/8"], report_only=sorted(REPORTABLE)
    )
    decision = await context.verify(
        bearer(public), Need("sessions:write", Reach.CREATES), address="8.8.8.8", origin="https://evil.example"
    )
    assert isinstance(decision, Verified)
    assert decision.reported == (
        RefusalReason.ADDRESS_NOT_ALLOWED,
        RefusalReason.ORIGIN_NOT_ALLOWED,
        RefusalReason.SCOPE_MISSING,
    )


async def test_one_that_is_only_reported_spares_no_other() -> None:
    """A missing scope is reported; the wrong network still refuses, and so does everything that cannot be tried out."""
    context = KeyHarness()
    issued = await context.issue("links:write", networks=["10.0.0.0/8"], report_only=["scope_missing"])
    assert await context.reason(bearer(issued), READ, address="10.1.1.1") is None
    assert await context.reason(bearer(issued), READ, address="8.8.8.8") is RefusalReason.ADDRESS_NOT_ALLOWED
    assert await context.reason(bearer(issued), READ, address="10.1.1.1", secure=False) is RefusalReason.INSECURE


@pytest.mark.parametrize("reason", sorted(set(RefusalReason) - REPORTABLE))
async def test_what_ends_a_key_is_never_only_reported(reason: RefusalReason) -> None:
    """Revoked, expired, another mode, a client secret: neither when a key is made nor when it is changed."""
    context = KeyHarness()
    with pytest.raises(InvalidKind, match="origin_not_allowed"):
        await context.issue(report_only=[reason.value])
