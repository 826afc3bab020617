"""The portal's pages as HTML. Every text is escaped where an element is made of it, so that no page can forget to.

Made here rather than by a template engine: Keyturn needs none otherwise, and whoever installs it would carry it along.
Sentences are in the reader's language; instants, keys and scopes are the same in all of them, from left to right.
"""

import re
from collections.abc import Iterable
from html import escape
from math import ceil
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
from keyturn.portal.words import RATES, STATUSES, SUSPENDED
from keyturn.words import LANGUAGES, Sentences, phrase
from keyturn.words.isolating import isolated, without_turns

PORTAL_PATH: Final = "/portal"
OVERLAPS: Final = {
    0: phrase("no time: it stops now"),
    3_600: phrase("1 hour"),
    86_400: phrase("1 day"),
    604_800: phrase("7 days"),
    2_592_000: phrase("30 days"),
}
OVERLAP_DEFAULT: Final = 86_400
DAYS: Final = (30, 90, 180, 365)
_EMPTY: Final = frozenset({"input", "link", "meta"})
# Stand in a sentence for elements, until they are put there.
_MARK: Final = re.compile("[\ue000-\uf8ff]")


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


def code(text: str, **attributes: str) -> Html:
    """What programs write: from left to right in every language."""
    return element("code", text, dir="ltr", **attributes)


def others(text: str) -> Html:
    """What the customer wrote, isolated in direction."""
    return element("bdi", without_turns(text))


