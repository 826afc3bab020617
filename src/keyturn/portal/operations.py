"""What is done with portal sessions: made and ended by the API's maker; opened, and used for keys, by a customer.

A customer may no more than the session allows, and the session no more than the key that made it: that key is looked at
again with each request, in what is committed, so that a session ends with it at once.
"""

import hashlib
import secrets
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from keyturn.admission.layer import KeyLayer
from keyturn.admission.leases import Receipt
from keyturn.errors import (
    InvalidPortalSession,
    KeyNotFound,
    PortalNotSetUp,
    PortalSessionNotFound,
    StrongerThanParent,
)
from keyturn.insight.advice import Used, usage_of_key
from keyturn.insight.usage import DAY_MS
from keyturn.invariants import present
from keyturn.keys.issuing import OVERLAP_MAX_MS, Issued, Issuer, KeyWish, Rotated, check_no_stronger
from keyturn.keys.labels import checked_external_id
from keyturn.keys.listing import KeyFilter, KeyPage, UnknownCursor
from keyturn.keys.model import Key, Kind, Mode
from keyturn.keys.restrictions import checked_limit, checked_networks
from keyturn.keys.revoking import Revocation, known, revoke
from keyturn.keys.secret import BASE62, NATIVE
from keyturn.limiting.gcra import Limit
from keyturn.limiting.quotas import Quota, QuotaLeft, checked_quota, customer
from keyturn.portal.model import (
    KEY_DAYS_MAX,
    KEYS_DEFAULT,
    KEYS_MAX,
    LIFETIME_DEFAULT_SECONDS,
    LIFETIME_MAX_SECONDS,
    LIFETIME_MIN_SECONDS,
    LINK_MS,
    Allowed,
    PortalAction,
    PortalSecret,
    PortalSession,
    PortalStatus,
    can_make,
    checked_locale,
    checked_return_url,
    checked_scopes,
    new_secret,
)
from keyturn.stores.portal import SqlPortal
from keyturn.stores.ports import Act, Clock, Creation

ID_LENGTH: Final = 22
PAGE_KEYS: Final = 20
USE_DAYS: Final = 30


class SessionWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is to be. Checked when it is made.

    Attributes:
        maker: the key that asks for it; None for an operator.
    """

    project_id: str
    mode: Mode
    external_id: str
    actions: Iterable[PortalAction] = tuple(PortalAction)
    scopes: Iterable[str] = ()
    keys_max: int = KEYS_DEFAULT
    key_days_max: int | None = None
    rate: Limit | None = None
    monthly_quota: int | None = None
    networks: Iterable[str] = ()
    format: str = NATIVE.name
    return_url: str | None = None
    locale: str | None = None
    lifetime_seconds: int = LIFETIME_DEFAULT_SECONDS
    maker: Key | None = None


class NewSession(NamedTuple):
    """A new session and what its link carries, together this one time."""

    session: PortalSession
    link: PortalSecret


class NewPortalKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key that a customer asks for.

    Attributes:
        days: after which it ends; None where it need not.
        once: what the form that asked for it was marked with, so that it makes one key however often it is sent.
    """

    name: str
    scopes: Iterable[str]
    days: int | None
    once: str


class ShownKey(NamedTuple):
    """A key as its customer sees it.

    Attributes:
        used: what it did lately; None where the customer may not see that.
        quota: what is left of its own monthly quota; None where it has none.
        waiting: it was rotated, and the new secret was not used yet.
        earlier: secrets before the newest are still accepted.
        can_rotate: a further secret would give nobody more than the session allows.
    """

    key: Key
    used: Used | None
    quota: QuotaLeft | None
    waiting: bool
    earlier: bool
    can_rotate: bool


async def create_session(portal: SqlPortal, clock: Clock, issuer: Issuer, wish: SessionWish, *, by: str) -> NewSession:
    """A new session, whose link opens it once within ten minutes.

    Raises:
        InvalidKey: what it would allow makes no key, or one stronger than the key that asks for it.
    """
    now = clock.now()
    maker = wish.maker
    if not LIFETIME_MIN_SECONDS <= wish.lifetime_seconds <= LIFETIME_MAX_SECONDS:
        raise InvalidPortalSession(
            f"a session lasts {LIFETIME_MIN_SECONDS} to {LIFETIME_MAX_SECONDS} seconds", field="lifetime_seconds"
        )
    if not 1 <= wish.keys_max <= KEYS_MAX:
        raise InvalidPortalSession(f"a customer has 1 to {KEYS_MAX} keys", field="keys_max")
    if wish.key_days_max is not None and not 1 <= wish.key_days_max <= KEY_DAYS_MAX:
        raise InvalidPortalSession(f"a key ends within 1 to {KEY_DAYS_MAX} days", field="key_days_max")
    external_id = present(checked_external_id(wish.external_id), "an external id")
    allowed = Allowed(
        actions=frozenset(wish.actions),
        scopes=checked_scopes(wish.scopes, issuer.offered),
        keys_max=wish.keys_max,
        key_days_max=wish.key_days_max,
        rate=checked_limit(*wish.rate) if wish.rate is not None else None,
        monthly_quota=checked_quota(wish.monthly_quota),
        networks=checked_networks(wish.networks),
        format=wish.format,
    )
    session = PortalSession(
        id="kps_" + "".join(secrets.choice(BASE62) for _ in range(ID_LENGTH)),
        project_id=wish.project_id,
        mode=wish.mode,
        external_id=external_id,
        maker_id=maker.id if maker is not None else None,
        created_by=by,
        created_at=now,
        allowed=allowed,
        return_url=checked_return_url(wish.return_url),
        locale=checked_locale(wish.locale),
        link_expires_at=min(now + LINK_MS, now + wish.lifetime_seconds * 1_000),
        opened_at=None,
        expires_at=now + wish.lifetime_seconds * 1_000,
        ended_at=None,
        ended_by=None,
    )
    # The strongest key that could be made there: what is wrong with it is said now, to whoever can change it.
    strongest = _wish(session, "strongest", allowed.scopes, None, maker, now)
    issuer.form_of(allowed.format, Kind.SECRET)
    issuer.checked(strongest, by=by, format=allowed.format)
    link = new_secret()
    await portal.insert(session, link.digest(), Act(now, by))
    return NewSession(session, link)


