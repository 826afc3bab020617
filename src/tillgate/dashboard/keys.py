"""API keys: made, shown once, listed."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from keyturn import (
    FORMATS,
    NATIVE,
    InvalidKey,
    Key,
    KeyChanges,
    KeyConflict,
    KeyWish,
    Kind,
    Mode,
    Status,
    change,
)
from keyturn.insight.advice import UNUSED_DAYS, unused_keys
from keyturn.keys.labels import TAG_MAX
from keyturn.keys.listing import NAME_WANTED_MAX, KeyFilter, UnknownCursor
from keyturn.keys.model import EVERY_SCOPE, NAME_MAX
from keyturn.keys.revoking import revoke_several
from tillgate.access import ALLOW, API_SCOPES, PUBLISHABLE_SCOPES
from tillgate.access.accounts import Right
from tillgate.base.clock import DAY_MS
from tillgate.dashboard import key_forms
from tillgate.dashboard.calls import READ_BOTH, Call, Need, Unusable, View, either_mode
from tillgate.dashboard.charts import Spark, spark
from tillgate.dashboard.forms import Draft, draft
from tillgate.documents.renders.model import month_of
from tillgate.documents.renders.operations import get_usage

KEYS: Final = "/dashboard/api-keys"
KEYS_SHOWN: Final = 25
# Of both modes, on the first page.
KEYS_SHOWN_MAX: Final = 2 * KEYS_SHOWN
UNUSED: Final = "unused"
EXPIRING: Final = "expiring"
EXPIRING_DAYS: Final = 30
SPARK_DAYS: Final = 14
SHOWN: Final = (*(status.value for status in Status), UNUSED, EXPIRING)


class Drawn(NamedTuple):
    """How a document draws the form for its keys: with a name, and with little else.

    Attributes:
        button: what is pressed at the end.
        mode: whether the mode is chosen; otherwise it is the one that is looked at.
        scopes: whether scopes are chosen.
        places: whether web origins and apps are asked for at once.
    """

    button: str
    mode: bool = True
    scopes: bool = False
    places: bool = False


_DRAWN: Final = {
    "coin-moebius": Drawn("Generate key", mode=False),
    "craftkit": Drawn("Create key"),
    "crossmint": Drawn("Create key", scopes=True, places=True),
}


class Wanted(NamedTuple):
    """Which keys are looked at, as the page's address says it; each part is empty where it says nothing."""

    mode: str = ""
    show: str = ""
    kind: str = ""
    q: str = ""
    tag: str = ""

    def address(self, after: str = "", **other: str) -> str:
        """The page's address with some of it another, and from where on it is shown."""
        query = self._replace(**other)._asdict() | {"after": after}
        told = urlencode([(name, value) for name, value in query.items() if value])
        return f"{KEYS}?{told}" if told else KEYS

    def filter(self, mode: Mode, now: int) -> KeyFilter:
        """The same for the store."""
        return KeyFilter(
            mode=mode,
            kind=Kind(self.kind) if self.kind else None,
            status=Status(self.show) if self.show in tuple(Status) else None,
            name=self.q or None,
            unused_since=now - UNUSED_DAYS * DAY_MS if self.show == UNUSED else None,
            tag=self.tag or None,
            expiring=(now, now + EXPIRING_DAYS * DAY_MS) if self.show == EXPIRING else None,
        )


