"""A project's four standing keys: a publishable and a secret one for each mode."""

from collections.abc import Collection, Sequence
from typing import Final

from starlette.responses import Response

from keyturn import Issued, Kind, Mode
from keyturn.keys.pairs import STANDING_SLOTS, StandingSlot, issue_standing_keys, public_texts, standing_keys
from tillgate.access.accounts import Right
from tillgate.base.errors import NotFound
from tillgate.dashboard.calls import READ_BOTH, Call, Need, View

CREDENTIALS: Final = "/dashboard/credentials"
# Who made what everybody may know and nobody asked for.
ACTOR: Final = "system:credentials"
_BY_PATH: Final = {(slot.mode.value, slot.kind.value): slot for slot in STANDING_SLOTS}


async def show(call: Call) -> Response:
    """The four slots, and what is in them; the texts of the public keys are among it."""
    filled = await call.context.keys.standing_keys(call.who.project.id)
    # A public key that was revoked is replaced when somebody asks for it.
    never = [slot for path, slot in _BY_PATH.items() if slot.kind is Kind.PUBLISHABLE and path not in filled]
    if never:
        await _fill(call, never, by=ACTOR)
    return await _page(call)


async def reveal(call: Call) -> Response:
    """Make the key of one slot. This answer, and nothing else ever, holds the text of a secret one."""
    slot = _BY_PATH.get((call.param("mode"), call.param("kind")))
    if slot is None:
        raise NotFound("key")
    async with call.once(
        "This key was already created.",
        "The text of a secret key is shown once and is not stored. If you have not copied it, roll the key.",
    ):
        made = await _fill(call, [slot], by=call.principal.actor)
    return await _page(call, made)


async def _fill(call: Call, slots: Collection[StandingSlot], *, by: str) -> list[Issued]:
    context = call.context
    return await issue_standing_keys(
        context.keys, context.issuer, context.clock, project_id=call.who.project.id, by=by, only=slots
    )


async def _page(call: Call, made: Sequence[Issued] = ()) -> Response:
    store, project_id = call.context.keys, call.who.project.id
    slots = await standing_keys(store, project_id)
    return call.page(
        "keys/credentials.html",
        status_code=201 if made else 200,
        section="credentials",
        slots=slots,
        public=await public_texts(store, project_id, slots),
        made={one.key.id: one.secret.reveal() for one in made if one.key.kind is Kind.SECRET},
    )


async def _mode_of_slot(call: Call) -> Sequence[bool]:
    mode = call.param("mode")
    return (mode == Mode.LIVE.value,) if mode in (Mode.TEST.value, Mode.LIVE.value) else ()


VIEWS: Final = (
    View("GET", CREDENTIALS, show, READ_BOTH),
    View("POST", f"{CREDENTIALS}/{{mode}}/{{kind}}", reveal, Need(Right.KEYS, _mode_of_slot).confirmed_live),
)
