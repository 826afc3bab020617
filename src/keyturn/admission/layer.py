"""The key layer put together over a store: what the middleware, the server and a user's tests stand on."""

import asyncio
import contextlib
import logging
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from keyturn.admission.carriers import Carriers
from keyturn.admission.leases import Gate, boottime_ns
from keyturn.admission.origins import Origins
from keyturn.admission.probing import Probed, ProbeStore, keep_probing
from keyturn.admission.streams import OpenStream
from keyturn.admission.verifying import Presented, Verifier
from keyturn.database import SOON_SECONDS, Database, StoreError, StoreWatch, Trouble, migrate, open_database
from keyturn.insight.expiry import emit_expiring, keep_emitting_expiry
from keyturn.insight.request_log import RequestLog
from keyturn.insight.retention import forget, keep_forgetting
from keyturn.insight.usage import FLUSH_SECONDS, Usage, to_the_end
from keyturn.invariants import BrokenInvariant
from keyturn.keys.importing import keep_learning
from keyturn.keys.issuing import Issuer
from keyturn.keys.model import Kind, KnownKey, Mode, Needs, RefusalReason, Refused, Verified
from keyturn.keys.secret import FORMATS, KeyFormat, KeyParser
from keyturn.leaks.responding import Alert, LeakResponder, LeakRules, Seen
from keyturn.limiting import gcra
from keyturn.limiting.gcra import DEFAULT_LIMIT, Allowance, Limit, Limiter
from keyturn.limiting.quotas import MemoryQuotas, Quota, QuotaLeft, Quotas, QuotaStore, customer
from keyturn.limiting.visitors import share_of, visitor
from keyturn.stores.portal import SqlPortal
from keyturn.stores.ports import Clock, KeyStore, RateLimiter, RequestStore, UsageStore, Use
from keyturn.stores.quotas import SqlQuotas
from keyturn.stores.sql import SqlKeyStore, migrations
from keyturn.stores.usage import MemoryUsage, SqlUsage

_log = logging.getLogger("keyturn")


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Unix milliseconds, UTC."""
        return time.time_ns() // 1_000_000


class Caller(msgspec.Struct, frozen=True, gc=False):
    """What is noted of a request beside its key, for the owner's eyes."""

    path: str | None = None
    agent: str | None = None


class LayerStore(KeyStore, ProbeStore, Protocol):
    """A store of keys on which revocation can be probed; every one that ships can."""


class Admitted(msgspec.Struct, frozen=True, gc=False):
    """The admitted caller, and what its key's rate limit leaves; None if there is no limit."""

    key: KnownKey
    allowance: Allowance | None
    reported: tuple[RefusalReason, ...] = ()


class RateLimited(NamedTuple):
    """Who may come in, but later: over a rate limit, or over a monthly quota where that of its allowance is exceeded.

    Attributes:
        by_visitor: this visitor is over its rate limit; the key itself may have more left.
    """

    key: KnownKey
    allowance: Allowance
    by_visitor: bool = False


class _Bucket(msgspec.Struct, frozen=True, gc=False):
    """One limit that a request counts against.

    Attributes:
        of_visitor: it is one visitor's; what is left of it is nobody's affair.
    """

    limiter: RateLimiter
    id: str
    limit: Limit
    of_visitor: bool = False

    def tightest(self, taken: Allowance, before: Allowance | None) -> Allowance | None:
        """What the caller is told is left: the least of all, a visitor's apart."""
        if self.of_visitor or (before is not None and before.remaining <= taken.remaining):
            return before
        return taken


def quotas_of(key: KnownKey) -> tuple[Quota, ...]:
    """The monthly quotas that a key's requests count against: its own, its customer's, and those of the keys that made
    it."""
    terms = key.terms
    quotas = [Quota(key.id, terms.monthly_quota)] if terms.monthly_quota is not None else []
    if terms.customer_quota is not None and terms.external_id is not None:
        quotas.append(Quota(customer(terms.project_id, terms.mode.value, terms.external_id), terms.customer_quota))
    quotas += [Quota(one.id, one.monthly_quota) for one in key.ancestors if one.monthly_quota is not None]
    return tuple(quotas)