async def list_keys(call: Call) -> Response:
    """The project's keys, grouped by mode: the newest of both, or all of one, a page at a time."""
    wanted = Wanted(*(call.query(name) or "" for name in Wanted._fields))
    for value, words in ((wanted.mode, Mode), (wanted.show, SHOWN), (wanted.kind, Kind)):
        if value and value not in tuple(words):
            raise Unusable(f"Choose one of {', '.join(words)}.")
    if len(wanted.q) > NAME_WANTED_MAX:
        raise Unusable(f"A name has at most {NAME_WANTED_MAX} characters.")
    if len(wanted.tag) > TAG_MAX:
        raise Unusable(f"A tag has at most {TAG_MAX} characters.")
    store, project_id, now = call.context.keys, call.who.project.id, call.context.clock.now()
    after = call.query("after")
    if after is not None and not wanted.mode:
        raise Unusable("A further page is one of test or of live keys.")
    groups = []
    for mode in (Mode(wanted.mode),) if wanted.mode else tuple(Mode):
        try:
            page = await store.page(project_id, wanted.filter(mode, now), after, KEYS_SHOWN)
        except UnknownCursor:
            raise Unusable("There is no such page of keys.") from None
        in_order = sorted(page.keys, key=lambda key: key.status == Status.REVOKED)  # stable: newest first within each
        groups.append((mode.value, in_order, page.next))
    return call.page(
        "keys/list.html",
        section="keys",
        groups=groups,
        sparks=await _sparks(call, [key.id for _, keys, _ in groups for key in keys], now),
        spark_days=SPARK_DAYS,
        any_key=any(keys or following for _, keys, following in groups),
        wanted=wanted,
        filtered=bool(wanted.show or wanted.kind or wanted.q or wanted.tag),
        shown=SHOWN,
        after=after,
        scopes=API_SCOPES,
        unused=await unused_keys(store, call.context.clock, project_id=project_id),
        suspended=await store.is_suspended(project_id),
        usage=await call.read(lambda tx: get_usage(tx, project_id, month_of(now))),
    )


async def _sparks(call: Call, key_ids: Sequence[str], now: int) -> dict[str, Spark | None]:
    """The traffic of each of these keys, from what is counted of them."""
    first = now // DAY_MS - SPARK_DAYS + 1
    found = await call.context.usage.traffic(call.who.project.id, key_ids, first)
    days = range(first, first + SPARK_DAYS)
    return {key_id: spark([(day, found.get((key_id, day), (0, 0))) for day in days]) for key_id in key_ids}


async def confirm_revoke_many(call: Call) -> Response:
    """Ask before the keys that were ticked are revoked."""
    return call.page("keys/revoke_many.html", section="keys", keys=await _changeable(call))


async def revoke_many(call: Call) -> Response:
    """Revoke the keys that were ticked, and show the proof."""
    ids = _ticked(call)
    if not ids:
        raise Unusable("Choose at least one key.")
    done = await revoke_several(
        call.context.keys, call.context.clock, project_id=call.who.project.id, key_ids=ids, by=call.principal.actor
    )
    return call.page("keys/revoked_many.html", section="keys", done=done)


async def tag_form(call: Call) -> Response:
    """Ask which tags the keys that were ticked are to have, or to lose."""
    return await _tag_form(call, draft(add="", remove=""), {})


async def tag_many(call: Call) -> Response:
    """Add and remove tags, each key on its own; those that cannot be changed are shown again, with the reason."""
    values = {name: call.form.text(name) for name in ("add", "remove")}
    added, removed = (frozenset(values[name].split()) for name in ("add", "remove"))
    if not added and not removed:
        return await _tag_form(call, Draft({**values}, {"add": "Enter at least one tag to add or to remove."}), {})
    context, problems = call.context, dict[str, str]()
    for key in await _changeable(call):
        changes = KeyChanges(tags=sorted((key.tags | added) - removed))
        try:
            await change(
                context.keys,
                context.clock,
                context.issuer,
                project_id=key.project_id,
                key_id=key.id,
                changes=changes,
                by=call.principal.actor,
            )
        except (InvalidKey, KeyConflict) as error:
            problems[key.id] = f"{error}."
    if problems:
        words = "Some keys were not changed; each says why." if len(problems) > 1 else next(iter(problems.values()))
        return await _tag_form(call, Draft({**values}, {"": words}), problems)
    only = Wanted(tag=next(iter(sorted(added - removed)), ""))
    return call.go(only.address(), flash="keys_tagged")


async def _tag_form(call: Call, form: Draft, problems: Mapping[str, str]) -> Response:
    keys = [key for key in await _changeable(call) if not problems or key.id in problems]
    return call.page(
        "keys/tag_many.html",
        status_code=form.status_code,
        section="keys",
        keys=keys,
        draft=form,
        problems_by_key=problems,
    )


async def _changeable(call: Call) -> list[Key]:
    """The ticked keys that are not revoked and that whoever is signed in may change."""
    found = await call.context.keys.by_ids(call.who.project.id, _ticked(call))
    may_change = {mode: call.who.may(Right.KEYS, mode is Mode.LIVE) for mode in Mode}
    return [key for key in found.values() if key.status is not Status.REVOKED and may_change[key.mode]]


