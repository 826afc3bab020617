"""The portal's pages as HTML. Every text is escaped where an element is made of it, so that no page can forget to.

Made here rather than by a template engine: Keyturn needs none otherwise, and whoever installs it would carry it along.
"""

from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import urlsplit

from keyturn.admission.leases import Receipt
from keyturn.insight.usage import DAY_MS
from keyturn.instants import to_rfc3339
from keyturn.keys.model import Key, Mode, Status
from keyturn.keys.secret import KeySecret
from keyturn.limiting.quotas import QuotaLeft
from keyturn.portal.model import PortalAction, PortalSession
from keyturn.portal.operations import USE_DAYS, ShownKey

PORTAL_PATH: Final = "/portal"
OVERLAPS: Final = {
    0: "no time: it stops now",
    3_600: "1 hour",
    86_400: "1 day",
    604_800: "7 days",
    2_592_000: "30 days",
}
OVERLAP_DEFAULT: Final = 86_400
DAYS: Final = (30, 90, 180, 365)
_EMPTY: Final = frozenset({"input", "link", "meta"})


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, *children: str | None, **attributes: str | bool | None) -> Html:
    """An element. What is no :class:`Html` is escaped; ``class_`` and ``data_x`` stand for ``class`` and ``data-x``;
    an attribute that is False or None is left out."""
    given = "".join(
        f" {name.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for name, value in attributes.items()
        if value is not False and value is not None
    )
    if tag in _EMPTY:
        return Html(f"<{tag}{given}>")
    return Html(f"<{tag}{given}>{joined(children)}</{tag}>")


def joined(children: Iterable[str | None]) -> Html:
    """Texts and elements, one after the other."""
    return Html(
        "".join(one if isinstance(one, Html) else escape(one, quote=False) for one in children if one is not None)
    )


