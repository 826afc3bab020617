"""API keys at the door."""

from typing import Final

from keyturn import Mode, Need, Refused, Verifier
from tillgate.base.principal import Principal

# Crypto Checkout's nine, each selectable on its own; a read scope never implies a write scope, nor the reverse.
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
}


class KeyDoor:
    """Lets API keys in."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    async def admit(self, authorization: str | None, need: Need | None) -> Principal | Refused:
        """The caller behind an ``Authorization`` header, or why there is none.

        Args:
            need: the scope that is asked for; None where any valid key will do.
        """
        decision = await self._verifier.verify(authorization, need)
        if isinstance(decision, Refused):
            return decision
        key = decision.key
        return Principal(key.project_id, key.mode is Mode.LIVE, "key", f"key:{key.id}", key.scopes)
