"""A project's standing keys: a publishable and a secret one for each mode, four in all, each in its slot.

They are keys like any other, each made when it is first asked for, and rotated rather than created again. A secret one
is shown once. A publishable one is for every origin and every app, and its text is kept and shown at any time. A slot
whose key was revoked is empty again.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from keyturn.keys.issuing import Issued, Issuer, KeyWish
from keyturn.keys.model import EVERY_SCOPE, Key, Kind, Mode, Status
from keyturn.keys.revoking import revoke
from keyturn.stores.ports import Clock, KeyStore

FORMAT = "smartpay"


class StandingSlot(NamedTuple):
    """One of the four."""

    mode: Mode
    kind: Kind

    @property
    def name(self) -> str:
        """What its key is called in lists."""
        return f"{self.kind.value.capitalize()} key ({self.mode.value})"


STANDING_SLOTS = tuple(
    StandingSlot(mode, kind) for mode in (Mode.TEST, Mode.LIVE) for kind in (Kind.PUBLISHABLE, Kind.SECRET)
)


async def standing_keys(store: KeyStore, project_id: str) -> dict[StandingSlot, Key | None]:
    """What is in each slot; None where it is empty."""
    ids = await store.standing_keys(project_id)
    keys = await store.by_ids(project_id, list(ids.values()))
    found: dict[StandingSlot, Key | None] = {}
    for slot in STANDING_SLOTS:
        key = keys.get(ids.get((slot.mode.value, slot.kind.value), ""))
        found[slot] = key if key is not None and key.status is not Status.REVOKED else None
    return found


async def public_texts(
    store: KeyStore, project_id: str, slots: Mapping[StandingSlot, Key | None]
) -> dict[str, list[str]]:
    """The texts of the publishable standing keys by the key's id, the newest first; those that are over are not among
    them, nor those of a key whose text is not kept."""
    texts = {}
    for key in slots.values():
        if key is not None and key.kind is Kind.PUBLISHABLE:
            states = await store.secrets(project_id, key.id)
            texts[key.id] = [one.public.text for one in states if one.public is not None and one.ends_at is None]
    return texts


async def issue_standing_keys(
    store: KeyStore,
    issuer: Issuer,
    clock: Clock,
    *,
    project_id: str,
    by: str,
    format: str = FORMAT,
    only: Collection[StandingSlot] = STANDING_SLOTS,
) -> list[Issued]:
    """Make the keys that are missing; the text of a secret one is in the answer and nowhere else.

    A secret key may do everything. A publishable one may do what a publishable one can be given at all, from every
    origin.

    Args:
        only: the slots that are filled.
    """
    made = []
    for slot, key in (await standing_keys(store, project_id)).items():
        if key is not None or slot not in only:
            continue
        secret = slot.kind is Kind.SECRET
        wish = KeyWish(
            project_id=project_id,
            mode=slot.mode,
            kind=slot.kind,
            name=slot.name,
            scopes=(EVERY_SCOPE,) if secret else issuer.publishable,
            public=not secret,
        )
        issued = await issuer.issue(wish, by=by, format=format)
        if await store.set_standing_key(project_id, slot.mode.value, slot.kind.value, issued.key.id):
            made.append(issued)
        else:  # somebody else was quicker
            await revoke(store, clock, project_id=project_id, key_id=issued.key.id, by=by)
    return made
