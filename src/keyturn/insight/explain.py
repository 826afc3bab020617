"""Why a request is refused, and the least that would let it in: for the key's owner, never for the caller.

Every rule of the door in its order, with what was seen and what the key allows. The outcomes are those of
:func:`keyturn.admission.verifying.decide` itself, asked again and again, so that an explanation cannot disagree with
the door.
"""

import ipaddress
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, NamedTuple, assert_never

import msgspec

from keyturn.admission.verifying import decide
from keyturn.errors import InvalidKey, KeyNotFound
from keyturn.insight.logged import LoggedRequest
from keyturn.invariants import present
from keyturn.keys.changing import KeyChanges
from keyturn.keys.model import (
    NOTHING_SHOWN,
    REPORTABLE,
    Asked,
    Key,
    Kind,
    KnownKey,
    Mode,
    Need,
    Reach,
    RefusalReason,
    Refused,
    Status,
    Terms,
)
from keyturn.keys.restrictions import (
    APPS_MAX,
    NETWORKS_MAX,
    ORIGINS_MAX,
    checked_apps,
    checked_networks,
    checked_origins,
)
from keyturn.stores.ports import KeyStore, SecretState

EXAMPLE_ORIGIN: Final = "http://localhost:3000"


class Case(NamedTuple):
    """A request with a key, described.

    Attributes:
        need: what the endpoint asks for; None where any valid key will do.
        secure: whether it comes over TLS.
        mode: the only mode that is let in there; None for both.
    """

    key: KnownKey
    need: Need | None
    asked: Asked = NOTHING_SHOWN
    secure: bool = True
    mode: Mode | None = None


class Outcome(StrEnum):
    """What became of one rule."""

    PASSED = "passed"
    REPORTED = "reported"
    """It would have refused the request, but is only reported."""
    FAILED = "failed"
    NOT_REACHED = "not_reached"


class Rule(msgspec.Struct, frozen=True):
    """One rule of the door.

    Attributes:
        name: what it looks at, such as ``origin``.
        seen: what the request showed.
        allowed: what the key, or the endpoint, allows.
    """

    name: str
    outcome: Outcome
    seen: str
    allowed: str


