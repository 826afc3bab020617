"""A project's standing keys: a publishable and a secret one for each mode, four in all, each in its place.

They are keys like any other, made when they are first asked for, shown once, and rotated rather than created again. A
place whose key was revoked is empty again.
"""

from typing import NamedTuple

from keyturn.keys.issuing import Issued, Issuer, KeyWish
from keyturn.keys.model import EVERY_SCOPE, Key, Kind, Mode, Status
from keyturn.keys.revoking import revoke
from keyturn.stores.ports import Clock, KeyStore

FORMAT = "smartpay"


class Place(NamedTuple):
    """One of the four."""

    mode: Mode
    kind: Kind

    @property
    def name(self) -> str:
        """What its key is called in lists."""
        return f"{self.kind.value.capitalize()} key ({self.mode.value})"


PLACES = tuple(Place(mode, kind) for mode in (Mode.TEST, Mode.LIVE) for kind in (Kind.PUBLISHABLE, Kind.SECRET))


async def standing_keys(store: KeyStore, project_id: str) -> dict[Place, Key | None]:
    """What is in each place; None where it is empty."""
    ids = await store.places(project_id)
    keys = await store.by_ids(project_id, list(ids.values()))
    found: dict[Place, Key | None] = {}
    for place in PLACES:
        key = keys.get(ids.get((place.mode.value, place.kind.value), ""))
        found[place] = key if key is not None and key.status is not Status.REVOKED else None
    return found


async def fill_places(
    store: KeyStore, issuer: Issuer, clock: Clock, *, project_id: str, by: str, format: str = FORMAT
) -> list[Issued]:
    """Make the keys that are missing; their texts are in the answer and nowhere else.

    A secret key may do everything. A publishable one may do nothing until it is given origins or apps, and scopes.
    """
    made = []
    for place, key in (await standing_keys(store, project_id)).items():
        if key is not None:
            continue
        scopes = (EVERY_SCOPE,) if place.kind is Kind.SECRET else ()
        wish = KeyWish(project_id=project_id, mode=place.mode, kind=place.kind, name=place.name, scopes=scopes)
        issued = await issuer.issue(wish, by=by, format=format)
        if await store.put_in_place(project_id, place.mode.value, place.kind.value, issued.key.id):
            made.append(issued)
        else:  # somebody else was quicker
            await revoke(store, clock, project_id=project_id, key_id=issued.key.id, by=by)
    return made
