"""What happens to API keys, as events of their project and mode."""

from typing import Final, Literal

import msgspec

from keyturn import Key, Mode
from keyturn.stores.ports import KeyEvent, KeyEventType
from tillgate.access.accounts.records import project_by_id
from tillgate.base.clock import to_rfc3339
from tillgate.base.invariants import present
from tillgate.events import types
from tillgate.events.facts import Fact
from tillgate.events.operations import emit
from tillgate.events.outbox import Outbox
from tillgate.store import Transaction

TYPES: Final = {
    KeyEventType.EXPOSED: types.API_KEY_EXPOSED,
    KeyEventType.CANARY_USED: types.API_KEY_CANARY_USED,
    KeyEventType.DISABLED: types.API_KEY_DISABLED,
    KeyEventType.ENABLED: types.API_KEY_ENABLED,
    KeyEventType.REVOKED: types.API_KEY_REVOKED,
    KeyEventType.EXPIRING: types.API_KEY_EXPIRING,
    KeyEventType.EXPIRED: types.API_KEY_EXPIRED,
}


class KeyObject(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A key as events show it; its text is not known to anybody. Instants are RFC 3339."""

    id: str
    object: Literal["api_key"] = "api_key"
    livemode: bool
    kind: str
    name: str
    prefix: str
    last_four: str
    scopes: list[str]
    status: str
    canary: bool
    created_at: str
    expires_at: str | None
    exposed_at: str | None
    exposed_how: str | None
    disabled_at: str | None
    disabled_reason: str | None
    revoked_at: str | None
    revoked_reason: str | None


class KeyEventLog:
    """Writes what happens to keys into the event log, in the transaction in which it happens."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def emit(self, tx: Transaction | None, event: KeyEvent) -> None:
        """Write the event and its deliveries. A key of a project that is none of Tillgate's has no event log."""
        tx = present(tx, "the transaction in which it happens")
        key = event.key
        if await project_by_id(tx, key.project_id) is None:
            return
        fact = Fact(
            type=TYPES[event.type],
            project_id=key.project_id,
            livemode=key.mode is Mode.LIVE,
            object_id=key.id,
            at=event.act.at,
            native=msgspec.json.encode(_to_api(key)),
            subject=key,
        )
        await emit(tx, self._outbox, fact)


def _to_api(key: Key) -> KeyObject:
    return KeyObject(
        id=key.id,
        livemode=key.mode is Mode.LIVE,
        kind=key.kind.value,
        name=key.name,
        prefix=key.prefix,
        last_four=key.last_four,
        scopes=sorted(key.scopes),
        status=key.status.value,
        canary=key.canary,
        created_at=to_rfc3339(key.created_at),
        expires_at=_instant(key.expires_at),
        exposed_at=_instant(key.exposed_at),
        exposed_how=key.exposed_how,
        disabled_at=_instant(key.disabled_at),
        disabled_reason=key.disabled_reason,
        revoked_at=_instant(key.revoked_at),
        revoked_reason=key.revoked_reason,
    )


def _instant(at: int | None) -> str | None:
    return to_rfc3339(at) if at is not None else None
