"""The only place where a secret is born."""

import secrets
from collections.abc import Iterable
from typing import NamedTuple

from keyturn.errors import InvalidExpiry
from keyturn.limiting import Limit
from keyturn.model import Key, Mode, Status, checked_name, checked_scopes
from keyturn.ports import Clock, KeyStore
from keyturn.restrictions import checked_networks
from keyturn.secret import BASE62, KeyFormat, KeySecret, generate

ID_LENGTH = 22


class Issued(NamedTuple):
    """A new key and its text, together this one time."""

    key: Key
    secret: KeySecret


class Issuer:
    """Makes keys of one format with the scopes that this installation offers."""

    def __init__(self, store: KeyStore, format: KeyFormat, clock: Clock, offered: Iterable[str]) -> None:
        self._store = store
        self._format = format
        self._clock = clock
        self.offered = tuple(offered)

    async def issue(
        self,
        *,
        project_id: str,
        mode: Mode,
        name: str,
        scopes: Iterable[str],
        by: str,
        expires_at: int | None = None,
        networks: Iterable[str] = (),
        limit: Limit | None = None,
    ) -> Issued:
        """A new active key, durable when this returns. Its text exists in the answer and nowhere else.

        Args:
            by: the actor who asks for it.
            expires_at: Unix milliseconds from which on it is refused.
            networks: where it may be used from, in CIDR form; from anywhere if there is none.
            limit: its own pace, instead of the server's default.

        Raises:
            InvalidKeyName, InvalidScope, InvalidExpiry, InvalidNetwork: nothing was made.
        """
        now = self._clock.now()
        if expires_at is not None and expires_at <= now:
            raise InvalidExpiry("a key's expiry must lie in the future")
        checked = checked_name(name), checked_scopes(scopes, self.offered)
        checked_where = checked_networks(networks)
        secret = generate(self._format, mode)
        key = Key(
            id="key_" + "".join(secrets.choice(BASE62) for _ in range(ID_LENGTH)),
            project_id=project_id,
            mode=mode,
            name=checked[0],
            format=self._format.name,
            prefix=secret.prefix,
            last_four=secret.last_four,
            scopes=checked[1],
            status=Status.ACTIVE,
            created_at=now,
            created_by=by,
            expires_at=expires_at,
            networks=checked_where,
            limit=limit,
        )
        await self._store.insert(key, secret.digest())
        return Issued(key, secret)
