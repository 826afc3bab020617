"""A key layer without HTTP: issuer, verifier and a clock that stands still, over any store."""

from typing import Any

from keyturn import (
    FORMATS,
    NATIVE,
    Carriers,
    Issued,
    Issuer,
    KeyFinder,
    KeyParser,
    KeyStore,
    KeyWish,
    Kind,
    LastUsed,
    Mode,
    Need,
    Presented,
    Primary,
    RefusalReason,
    Refused,
    Verified,
    Verifier,
)
from keyturn.stores.memory import MemoryKeyStore
from tests.makers import StillClock

OFFERED = ("links:read", "links:write", "sessions:read", "sessions:write")
PUBLISHABLE = ("sessions:write",)
READ = Need("links:read")


class KeyHarness:
    """Keyturn, set up for a test. Every format ships, and nothing is remembered unless ``finder`` does."""

    def __init__(
        self, store: KeyStore | None = None, finder: KeyFinder | None = None, mode: Mode | None = None
    ) -> None:
        self.store = store or MemoryKeyStore()
        self.clock = StillClock()
        self.last_used = LastUsed()
        self.issuer = Issuer(self.store, self.clock, OFFERED, publishable=PUBLISHABLE)
        self.carriers = Carriers(KeyParser(FORMATS.values()))
        self.verifier = Verifier(self.store, finder or Primary(self.store), self.carriers, self.clock, mode=mode)

    async def issue(
        self,
        *scopes: str,
        name: str = "backend",
        mode: Mode = Mode.TEST,
        ends: int | None = None,
        format: str = NATIVE.name,
        **wish: Any,
    ) -> Issued:
        """A key of the project ``prj_a``; a secret one with all scopes unless something else is wished for."""
        if not scopes and "scopes" not in wish:
            scopes = PUBLISHABLE if wish.get("kind") is Kind.PUBLISHABLE else OFFERED
        wished: dict[str, Any] = {"project_id": "prj_a", "scopes": scopes} | wish
        return await self.issuer.issue(
            KeyWish(mode=mode, name=name, expires_at=ends, **wished), by="user:1", format=format
        )

    async def publishable(self, *origins: str, format: str = NATIVE.name, **wish: Any) -> Issued:
        """A publishable key for these origins."""
        return await self.issue(kind=Kind.PUBLISHABLE, origins=origins, format=format, **wish)

    async def verify(self, authorization: str | None, need: Need | None = READ, **more: Any) -> Verified | Refused:
        """What is decided about a request with this header and whatever else it shows."""
        return await self.verifier.verify(Presented(authorization=authorization, **more), need)

    async def refusal(self, authorization: str | None = None, need: Need | None = READ, **more: Any) -> Refused:
        """The same, of a request that is to be refused."""
        decision = await self.verify(authorization, need, **more)
        assert isinstance(decision, Refused), decision
        return decision

    async def reason(
        self, authorization: str | None = None, need: Need | None = READ, **more: Any
    ) -> RefusalReason | None:
        """Why such a request is refused; None if it is admitted."""
        decision = await self.verify(authorization, need, **more)
        return decision.reason if isinstance(decision, Refused) else None


def bearer(issued: Any) -> str:
    """The header for an issued or rotated key."""
    return f"Bearer {issued.secret.reveal()}"