async def new_key(call: Call) -> Response:
    """The form for a key; ``?format=`` draws it as that format's document does."""
    format = call.query("format") or NATIVE.name
    if format not in FORMATS:
        raise Unusable(f"Choose one of the formats {', '.join(FORMATS)}.")
    return _form(
        call,
        draft(
            key_forms.typed(call.form),
            name="",
            kind=Kind.SECRET.value,
            format=format,
            mode=call.principal.mode if call.who.may(Right.KEYS) else "test",
            scopes=[],
        ),
    )


async def create_key(call: Call) -> Response:
    """Make a key. This answer, and nothing else ever, holds its text."""
    form = call.form
    name, mode, scopes = form.text("name"), form.one("mode"), form.many("scopes")
    kind, format = form.one("kind") or Kind.SECRET.value, form.one("format") or NATIVE.name
    values: dict[str, object] = {"name": name, "mode": mode, "scopes": scopes, "kind": kind, "format": format}
    values |= key_forms.typed(form)
    problems = {}
    if mode not in ("test", "live"):
        problems["mode"] = "Choose test or live."
    if kind not in tuple(Kind):
        problems["kind"] = "Choose secret or publishable."
    if not scopes and call.context.issuer.asks_for_scopes(format):
        problems["scopes"] = "Choose at least one scope. A key without scopes has no permissions."
    if not name:
        problems["name"] = "Enter what the key is for."
    if problems:
        return _form(call, Draft(values, problems))
    try:
        async with call.once(
            "This key was already created.",
            "Its text was shown once and is not stored. If you have not copied it, revoke this key and create a new "
            "one.",
        ):
            wish = KeyWish(
                project_id=call.who.project.id,
                mode=Mode(mode),
                kind=Kind(kind),
                name=name,
                scopes=scopes,
                **key_forms.restrictions(form),
            )
            issued = await call.context.issuer.issue(wish, by=call.principal.actor, format=format)
    except InvalidKey as error:
        return _form(call, Draft(values, key_forms.problem_of(error)))
    return call.page(
        "keys/created.html",
        status_code=201,
        section="keys",
        key=issued.key,
        text=issued.secret.reveal(),
        scopes=API_SCOPES,
        rotated=False,
        kept=False,
        tries=key_forms.readable_with(issued.key.scopes),
    )


def _form(call: Call, form: Draft) -> Response:
    return call.page(
        "keys/new.html",
        status_code=form.status_code,
        section="keys",
        draft=form,
        scopes=API_SCOPES,
        every_scope=EVERY_SCOPE,
        publishable=PUBLISHABLE_SCOPES,
        formats=FORMATS.values(),
        # Drawn as its document draws it, where somebody came for a key of this format.
        drawn=_DRAWN.get(str(form.values["format"])) if call.query("format") or call.form.one("drawn") else None,
        report_only=key_forms.REPORT_ONLY,
        allow=ALLOW,
        labels=key_forms.LABELS,
        name_max=NAME_MAX,
    )


def _ticked(call: Call) -> list[str]:
    """The ids of the keys that a list's form names."""
    named = call.form.many("key") or call.request.query_params.getlist("key")
    return named[:KEYS_SHOWN_MAX]


async def _modes_of_ticked(call: Call) -> Sequence[bool]:
    """Of each key that is named, or else the mode that the browser looks at: one who may end test keys ends no live key
    among them."""
    found = await call.context.keys.by_ids(call.who.project.id, _ticked(call))
    return sorted({key.mode is Mode.LIVE for key in found.values()}) or (call.who.livemode,)


async def _mode_asked_for(call: Call) -> Sequence[bool]:
    return {"test": (False,), "live": (True,)}.get(call.form.one("mode"), ())


VIEWS: Final = (
    View("GET", KEYS, list_keys, READ_BOTH),
    View("POST", KEYS, create_key, Need(Right.KEYS, _mode_asked_for).confirmed_live),
    View("GET", f"{KEYS}/new", new_key, Need(Right.KEYS, either_mode)),
    View("GET", f"{KEYS}/revoke", confirm_revoke_many, Need(Right.KEYS, either_mode)),
    View("POST", f"{KEYS}/revoke", revoke_many, Need(Right.KEYS, _modes_of_ticked)),
    View("GET", f"{KEYS}/tag", tag_form, Need(Right.KEYS, either_mode)),
    View("POST", f"{KEYS}/tag", tag_many, Need(Right.KEYS, _modes_of_ticked)),
)
