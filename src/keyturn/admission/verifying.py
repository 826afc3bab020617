"""From a credential to a decision: the hot path, one page."""

from hashlib import sha256
from typing import Final, Protocol

from keyturn.admission.carriers import CREDENTIAL_MAX, Carriers
from keyturn.admission.leases import KeyFinder
from keyturn.keys.issuing import activate
from keyturn.keys.model import (
    NOTHING_SHOWN,
    Asked,
    Kind,
    KnownKey,
    Mode,
    Need,
    Needs,
    Reach,
    RefusalReason,
    Refused,
    Status,
    Terms,
    Verified,
)
from keyturn.keys.restrictions import ANY_ORIGIN, is_origin_among, is_within
from keyturn.keys.secret import KeySecret, MaskedRepr, digest_of
from keyturn.stores.ports import Clock, SecretStore, VerificationStore

# Bound once: a member of an enum that is looked up by its class goes through several calls in Python 3.11.
_ACTIVE: Final = Status.ACTIVE
_SECRET: Final = Kind.SECRET
_PUBLISHABLE: Final = Kind.PUBLISHABLE
_PASSED_OVER_MAX: Final = 4


def decide(  # noqa: C901, PLR0912 — one reason after another, and the order is the promise
    key: KnownKey | None, need: Needs, now: int, asked: Asked = NOTHING_SHOWN, *, mode: Mode | None = None
) -> Verified | Refused:
    """Whether the holder of this key may do all that is needed (None: any valid key). Pure; the order is a promise:
    status, expiry, project, mode, network, origin or app, kind, client secret, scope. A canary is unknown to all.

    Nothing about a key is disclosed unless its full text was presented: only a matching digest leads to a key,
    so ``revoked`` and ``expired`` are said to nobody but the bearer of the whole text.

    Args:
        mode: the only mode that is accepted; None for both.
    """
    if key is None:
        return Refused(RefusalReason.UNKNOWN)
    if key.terms.canary:
        # To whoever found it, it is like any key that never was; the owner is told (keyturn.leaks.responding).
        return Refused(RefusalReason.UNKNOWN, key)
    if key.status is not _ACTIVE:
        disabled = key.status is Status.DISABLED
        return Refused(RefusalReason.DISABLED if disabled else RefusalReason.REVOKED, key)
    if key.expires_at is not None and now >= key.expires_at:
        return Refused(RefusalReason.EXPIRED, key)
    if key.ends_at is not None and now >= key.ends_at:
        return Refused(RefusalReason.SUPERSEDED, key)
    if key.project_suspended:
        return Refused(RefusalReason.PROJECT_SUSPENDED, key)
    terms = key.terms
    if mode is not None and terms.mode is not mode:
        return Refused(RefusalReason.WRONG_MODE, key)
    reported: tuple[RefusalReason, ...] = ()
    if terms.networks and not is_within(asked.address, terms.networks):
        if RefusalReason.ADDRESS_NOT_ALLOWED not in terms.report_only:
            return Refused(RefusalReason.ADDRESS_NOT_ALLOWED, key)
        reported = (RefusalReason.ADDRESS_NOT_ALLOWED,)
    if terms.kind is _PUBLISHABLE or terms.origins or terms.apps:
        unbound = _out_of_place(terms, asked)
        if unbound is not None:
            if unbound not in terms.report_only:
                return Refused(unbound, key)
            reported = (*reported, unbound)
    if need is None:
        return Verified(key, reported)
    if isinstance(need, tuple):
        return _decide_each(key, need, asked, reported)
    if terms.kind is _PUBLISHABLE:
        if need.publishable is Reach.NEVER:
            return Refused(RefusalReason.SECRET_KEY_REQUIRED, key, need)
        if need.publishable is Reach.OPENS:
            if asked.opened:
                return Verified(key, reported)
            missing = asked.opened is None
            return Refused(
                RefusalReason.CLIENT_SECRET_MISSING if missing else RefusalReason.CLIENT_SECRET_WRONG, key, need
            )
    if need.scope not in terms.scopes and not terms.grants(need.scope):
        if RefusalReason.SCOPE_MISSING not in terms.report_only:
            return Refused(RefusalReason.SCOPE_MISSING, key, need)
        reported = (*reported, RefusalReason.SCOPE_MISSING)
    return Verified(key, reported)


def _decide_each(
    key: KnownKey, needs: tuple[Need, ...], asked: Asked, reported: tuple[RefusalReason, ...]
) -> Verified | Refused:
    """The same for several needs: rule by rule, so that it does not matter which need comes first."""
    terms = key.terms
    wanted = needs
    if terms.kind is _PUBLISHABLE:
        for need in needs:
            if need.publishable is Reach.NEVER:
                return Refused(RefusalReason.SECRET_KEY_REQUIRED, key, need)
        opening = [need for need in needs if need.publishable is Reach.OPENS]
        if opening and not asked.opened:
            missing = asked.opened is None
            return Refused(
                RefusalReason.CLIENT_SECRET_MISSING if missing else RefusalReason.CLIENT_SECRET_WRONG, key, opening[0]
            )
        wanted = tuple(need for need in needs if need.publishable is not Reach.OPENS)
    for need in wanted:
        if not terms.grants(need.scope):
            if RefusalReason.SCOPE_MISSING not in terms.report_only:
                return Refused(RefusalReason.SCOPE_MISSING, key, need)
            return Verified(key, (*reported, RefusalReason.SCOPE_MISSING))
    return Verified(key, reported)


