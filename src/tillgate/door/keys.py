"""API keys at the door."""

from typing import Final, NamedTuple

from keyturn import (
    Allowance,
    Clock,
    Kind,
    KnownKey,
    Limit,
    Mode,
    Need,
    Presented,
    RateLimiter,
    RefusalReason,
    Refused,
    Usage,
    Use,
    Verifier,
)
from keyturn.leaks import LeakDesk, Seen
from tillgate.base.principal import Principal

# Each selectable on its own; a read scope never implies a write scope, nor the reverse. The first nine are Crypto
# Checkout's.
API_SCOPES: Final = {
    "links:read": "List and retrieve payment links",
    "links:write": "Create, update and archive payment links",
    "sessions:read": "List and retrieve checkout sessions",
    "sessions:write": "Create checkout sessions, and simulate their payment in test mode",
    "webhooks:read": "List and retrieve webhook endpoints and their deliveries",
    "webhooks:write": "Create, update, delete and test webhook endpoints, and replay deliveries",
    "events:read": "List and retrieve events",
    "customers:read": "List and retrieve customer records",
    "customers:write": "Create and update customer records",
    "products:read": "List and retrieve products",
    "products:write": "Create and update products",
    "coupons:read": "List and retrieve coupons, promotion codes and redemptions",
    "coupons:write": "Create and update coupons and promotion codes",
    "orders:read": "List and retrieve orders",
    "orders:write": "Update orders, and decide on unusual money",
    "payments:read": "List and retrieve payments and transactions",
    "payments:write": "Capture and cancel payments, and change their metadata",
    "refunds:read": "List and retrieve refunds",
    "refunds:write": "Give money back",
}

# What a key that anybody may hold can be given. It reads what it made with that object's client secret, not by a scope.
PUBLISHABLE_SCOPES: Final = ("sessions:write",)


class Admitted(NamedTuple):
    """A caller who was let in, and what their key's rate limit leaves them; None where there is no limit.

    Attributes:
        reported: restrictions that would have refused them, were they not only reported.
    """

    principal: Principal
    allowance: Allowance | None
    key: KnownKey
    reported: tuple[RefusalReason, ...] = ()


class RateLimited(NamedTuple):
    """A caller who may come in, but later."""

    key: KnownKey
    allowance: Allowance


class Caller(NamedTuple):
    """What is noted of a request beside its key."""

    method: str
    path: str
    agent: str | None


class KeyDoor:
    """Lets API keys in, each at its own pace."""

    def __init__(
        self,
        verifier: Verifier,
        limiter: RateLimiter,
        limit: Limit | None,
        usage: Usage,
        clock: Clock,
        leaks: LeakDesk,
    ) -> None:
        """
        Args:
            limit: what a key without a limit of its own may do; None for no limit.
            leaks: told of refusals that expose a key.
        """
        self._leaks = leaks
        self._verifier = verifier
        self._limiter = limiter
        self._limit = limit
        self._usage = usage
        self._clock = clock

    async def admit(self, presented: Presented, need: Need | None, caller: Caller) -> Admitted | RateLimited | Refused:
        """The caller behind a request, or why there is none.

        Args:
            need: what is asked for; None where any valid key will do.
        """
        decision = await self._verifier.verify(presented, need)
        if isinstance(decision, Refused):
            self._usage.refused(decision, need, self._clock.now())
            if decision.key is not None:
                self._leaks.noticed(decision, Seen(presented.address, caller.agent, f"{caller.method} {caller.path}"))
            return decision
        key = decision.key
        terms = key.terms
        use = Use(self._clock.now(), presented.address, caller.agent, caller.path)
        limit = terms.limit or self._limit
        allowance = None
        if limit is not None:
            taken = self._limiter.take(key.id, limit)
            allowance = taken if isinstance(taken, Allowance) else await taken
            if allowance.exceeded:
                self._usage.rate_limited(key, need, use)
                return RateLimited(key, allowance)
        self._usage.allowed(decision, need, use)
        principal = Principal(
            terms.project_id,
            terms.mode is Mode.LIVE,
            "key",
            f"key:{key.id}",
            terms.scopes,
            key.id,
            terms.kind is Kind.PUBLISHABLE,
        )
        return Admitted(principal, allowance, key, decision.reported)
