"""A project's four standing keys: a publishable and a secret one for each mode."""

from collections.abc import Collection, Sequence
from typing import Final

from starlette.responses import Response

from keyturn import Issued, Kind, Mode
from keyturn.keys.pairs import PLACES, Place, fill_places, public_texts, standing_keys
from tillgate.access.accounts import Right
from tillgate.base.errors import NotFound
from tillgate.dashboard.calls import READ_BOTH, Call, Need, View

CREDENTIALS: Final = "/dashboard/credentials"
# Who made what everybody may know and nobody asked for.
ACTOR: Final = "system:credentials"
_BY_PATH: Final = {(place.mode.value, place.kind.value): place for place in PLACES}


async def show(call: Call) -> Response:
    """The four places, and what is in them; the texts of the public keys are among it."""
    filled = await call.context.keys.places(call.who.project.id)
    # A public key that was revoked is replaced when somebody asks for it.
    never = [place for path, place in _BY_PATH.items() if place.kind is Kind.PUBLISHABLE and path not in filled]
    if never:
        await _fill(call, never, by=ACTOR)
    return await _page(call)


async def reveal(call: Call) -> Response:
    """Make the key of one place. This answer, and nothing else ever, holds the text of a secret one."""
    place = _BY_PATH.get((call.param("mode"), call.param("kind")))
    if place is None:
        raise NotFound("key")
    async with call.once(
        "This key was already created.",
        "The text of a secret key is shown once and is not stored. If you have not copied it, roll the key.",
    ):
        made = await _fill(call, [place], by=call.principal.actor)
    return await _page(call, made)


async def _fill(call: Call, places: Collection[Place], *, by: str) -> list[Issued]:
    context = call.context
    return await fill_places(
        context.keys, context.issuer, context.clock, project_id=call.who.project.id, by=by, only=places
    )


async def _page(call: Call, made: Sequence[Issued] = ()) -> Response:
    store, project_id = call.context.keys, call.who.project.id
    places = await standing_keys(store, project_id)
    return call.page(
        "keys/credentials.html",
        status_code=201 if made else 200,
        section="credentials",
        places=places,
        public=await public_texts(store, project_id, places),
        made={one.key.id: one.secret.reveal() for one in made if one.key.kind is Kind.SECRET},
    )


async def _mode_of_place(call: Call) -> Sequence[bool]:
    mode = call.param("mode")
    return (mode == Mode.LIVE.value,) if mode in (Mode.TEST.value, Mode.LIVE.value) else ()


VIEWS: Final = (
    View("GET", CREDENTIALS, show, READ_BOTH),
    View("POST", f"{CREDENTIALS}/{{mode}}/{{kind}}", reveal, Need(Right.KEYS, _mode_of_place).confirmed_live),
)