def _with_quota(allowance: Allowance | None, left: QuotaLeft) -> Allowance:
    retry = left.reset_seconds if left.exceeded else 0.0
    if allowance is None:
        return Allowance(None, left.remaining, left.reset_seconds, retry, left)
    return allowance._replace(retry_after_seconds=retry, quota=left)


NOBODY: Final = Caller()
# The clock that keys expire by may be set; the timers' may not.
LOOK_AGAIN_MS: Final = 60_000
# Bound once: a member of an enum that is looked up by its class goes through several calls in Python 3.11.
_SECRET: Final = Kind.SECRET
_PUBLISHABLE: Final = Kind.PUBLISHABLE


class Stream:
    """An answer that goes on, for as long as its key is admitted."""

    def __init__(self, gate: Gate, stream: OpenStream, clock: Clock) -> None:
        self._gate = gate
        self._stream = stream
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self._judging: asyncio.Task[None] | None = None
        self._wait()

    @property
    def goes_on(self) -> bool:
        """Whether a further piece may be sent right now."""
        return self._gate.holds_lease and not self._stream.ended

    def close(self) -> None:
        """It is over."""
        self._gate.streams.remove(self._stream)
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self) -> None:
        # A change of these moments touches the key, and the look that follows it judges the stream by the new ones; so
        # that one only has to look again now and then.
        ends = [at for at in (self._stream.key.expires_at, self._stream.key.ends_at) if at is not None]
        left_ms = min([max(at - self._clock.now(), 0) for at in ends], default=LOOK_AGAIN_MS)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(min(left_ms, LOOK_AGAIN_MS) / 1_000, self._look_again)

    def _look_again(self) -> None:
        if not self._stream.ended:
            self._judging = asyncio.get_running_loop().create_task(self._judge(), name="keyturn stream")

    async def _judge(self) -> None:
        self._gate.streams.touch_one(self._stream)
        await self._gate.streams.settle()
        if not self._stream.ended:
            self._wait()


class LayerObserver:
    """What a layer has to say to whoever runs it; here, into the log."""

    def alert(self, alert: Alert) -> None:
        """A key is where it should not be."""
        _log.warning("%s %s %s", alert.what, alert.key_id, alert.detail)

    def failed(self, what: str, error: Exception) -> None:
        """Something was not done, and will be tried again."""
        _log.warning("%s was not dealt with, and will be tried again: %s", what, error)

    def store(self, trouble: Trouble | None) -> None:
        """The database cannot be used; None when it can again. Called once each."""
        if trouble is None:
            _log.warning("the database can be used again")
        else:
            _log.error("%s (%s): %s", trouble.problem, trouble.detail or trouble.check, trouble.remedy)

    def not_logged(self, requests: int) -> None:
        """The number of requests that the request log had no room for."""

    def probed(self, probed: Probed) -> None:
        """How long a change took until it held everywhere, and whether it did."""
        if not probed.held:
            _log.error("a change did not hold after %.3f s: a gate still answers by what was", probed.lag_seconds)


