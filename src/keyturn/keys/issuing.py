"""The only place where a secret is born: with a new key, and with a further secret of one."""

import ipaddress
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from keyturn.admission.leases import LEASE_MS, Receipt, settle
from keyturn.errors import (
    InvalidAllow,
    InvalidExpiry,
    InvalidKind,
    InvalidScope,
    KeyIsRevoked,
    RotationPending,
    StrongerThanParent,
)
from keyturn.keys.labels import Metadata, checked_external_id, checked_metadata, checked_tags
from keyturn.keys.model import (
    EVERY_SCOPE,
    REPORTABLE,
    Key,
    Kind,
    Mode,
    Status,
    checked_name,
    checked_scopes,
)
from keyturn.keys.restrictions import (
    ANY_ORIGIN,
    checked_apps,
    checked_expiry,
    checked_limit,
    checked_networks,
    checked_origins,
)
from keyturn.keys.revoking import known
from keyturn.keys.secret import BASE62, FORMATS, NATIVE, KeyFormat, KeySecret, generate
from keyturn.limiting.gcra import DEFAULT_LIMIT, Limit
from keyturn.limiting.quotas import checked_quota
from keyturn.stores.ports import Act, Clock, Creation, KeyStore, NewSecret, SecretStore

ID_LENGTH: Final = 22
OVERLAP_DEFAULT_MS: Final = 7 * 86_400_000
OVERLAP_MAX_MS: Final = 90 * 86_400_000
ALLOW_MAX: Final = 50
# As long as the longest web origin, and some letters before it.
ALLOW_LENGTH_MAX: Final = 330


class Issued(NamedTuple):
    """A new key and its text, together this one time."""

    key: Key
    secret: KeySecret


class Rotated(NamedTuple):
    """A key's new secret, this one time.

    Attributes:
        key: as it is now; its id and rights are what they were.
        receipt: the proof that the earlier secrets are refused, where they ended at once.
    """

    key: Key
    secret: KeySecret
    receipt: Receipt


class KeyWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a key is to be. Checked when it is made.

    Attributes:
        scopes: what it may do; nothing by default, ``*`` for everything.
        expires_at: Unix milliseconds.
        report_only: names of restrictions that are to be counted instead of kept.
        allow: of a publishable key, what the application may let it do beyond others, in the application's words.
        external_id, metadata, tags: what the maker of the API writes on it (:mod:`keyturn.keys.labels`). A key that is
            made by one with an external id has that, and its metadata.
        parent: the key that asks for it, which it may not be stronger than.
        public: a publishable key for pages of every origin and for every app, whose text is kept and shown at any time.
    """

    project_id: str
    mode: Mode
    name: str
    scopes: Iterable[str] = ()
    kind: Kind = Kind.SECRET
    expires_at: int | None = None
    networks: Iterable[str] = ()
    origins: Iterable[str] = ()
    apps: Iterable[str] = ()
    limit: Limit | None = None
    report_only: Iterable[str] = ()
    canary: bool = False
    allow: Iterable[str] = ()
    external_id: str | None = None
    metadata: Mapping[str, str] | Metadata = ()
    tags: Iterable[str] = ()
    monthly_quota: int | None = None
    parent: Key | None = None
    public: bool = False


class Issuer:
    """Makes keys with the scopes that this installation offers."""

    def __init__(
        self,
        store: KeyStore,
        clock: Clock,
        offered: Iterable[str],
        *,
        publishable: Iterable[str] = (),
        checked_allow: Callable[[str], str] | None = None,
        formats: Mapping[str, KeyFormat] = FORMATS,
        rate_limit: Limit | None = DEFAULT_LIMIT,
    ) -> None:
        """
        Args:
            offered: the scopes that there are.
            publishable: those of them that a publishable key may have.
            checked_allow: one word of a publishable key's ``allow`` as it is kept; raises :class:`ValueError` for an
                unknown one. Without it there are none.
            rate_limit: the limit of a key without one of its own; None for no limit.
        """
        self._store = store
        self._clock = clock
        self._formats = formats
        self.rate_limit = rate_limit
        self.offered = tuple(offered)
        self.publishable = tuple(publishable)
        self._checked_allow = checked_allow

    async def issue(
        self,
        wish: KeyWish,
        *,
        by: str,
        format: str = NATIVE.name,
        creation: Creation | None = None,
        at_most: int | None = None,
    ) -> Issued:
        """A new active key, durable when this returns. Its text exists in the answer and nowhere else.

        Args:
            creation: what the request is known by when it comes again.
            at_most: how many keys of its external id there may be with it.

        Raises:
            InvalidKey: what is wished for makes no key; nothing was made.
            KeyExists: a key was made under that name; nothing was made.
            TooManyKeys: the external id has as many keys already.
        """
        form = self.form_of(format, wish.kind)
        key = self.checked(wish, by=by, format=form.name)
        secret = generate(form, wish.kind, wish.mode)
        key = msgspec.structs.replace(key, prefix=secret.prefix, last_four=secret.last_four)
        public = secret.public() if wish.public else None
        await self._store.insert(key, secret.digest(), Act(key.created_at, by), public, creation, at_most)
        return Issued(key, secret)

    def form_of(self, format: str, kind: Kind) -> KeyFormat:
        """The format of this name.

        Raises:
            InvalidKind: there is none, or it has no keys of this kind.
        """
        form = self._formats.get(format)
        if form is None:
            raise InvalidKind(
                f"unknown key format {format[:40]!r}; choose from: {', '.join(sorted(self._formats))}", field="format"
            )
        if kind not in form.kinds:
            raise InvalidKind(f"the format {form.name} has no {kind} keys", field="format")
        return form

    def checked(self, wish: KeyWish, *, by: str, format: str) -> Key:
        """What is wished for, as a key that has no text yet.

        Raises:
            InvalidKey: it makes none.
        """
        now = self._clock.now()
        key = Key(
            id="key_" + "".join(secrets.choice(BASE62) for _ in range(ID_LENGTH)),
            project_id=wish.project_id,
            mode=wish.mode,
            kind=wish.kind,
            name=checked_name(wish.name),
            format=format,
            prefix="",
            last_four="",
            scopes=self.scopes_of(format, wish.kind, wish.scopes),
            status=Status.ACTIVE,
            created_at=now,
            created_by=by,
            parent_id=wish.parent.id if wish.parent is not None else None,
            expires_at=checked_expiry(wish.expires_at, now),
            networks=checked_networks(wish.networks),
            origins=_origins_of(wish),
            apps=checked_apps(wish.apps),
            limit=checked_limit(*wish.limit) if wish.limit is not None else None,
            report_only=checked_report_only(wish.report_only),
            canary=wish.canary,
            allow=self.checked_allow(wish.kind, wish.allow),
            external_id=checked_external_id(wish.external_id),
            metadata=checked_metadata(wish.metadata),
            tags=checked_tags(wish.tags),
            monthly_quota=checked_quota(wish.monthly_quota),
        )
        check_binding(key)
        if wish.parent is not None and wish.parent.external_id is not None:
            key = msgspec.structs.replace(
                key,
                external_id=wish.external_id if wish.external_id is not None else wish.parent.external_id,
                metadata=key.metadata or wish.parent.metadata,
            )
        if wish.parent is not None:
            check_no_stronger(key, wish.parent, self.rate_limit)
        return key

    def asks_for_scopes(self, format: str) -> bool:
        """Whether a key of this format is of no use unless somebody says what it may do."""
        form = self._formats.get(format)
        return form is None or form.asks_for_scopes

    def scopes_of(self, format: str, kind: Kind, scopes: Iterable[str]) -> frozenset[str]:
        """The scopes that a key of this format and kind has where it is given these.

        Raises:
            InvalidScope: one is unknown, or not for this kind.
        """
        form = self._formats.get(format)
        given = self.checked_scopes(kind, scopes)
        if form is None or form.scopes is None or kind is not Kind.SECRET:
            return given
        return frozenset(form.scopes)

    def checked_scopes(self, kind: Kind, scopes: Iterable[str]) -> frozenset[str]:
        """The scopes that a key of this kind may have.

        Raises:
            InvalidScope: one is unknown, or not for this kind.
        """
        wished = frozenset(scopes)
        if kind is Kind.SECRET:
            return checked_scopes(wished, (*self.offered, EVERY_SCOPE))
        too_much = sorted((wished & frozenset(self.offered) | wished & {EVERY_SCOPE}) - frozenset(self.publishable))
        if too_much:
            raise InvalidScope(
                f"a publishable key cannot have {too_much[0]}; choose from: {', '.join(sorted(self.publishable))}"
            )
        return checked_scopes(wished, self.publishable)

    def checked_allow(self, kind: Kind, words: Iterable[str]) -> frozenset[str]:
        """What a key of this kind may be allowed beyond others of it.

        Raises:
            InvalidAllow: the key is no publishable one, a word is unknown or there are too many.
        """
        wished = frozenset(word.strip() for word in words)
        if not wished:
            return wished
        if kind is not Kind.PUBLISHABLE:
            raise InvalidAllow(
                "only a publishable key is allowed things by name; a secret key does what its scopes say"
            )
        if self._checked_allow is None:
            raise InvalidAllow("there is nothing to be allowed by name here")
        if len(wished) > ALLOW_MAX:
            raise InvalidAllow(f"a key is allowed at most {ALLOW_MAX} things by name")
        checked = set()
        for word in sorted(wished):
            try:
                kept = self._checked_allow(word)
            except ValueError as error:
                raise InvalidAllow(str(error), about=word) from error
            if kept.split() != [kept] or len(kept) > ALLOW_LENGTH_MAX:
                raise InvalidAllow(
                    f"{kept[:40]!r} cannot be allowed: expected up to {ALLOW_LENGTH_MAX} characters without spaces",
                    about=word,
                )
            checked.add(kept)
        return frozenset(checked)

    async def rotate(
        self,
        *,
        project_id: str,
        key_id: str,
        by: str,
        overlap_ms: int = OVERLAP_DEFAULT_MS,
        at_once: bool = False,
        reason: str | None = None,
    ) -> Rotated:
        """A further secret for a key, whose id and rights stay. Those before it go on until the overlap has passed
        since the new one's first use, or since now if ``at_once``.

        Raises:
            KeyNotFound: the project has no such key.
            KeyIsRevoked: it is gone for good.
            RotationPending: an earlier rotation still waits for its first use; withdraw that first.
            TooManySecrets: too many earlier secrets are still accepted.
            InvalidExpiry: the overlap is negative or longer than 90 days.
        """
        if not 0 <= overlap_ms <= OVERLAP_MAX_MS:
            raise InvalidExpiry(f"an overlap is 0 to {OVERLAP_MAX_MS // 86_400_000} days", field="overlap_seconds")
        key = await known(self._store, project_id, key_id)
        form = self._formats.get(key.format, NATIVE)
        secret = generate(form, key.kind, key.mode)
        act = Act(self._clock.now(), by, reason)
        # What was shown at any time before is so after it.
        was_public = any(one.public for one in await self._store.secrets(project_id, key_id))
        public = secret.public() if was_public else None
        fresh = NewSecret(secret.digest(), secret.prefix, secret.last_four, at_once, overlap_ms, public)
        epoch = await self._store.add_secret(project_id, key_id, fresh, act)
        if epoch is None:
            key = await known(self._store, project_id, key_id)
            raise RotationPending(
                f"{key.id} was already rotated, and its new secret was not used yet; use it, or withdraw the rotation"
            )
        receipt = await settle(self._store, epoch, at=act.at)
        return Rotated(await known(self._store, project_id, key_id), secret, receipt)

    async def withdraw_rotation(self, *, project_id: str, key_id: str, by: str) -> Receipt:
        """Withdraw a rotation whose secret was not used yet.

        Raises:
            KeyNotFound: the project has no such key.
            RotationPending: no rotation waits.
        """
        await known(self._store, project_id, key_id)
        act = Act(self._clock.now(), by)
        epoch = await self._store.withdraw_secret(project_id, key_id, act)
        if epoch is None:
            raise RotationPending(f"no rotation of {key_id} waits for its first use")
        return await settle(self._store, epoch, at=act.at)

    async def finish_rotation(self, *, project_id: str, key_id: str, by: str) -> Receipt:
        """Refuse all of a key's secrets but the newest in use, from now on; once this returns, everywhere.

        Raises:
            KeyNotFound: the project has no such key.
        """
        await known(self._store, project_id, key_id)
        act = Act(self._clock.now(), by)
        epoch = await self._store.end_earlier_secrets(project_id, key_id, act)
        return await settle(self._store, epoch, at=act.at) if epoch is not None else Receipt(None, act.at)


async def activate(store: SecretStore, clock: Clock, *, key_id: str, number: int) -> None:
    """The first use of a rotation's secret. Where those before it end now, that holds everywhere when this returns."""
    act = Act(clock.now(), f"key:{key_id}")
    epoch = await store.activate(key_id, number, act)
    if epoch is not None:
        await settle(store, epoch, at=act.at, lease_ms=LEASE_MS)