async def end_session(portal: SqlPortal, clock: Clock, session: PortalSession, *, by: str) -> PortalSession:
    """A session that is over for good; ending it twice changes nothing."""
    await portal.end(session, Act(clock.now(), by))
    return await get_session(portal, session.id)


async def get_session(portal: SqlPortal, session_id: str) -> PortalSession:
    """
    Raises:
        PortalSessionNotFound: there is none.
    """
    session = await portal.by_id(session_id)
    if session is None:
        raise PortalSessionNotFound("there is no portal session with this id; an id begins with kps_")
    return session


def portal_of(layer: KeyLayer) -> SqlPortal:
    """Where the layer's sessions are.

    Raises:
        PortalNotSetUp: it keeps none.
    """
    if layer.portal is None:
        raise PortalNotSetUp("this server keeps no portal sessions; it needs a database")
    return layer.portal


class Customer:
    """A customer in an open session: what they see, and what they do."""

    def __init__(self, layer: KeyLayer, session: PortalSession, maker: Key | None) -> None:
        self._layer = layer
        self.session = session
        self._maker = maker

    async def keys(self, after: str | None) -> KeyPage:
        """Some of the customer's keys, newest first.

        Raises:
            UnknownCursor: the customer has no key with this id.
        """
        session = self.session
        if after is not None:
            place = await self._layer.store.by_id(session.project_id, after)
            if place is None or (place.mode, place.external_id) != (session.mode, session.external_id):
                raise UnknownCursor(after)
        wanted = KeyFilter(mode=session.mode, external_id=session.external_id)
        page = await self._layer.store.page(session.project_id, wanted, after, PAGE_KEYS)
        return KeyPage([key for key in page.keys if session.shows(key)], page.next)

    async def requests(self, keys: Iterable[Key]) -> dict[str, int]:
        """How many requests these keys made in the last days, by their id; nothing where that is not to be seen."""
        if not self.session.allowed.may(PortalAction.USAGE):
            return {}
        since = self._layer.clock.now() // DAY_MS - USE_DAYS + 1
        ids = [key.id for key in keys]
        found: dict[str, int] = dict.fromkeys(ids, 0)
        for (key_id, _), its in (await self._layer.usage_store.traffic(self.session.project_id, ids, since)).items():
            found[key_id] += its.allowed + its.refused
        return found

    async def quota(self) -> QuotaLeft | None:
        """What is left of what all keys of the customer may do in this month; None where that has no bound, or is not
        to be seen."""
        session = self.session
        if not session.allowed.may(PortalAction.USAGE):
            return None
        most = await self._layer.store.customer_quota(session.project_id, session.mode, session.external_id)
        subject = customer(session.project_id, session.mode.value, session.external_id)
        return await self._left(subject, most)

    async def key(self, key_id: str) -> Key:
        """One of the customer's keys.

        Raises:
            KeyNotFound: there is none with this id; also where it is another customer's.
        """
        key = await self._layer.store.by_id(self.session.project_id, key_id)
        if key is None or not self.session.shows(key):
            raise KeyNotFound("there is no such key")
        return key

    async def shown(self, key: Key) -> ShownKey:
        """All that the customer may see of a key."""
        layer, now = self._layer, self._layer.clock.now()
        used = quota = None
        if self.session.allowed.may(PortalAction.USAGE):
            used = await usage_of_key(
                layer.usage_store, layer.clock, project_id=key.project_id, key_id=key.id, days=USE_DAYS
            )
            quota = await self._left(key.id, key.monthly_quota)
        texts = await layer.store.secrets(key.project_id, key.id)
        active = [one for one in texts if one.active_at is not None and (one.ends_at is None or one.ends_at > now)]
        return ShownKey(
            key, used, quota, any(one.waits for one in texts), len(active) > 1,
            self.session.allowed.covers(key, layer.issuer.rate_limit),
        )  # fmt: skip

    async def create(self, wish: NewPortalKey) -> Issued:
        """A new key; its text is in the answer and nowhere else.

        Raises:
            InvalidKey: it makes none, or one that the session does not allow.
            KeyExists: this form has made one already.
            TooManyKeys: the customer has as many as are allowed.
        """
        session, scopes = self.session, tuple(dict.fromkeys(wish.scopes))
        self._require(PortalAction.CREATE)
        if not set(scopes) <= set(session.allowed.scopes):
            raise StrongerThanParent("a scope was chosen that is not among those that are offered")
        if not scopes and session.allowed.scopes:
            raise InvalidPortalSession("choose at least one thing that the key may do", field="scopes")
        made = _wish(session, wish.name, scopes, wish.days, self._maker, self._layer.clock.now())
        name = hashlib.sha256(f"{session.id}\0{wish.once}".encode()).digest()
        return await self._layer.issuer.issue(
            made,
            by=session.actor,
            format=session.allowed.format,
            creation=Creation(name, name),
            at_most=session.allowed.keys_max,
        )

    async def rotate(self, key_id: str, overlap_seconds: int) -> Rotated:
        """A further secret for a key; the earlier one goes on for the overlap after the first use of the new one.

        Raises:
            StrongerThanParent: the key may more than the session allows, so that nobody comes by its text here.
        """
        self._require(PortalAction.ROTATE)
        issuer, key = self._layer.issuer, await self.key(key_id)
        if not self.session.allowed.covers(key, issuer.rate_limit):
            raise StrongerThanParent("this key may do more than can be given out here; ask your provider to rotate it")
        if self._maker is not None:
            check_no_stronger(key, self._maker, issuer.rate_limit)
        overlap_ms = min(overlap_seconds * 1_000, OVERLAP_MAX_MS)
        return await issuer.rotate(
            project_id=key.project_id,
            key_id=key.id,
            by=self.session.actor,
            overlap_ms=overlap_ms,
            at_once=overlap_ms == 0,
            reason=self._reason,
        )

    async def withdraw(self, key_id: str) -> Receipt:
        """A rotation withdrawn whose secret was lost before its first use."""
        self._require(PortalAction.ROTATE)
        key = await self.key(key_id)
        return await self._layer.issuer.withdraw_rotation(
            project_id=key.project_id, key_id=key.id, by=self.session.actor
        )

    async def revoke(self, key_id: str) -> Revocation:
        """A key revoked for good, with the proof, and all that it has made with it."""
        self._require(PortalAction.REVOKE)
        layer, key = self._layer, await self.key(key_id)
        await known(layer.store, key.project_id, key.id)
        return await revoke(
            layer.store,
            layer.clock,
            project_id=key.project_id,
            key_id=key.id,
            by=self.session.actor,
            reason=self._reason,
            tree=True,
        )

    @property
    def _reason(self) -> str:
        return f"portal session {self.session.id}"

    def _require(self, action: PortalAction) -> None:
        if not self.session.allowed.may(action):
            raise StrongerThanParent(f"this page does not offer to {action.value} keys; ask your provider")

    async def _left(self, subject: str, most: int | None) -> QuotaLeft | None:
        if most is None:
            return None
        return await self._layer.quotas.used(Quota(subject, most), self._layer.clock.now())


