"""Why a request is refused, and the least that would let it in: for the key's owner, never for the caller.

Every admission rule in order, with what the request had and what the key allows. The outcomes are those of
:func:`keyturn.admission.verifying.decide` itself, asked again and again, so that an explanation cannot disagree with
admission.
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
    Needs,
    PendingKey,
    Reach,
    RefusalReason,
    Refused,
    Status,
    Terms,
    each_need,
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
        need: what the call asks for; None where any valid key will do.
        secure: whether it comes over TLS, or from where that is not asked for.
        mode: the only mode that is accepted; None for both.
        carried: what was wrong with how the key came, ``key_in_url`` or ``ambiguous``; None if nothing was.
        transport: how it came, where that is known apart from what was made of it.
    """

    key: KnownKey
    need: Needs
    asked: Asked = NOTHING_SHOWN
    secure: bool = True
    mode: Mode | None = None
    carried: RefusalReason | None = None
    transport: str | None = None


class Outcome(StrEnum):
    """The outcome of one rule."""

    PASSED = "passed"
    REPORTED = "reported"
    """It would have refused the request, but is only reported."""
    FAILED = "failed"
    NOT_REACHED = "not_reached"


class Rule(msgspec.Struct, frozen=True):
    """One admission rule.

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
    """What to change so that the request is allowed."""

    SEND_IN_HEADER = "send_in_header"
    SEND_ONE_KEY = "send_one_key"
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
        reason: the first rule that refuses it; None if it is allowed.
        rules: all rules, in the order of admission.
        remedies: the smallest set of changes that would allow it; all of them are needed. Empty if it is allowed.
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
    mode = None
    if one.refusal == RefusalReason.WRONG_MODE.value:
        mode = Mode.LIVE if one.mode is Mode.TEST else Mode.TEST
    case = Case(
        as_known(key, presented),
        one.need,
        one.asked,
        secure=one.refusal != RefusalReason.INSECURE.value,
        mode=mode,
        carried=_CARRIED.get(one.refusal or ""),
        transport=None if one.secure is None else _HTTPS if one.secure else _PLAIN_HTTP,
    )
    return explain(case, now)


_HTTPS: Final = "https"
_PLAIN_HTTP: Final = "plain http"
# How a key came is no more to be seen afterwards, and nothing about the key changes it.
_CARRIED: Final = {one.value: one for one in (RefusalReason.KEY_IN_URL, RefusalReason.AMBIGUOUS)}


_SIGNS: Final = {
    Outcome.PASSED: "ok",
    Outcome.REPORTED: "reported",
    Outcome.FAILED: "REFUSED",
    Outcome.NOT_REACHED: "unreached",
}


def lines(explanation: Explanation) -> list[str]:
    """The explanation for a terminal: a rule a line, and then what comes of it."""
    rules = [f"{_SIGNS[one.outcome]:9} {one.name:14} {one.seen}  [allowed: {one.allowed}]" for one in explanation.rules]
    if explanation.reason is None:
        return [*rules, "", "Such a request is allowed."]
    wanted = [f"- {remedy.text}" for remedy in explanation.remedies]
    return [*rules, "", f"Such a request is refused: {explanation.reason}. To allow it:", *wanted]


def to_json(explanation: Explanation, need: Needs) -> dict[str, Any]:
    """The explanation for a program."""
    return {
        "allowed": explanation.reason is None,
        "reason": explanation.reason,
        "needs": scopes_of(need) or None,
        "rules": msgspec.to_builtins(explanation.rules),
        "remedies": [{"do": one.do, "value": one.value, "text": one.text} for one in explanation.remedies],
    }


def scopes_of(need: Needs) -> str:
    """The scopes that a call needs, as a line of the request log has them."""
    return " ".join(one.scope for one in each_need(need))


def as_known(key: Key, secret: SecretState | None = None) -> KnownKey:
    """A key as admission sees it, for its owner.

    Args:
        secret: which of its secrets is presented; its newest in use where that is not said.
    """
    kind = PendingKey if secret is not None and secret.waits else KnownKey
    return kind(
        key.id,
        key.terms,
        key.status,
        key.expires_at,
        secret.ends_at if secret is not None else None,
        secret.number if secret is not None else 1,
        key.project_suspended,
    )


_ORDER: Final = (
    ("carrier", (RefusalReason.KEY_IN_URL, RefusalReason.AMBIGUOUS)),
    ("transport", (RefusalReason.INSECURE,)),
    ("canary", (RefusalReason.UNKNOWN,)),
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
    if case.carried is not None:
        return case.carried
    if not case.secure:
        return RefusalReason.INSECURE
    decision = decide(case.key, case.need, now, case.asked, mode=case.mode)
    return decision.reason if isinstance(decision, Refused) else None


def _rules(case: Case, reason: RefusalReason | None, now: int) -> tuple[Rule, ...]:
    rules: list[Rule] = []
    outcome = Outcome.PASSED
    for name, reasons in _ORDER:
        if (name == "carrier" and case.carried is None) or (name == "canary" and not case.key.terms.canary):
            continue  # of nearly every request there is nothing to say
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


def _words(name: str, case: Case, now: int) -> tuple[str, str]:  # noqa: C901, PLR0912 — one rule after another
    key, need, asked = case.key, case.need, case.asked
    terms = key.terms
    match name:
        case "carrier":
            in_url = case.carried is RefusalReason.KEY_IN_URL
            return ("a key in the URL" if in_url else "two different credentials"), "one key, in a header"
        case "transport":
            allowed = _HTTPS if not case.secure or case.transport != _PLAIN_HTTP else "https, or plain http from there"
            return case.transport or (_HTTPS if case.secure else _PLAIN_HTTP), allowed
        case "canary":
            return "a canary", "keys that are in use"
        case "status":
            return f"the key is {key.status}", "active keys"
        case "expiry":
            if key.expires_at is None:
                return "the key does not expire", "before the key's expiry"
            return (
                f"the key {'has expired' if now >= key.expires_at else 'has not expired'}",
                "before the key's expiry",
            )
        case "secret":
            ended = key.ends_at is not None and now >= key.ends_at
            return f"secret {key.secret} of the key{' has ended' if ended else ''}", "secrets that have not ended"
        case "project":
            return (
                f"the project is {'suspended' if key.project_suspended else 'not suspended'}",
                "projects that are not suspended",
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
            asked_for = terms.kind is Kind.PUBLISHABLE and any(map(_opens, each_need(need)))
            return words[asked.opened], "the object's own" if asked_for else "not asked for"
        case _:
            if need is None:
                return _listed(sorted(terms.scopes), "no scope"), "any"
            return _listed(sorted(terms.scopes), "no scope"), scopes_of(need)


def _origin_seen(asked: Asked) -> str:
    return f"Origin: {asked.origin[:200]}" if asked.origin is not None else "no Origin"


def _origins_allowed(terms: Terms) -> str:
    if terms.apps or (terms.kind is Kind.SECRET and not terms.origins):
        return "any, or none"
    if terms.kind is Kind.SECRET:
        return f"none, or {_listed(terms.origins, '')}"
    return _listed(terms.origins, "none: the key has no origins yet")


def _kinds_allowed(need: Needs) -> str:
    if not any(one.publishable is Reach.NEVER for one in each_need(need)):
        return "secret and publishable keys"
    return "secret keys"


def _opens(need: Need) -> bool:
    return need.publishable is Reach.OPENS


def _listed(values: Iterable[str], otherwise: str) -> str:
    return ", ".join(values) or otherwise


# The least that would let it in.


def _remedy(case: Case, reason: RefusalReason, now: int) -> Remedy:
    """What to do about this refusal. Where no change makes the key do, nothing else about it is worth changing."""
    terms = case.key.terms
    if reason is RefusalReason.KEY_IN_URL:
        return Remedy(
            do=Do.SEND_IN_HEADER,
            text="Send the key in a header, never in a URL; and rotate it, for URLs are logged on their way.",
        )
    if reason is RefusalReason.AMBIGUOUS:
        return Remedy(do=Do.SEND_ONE_KEY, text="Send one key, in one header; two different credentials came.")
    if reason is RefusalReason.INSECURE:
        return Remedy(
            do=Do.USE_HTTPS, text="Send the request over https; and rotate the key, which was sent in clear text."
        )
    if reason is RefusalReason.PROJECT_SUSPENDED:
        return Remedy(do=Do.RESUME_PROJECT, text="The project is suspended; the operator of this server can resume it.")
    never = terms.kind is Kind.PUBLISHABLE and any(one.publishable is Reach.NEVER for one in each_need(case.need))
    if terms.canary or case.key.status is Status.REVOKED or case.mode not in (None, terms.mode) or never:
        return _another_key(case, secret=never)
    match reason:
        case RefusalReason.DISABLED:
            return Remedy(do=Do.ENABLE, text="Enable the key, or use another.")
        case RefusalReason.EXPIRED:
            return Remedy(
                do=Do.EXTEND,
                text="Extend or remove the key's expiry, or create a new key.",
                changes=KeyChanges(expires_at=None),
            )
        case RefusalReason.SUPERSEDED:
            return Remedy(
                do=Do.USE_NEWER_SECRET,
                text="The key was rotated, and this secret has ended. Use the newer secret; if it is lost, rotate "
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
                text="Send the object's client secret, which was returned when the object was created, as "
                "authorization, and the key as x-api-key; or call from a server, with a secret key.",
            )
        case RefusalReason.SCOPE_MISSING:
            return _scope_remedy(case)
        case _:
            raise AssertionError(f"{reason} is not refused by a key that is there")


def _another_key(case: Case, *, secret: bool) -> Remedy:
    """A key that would do, as like this one as can be."""
    terms, asked = case.key.terms, case.asked
    kind = Kind.SECRET if secret else terms.kind
    scopes = terms.scopes
    for need in each_need(case.need):
        if not terms.grants(need.scope) and not (kind is Kind.PUBLISHABLE and _opens(need)):
            scopes |= {need.scope}
    instead = msgspec.structs.replace(
        terms,
        kind=kind,
        scopes=scopes,
        mode=case.mode or terms.mode,
        origins=() if secret else terms.origins,
        apps=() if secret else terms.apps,
        canary=False,
    )
    draft = case._replace(key=KnownKey(case.key.id, instead, Status.ACTIVE))
    # Where it is to be used from is put right in the same go.
    while (reason := _refusal(draft._replace(secure=True, carried=None), 0)) is not None:
        remedy = _remedy(draft, reason, 0)
        if remedy.changes is None:
            break  # what is left is about the request
        draft = _applied(remedy, draft)
    instead = draft.key.terms
    if kind is Kind.PUBLISHABLE and instead.scopes and not (instead.origins or instead.apps):
        instead = msgspec.structs.replace(instead, origins=(_origin_as_sent(asked.origin) or EXAMPLE_ORIGIN,))
    words = [f"a {instead.kind} key of {instead.mode} mode"]
    granted = [need.scope for need in each_need(case.need) if instead.grants(need.scope)]
    if granted:
        words.append(f"with the {'scope' if len(granted) == 1 else 'scopes'} {' and '.join(granted)}")
    if instead.origins:
        words.append(f"for {asked.origin or instead.origins[0]}")
    if instead.apps:
        words.append(f"for {asked.app or instead.apps[0]}")
    if terms.canary:
        why = "this one is a canary, which nobody may use"
    else:
        why = "this one is revoked" if case.key.status is Status.REVOKED else "this one cannot be changed to fit"
    return Remedy(do=Do.USE_ANOTHER_KEY, text=f"Use {' '.join(words)}; {why}.", instead=instead)


def _network_remedy(case: Case) -> Remedy:
    terms, asked = case.key.terms, case.asked
    address = _address(asked.address)
    if address is not None and len(terms.networks) < NETWORKS_MAX:
        network = checked_networks([address])[0]
        return Remedy(
            do=Do.ADD_NETWORK,
            text=f"Add {network} to the key's networks.",
            value=network,
            changes=KeyChanges(networks=(*terms.networks, network)),
        )
    return Remedy(
        do=Do.CALL_FROM_NETWORK,
        text=f"Call from one of the key's networks: {', '.join(terms.networks)}.",
        value=str(ipaddress.ip_network(terms.networks[0]).network_address),
    )


def _address(text: str | None) -> str | None:
    """The address that admission judges; None if it is not an address."""
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
            text=f"Add {wanted} to the key's web origins."
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
        text=f"Call from a page of one of the key's origins: {', '.join(terms.origins)}. Browsers send the Origin "
        "header automatically.",
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
        text=f"Add {app} to the key's mobile apps.",
        value=app,
        changes=KeyChanges(apps=(*terms.apps, app)),
    )


def _scope_remedy(case: Case) -> Remedy:
    terms = case.key.terms
    opened = terms.kind is Kind.PUBLISHABLE
    need = next(one for one in each_need(case.need) if not terms.grants(one.scope) and not (opened and _opens(one)))
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
        case Do.SEND_IN_HEADER | Do.SEND_ONE_KEY:
            return case._replace(carried=None)
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