class Do(StrEnum):
    """What somebody has to do to have the request let in."""

    USE_HTTPS = "use_https"
    USE_ANOTHER_KEY = "use_another_key"
    ENABLE = "enable"
    EXTEND = "extend"
    USE_NEWER_SECRET = "use_newer_secret"  # noqa: S105 — a word, not a password
    RESUME_PROJECT = "resume_project"
    ADD_NETWORK = "add_network"
    ADD_ORIGIN = "add_origin"
    ADD_APP = "add_app"
    ADD_SCOPE = "add_scope"
    CALL_FROM_NETWORK = "call_from_network"
    SEND_ORIGIN = "send_origin"
    SEND_NO_ORIGIN = "send_no_origin"
    SEND_APP = "send_app"
    SEND_CLIENT_SECRET = "send_client_secret"  # noqa: S105


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do.

    Attributes:
        text: in a sentence.
        value: the scope, origin, app identifier, network or address that it is about.
        changes: how the key is to be changed, where that is what is to be done.
        instead: what another key needs to be like, where no change makes this one do.
    """

    do: Do
    text: str
    value: str | None = None
    changes: KeyChanges | None = None
    instead: Terms | None = None


class Explanation(msgspec.Struct, frozen=True):
    """What is decided about a request, and why.

    Attributes:
        reason: the first rule that refuses it; None if it is let in.
        rules: all rules, in the order of the door.
        remedies: the least that would let it in: each is needed, and together they do. Empty if it is let in.
    """

    reason: RefusalReason | None
    rules: tuple[Rule, ...]
    remedies: tuple[Remedy, ...]


def explain(case: Case, now: int) -> Explanation:
    """The decision about a described request, rule by rule. Pure."""
    reason = _refusal(case, now)
    remedies: list[Remedy] = []
    after, still = case, reason
    while still is not None:
        remedy = _remedy(after, still, now)
        remedies.append(remedy)
        after = _applied(remedy, after)
        still = _refusal(after, now)
    return Explanation(reason, _rules(case, reason, now), tuple(remedies))


async def explain_logged(store: KeyStore, one: LoggedRequest, now: int) -> Explanation:
    """What would be decided about a request of the log now, by its key as it stands. Its own refusal is in its line; if
    this has another reason, or none, something was changed since.

    Raises:
        KeyNotFound: the key, or the secret that was presented, is not there any more.
    """
    key = await store.by_id(one.project_id, one.key_id)
    secrets = await store.secrets(one.project_id, one.key_id)
    presented = next((secret for secret in secrets if secret.number == one.secret), None)
    if key is None or presented is None:
        raise KeyNotFound(f"the key of the request {one.id} is not there any more")
    secure = one.refusal != RefusalReason.INSECURE.value
    return explain(Case(as_known(key, presented), one.need, one.asked, secure=secure), now)


_SIGNS: Final = {
    Outcome.PASSED: "ok",
    Outcome.REPORTED: "reported",
    Outcome.FAILED: "REFUSED",
    Outcome.NOT_REACHED: "unreached",
}


def lines(told: Explanation) -> list[str]:
    """The explanation for a terminal: a rule a line, and then what comes of it."""
    rules = [f"{_SIGNS[one.outcome]:9} {one.name:14} {one.seen}  [allowed: {one.allowed}]" for one in told.rules]
    if told.reason is None:
        return [*rules, "", "Such a request is let in."]
    wanted = [f"- {remedy.text}" for remedy in told.remedies]
    return [*rules, "", f"Such a request is refused: {told.reason}. To have it let in:", *wanted]


def to_json(told: Explanation, need: Need | None) -> dict[str, Any]:
    """The explanation for a program."""
    return {
        "allowed": told.reason is None,
        "reason": told.reason,
        "needs": need.scope if need is not None else None,
        "rules": msgspec.to_builtins(told.rules),
        "remedies": [{"do": one.do, "value": one.value, "text": one.text} for one in told.remedies],
    }


def as_known(key: Key, secret: SecretState | None = None) -> KnownKey:
    """What the door knows of a key whose owner looks at it.

    Args:
        secret: which of its secrets is presented; its newest in use where that is not said.
    """
    return KnownKey(
        key.id,
        key.terms,
        key.status,
        key.expires_at,
        secret.ends_at if secret is not None else None,
        secret.number if secret is not None else 1,
        secret is not None and secret.waits,
        key.project_suspended,
    )


_ORDER: Final = (
    ("transport", (RefusalReason.INSECURE,)),
    ("status", (RefusalReason.REVOKED, RefusalReason.DISABLED)),
    ("expiry", (RefusalReason.EXPIRED,)),
    ("secret", (RefusalReason.SUPERSEDED,)),
    ("project", (RefusalReason.PROJECT_SUSPENDED,)),
    ("mode", (RefusalReason.WRONG_MODE,)),
    ("network", (RefusalReason.ADDRESS_NOT_ALLOWED,)),
    ("origin", (RefusalReason.ORIGIN_NOT_ALLOWED,)),
    ("app", (RefusalReason.APP_NOT_ALLOWED,)),
    ("kind", (RefusalReason.SECRET_KEY_REQUIRED,)),
    ("client_secret", (RefusalReason.CLIENT_SECRET_MISSING, RefusalReason.CLIENT_SECRET_WRONG)),
    ("scope", (RefusalReason.SCOPE_MISSING,)),
)


def _refusal(case: Case, now: int) -> RefusalReason | None:
    if not case.secure:
        return RefusalReason.INSECURE
    decision = decide(case.key, case.need, now, case.asked, mode=case.mode)
    return decision.reason if isinstance(decision, Refused) else None


def _rules(case: Case, reason: RefusalReason | None, now: int) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    outcome = Outcome.PASSED
    for name, reasons in _ORDER:
        if outcome is Outcome.FAILED:
            outcome = Outcome.NOT_REACHED
        if outcome is not Outcome.NOT_REACHED:
            if reason in reasons:
                outcome = Outcome.FAILED
            else:
                spared = any(one in case.key.terms.report_only and _fails(case, one, now) for one in reasons)
                outcome = Outcome.REPORTED if spared else Outcome.PASSED
        seen, allowed = _words(name, case, now)
        rules.append(Rule(name, outcome, seen, allowed))
    return tuple(rules)


def _fails(case: Case, reason: RefusalReason, now: int) -> bool:
    """Whether this restriction would refuse the request, were it the only one that is kept."""
    terms = msgspec.structs.replace(case.key.terms, report_only=frozenset(REPORTABLE - {reason}))
    strict = case._replace(key=msgspec.structs.replace(case.key, terms=terms))
    return _refusal(strict, now) is reason


# What was seen, and what is allowed.


def _words(name: str, case: Case, now: int) -> tuple[str, str]:
    key, need, asked = case.key, case.need, case.asked
    terms = key.terms
    match name:
        case "transport":
            return ("https" if case.secure else "plain http"), "https"
        case "status":
            return f"the key is {key.status}", "active keys"
        case "expiry":
            if key.expires_at is None:
                return "the key does not expire", "keys before their expiry"
            return (
                f"the key {'has expired' if now >= key.expires_at else 'has not expired'}",
                "keys before their expiry",
            )
        case "secret":
            ended = key.ends_at is not None and now >= key.ends_at
            return f"secret {key.secret} of the key{' has ended' if ended else ''}", "secrets that have not ended"
        case "project":
            return (
                f"the project is {'suspended' if key.project_suspended else 'not suspended'}",
                "projects that are not",
            )
        case "mode":
            return f"a {terms.mode} key", f"{case.mode} keys" if case.mode is not None else "keys of both modes"
        case "network":
            return asked.address or "no address", _listed(terms.networks, "any address")
        case "origin":
            return _origin_seen(asked), _origins_allowed(terms)
        case "app":
            seen = f"x-app-identifier: {asked.app[:200]}" if asked.app is not None else "no x-app-identifier"
            return seen, _listed(terms.apps, "any, or none")
        case "kind":
            return f"a {terms.kind} key", _kinds_allowed(need)
        case "client_secret":
            words = {None: "none", True: "the object's own", False: "another one"}
            asked_for = terms.kind is Kind.PUBLISHABLE and need is not None and _opens(need)
            return words[asked.opened], "the object's own" if asked_for else "not asked for"
        case _:
            if need is None:
                return _listed(sorted(terms.scopes), "no scope"), "any"
            return _listed(sorted(terms.scopes), "no scope"), need.scope


def _origin_seen(asked: Asked) -> str:
    return f"Origin: {asked.origin[:200]}" if asked.origin is not None else "no Origin"


def _origins_allowed(terms: Terms) -> str:
    if terms.apps or (terms.kind is Kind.SECRET and not terms.origins):
        return "any, or none"
    if terms.kind is Kind.SECRET:
        return f"none, or {_listed(terms.origins, '')}"
    return _listed(terms.origins, "none: the key is bound to no origin yet")


def _kinds_allowed(need: Need | None) -> str:
    if need is None or need.publishable is not Reach.NEVER:
        return "secret and publishable keys"
    return "secret keys"


def _opens(need: Need) -> bool:
    return need.publishable is Reach.OPENS


def _listed(values: Iterable[str], otherwise: str) -> str:
    return ", ".join(values) or otherwise


# The least that would let it in.


def _remedy(case: Case, reason: RefusalReason, now: int) -> Remedy:
    """What to do about this refusal. Where no change makes the key do, nothing else about it is worth changing."""
    terms, need = case.key.terms, case.need
    if reason is RefusalReason.INSECURE:
        return Remedy(
            do=Do.USE_HTTPS, text="Send the request over https; and rotate the key, which was sent in clear text."
        )
    if reason is RefusalReason.PROJECT_SUSPENDED:
        return Remedy(do=Do.RESUME_PROJECT, text="The project is suspended; whoever runs this server can resume it.")
    never = terms.kind is Kind.PUBLISHABLE and need is not None and need.publishable is Reach.NEVER
    if case.key.status is Status.REVOKED or case.mode not in (None, terms.mode) or never:
        return _another_key(case, secret=never)
    match reason:
        case RefusalReason.DISABLED:
            return Remedy(do=Do.ENABLE, text="Enable the key, or use another.")
        case RefusalReason.EXPIRED:
            return Remedy(
                do=Do.EXTEND,
                text="Move the key's expiry on, or take it away; or make a new key.",
                changes=KeyChanges(expires_at=None),
            )
        case RefusalReason.SUPERSEDED:
            return Remedy(
                do=Do.USE_NEWER_SECRET,
                text="The key was rotated, and this secret of it has ended; use its newer one. If that is lost, rotate "
                "the key again.",
            )
        case RefusalReason.ADDRESS_NOT_ALLOWED:
            return _network_remedy(case)
        case RefusalReason.ORIGIN_NOT_ALLOWED:
            return _origin_remedy(case)
        case RefusalReason.APP_NOT_ALLOWED:
            return _app_remedy(case)
        case RefusalReason.CLIENT_SECRET_MISSING | RefusalReason.CLIENT_SECRET_WRONG:
            return Remedy(
                do=Do.SEND_CLIENT_SECRET,
                text="Send the object's own client secret, which was in the answer that created it, as authorization, "
                "and the key as x-api-key; or call from a server, with a secret key.",
            )
        case RefusalReason.SCOPE_MISSING:
            return _scope_remedy(case)
        case _:
            raise AssertionError(f"{reason} is not refused by a key that is there")


def _another_key(case: Case, *, secret: bool) -> Remedy:
    """A key that would do, as like this one as can be."""
    terms, need, asked = case.key.terms, case.need, case.asked
    kind = Kind.SECRET if secret else terms.kind
    scopes = terms.scopes
    if need is not None and not terms.grants(need.scope) and not (kind is Kind.PUBLISHABLE and _opens(need)):
        scopes |= {need.scope}
    instead = msgspec.structs.replace(
        terms,
        kind=kind,
        scopes=scopes,
        mode=case.mode or terms.mode,
        origins=() if secret else terms.origins,
        apps=() if secret else terms.apps,
    )
    draft = case._replace(key=KnownKey(case.key.id, instead, Status.ACTIVE))
    # Where it is to be used from is put right in the same go.
    while (reason := _refusal(draft._replace(secure=True), 0)) is not None:
        remedy = _remedy(draft, reason, 0)
        if remedy.changes is None:
            break  # what is left is about the request
        draft = _applied(remedy, draft)
    instead = draft.key.terms
    if kind is Kind.PUBLISHABLE and instead.scopes and not (instead.origins or instead.apps):
        instead = msgspec.structs.replace(instead, origins=(_origin_as_sent(asked.origin) or EXAMPLE_ORIGIN,))
    words = [f"a {instead.kind} key of {instead.mode} mode"]
    if need is not None and instead.grants(need.scope):
        words.append(f"with the scope {need.scope}")
    if instead.origins:
        words.append(f"for {asked.origin or instead.origins[0]}")
    if instead.apps:
        words.append(f"for {asked.app or instead.apps[0]}")
    why = "this one is revoked for good" if case.key.status is Status.REVOKED else "this one cannot be made to do"
    return Remedy(do=Do.USE_ANOTHER_KEY, text=f"Use {' '.join(words)}; {why}.", instead=instead)


def _network_remedy(case: Case) -> Remedy:
    terms, asked = case.key.terms, case.asked
    address = _address(asked.address)
    if address is not None and len(terms.networks) < NETWORKS_MAX:
        network = checked_networks([address])[0]
        return Remedy(
            do=Do.ADD_NETWORK,
            text=f"Add {network} to the networks the key may be used from.",
            value=network,
            changes=KeyChanges(networks=(*terms.networks, network)),
        )
    return Remedy(
        do=Do.CALL_FROM_NETWORK,
        text=f"Call from one of the key's networks: {', '.join(terms.networks)}.",
        value=str(ipaddress.ip_network(terms.networks[0]).network_address),
    )


def _address(text: str | None) -> str | None:
    """The address that the door judges; None for what is none."""
    try:
        found = ipaddress.ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(found)


def _origin_remedy(case: Case) -> Remedy:
    terms, asked = case.key.terms, case.asked
    origin = _origin_as_sent(asked.origin)
    unbound = not terms.origins
    if unbound and origin is None and (app := _app(asked.app)) is not None:
        return _add_app(terms, app)
    if (origin is not None or unbound) and len(terms.origins) < ORIGINS_MAX:
        wanted = origin or EXAMPLE_ORIGIN
        return Remedy(
            do=Do.ADD_ORIGIN,
            text=f"Add {wanted} to the web origins the key may be used from."
            if origin is not None
            else f"Add the web origin that the page comes from, such as {wanted}, or a mobile app, to the key.",
            value=wanted,
            changes=KeyChanges(origins=(*terms.origins, wanted)),
        )
    if terms.kind is Kind.SECRET:
        return Remedy(do=Do.SEND_NO_ORIGIN, text="Call from a server: only a browser sends an Origin.")
    home = terms.origins[0].replace("*", "www")
    return Remedy(
        do=Do.SEND_ORIGIN,
        text=f"Call from a page of one of the key's origins: {', '.join(terms.origins)}. Browsers send the Origin by "
        "themselves; elsewhere set the header.",
        value=home,
    )


def _origin_as_sent(origin: str | None) -> str | None:
    """An origin that a key can be given, and that then lets this one in; None for others, such as ``null``."""
    try:
        kept = checked_origins([origin or ""])[0]
    except InvalidKey:
        return None
    return kept if kept == origin else None


def _app_remedy(case: Case) -> Remedy:
    terms, app = case.key.terms, _app(case.asked.app)
    if app is not None and len(terms.apps) < APPS_MAX:
        return _add_app(terms, app)
    return Remedy(
        do=Do.SEND_APP,
        text=f"Send the header x-app-identifier with one of the key's apps: {', '.join(terms.apps)}.",
        value=terms.apps[0],
    )


def _app(app: str | None) -> str | None:
    try:
        kept = checked_apps([app or ""])[0]
    except InvalidKey:
        return None
    return kept if kept == app else None


def _add_app(terms: Terms, app: str) -> Remedy:
    return Remedy(
        do=Do.ADD_APP,
        text=f"Add {app} to the mobile apps the key may be used by.",
        value=app,
        changes=KeyChanges(apps=(*terms.apps, app)),
    )


def _scope_remedy(case: Case) -> Remedy:
    terms, need = case.key.terms, present(case.need, "the need that a missing scope is about")
    changes = KeyChanges(scopes=terms.scopes | {need.scope})
    text = f"Give the key the scope {need.scope}."
    if terms.kind is Kind.PUBLISHABLE and not (terms.origins or terms.apps):
        # Only its binding is tried out; with rights it must have one.
        origin = _origin_as_sent(case.asked.origin) or EXAMPLE_ORIGIN
        changes = KeyChanges(scopes=terms.scopes | {need.scope}, origins=(origin,))
        text = f"Give the key the scope {need.scope}, and the web origin {origin}."
    return Remedy(do=Do.ADD_SCOPE, text=text, value=need.scope, changes=changes)


def _applied(remedy: Remedy, case: Case) -> Case:
    """The request once this was done."""
    key, asked = case.key, case.asked
    replace = msgspec.structs.replace
    if remedy.changes is not None:
        changes = remedy.changes
        named = {
            name: value
            for name in ("scopes", "networks", "origins", "apps")
            if (value := getattr(changes, name)) is not msgspec.UNSET
        }
        key = replace(key, terms=replace(key.terms, **named))
        if changes.expires_at is not msgspec.UNSET:
            key = replace(key, expires_at=changes.expires_at)
        return case._replace(key=key)
    match remedy.do:
        case Do.USE_HTTPS:
            return case._replace(secure=True)
        case Do.USE_ANOTHER_KEY:
            instead = present(remedy.instead, "the terms of the other key")
            return case._replace(key=KnownKey(key.id, instead, Status.ACTIVE, project_suspended=key.project_suspended))
        case Do.ENABLE:
            return case._replace(key=replace(key, status=Status.ACTIVE))
        case Do.USE_NEWER_SECRET:
            return case._replace(key=replace(key, ends_at=None))
        case Do.RESUME_PROJECT:
            return case._replace(key=replace(key, project_suspended=False))
        case Do.CALL_FROM_NETWORK:
            return case._replace(asked=_asked(asked, address=remedy.value))
        case Do.SEND_ORIGIN | Do.SEND_NO_ORIGIN:
            return case._replace(asked=_asked(asked, origin=remedy.value))
        case Do.SEND_APP:
            return case._replace(asked=_asked(asked, app=remedy.value))
        case Do.SEND_CLIENT_SECRET:
            return case._replace(asked=_asked(asked, opened=True))
        case Do.EXTEND | Do.ADD_NETWORK | Do.ADD_ORIGIN | Do.ADD_APP | Do.ADD_SCOPE:
            raise AssertionError(f"{remedy.do} says how the key is to be changed")
        case _:
            assert_never(remedy.do)


def _asked(asked: Asked, **to_json: str | bool | None) -> Asked:
    kept: dict[str, str | bool | None] = {name: getattr(asked, name) for name in Asked.__struct_fields__}
    return Asked(**(kept | to_json))  # type: ignore[arg-type]