def page(title: str, *body: str | None, session: PortalSession | None = None) -> bytes:
    """A whole page. With a session, it says in which mode it is, and leads back to where the customer came from."""
    back = None
    if session is not None and session.return_url is not None:
        host = urlsplit(session.return_url).hostname or ""
        back = element("a", f"← Back to {host}", href=session.return_url)
    test = session is not None and session.mode is Mode.TEST
    head = joined(
        (
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="robots", content="noindex"),
            element("title", title),
            element("link", rel="stylesheet", href=f"{PORTAL_PATH}/page.css"),
            element("script", src=f"{PORTAL_PATH}/page.js", defer=True),
        )
    )
    badge = element("p", "Test mode", class_="badge") if test else None
    whole = joined(
        (
            element("header", element("nav", back, aria_label="Back"), badge) if back is not None or test else None,
            element("main", element("h1", title), *body),
        )
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{whole}</body></html>\n'.encode()


def message_page(title: str, text: str, session: PortalSession | None = None, *, back: bool = False) -> bytes:
    """A page that says one thing."""
    return page(title, element("p", text), _to_keys() if back else None, session=session)


def list_page(
    session: PortalSession,
    keys: Iterable[Key],
    *,
    token: str,
    once: str,
    requests: dict[str, int],
    quota: QuotaLeft | None,
    following: str | None,
    first: bool,
    problem: str | None = None,
    given: dict[str, list[str]] | None = None,
) -> bytes:
    """The customer's keys, and the form that makes one.

    Args:
        once: marks the form, so that it makes one key however often it is sent.
        following: the key after which the next page begins.
        problem: what was wrong with the form that was sent, whose fields are then ``given``.
    """
    cards = [_card(key, requests.get(key.id)) for key in keys]
    listed = element("ul", *cards, class_="keys") if cards else element("p", "There are no keys here yet.")
    return page(
        "API keys",
        _problem(problem),
        _quota(quota, "All your keys together") if quota is not None else None,
        listed,
        element("p", element("a", "Older keys", href=f"{PORTAL_PATH}?after={following}")) if following else None,
        element("p", element("a", "Newest keys", href=PORTAL_PATH)) if not first else None,
        _create(session, token, once, given or {}) if session.allowed.may(PortalAction.CREATE) else None,
        element(
            "form",
            _hidden("token", token),
            element("button", "End this session", class_="quiet"),
            method="post",
            action=f"{PORTAL_PATH}/end",
            class_="leave",
        ),
        session=session,
    )


def key_page(session: PortalSession, shown: ShownKey, *, token: str, problem: str | None = None) -> bytes:
    """One key: what it may do, how it is used, and what can be done with it."""
    key, allowed = shown.key, session.allowed
    over = key.status is Status.REVOKED
    address = f"{PORTAL_PATH}/keys/{key.id}"
    return page(
        key.name,
        _to_keys(),
        _problem(problem),
        _facts(key),
        _quota(shown.quota, "This key") if shown.quota is not None else None,
        _use(shown) if shown.used is not None else None,
        _rotate(shown, address, token) if allowed.may(PortalAction.ROTATE) and not over else None,
        _revoke(key, address, token) if allowed.may(PortalAction.REVOKE) and not over else None,
        session=session,
    )


def secret_page(session: PortalSession, key: Key, secret: KeySecret, *, note: str) -> bytes:
    """A key's text, this one time."""
    return page(
        f"Your key: {key.name}",
        element("p", element("strong", "Copy it now."), " It is not kept, so it cannot be shown again."),
        element("p", element("code", secret.reveal(), id="secret", tabindex="0"), class_="secret"),
        element("p", note),
        _to_keys("Done"),
        session=session,
    )


def revoked_page(session: PortalSession, key: Key, receipt: Receipt, *, already: bool) -> bytes:
    """That a key is revoked, with the proof."""
    if already:
        told = "It had been revoked before. Nothing was changed."
    else:
        servers = len(receipt.confirmed)
        proof = f"{servers} server{'s' if servers != 1 else ''} confirmed it" if servers else "No server remembers it"
        told = (
            f"{proof} within {receipt.waited_ms / 1_000:.2f} s. A request with this key that is sent now is refused "
            "everywhere."
        )
    return page(
        f"Revoked: {key.name}",
        element("p", element("code", key.masked), " is revoked for good. ", told),
        element("p", "Revoked at ", _time(receipt.at), "."),
        _to_keys("Back to your keys"),
        session=session,
    )


def _card(key: Key, requests: int | None) -> Html:
    facts = [("Key", element("code", key.masked)), ("Created", _time(key.created_at)), ("Last used", _when(key))]
    if requests is not None:
        facts.append((f"Requests in {USE_DAYS} days", Html(f"{requests:,}")))
    if key.status is not Status.REVOKED and key.expires_at is not None:
        facts.append(("Ends", _time(key.expires_at)))
    return element(
        "li",
        element("h2", element("a", key.name, href=f"{PORTAL_PATH}/keys/{key.id}"), " ", _status(key)),
        _pairs(facts),
    )


def _facts(key: Key) -> Html:
    facts = [("Key", element("code", key.masked)), ("Status", _status(key)), ("Created", _time(key.created_at))]
    facts.append(("Last used", _when(key)))
    if key.expires_at is not None:
        facts.append(("Ends", _time(key.expires_at)))
    if key.revoked_at is not None:
        facts.append(("Revoked", _time(key.revoked_at)))
    facts.append(("May do", joined([", ".join(sorted(key.scopes)) or "nothing that needs a scope"])))
    if key.limit is not None:
        facts.append(("Rate", joined([str(key.limit)])))
    if key.networks:
        facts.append(("Only from", joined([", ".join(key.networks)])))
    return _pairs(facts)


def _pairs(facts: Iterable[tuple[str, Html]]) -> Html:
    return element("dl", *(element("div", element("dt", name), element("dd", value)) for name, value in facts))


def _status(key: Key) -> Html:
    if key.status is Status.ACTIVE and key.project_suspended:
        return element("span", "suspended", class_="badge")
    return element("span", key.status.value, class_=f"badge {key.status.value}")


def _when(key: Key) -> Html:
    return _time(key.last_used_at) if key.last_used_at is not None else Html("never")


def _time(at: int) -> Html:
    told = to_rfc3339(at)
    return element("time", f"{told[:10]} {told[11:16]} UTC", datetime=told)


def _quota(left: QuotaLeft, whose: str) -> Html:
    used = left.limit - left.remaining
    return element(
        "p",
        f"{whose}: {used:,} of {left.limit:,} requests of this month are used",
        ", and more are refused" if left.remaining == 0 else None,
        ". The next month begins at ",
        _time(left.resets_at),
        ".",
        class_="quota used-up" if left.remaining == 0 else "quota",
    )


def _use(shown: ShownKey) -> Html:
    used = shown.used
    days = [day for day in reversed(used.days) if day.allowed or day.rate_limited or day.refused] if used else []
    if not days:
        return element(
            "section",
            element("h2", "Use"),
            element("p", f"No request in {USE_DAYS} days; new ones are shown within seconds."),
        )
    rows = [
        element(
            "tr",
            element("th", to_rfc3339(day.day * DAY_MS)[:10], scope="row"),
            element("td", f"{day.allowed:,}"),
            element("td", f"{day.rate_limited + day.refused:,}"),
        )
        for day in days
    ]
    heads = (element("th", name, scope="col") for name in ("Day (UTC)", "Admitted", "Refused"))
    table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
    return element("section", element("h2", f"Use in {USE_DAYS} days"), table)


def _create(session: PortalSession, token: str, once: str, given: dict[str, list[str]]) -> Html:
    allowed, chosen = session.allowed, given.get("scope", ())
    scopes = [
        element(
            "label",
            element("input", type="checkbox", name="scope", value=scope, checked=scope in chosen),
            " ",
            element("code", scope),
        )
        for scope in allowed.scopes
    ]
    most = allowed.key_days_max
    days = [day for day in DAYS if most is None or day < most]
    options = [element("option", f"{day} days", value=str(day)) for day in days]
    if most is not None:
        options.append(element("option", f"{most} days", value=str(most), selected=True))
    else:
        options.append(element("option", "No end", value="", selected=True))
    return element(
        "section",
        element("h2", "Create a key"),
        element(
            "form",
            _hidden("token", token),
            _hidden("once", once),
            element("label", "Name", for_="name"),
            element(
                "input", id="name", name="name", required=True, maxlength="100", autocomplete="off",
                value=(given.get("name") or [""])[0], aria_describedby="name-hint",
            ),
            element("p", "Which of your programs uses it, such as “nightly report”.", id="name-hint", class_="hint"),
            element("fieldset", element("legend", "What it may do"), *scopes) if scopes else None,
            element("label", "It ends after", for_="days"),
            element("select", *options, id="days", name="days"),
            element("button", "Create key"),
            method="post",
            action=f"{PORTAL_PATH}/keys",
        ),
    )  # fmt: skip


def _rotate(shown: ShownKey, address: str, token: str) -> Html:
    title = element("h2", "Rotate")
    if not shown.can_rotate:
        told = "This key may do more than can be given out here. Ask your provider to rotate it."
        return element("section", title, element("p", told))
    if shown.waiting:
        told = "It was rotated, and the new key was not used yet. If you have lost the new key, withdraw it first."
        form = element(
            "form",
            _hidden("token", token),
            element("button", "Withdraw the new key", class_="quiet"),
            method="post",
            action=f"{address}/withdraw",
        )
        return element("section", title, element("p", told), form)
    options = (
        element("option", words, value=str(seconds), selected=seconds == OVERLAP_DEFAULT)
        for seconds, words in OVERLAPS.items()
    )
    earlier = "A key before the present one is still accepted." if shown.earlier else None
    return element(
        "section",
        title,
        element("p", "You get a new key that may do the same. The present one goes on for a while, so nothing stops."),
        element("p", earlier) if earlier is not None else None,
        element(
            "form",
            _hidden("token", token),
            element("label", "The present key goes on, after the new one’s first use, for", for_="overlap"),
            element("select", *options, id="overlap", name="overlap"),
            element("button", "Rotate"),
            method="post",
            action=f"{address}/rotate",
        ),
    )


def _revoke(key: Key, address: str, token: str) -> Html:
    return element(
        "section",
        element("h2", "Revoke"),
        element("p", "Programs that use this key are refused at once. It cannot be brought back."),
        element(
            "form",
            _hidden("token", token),
            element(
                "label",
                element("input", type="checkbox", name="confirmed", value="yes", required=True),
                f" Revoke {key.name} for good",
            ),
            element("button", "Revoke", class_="danger"),
            method="post",
            action=f"{address}/revoke",
        ),
    )


def _hidden(name: str, value: str) -> Html:
    return element("input", type="hidden", name=name, value=value)


def _problem(text: str | None) -> Html | None:
    return element("p", text, role="alert", class_="problem") if text is not None else None


def _to_keys(words: str = "All keys") -> Html:
    return element("p", element("a", words, href=PORTAL_PATH))
