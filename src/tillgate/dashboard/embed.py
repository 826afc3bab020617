"""Embed: whether a project's templates are shown inside of a partner's pages, on which origins, by whose tokens."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from keyturn.stores.ports import Act
from tillgate.access.accounts import Right
from tillgate.access.audited import EmbedAction, write_down_embed
from tillgate.base.errors import Conflict, InvalidInput
from tillgate.dashboard.calls import READ, Call, Need, View, both_modes
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.documents.partners.model import Partner
from tillgate.documents.partners.operations import (
    Signing,
    enable,
    find_partner,
    resume,
    rotate,
    set_origins,
    suspend,
)
from tillgate.store import Transaction

EMBED: Final = "/dashboard/embed"
_SHOWN: Final = "This signing key was already made."
_AGAIN: Final = "It was shown once and is not stored. If you have not copied it, rotate it."


async def show(call: Call) -> Response:
    """Overview: what is set."""
    return await _page(call)


async def enable_embed(call: Call) -> Response:
    """Enable embed mode. This answer, and nothing else ever, holds the signing key."""
    origins, project_id = _origins(call), call.who.project.id

    async def operation(tx: Transaction, now: int) -> Signing:
        return await enable(tx, call.context.sealer, project_id, origins, now=now)

    return await _signed(call, "embed.enabled", operation)


async def rotate_key(call: Call) -> Response:
    """Make another signing key. This answer, and nothing else ever, holds it."""
    project_id = call.who.project.id

    async def operation(tx: Transaction, now: int) -> Signing:
        return await rotate(tx, call.context.sealer, project_id, now=now)

    return await _signed(call, "embed.key_rotated", operation)


async def save_origins(call: Call) -> Response:
    """Say on which origins' pages templates may be shown."""
    origins, project_id = _origins(call), call.who.project.id
    return await _changed(
        call, "embed.origins_set", "embed_origins_saved", lambda tx, now: set_origins(tx, project_id, origins, now=now)
    )


async def suspend_partner(call: Call) -> Response:
    """Refuse every session from the next request on."""
    project_id = call.who.project.id
    return await _changed(call, "embed.suspended", "embed_suspended", lambda tx, now: suspend(tx, project_id, now=now))


async def resume_partner(call: Call) -> Response:
    """Take the suspension back."""
    project_id = call.who.project.id
    return await _changed(call, "embed.resumed", "embed_resumed", lambda tx, now: resume(tx, project_id, now=now))


async def _signed(call: Call, action: EmbedAction, make: Callable[[Transaction, int], Awaitable[Signing]]) -> Response:
    now = call.context.clock.now()

    async def operation(tx: Transaction) -> Signing:
        made = await make(tx, now)
        await write_down_embed(tx, Act(now, call.principal.actor), action, call.who.project.id, key=made.key_id)
        return made

    try:
        async with call.once(_SHOWN, _AGAIN):
            made = await call.write(operation)
    except (InvalidInput, Conflict) as error:
        return await _page(call, Draft({"origins": call.form.one("origins")}, problems_of(error)))
    return call.page("embed/signing.html", status_code=201, section="embed", signing=made)


async def _changed(
    call: Call, action: EmbedAction, flash: str, change: Callable[[Transaction, int], Awaitable[Partner]]
) -> Response:
    now = call.context.clock.now()

    async def operation(tx: Transaction) -> None:
        partner = await change(tx, now)
        act = Act(now, call.principal.actor)
        await write_down_embed(tx, act, action, partner.project_id, origins=list(partner.origins))

    try:
        await call.write(operation)
    except InvalidInput as error:
        return await _page(call, Draft({"origins": call.form.one("origins")}, problems_of(error)))
    return call.go(EMBED, flash=flash)


async def _page(call: Call, form: Draft | None = None) -> Response:
    partner = await call.read(lambda tx: find_partner(tx, call.who.project.id))
    shown = form or draft(origins="\n".join(partner.origins) if partner is not None else "")
    return call.page(
        "embed/show.html",
        status_code=shown.status_code,
        section="embed",
        partner=partner,
        draft=shown,
        may_change=all(call.who.may(Right.EMBED, mode) for mode in (False, True)),
    )


def _origins(call: Call) -> list[str]:
    return [one for line in call.form.one("origins").splitlines() if (one := line.strip())]


_CHANGE: Final = Need(Right.EMBED, both_modes)

VIEWS: Final = (
    View("GET", EMBED, show, READ),
    # Whoever has the signing key publishes templates, and pages of these origins show them.
    View("POST", f"{EMBED}/enable", enable_embed, _CHANGE.confirmed),
    View("POST", f"{EMBED}/rotate", rotate_key, _CHANGE.confirmed),
    View("POST", f"{EMBED}/origins", save_origins, _CHANGE.confirmed),
    View("POST", f"{EMBED}/suspend", suspend_partner, _CHANGE),
    View("POST", f"{EMBED}/resume", resume_partner, _CHANGE.confirmed),
)