class PortalHtml:
    """Writes the pages in one language."""

    def __init__(self, words: Sentences) -> None:
        self.words = words

    def message_page(self, title: str, text: str, session: PortalSession | None = None) -> bytes:
        """A page that says one thing."""
        return self._page(title, element("p", text), session=session)

    def list_page(
        self,
        session: PortalSession,
        keys: Iterable[Key],
        *,
        token: str,
        once: str,
        requests: dict[str, int],
        quota: QuotaLeft | None,
        following: str | None,
        after: str | None,
        problem: str | None = None,
        given: dict[str, list[str]] | None = None,
    ) -> bytes:
        """The customer's keys, and the form that makes one.

        Args:
            once: marks the form, so that it makes one key however often it is sent.
            following: the key after which the next page begins.
            after: the key after which this one does; None for the first.
            problem: what was wrong with the form that was sent, whose fields are then ``given``.
        """
        say = self.words.say
        cards = [self._card(key, requests.get(key.id)) for key in keys]
        listed = element("ul", *cards, class_="keys") if cards else element("p", say("There are no keys here yet."))
        older = element("a", say("Older keys"), href=f"{PORTAL_PATH}?after={following}")
        newest = element("a", say("Newest keys"), href=PORTAL_PATH)
        return self._page(
            say("API keys"),
            _problem(problem),
            self._quota(quota, say("All your keys together")) if quota is not None else None,
            listed,
            element("p", older) if following else None,
            element("p", newest) if after is not None else None,
            self._create(session, token, once, given or {}) if session.allowed.may(PortalAction.CREATE) else None,
            element(
                "form",
                _hidden("token", token),
                element("button", say("End this session"), class_="quiet"),
                method="post",
                action=f"{PORTAL_PATH}/end",
                class_="leave",
            ),
            session=session,
            here=f"{PORTAL_PATH}?after={after}&" if after is not None else f"{PORTAL_PATH}?",
        )

    def key_page(self, session: PortalSession, shown: ShownKey, *, token: str, problem: str | None = None) -> bytes:
        """One key: what it may do, how it is used, and what can be done with it."""
        key, allowed = shown.key, session.allowed
        over = key.status is Status.REVOKED
        address = f"{PORTAL_PATH}/keys/{key.id}"
        return self._page(
            str(isolated(key.name, self.words.language.right_to_left)),
            self._to_keys(),
            _problem(problem),
            self._facts(key),
            self._quota(shown.quota, self.words.say("This key")) if shown.quota is not None else None,
            self._use(shown) if shown.used is not None else None,
            self._rotate(shown, address, token) if allowed.may(PortalAction.ROTATE) and not over else None,
            self._revoke(key, address, token) if allowed.may(PortalAction.REVOKE) and not over else None,
            session=session,
            here=f"{address}?",
        )

    def secret_page(self, session: PortalSession, key: Key, secret: KeySecret, *, note: str) -> bytes:
        """A key's text, this one time."""
        say = self.words.say
        shown = code(
            secret.reveal(),
            id="secret",
            tabindex="0",
            data_copy=say("Copy"),
            data_copied=say("Copied"),
            data_select=say("Select the key and copy it"),
        )
        return self._page(
            say("Your key: {name}", name=key.name),
            element(
                "p", element("strong", say("Copy it now.")), " ", say("It is not kept, so it cannot be shown again.")
            ),
            element("p", shown, class_="secret"),
            element("p", note),
            self._to_keys(say("Done")),
            session=session,
        )

    def revoked_page(self, session: PortalSession, key: Key, receipt: Receipt, *, already: bool) -> bytes:
        """That a key is revoked, with the proof."""
        say, servers = self.words.say, len(receipt.confirmed)
        if already:
            told = [say("It had been revoked before. Nothing was changed.")]
        else:
            waited = self.words.number(max(ceil(receipt.waited_ms), 1))
            proof = (
                self.words.say_many(
                    "{count} server confirmed it within {milliseconds} ms.",
                    "{count} servers confirmed it within {milliseconds} ms.",
                    servers,
                    milliseconds=waited,
                )
                if servers
                else say("No server remembers it, after {milliseconds} ms.", milliseconds=waited)
            )
            told = [proof, " ", say("A request with this key that is sent now is refused everywhere.")]
        return self._page(
            say("Revoked: {name}", name=key.name),
            element("p", self._worded("{key} is revoked for good.", key=code(key.masked)), " ", *told),
            element("p", self._worded("Revoked at {time}.", time=_time(receipt.at))),
            self._to_keys(say("Back to your keys")),
            session=session,
        )

    def _page(
        self, title: str, *body: str | None, session: PortalSession | None = None, here: str | None = None
    ) -> bytes:
        """A whole page. With a session, it says in which mode it is, and leads back to where the customer came from.

        Args:
            here: its own address, to which a parameter can be added, where it can be read in another language.
        """
        say, language = self.words.say, self.words.language
        back = None
        if session is not None and session.return_url is not None:
            host = urlsplit(session.return_url).hostname or ""
            back = element("a", say("← Back to {host}", host=host), href=session.return_url)
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
        badge = element("p", say("Test mode"), class_="badge") if test else None
        nav = element("nav", back, aria_label=say("Back")) if back is not None else None
        whole = joined(
            (
                element("header", nav, badge) if back is not None or test else None,
                element("main", element("h1", title), *body),
                self._switch(here) if here is not None else None,
            )
        )
        page = element("html", element("head", head), element("body", whole), lang=language.tag, dir=language.direction)
        return f"<!doctype html>{page}\n".encode()

    def _switch(self, here: str) -> Html:
        links = []
        for one in LANGUAGES.values():
            own = {"lang": one.tag, "dir": one.direction}
            if one is self.words.language:
                links.append(element("li", element("span", one.name, aria_current="true", **own)))
            else:
                links.append(
                    element("li", element("a", one.name, href=f"{here}lang={one.tag}", hreflang=one.tag, **own))
                )
        nav = element("nav", element("ul", *links), aria_label=self.words.say("Language"), class_="languages")
        return element("footer", nav)

    def _worded(self, sentence: str, **values: Html) -> Html:
        """A sentence in which elements stand at its values' places."""
        marks = {name: chr(0xE000 + number) for number, name in enumerate(values)}
        elements = {mark: values[name] for name, mark in marks.items()}
        text = escape(self.words.say(sentence, **marks), quote=False)
        return Html(_MARK.sub(lambda found: elements[found[0]], text))

    def _card(self, key: Key, requests: int | None) -> Html:
        say = self.words.say
        facts = [
            (say("Key"), code(key.masked)),
            (say("Created"), _time(key.created_at)),
            (say("Last used"), self._when(key)),
        ]
        if requests is not None:
            days = self.words.say_many("Requests in {count} day", "Requests in {count} days", USE_DAYS)
            facts.append((days, joined([self.words.number(requests)])))
        if key.status is not Status.REVOKED and key.expires_at is not None:
            facts.append((say("Ends"), _time(key.expires_at)))
        name = element("a", others(key.name), href=f"{PORTAL_PATH}/keys/{key.id}")
        return element("li", element("h2", name, " ", self._status(key)), _pairs(facts))

    def _facts(self, key: Key) -> Html:
        say = self.words.say
        facts = [
            (say("Key"), code(key.masked)),
            (say("Status"), self._status(key)),
            (say("Created"), _time(key.created_at)),
            (say("Last used"), self._when(key)),
        ]
        if key.expires_at is not None:
            facts.append((say("Ends"), _time(key.expires_at)))
        if key.revoked_at is not None:
            facts.append((say("Revoked"), _time(key.revoked_at)))
        scopes = code(", ".join(sorted(key.scopes))) if key.scopes else joined([say("nothing that needs a scope")])
        facts.append((say("May do"), scopes))
        if key.limit is not None:
            count, unit = key.limit.rate
            rate = say(RATES[unit], count=count, burst=self.words.number(key.limit.burst))
            facts.append((say("Rate"), joined([rate])))
        if key.networks:
            facts.append((say("Only from"), code(", ".join(key.networks))))
        return _pairs(facts)

    def _status(self, key: Key) -> Html:
        if key.status is Status.ACTIVE and key.project_suspended:
            return element("span", self.words.say(SUSPENDED), class_="badge")
        return element("span", self.words.say(STATUSES[key.status]), class_=f"badge {key.status.value}")

    def _when(self, key: Key) -> Html:
        return _time(key.last_used_at) if key.last_used_at is not None else joined([self.words.say("never")])

    def _quota(self, left: QuotaLeft, whose: str) -> Html:
        number, spent = self.words.number, left.remaining == 0
        return element(
            "p",
            self.words.say(
                "{whose}: {used} of {limit} requests of this month are used.",
                whose=whose,
                used=number(left.limit - left.remaining),
                limit=number(left.limit),
            ),
            " ",
            *((self.words.say("More are refused."), " ") if spent else ()),
            self._worded("The next month begins at {time}.", time=_time(left.resets_at)),
            class_="quota used-up" if spent else "quota",
        )

    def _use(self, shown: ShownKey) -> Html:
        say, used = self.words.say, shown.used
        days = [day for day in reversed(used.days) if day.allowed or day.rate_limited or day.refused] if used else []
        if not days:
            none = self.words.say_many(
                "No request in {count} day; new ones are shown within seconds.",
                "No request in {count} days; new ones are shown within seconds.",
                USE_DAYS,
            )
            return element("section", element("h2", say("Use")), element("p", none))
        rows = [
            element(
                "tr",
                element("th", element("span", to_rfc3339(day.day * DAY_MS)[:10], dir="ltr"), scope="row"),
                element("td", self.words.number(day.allowed)),
                element("td", self.words.number(day.rate_limited + day.refused)),
            )
            for day in days
        ]
        heads = (element("th", name, scope="col") for name in (say("Day (UTC)"), say("Admitted"), say("Refused")))
        table = element("table", element("thead", element("tr", *heads)), element("tbody", *rows))
        title = self.words.say_many("Use in {count} day", "Use in {count} days", USE_DAYS)
        return element("section", element("h2", title), table)

    def _create(self, session: PortalSession, token: str, once: str, given: dict[str, list[str]]) -> Html:
        say, allowed, chosen = self.words.say, session.allowed, given.get("scope", ())
        scopes = [
            element(
                "label",
                element("input", type="checkbox", name="scope", value=scope, checked=scope in chosen),
                " ",
                code(scope),
            )
            for scope in allowed.scopes
        ]
        most = allowed.key_days_max
        days = [day for day in DAYS if most is None or day < most]
        options = [element("option", self._days(day), value=str(day)) for day in days]
        if most is not None:
            options.append(element("option", self._days(most), value=str(most), selected=True))
        else:
            options.append(element("option", say("No end"), value="", selected=True))
        return element(
            "section",
            element("h2", say("Create a key")),
            element(
                "form",
                _hidden("token", token),
                _hidden("once", once),
                element("label", say("Name"), for_="name"),
                element(
                    "input", id="name", name="name", required=True, maxlength="100", autocomplete="off", dir="auto",
                    value=(given.get("name") or [""])[0], aria_describedby="name-hint",
                ),
                element(
                    "p", say("Which of your programs uses it, such as “nightly report”."), id="name-hint", class_="hint"
                ),
                element("fieldset", element("legend", say("What it may do")), *scopes) if scopes else None,
                element("label", say("It ends after"), for_="days"),
                element("select", *options, id="days", name="days"),
                element("button", say("Create key")),
                method="post",
                action=f"{PORTAL_PATH}/keys",
            ),
        )  # fmt: skip

    def _days(self, count: int) -> str:
        return self.words.say_many("{count} day", "{count} days", count)

    def _rotate(self, shown: ShownKey, address: str, token: str) -> Html:
        say = self.words.say
        title = element("h2", say("Rotate"))
        if not shown.can_rotate:
            told = say("This key may do more than can be given out here. Ask your provider to rotate it.")
            return element("section", title, element("p", told))
        if shown.waiting:
            told = say(
                "It was rotated, and the new key was not used yet. If you have lost the new key, withdraw it first."
            )
            form = element(
                "form",
                _hidden("token", token),
                element("button", say("Withdraw the new key"), class_="quiet"),
                method="post",
                action=f"{address}/withdraw",
            )
            return element("section", title, element("p", told), form)
        options = (
            element("option", say(length), value=str(seconds), selected=seconds == OVERLAP_DEFAULT)
            for seconds, length in OVERLAPS.items()
        )
        does = say("You get a new key that may do the same. The present one goes on for a while, so nothing stops.")
        earlier = element("p", say("A key before the present one is still accepted.")) if shown.earlier else None
        return element(
            "section",
            title,
            element("p", does),
            earlier,
            element(
                "form",
                _hidden("token", token),
                element("label", say("The present key goes on, after the new one’s first use, for"), for_="overlap"),
                element("select", *options, id="overlap", name="overlap"),
                element("button", say("Rotate")),
                method="post",
                action=f"{address}/rotate",
            ),
        )

    def _revoke(self, key: Key, address: str, token: str) -> Html:
        say = self.words.say
        return element(
            "section",
            element("h2", say("Revoke")),
            element("p", say("Programs that use this key are refused at once. It cannot be brought back.")),
            element(
                "form",
                _hidden("token", token),
                element(
                    "label",
                    element("input", type="checkbox", name="confirmed", value="yes", required=True),
                    " ",
                    self._worded("Revoke {name} for good", name=others(key.name)),
                ),
                element("button", say("Revoke"), class_="danger"),
                method="post",
                action=f"{address}/revoke",
            ),
        )

    def _to_keys(self, text: str | None = None) -> Html:
        return element("p", element("a", text or self.words.say("All keys"), href=PORTAL_PATH))


def _pairs(facts: Iterable[tuple[str, Html]]) -> Html:
    return element("dl", *(element("div", element("dt", name), element("dd", value)) for name, value in facts))


def _time(at: int) -> Html:
    told = to_rfc3339(at)
    return element("time", f"{told[:10]} {told[11:16]} UTC", datetime=told, dir="ltr")


def _hidden(name: str, value: str) -> Html:
    return element("input", type="hidden", name=name, value=value)


def _problem(text: str | None) -> Html | None:
    return element("p", text, role="alert", class_="problem") if text is not None else None