def _origins_of(wish: KeyWish) -> tuple[str, ...]:
    """
    Raises:
        InvalidKind: a public key is wished for that is none that anybody may hold, or is bound to something.
        InvalidOrigin: one is no origin.
    """
    origins = checked_origins(wish.origins)
    if not wish.public:
        return origins
    if wish.kind is not Kind.PUBLISHABLE or origins or tuple(wish.apps) or wish.parent is not None:
        raise InvalidKind("a public key is a publishable one for every origin and every app", field="kind")
    return (ANY_ORIGIN,)


def checked_report_only(names: Iterable[str]) -> frozenset[str]:
    """The names of restrictions that can be tried out.

    Raises:
        InvalidKind: one cannot.
    """
    chosen = frozenset(names)
    possible = frozenset(reason.value for reason in REPORTABLE)
    if chosen - possible:
        raise InvalidKind(
            f"{sorted(chosen - possible)[0][:40]!r} cannot be report-only; choose from: {', '.join(sorted(possible))}",
            field="report_only",
        )
    return chosen


def check_binding(key: Key) -> None:
    """Whether the key is bound as its kind must and may be.

    Raises:
        InvalidKind: a publishable key with rights is bound to nothing, or one is bound to origins and apps at once.
    """
    if key.origins and key.apps:
        raise InvalidKind("a key is for web origins or for mobile apps, not for both; create two keys", field="origins")
    if key.kind is Kind.SECRET and key.apps:
        raise InvalidKind(
            "an app identifier does not protect a secret key; make a publishable key for the app", field="apps"
        )
    if key.kind is Kind.PUBLISHABLE and key.scopes and not (key.origins or key.apps):
        raise InvalidKind(
            "a publishable key needs the web origins or the mobile app identifiers it may be used from, such as "
            "http://localhost:3000 or com.yourcompany.yourapp",
            field="origins",
        )


