"""API keys at the door."""

from typing import Final, NamedTuple

from keyturn import Allowance, Limit, Limiter, Mode, Need, Refused, Verifier
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
    "coupons:read": "List and retrieve coupons and promotion codes",
    "coupons:write": "Create and update coupons and promotion codes",
}


class Admitted(NamedTuple):
    """A caller who was let in, and what their key's rate limit leaves them; None where there is no limit."""

    principal: Principal
    allowance: Allowance | None


class RateLimited(NamedTuple):
    """A caller who may come in, but later."""

    key_id: str
    allowance: Allowance


class KeyDoor:
    """Lets API keys in, each at its own pace."""

    def __init__(self, verifier: Verifier, limiter: Limiter, limit: Limit | None) -> None:
        """
        Args:
            limit: what a key without a limit of its own may do; None for no limit.
        """
        self._verifier = verifier
        self._limiter = limiter
        self._limit = limit

    async def admit(
        self, authorization: str | None, need: Need | None, *, address: str | None = None
    ) -> Admitted | RateLimited | Refused:
        """The caller behind an ``Authorization`` header, or why there is none.

        Args:
            need: the scope that is asked for; None where any valid key will do.
            address: where the request came from.
        """
        decision = await self._verifier.verify(authorization, need, address=address)
        if isinstance(decision, Refused):
            return decision
        key = decision.key
        limit = key.limit or self._limit
        allowance = self._limiter.take(key.id, limit) if limit is not None else None
        if allowance is not None and allowance.exceeded:
            return RateLimited(key.id, allowance)
        principal = Principal(key.project_id, key.mode is Mode.LIVE, "key", f"key:{key.id}", key.scopes)
        return Admitted(principal, allowance)