def _out_of_place(terms: Terms, asked: Asked) -> RefusalReason | None:
    """Why this is not where the key may be used from; None if it is."""
    if terms.apps:
        return None if asked.app in terms.apps else RefusalReason.APP_NOT_ALLOWED
    if terms.kind is _SECRET and asked.origin is None:
        return None  # a server sends none; only browsers are held to the origins of a secret key
    if ANY_ORIGIN in terms.origins:
        return None
    return None if is_origin_among(asked.origin, terms.origins) else RefusalReason.ORIGIN_NOT_ALLOWED


class Presented(MaskedRepr, Asked, frozen=True, kw_only=True, gc=False):
    """A request, as far as the key layer looks at it.

    Attributes:
        authorization, api_key: the two headers that may carry a key.
        path, query_string: in which there must be none; nor in what the path names.
        secure: whether it came over TLS, or from where that is not asked for.
        exposed: whether what is not secure is known to have come in clear text. Where proxies only do not say how it
            came, the key is refused and nothing is concluded from it.
        object_id: the object that the path names, where a client secret may open one.
        format: the only format that keys are accepted in; empty for every format. A key that was imported in a form of
            its own is of every format.
    """

    authorization: str | None = None
    api_key: str | None = None
    path: str = ""
    query_string: str = ""
    secure: bool = True
    exposed: bool = True
    object_id: str | None = None
    format: str = ""


class VerifierStore(VerificationStore, SecretStore, Protocol):
    """What is read for a decision, and what the first use of a rotated secret changes."""


class Verifier:
    """Answers for presented keys by what holds at this moment: nothing stale."""

    def __init__(
        self, store: VerifierStore, finder: KeyFinder, carriers: Carriers, clock: Clock, *, mode: Mode | None = None
    ) -> None:
        """
        Args:
            finder: a gate that remembers under a lease, or the store itself.
            mode: the only mode that is accepted; None for both.
        """
        self._store = store
        self._finder = finder
        self._carriers = carriers
        self._clock = clock
        self._mode = mode

    def verify_now(self, presented: Presented, need: Needs, now: int) -> Verified | Refused | None:
        """The same as :meth:`verify` at once, for the key that is asked for again and again: it came over TLS as
        ``Bearer``, alone, and is remembered under a lease. None for everything else, and nothing is done then.

        What is remembered was found by its whole text's digest, so that neither form nor checksum can be wrong.
        """
        authorization = presented.authorization
        if (
            authorization is None
            or authorization[:7] != "Bearer "
            or len(authorization) > CREDENTIAL_MAX
            or not authorization.isascii()
            or presented.api_key is not None
            or not presented.secure
            or (presented.format and presented.format not in self._carriers.formats_of(authorization[7:]))
        ):
            return None
        in_url = self._url_to_search(presented)
        if in_url and self._carriers.in_url(in_url):
            return None
        key = self._finder.find_now(sha256(authorization[7:].encode()).digest())
        if key is None or key.pending:
            return None
        return decide(key, need, now, presented, mode=self._mode)

    def _url_to_search(self, presented: Presented) -> str:
        """What of the URL might hold a key; empty where nothing can."""
        in_url, named = presented.query_string, presented.path or presented.object_id or ""
        if len(named) >= self._carriers.length_min:  # longer than most ids
            in_url = f"{named}?{in_url}"
        return in_url if "_" in in_url else ""

    async def _exposed(self, in_url: str, *, alone: bool) -> Refused | None:
        """The refusal of a request that has a key in its URL. A publishable key there is no lost secret: beside a key
        in a header it is passed over.

        Args:
            alone: whether there is no key in a header.
        """
        for _ in range(_PASSED_OVER_MAX):
            found = self._carriers.in_url(in_url)
            if not found:
                return None
            if not isinstance(found, KeySecret):
                return Refused(RefusalReason.KEY_IN_URL)
            key = await self._finder.find(found.digest())
            if alone or key is None or key.terms.canary or key.terms.kind is not _PUBLISHABLE:
                return Refused(RefusalReason.KEY_IN_URL, key)
            in_url = in_url.replace(found.reveal(), "")
        return Refused(RefusalReason.KEY_IN_URL)

    async def verify(self, presented: Presented, need: Needs) -> Verified | Refused:
        """Decide about a request. The order is carrier, transport, form and checksum, digest, and then that of
        :func:`decide`: the cheapest and least telling first.

        Args:
            need: what the call asks for; None where any valid key will do.
        """
        in_url = self._url_to_search(presented)
        if in_url:
            exposed = await self._exposed(in_url, alone=not (presented.authorization or presented.api_key))
            if exposed is not None:
                return exposed
        carried = self._carriers.find(presented.authorization, presented.api_key)
        if isinstance(carried, Refused):
            return carried
        if not presented.secure:
            # Whose key it was matters to its owner alone, who may want to know that it has been seen on the wire.
            key = await self._finder.find(carried.secret.digest())
            return Refused(RefusalReason.INSECURE, key, exposed=presented.exposed)
        if presented.format:
            formats = self._carriers.formats_of(carried.secret.reveal())
            if formats and presented.format not in formats:
                # By its text alone: nothing is looked up, and nothing about the key is disclosed.
                return Refused(RefusalReason.MALFORMED, formats=formats)
        key = await self._finder.find(carried.secret.digest())
        asked: Asked = presented
        if carried.client_secret is not None and key is not None and presented.object_id is not None:
            # What no database keeps as a text is no object's id.
            opened = presented.object_id.isprintable() and await self._store.opens(
                digest_of(carried.client_secret),
                project_id=key.project_id,
                mode=key.mode.value,
                object_id=presented.object_id,
            )
            asked = Asked(address=presented.address, origin=presented.origin, app=presented.app, opened=opened)
        decision = decide(key, need, self._clock.now(), asked, mode=self._mode)
        if isinstance(decision, Verified) and decision.key.pending:
            await activate(self._store, self._clock, key_id=decision.key.id, number=decision.key.secret)
        return decision