async def open_session(layer: KeyLayer, link: PortalSecret, cookie: PortalSecret) -> PortalSession | None:
    """The session that a link opens, which is spent by it; None where it opens nothing (any more)."""
    return await portal_of(layer).open(link.digest(), cookie.digest(), layer.clock.now())


async def customer_of(layer: KeyLayer, cookie: PortalSecret) -> Customer | None:
    """Who goes on with this cookie; None where the session is over, or the key that made it does not stand any more."""
    session = await portal_of(layer).by_cookie(cookie.digest())
    now = layer.clock.now()
    if session is None or session.status(now) is not PortalStatus.OPEN:
        return None
    maker = None
    if session.maker_id is not None:
        maker = await layer.store.by_id(session.project_id, session.maker_id)
        if maker is None:
            return None
    if not can_make(maker, now) or await layer.store.is_suspended(session.project_id):
        return None
    return Customer(layer, session, maker)


def _wish(
    session: PortalSession, name: str, scopes: Iterable[str], days: int | None, maker: Key | None, now: int
) -> KeyWish:
    """The key that a customer is given."""
    allowed = session.allowed
    longest = [one for one in (days, allowed.key_days_max) if one is not None]
    ends = [now + min(longest) * DAY_MS] if longest else []
    if maker is not None and maker.expires_at is not None:
        ends.append(maker.expires_at)
    return KeyWish(
        project_id=session.project_id,
        mode=session.mode,
        name=name,
        scopes=scopes,
        expires_at=min(ends) if ends else None,
        networks=allowed.networks,
        limit=allowed.rate,
        external_id=session.external_id,
        monthly_quota=allowed.monthly_quota,
        parent=maker,
    )