class KeyLayer:
    """Issue, verify, limit and count, set up for one installation. One a process; :meth:`running` beside it.

    Attributes:
        outcomes: how often a request was allowed (``valid``), was rate limited (``rate_limited``), or was refused, by
            reason.
        visitors: what counts those who show no secret key.
        probed: what the last probe of revocation found; None before the first.
        requests: the log of requests, where there is one; who answers them notes them there.
    """

    def __init__(  # noqa: PLR0913 — the one place where all of an installation is set up, by name
        self,
        store: LayerStore,
        *,
        scopes: Iterable[str],
        publishable: Iterable[str] = (),
        checked_allow: Callable[[str], str] | None = None,
        clock: Clock | None = None,
        mode: Mode | None = None,
        limit: Limit | None = DEFAULT_LIMIT,
        visitor_limit: Limit | None = None,
        limiter: RateLimiter | None = None,
        visitors: RateLimiter | None = None,
        usage_store: UsageStore | None = None,
        quota_store: QuotaStore | None = None,
        leak_rules: LeakRules | None = None,
        formats: Mapping[str, KeyFormat] = FORMATS,
        request_store: RequestStore | None = None,
        request_days: int = 0,
        observer: LayerObserver | None = None,
        portal: SqlPortal | None = None,
        portal_url: str = "",
        database: Database | None = None,
        upkeep: bool = True,
    ) -> None:
        """
        Args:
            scopes: those that this installation offers, ``resource:action`` each.
            publishable: those of them that a publishable key may have.
            checked_allow: what a publishable key may be allowed by name (:class:`keyturn.keys.issuing.Issuer`).
            mode: the only mode that is accepted; None for both.
            limit: what a key without a rate of its own may do; None for no limit.
            visitor_limit: what each visitor may do with a publishable key, beside the key's own limit; None for no more
                than that. Nobody has more than half of the key's own.
            limiter: what counts requests; by default, this process for itself.
            visitors: what counts visitors, of publishable keys and of the portal; by default, this process for itself,
                and apart: however many strangers come, no key is forgotten.
            usage_store: where is counted what keys are used for; by default in memory.
            quota_store: where requests are counted against monthly quotas; by default in memory.
            leak_rules: what is done with keys that arrive where they should not.
            request_store: where requests are logged, as far as somebody notes them in :attr:`requests`.
            request_days: for how long; 0 logs none and drops those that there are.
            observer: receives what went wrong, and what the probes found; by default the log of Python.
            portal: where the sessions are in which customers manage their own keys; None where there are none.
            portal_url: the origin at which customers reach that page; empty where it is not served.
            database: what the store stands on, to be looked after; without one, the store alone is asked.
            upkeep: drop what is old, and emit what expires, while it runs; else whoever runs it calls :meth:`forget`
                and :meth:`emit_expiring`.
        """
        self._upkeep = upkeep
        self.portal = portal
        self.portal_url = portal_url
        self._observer = observer or LayerObserver()
        self._watch = StoreWatch(database, self._observer.store) if database is not None else None
        self.store: LayerStore = store
        self.clock: Clock = clock or SystemClock()
        self.limit = limit
        self.visitor_limit = visitor_limit
        self.gate = Gate(store, secrets.token_hex(16))
        self.issuer = Issuer(
            store,
            self.clock,
            scopes,
            publishable=publishable,
            checked_allow=checked_allow,
            formats=formats,
            rate_limit=limit,
        )
        parser = KeyParser(formats.values())
        carriers = Carriers(parser)
        self.verifier = Verifier(store, self.gate, carriers, self.clock, mode=mode)
        self._limiter: RateLimiter = limiter or Limiter(time.monotonic_ns)
        self.visitors: RateLimiter = visitors or Limiter(time.monotonic_ns)
        self._counts_here = type(self._limiter) is gcra.Limiter and type(self.visitors) is gcra.Limiter
        self.origins = Origins(store, boottime_ns)
        self.carriers = carriers
        self.usage = Usage(carriers.clean)
        self.usage_store: UsageStore = usage_store or MemoryUsage()
        self._quota_store: QuotaStore = quota_store or MemoryQuotas()
        self.quotas = Quotas(self._quota_store)
        self.leaks = LeakResponder(
            store,
            self.clock,
            parser,
            leak_rules,
            clean=carriers.clean,
            alert=self._observer.alert,
            failed=self._failed("an exposed key"),
        )
        self._request_store = request_store
        self._request_days = request_days
        self.requests: RequestLog | None = None
        if request_store is not None and request_days:
            self.requests = RequestLog(carriers.clean, count_dropped=self._observer.not_logged)
        self.outcomes: Counter[str] = Counter()
        self.probed: Probed | None = None
        self.probes_failed = 0

    async def admit(
        self, presented: Presented, need: Needs, caller: Caller = NOBODY, *, limited: bool = True
    ) -> Admitted | RateLimited | Refused:
        """Whether a request is allowed; it counts against its key's limit.

        Args:
            need: all that the call asks for, for nothing is asked after it; None where any valid key will do.
            limited: whether a key without a rate of its own has the installation's.

        Raises:
            StoreError: the decision is unknown; admit nobody.
        """
        decision: Verified | Refused | None = None
        if self._counts_here:
            at_once = self.admit_now(presented, need, caller, limited=limited)
            if at_once is not None:
                return at_once
        else:
            decision = self.verifier.verify_now(presented, need, self.clock.now())
        if decision is None:
            decision = await self.verifier.verify(presented, need)
        now = self.clock.now()
        if isinstance(decision, Refused):
            return self._refuse(decision, presented, need, caller, now)
        use = Use(now, presented.address, caller.agent, caller.path)
        allowance = None
        for bucket in self._buckets(decision.key, presented.address, limited):
            taken = bucket.limiter.take(bucket.id, bucket.limit)
            its = taken if isinstance(taken, Allowance) else await taken
            if its.exceeded:
                return self._rate_limit(decision.key, its, need, use, by_visitor=bucket.of_visitor)
            allowance = bucket.tightest(its, allowance)
        quotas = quotas_of(decision.key)
        if quotas:
            left = await self.quotas.take(quotas, now)
            allowance = _with_quota(allowance, left)
            if left.exceeded:
                return self._rate_limit(decision.key, allowance, need, use, by_visitor=False)
        return self._let_in(decision, allowance, need, use)

    def admit_now(
        self, presented: Presented, need: Needs, caller: Caller = NOBODY, *, limited: bool = True
    ) -> Admitted | RateLimited | Refused | None:
        """The same as :meth:`admit` at once, for a key that is remembered, counted in this process. None where
        something must be waited for; nothing is counted then, and :meth:`admit` is to be asked."""
        if not self._counts_here:
            return None
        now = self.clock.now()
        decision = self.verifier.verify_now(presented, need, now)
        if decision is None:
            return None
        if not isinstance(decision, Verified):
            return self._refuse(decision, presented, need, caller, now)
        use = Use(now, presented.address, caller.agent, caller.path)
        key = decision.key
        alone = self._only_limit(key, limited)
        if alone is not None:
            taken = self._limiter.take(key.id, alone)
            if not isinstance(taken, Allowance):
                raise BrokenInvariant("a limiter of this process counts at once")
            if taken.exceeded:
                return self._rate_limit(key, taken, need, use, by_visitor=False)
            return self._let_in(decision, taken, need, use)
        allowance, quotas = None, quotas_of(key)
        if quotas and not self.quotas.is_ready(quotas, now):
            return None
        for bucket in self._buckets(key, presented.address, limited):
            its = bucket.limiter.take(bucket.id, bucket.limit)
            if not isinstance(its, Allowance):
                raise BrokenInvariant("a limiter of this process counts at once")
            if its.exceeded:
                return self._rate_limit(key, its, need, use, by_visitor=bucket.of_visitor)
            allowance = bucket.tightest(its, allowance)
        if quotas:
            left = self.quotas.take_now(quotas, now)
            if left is None:
                raise BrokenInvariant("a quota that was ready a moment ago is counted at once")
            allowance = _with_quota(allowance, left)
            if left.exceeded:
                return self._rate_limit(key, allowance, need, use, by_visitor=False)
        return self._let_in(decision, allowance, need, use)

    def _refuse(self, refused: Refused, presented: Presented, need: Needs, caller: Caller, now: int) -> Refused:
        self.outcomes[refused.reason.value] += 1
        self.usage.refused(refused, need, now)
        if refused.key is not None:
            self.leaks.noticed(refused, Seen(presented.address, caller.agent, caller.path))
        return refused

    def sent_by_page(self, key: KnownKey) -> None:
        """Note that a web page sent this key to what pages of every origin may call; a secret one is exposed by it."""
        self.leaks.sent_by_page(key)

    def _rate_limit(
        self, key: KnownKey, allowance: Allowance, need: Needs, use: Use, *, by_visitor: bool
    ) -> RateLimited:
        over_quota = allowance.quota is not None and allowance.quota.exceeded
        self.outcomes["quota_exceeded" if over_quota else "rate_limited"] += 1
        self.usage.rate_limited(key, need, use)
        return RateLimited(key, allowance, by_visitor)

    def _let_in(self, verified: Verified, allowance: Allowance | None, need: Needs, use: Use) -> Admitted:
        self.outcomes["valid"] += 1
        self.usage.allowed(verified, need, use)
        return Admitted(verified.key, allowance, verified.reported)

    def _only_limit(self, key: KnownKey, limited: bool) -> Limit | None:
        """The limit of a key that counts against nothing else, as nearly every one; None where it is not so."""
        terms = key.terms
        if key.ancestors or terms.monthly_quota is not None or terms.customer_quota is not None:
            return None
        if not (self.visitor_limit is None or terms.kind is _SECRET):
            return None
        return terms.limit or (self.limit if limited else None)

    def _buckets(self, key: KnownKey, address: str | None, limited: bool) -> Sequence["_Bucket"]:
        """Out of which the request is to be taken, one after another; the first that has none left refuses it.

        The visitor's own comes first, so that what one visitor sends too much costs the key's other visitors nothing.
        Those of the keys that made this one come last, so that what its own limit refuses costs its maker nothing, and
        a key that makes keys gains no rate by it. What a maker's limit refuses has been counted for the key itself.
        """
        own = key.terms.limit or (self.limit if limited else None)
        buckets = []
        if self.visitor_limit is not None and key.terms.kind is _PUBLISHABLE:
            share = share_of(self.visitor_limit, own)
            buckets.append(_Bucket(self.visitors, f"{key.id}@{visitor(address)}", share, True))
        if own is not None:
            buckets.append(_Bucket(self._limiter, key.id, own))
        for ancestor in key.ancestors:
            limit = ancestor.limit or (self.limit if limited else None)
            if limit is not None:
                buckets.append(_Bucket(self._limiter, ancestor.id, limit))
        return buckets

    async def open_stream(
        self,
        key: KnownKey,
        presented: Presented,
        need: Needs,
        *,
        judged_at: int | None,
        end: Callable[[Refused | None], None],
    ) -> "Stream | Refused":
        """Have an answer that goes on ended when its request would be refused.

        Args:
            judged_at: the gate's epoch as it was before the request was admitted.
            end: ends it at once, without waiting; given why the key is refused, or None where that is unknown.

        Returns:
            what is to be closed when it is over; or why it must not go on even now.

        Raises:
            StoreError: whether it may go on is unknown.
        """

        async def judge() -> KnownKey | Refused:
            decision = await self.verifier.verify(presented, need)
            return decision if isinstance(decision, Refused) else decision.key

        stream = OpenStream(key, judge, end)
        refusal = await self.gate.open_stream(stream, judged_at)
        return refusal if refusal is not None else Stream(self.gate, stream, self.clock)

    async def trouble(self) -> Trouble | None:
        """Why keys that are not cached cannot be verified right now; None if all is well. There is an answer within
        two seconds."""
        if self._watch is not None:
            return await self._watch.look()
        try:
            async with asyncio.timeout(SOON_SECONDS):
                await self.store.epoch()
        except (StoreError, TimeoutError) as error:
            return Trouble("answers", "the store does not answer", "see what the log says of it", str(error))
        return None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["KeyLayer"]:
        """Hold the lease and write bookkeeping down until the block ends."""
        # Before the first request, so that none with an imported key is refused meanwhile.
        self.carriers.learn(await self.store.foreign_forms())
        tasks = [
            asyncio.create_task(work, name=f"keyturn {name}")
            for name, work in (
                ("gate", self.gate.run()),
                ("usage", self._keep_flushing()),
                ("leaks", self.leaks.run()),
                ("imported keys", self._keep_learning()),
                ("prober", self._keep_probing()),
                *([("watch", self._watch.run())] if self._watch is not None else []),
                *(self._keeping_up() if self._upkeep else []),
            )
        ]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.leaks.process_pending()
            await self._flush(closing=True)

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self._flush()

    async def _flush(self, *, closing: bool = False) -> None:
        try:
            await self.usage.flush(self.store, self.usage_store)
        except StoreError as error:
            self._observer.failed("how keys were used", error)
        try:
            await to_the_end(self.quotas.flush(closing=closing))
        except StoreError as error:
            self._observer.failed("what is left of monthly quotas", error)
        if self.requests is not None and self._request_store is not None:
            try:
                await self.requests.flush(self._request_store, self.clock.now())
            except StoreError as error:
                self._observer.failed("a log of requests", error)

    async def forget(self, rows_max: int) -> int:
        """Drop rows that are older than they may get, about ``rows_max`` at most; how many that was. It may be called
        by any number of processes at once."""
        return await forget(
            self.usage_store,
            self._request_store,
            self.clock.now(),
            quotas=self._quota_store,
            portal=self.portal,
            request_days=self._request_days,
            rows_max=rows_max,
        )

    async def emit_expiring(self) -> int:
        """Emit what is to be said of keys that expire, each time once, whichever process does it; how many."""
        return await emit_expiring(self.store, self.clock)

    def _keeping_up(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        forgetting = keep_forgetting(
            self.usage_store,
            self._request_store,
            self.clock,
            quotas=self._quota_store,
            portal=self.portal,
            request_days=self._request_days,
            failed=self._failed("what is too old"),
        )
        return [
            ("forgetting", forgetting),
            ("expiry", keep_emitting_expiry(self.store, self.clock, failed=self._failed("an expiry"))),
        ]

    async def _keep_learning(self) -> None:
        await keep_learning(self.store, self.carriers, failed=self._failed("an imported key's form"))

    async def _keep_probing(self) -> None:
        def report(probed: Probed) -> None:
            self.probed = probed
            self.probes_failed += not probed.held
            self._observer.probed(probed)

        await keep_probing(self.store, self.gate, self.clock, on_probed=report, failed=self._failed("a probe"))

    def _failed(self, what: str) -> Callable[[Exception], None]:
        return lambda error: self._observer.failed(what, error)


@contextlib.asynccontextmanager
async def open_key_layer(
    database_url: str,
    *,
    scopes: Iterable[str],
    publishable: Iterable[str] = (),
    mode: Mode | None = None,
    limit: Limit | None = DEFAULT_LIMIT,
    limiter: RateLimiter | None = None,
    visitors: RateLimiter | None = None,
    leak_rules: LeakRules | None = None,
    portal_url: str = "",
) -> AsyncIterator[KeyLayer]:
    """A running key layer over ``sqlite:///path`` or ``postgresql://…``, brought to the newest schema; closed when the
    block ends.

    Raises:
        StoreError: the database cannot be reached or brought up to date.
    """
    clock = SystemClock()
    database = await open_database(database_url)
    try:
        await migrate(database, migrations(), now=clock.now())
        layer = KeyLayer(
            SqlKeyStore(database),
            scopes=scopes,
            publishable=publishable,
            clock=clock,
            mode=mode,
            limit=limit,
            limiter=limiter,
            visitors=visitors,
            usage_store=SqlUsage(database),
            quota_store=SqlQuotas(database),
            portal=SqlPortal(database),
            portal_url=portal_url,
            leak_rules=leak_rules,
            database=database,
        )
        async with layer.running():
            yield layer
    finally:
        await database.close()
