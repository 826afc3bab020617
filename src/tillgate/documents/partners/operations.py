"""What a project's people do with its partnership. Each change is in force with the next request."""

import base64
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tillgate.base import ids
from tillgate.documents.partners import records
from tillgate.documents.partners.model import (
    OVERLAP_MS,
    EmbedEnabled,
    EmbedNotEnabled,
    Holder,
    Partner,
    PartnerSuspended,
    VerifyingKey,
    checked_origins,
    new_publishable_key,
)
from tillgate.store import Sealer, Transaction


class Signing(NamedTuple):
    """A partner with a new signing key, whose private half is shown this once.

    Attributes:
        private: Ed25519, PKCS #8 in PEM (RFC 8410).
    """

    partner: Partner
    key_id: str
    private: str

    def __repr__(self) -> str:
        return f"Signing({self.partner.project_id!r}, {self.key_id!r}, …)"


async def enable(tx: Transaction, sealer: Sealer, project_id: str, origins: list[str], *, now: int) -> Signing:
    """Make a project a partner.

    Raises:
        InvalidInput: an origin is none.
        EmbedEnabled: it is one already.
    """
    partner = Partner(
        project_id=project_id,
        live_key=new_publishable_key(True),
        test_key=new_publishable_key(False),
        origins=checked_origins(origins),
        suspended_at=None,
        created_at=now,
        updated_at=now,
    )
    if not await records.insert(tx, partner):
        found = await records.of_project(tx, project_id)
        raise EmbedEnabled(suspended=found is not None and found.suspended_at is not None)
    return await _with_keys(tx, sealer, partner, now)


async def rotate(tx: Transaction, sealer: Sealer, project_id: str, *, now: int) -> Signing:
    """Make another signing key, for the partner and for this server's own tokens; those before are honoured for a day.

    Raises:
        EmbedNotEnabled: the project is no partner.
    """
    partner = await _locked(tx, project_id)
    await records.drop_keys(tx, project_id, now)
    await records.end_keys(tx, project_id, now + OVERLAP_MS)
    return await _with_keys(tx, sealer, partner, now)


async def set_origins(tx: Transaction, project_id: str, origins: list[str], *, now: int) -> Partner:
    """Say which origins' pages may show this server's inside of theirs; the earlier list is replaced.

    Raises:
        InvalidInput: an origin is none.
        EmbedNotEnabled: the project is no partner.
    """
    checked = checked_origins(origins)
    return await _changed(tx, await _locked(tx, project_id), now, origins=checked)


async def suspend(tx: Transaction, project_id: str, *, now: int) -> Partner:
    """Refuse all sessions of a partner, and new ones, until it is resumed; a second time changes nothing.

    Raises:
        EmbedNotEnabled: the project is no partner.
    """
    partner = await _locked(tx, project_id)
    return partner if partner.suspended_at is not None else await _changed(tx, partner, now, suspended_at=now)


async def resume(tx: Transaction, project_id: str, *, now: int) -> Partner:
    """Take a suspension back; where there is none, nothing is changed.

    Raises:
        EmbedNotEnabled: the project is no partner.
    """
    partner = await _locked(tx, project_id)
    return partner if partner.suspended_at is None else await _changed(tx, partner, now, suspended_at=None)


async def find_partner(tx: Transaction, project_id: str) -> Partner | None:
    """The partner that a project is; None where embed was never enabled."""
    return await records.of_project(tx, project_id)


async def get_partner(tx: Transaction, project_id: str) -> Partner:
    """The partner that a project is, at work.

    Raises:
        EmbedNotEnabled: it is none.
        PartnerSuspended: it is suspended.
    """
    partner = await records.of_project(tx, project_id)
    if partner is None:
        raise EmbedNotEnabled
    if partner.suspended_at is not None:
        raise PartnerSuspended
    return partner


async def public_keys(tx: Transaction, issuer: str, now: int) -> list[VerifyingKey]:
    """The keys that tokens of a publishable key's partner are verified with.

    Raises:
        EmbedNotEnabled: nobody has this publishable key.
    """
    partner = await records.by_issuer(tx, issuer)
    if partner is None:
        raise EmbedNotEnabled
    return [one for one in await records.keys_of(tx, partner.project_id) if one.honoured(now)]


async def _locked(tx: Transaction, project_id: str) -> Partner:
    partner = await records.locked(tx, project_id)
    if partner is None:
        raise EmbedNotEnabled
    return partner


async def _changed(tx: Transaction, partner: Partner, now: int, **changes: object) -> Partner:
    changed = msgspec.structs.replace(partner, updated_at=now, **changes)
    await records.update(tx, changed)
    return changed


async def _with_keys(tx: Transaction, sealer: Sealer, partner: Partner, now: int) -> Signing:
    shown = ("", "")
    for holder in Holder:
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        key = VerifyingKey(
            id=ids.new_id(ids.EMBED_KEY),
            project_id=partner.project_id,
            holder=holder,
            public=base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
            created_at=now,
        )
        await records.insert_key(tx, sealer, key, pem if holder is Holder.SERVER else None)
        if holder is Holder.PARTNER:
            shown = (key.id, pem)
    return Signing(partner, *shown)