def check_no_stronger(key: Key, parent: Key, rate_limit: Limit | None) -> None:
    """Whether a key that another one makes may no more than that one, save for what client secrets open to it.

    Args:
        rate_limit: the limit of a key without one of its own; None for no limit.

    Raises:
        StrongerThanParent: it may; the message says in what.
        KeyIsRevoked: the parent is no key any more.
    """
    if parent.status is not Status.ACTIVE:
        raise KeyIsRevoked(f"{parent.id} is {parent.status} and cannot create keys")
    if parent.kind is not Kind.SECRET:
        raise StrongerThanParent("a publishable key cannot create keys")
    if (key.project_id, key.mode) != (parent.project_id, parent.mode):
        raise StrongerThanParent("a key creates keys of its own project and mode only")
    more = sorted(scope for scope in key.scopes if not parent.terms.grants(scope))
    if more:
        raise StrongerThanParent(f"the issuing key lacks the scope {more[0]}, so it cannot grant it")
    if parent.expires_at is not None and (key.expires_at is None or key.expires_at > parent.expires_at):
        raise StrongerThanParent("a key cannot create one that expires later; set an expiry no later than its own")
    if parent.networks and not (key.networks and _all_within(key.networks, parent.networks)):
        raise StrongerThanParent("the new key must be bound to networks within those of the issuing key")
    if parent.origins and not (key.origins and set(key.origins) <= set(parent.origins)):
        raise StrongerThanParent("the new key must be bound to origins among those of the issuing key")
    most, own = parent.limit or rate_limit, key.limit or rate_limit
    if most is not None and (own is None or own.per_second > most.per_second or own.burst > most.burst):
        raise StrongerThanParent(f"the new key must have a rate no higher than that of the issuing key: {most}")
    if key.report_only - parent.report_only:
        raise StrongerThanParent("a restriction of the issuing key cannot be report-only in the new key")
    if parent.external_id is not None and (key.external_id, key.metadata) != (parent.external_id, parent.metadata):
        raise StrongerThanParent("a key with an external id creates keys with that and with its own metadata only")
    if key.allow - parent.allow:
        raise StrongerThanParent("a key cannot allow another what it was not allowed by name itself")


def _all_within(networks: tuple[str, ...], others: tuple[str, ...]) -> bool:
    wide = [ipaddress.ip_network(one) for one in others]
    return all(
        any(
            restrict.version == one.version and restrict.subnet_of(one)  # type: ignore[arg-type]
            for one in wide
        )
        for restrict in map(ipaddress.ip_network, networks)
    )
