"""What is done about keys that are, or were, where they should not be.

- *At admission*: a secret key came in clear text or in a URL, or somebody used a canary. Admission only reports it
  (:meth:`LeakResponder.noticed`, which costs a look at a dictionary); what follows is done beside it.
  A secret key that a web page sends where pages of every origin may call is admitted, and noted as exposed.
- *From outside*: somebody found keys and hands them in (:meth:`LeakResponder.reported`). Whoever holds a secret key's
  whole text may end it, for that is the best that can be done with it. A publishable key is in everybody's hands, so
  that its text proves nothing: it is left alone, or anybody could stop a shop.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from keyturn.admission.carriers import without_keys
from keyturn.admission.leases import settle
from keyturn.insight.usage import clipped
from keyturn.keys.model import Kind, KnownKey, Mode, RefusalReason, Refused, Status
from keyturn.keys.secret import KeyParser, digest_of
from keyturn.stores.ports import Act, Clock, KeyStore

ACTOR: Final = "system:leak-desk"
HOUR_MS: Final = 3_600_000
NOTICED_MAX: Final = 1_000
REMEMBERED_MAX: Final = 10_000
SEEN_LENGTH_MAX: Final = 200
WHERE_LENGTH_MAX: Final = 500

_EXPOSING: Final = {
    RefusalReason.INSECURE: "arrived in clear text",
    RefusalReason.KEY_IN_URL: "arrived in a URL",
}


_BY_A_PAGE: Final = "was sent by a web page"


class LeakResponse(StrEnum):
    """What happens to a live secret key that a partner has found in public."""

    REVOKE = "revoke"
    DISABLE = "disable"
    ALERT = "alert"


class LeakRules(msgspec.Struct, frozen=True, kw_only=True):
    """How this installation deals with exposed keys.

    Attributes:
        response: to what partners report.
        quarantine: disable a live secret key that arrived in clear text or in a URL.
        quarantined_max: the maximum an hour; beyond it there are only alerts, because a misconfigured proxy is likelier
        than that number of leaked keys.
    """

    response: LeakResponse = LeakResponse.REVOKE
    quarantine: bool = False
    quarantined_max: int = 5


class Seen(NamedTuple):
    """Whence a request came."""

    address: str | None = None
    agent: str | None = None
    path: str | None = None


class Leak(NamedTuple):
    """A text that somebody found, and where."""

    text: str
    how: str

    def __repr__(self) -> str:
        return "Leak(…)"


class Alert(NamedTuple):
    """Something that whoever runs the installation should hear of.

    Attributes:
        what: such as ``keys.canary_used``; stable.
        detail: never a secret.
    """

    what: str
    key_id: str
    detail: dict[str, str]


class _Noticed(NamedTuple):
    key: KnownKey
    how: str | None  # None for a canary's use
    seen: Seen
    admitted: bool = False

    @property
    def name(self) -> str:
        """By what it is remembered: that a key was admitted puts off nothing that ends one."""
        return f"{self.key.id} admitted" if self.admitted else self.key.id


class LeakResponder:
    """Deals with exposed keys. Let :meth:`run` run beside admission."""

    def __init__(
        self,
        store: KeyStore,
        clock: Clock,
        parser: KeyParser,
        rules: LeakRules | None = None,
        *,
        clean: Callable[[str], str] = without_keys,
        alert: Callable[[Alert], None] = lambda _: None,
        failed: Callable[[Exception], None] = lambda _: None,
    ) -> None:
        """
        Args:
            clean: takes out of a text what may be a key.
            alert: told, once an hour and key, what needs somebody's attention.
            failed: told when the store did not answer; what was noticed then is noticed again with the next request.
        """
        self._store = store
        self._clock = clock
        self._parser = parser
        self._rules = rules or LeakRules()
        self._clean = clean
        self._alert = alert
        self._failed = failed
        self._waiting: deque[_Noticed] = deque()
        self._bell = asyncio.Event()
        # When each key was last dealt with, so that a flood with one key is a look at this and no more.
        self._dealt_with: dict[str, int] = {}

    def noticed(self, refusal: Refused, seen: Seen) -> None:
        """Observes every refusal, and handles those that expose a key. Never waits and never fails.

        Beyond :data:`NOTICED_MAX` that wait, further ones are passed over until their next request.
        """
        key = refusal.key
        if key is None or key.status is not Status.ACTIVE:
            return
        canary = key.terms.canary
        how = _EXPOSING.get(refusal.reason) if refusal.exposed and not canary else None
        if not canary and (how is None or key.kind is not Kind.SECRET):
            return
        self._notice(_Noticed(key, how, seen))

    def sent_by_page(self, key: KnownKey) -> None:
        """Note a secret key that was admitted with an ``Origin``: whoever opens the page can read it. It goes on, for
        its owner has put it there. Never waits and never fails."""
        if key.kind is Kind.SECRET:
            self._notice(_Noticed(key, _BY_A_PAGE, Seen(), admitted=True))

    def _notice(self, noticed: _Noticed) -> None:
        now = self._clock.now()
        if len(self._waiting) >= NOTICED_MAX or self._dealt_with.get(noticed.name, -HOUR_MS) > now - HOUR_MS:
            return
        self._remember(noticed.name, now)
        self._waiting.append(noticed)
        self._bell.set()

    async def run(self) -> None:
        """Deal with what is noticed until cancelled."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            await self.process_pending()

    async def process_pending(self) -> None:
        """Deal with all that was noticed up to now."""
        while self._waiting:
            noticed = self._waiting.popleft()
            try:
                await self._deal_with(noticed)
            except Exception as error:
                self._dealt_with.pop(noticed.name, None)
                self._failed(error)

    async def reported(
        self, leaks: Iterable[Leak], *, response: LeakResponse | None = None, test_too: bool = False
    ) -> list[bool]:
        """Deal with what somebody found; for each of them, whether it is a secret key of this installation.

        Once this has returned, no process accepts what was ended.

        Args:
            response: other than the rules'.
            test_too: respond to keys of test mode in the same way; else they are only noted.
        """
        response = response or self._rules.response
        ours = []
        epochs: list[int] = []
        done: set[str] = set()
        now = self._clock.now()
        for leak in leaks:
            # Junk is told apart without a query.
            key = await self._store.by_digest(digest_of(leak.text)) if self._parser.parse(leak.text) else None
            if key is None or key.kind is not Kind.SECRET:
                ours.append(False)
                continue
            ours.append(True)
            ended = key.status is Status.REVOKED or (key.ends_at is not None and now >= key.ends_at)
            if ended or leak.text in done:
                continue
            done.add(leak.text)
            act = Act(now, ACTOR, clipped(leak.how, WHERE_LENGTH_MAX, self._clean))
            if key.terms.canary:
                await self._canary(key, Seen(), act)
                continue
            await self._store.note_exposure(key.id, act, act.reason or "")
            epoch = await self._respond(key, act, response if key.mode is Mode.LIVE or test_too else LeakResponse.ALERT)
            if epoch is not None:
                epochs.append(epoch)
        if epochs:
            await settle(self._store, max(epochs), at=now)
        return ours

    async def _respond(self, key: KnownKey, act: Act, response: LeakResponse) -> int | None:
        if response is LeakResponse.ALERT:
            self._alert(Alert("keys.exposed", key.id, {"how": act.reason or ""}))
            return None
        if key.ends_at is not None:
            # A rotation has put another text in its place, which nobody found: only the overlap is over.
            return await self._store.end_earlier_secrets(key.project_id, key.id, act)
        if response is LeakResponse.DISABLE:
            return await self._store.set_enabled(key.project_id, key.id, act, enabled=False)
        epoch = await self._store.revoke(key.project_id, [key.id], act)
        # Whoever had it may have made others with it; but so may its owner, and all that they run on may hang on those.
        made = await self._store.family(key.project_id, key.id)
        if made:
            self._alert(Alert("keys.exposed_had_made_others", key.id, {"keys": str(len(made))}))
        return epoch

    async def _deal_with(self, noticed: _Noticed) -> None:
        key, how = noticed.key, noticed.how
        if how is None:
            await self._canary(key, noticed.seen, Act(self._clock.now(), ACTOR))
            return
        act = Act(self._clock.now(), ACTOR, how)
        if await self._store.note_exposure(key.id, act, how):
            self._alert(Alert("keys.exposed", key.id, {"how": how}))
        if noticed.admitted or not self._rules.quarantine or key.mode is not Mode.LIVE:
            return
        outcome = await self._store.quarantine(
            key.project_id, key.id, act, at_most=self._rules.quarantined_max, within_ms=HOUR_MS
        )
        if outcome.held_back:
            self._alert(Alert("keys.quarantine_held_back", key.id, {"how": how}))
        elif outcome.epoch is not None:
            # Enabled again and exposed again, it is disabled again.
            self._dealt_with.pop(key.id, None)
            self._alert(Alert("keys.quarantined", key.id, {"how": how}))
            await settle(self._store, outcome.epoch, at=act.at)

    async def _canary(self, key: KnownKey, seen: Seen, act: Act) -> None:
        # Whole addresses: this is no customer's traffic but somebody with a key that they cannot have come by rightly.
        detail = {
            name: kept
            for name, text in zip(Seen._fields, seen, strict=True)
            if (kept := clipped(text, SEEN_LENGTH_MAX, self._clean)) is not None
        }
        if await self._store.note_canary(key.id, act, detail, HOUR_MS):
            self._alert(Alert("keys.canary_used", key.id, detail))

    def _remember(self, name: str, now: int) -> None:
        self._dealt_with.pop(name, None)
        if len(self._dealt_with) >= REMEMBERED_MAX:
            del self._dealt_with[next(iter(self._dealt_with))]
        self._dealt_with[name] = now
