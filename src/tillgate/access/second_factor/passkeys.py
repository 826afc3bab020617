"""Passkeys (WebAuthn, https://www.w3.org/TR/webauthn-3/) by the library ``webauthn``: what a browser is asked, and
whether its answer is right. It is loaded where it is used: few sign-ins need it, and it is not small."""

import ipaddress
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from tillgate.access.accounts.model import User
from tillgate.access.second_factor.model import PASSKEY_NAME_MAX, Passkey
from tillgate.base import ids
from tillgate.base.errors import InvalidInput
from tillgate.base.problems import Problem
from tillgate.base.text import checked_text, is_loopback_host

ANSWER_MAX: Final = 16 * 1024


class PasskeySite(NamedTuple):
    """Whose passkeys they are: a browser offers them at this origin alone.

    Attributes:
        host: the relying party's id.
        origin: scheme, host and port, as browsers say it.
    """

    host: str
    origin: str


def site_of_url(public_url: str) -> PasskeySite | None:
    """The site at a server's public address; None at one that is a number, for which browsers keep no passkeys.

    On the machine itself it is ``localhost``, whatever number the address has.
    """
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port is not None else ""
    if is_loopback_host(host):
        return PasskeySite("localhost", f"{parts.scheme}://localhost{port}")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return PasskeySite(host, f"{parts.scheme}://{host}{port}") if parts.scheme == "https" and host else None
    return None


def registration(site: PasskeySite, user: User, known: Sequence[Passkey]) -> tuple[str, str]:
    """What a browser is asked for a new passkey, in JSON, and the challenge in it."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Tillgate",
        user_id=user.id.encode(),
        user_name=user.email,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=_bytes(one.credential_id)) for one in known],
    )
    return webauthn.options_to_json(options), _text(options.challenge)


def registered(site: PasskeySite, user: User, challenge: str, name: str, answer: str, now: int) -> Passkey:
    """The passkey that a browser has made.

    Raises:
        InvalidInput: the answer is not one to the challenge, or the name will not do.
    """
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    checked = checked_text(name, field="name", length_max=PASSKEY_NAME_MAX)
    if not challenge or len(answer) > ANSWER_MAX:
        raise _refused()
    try:
        done = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise _refused() from error
    return Passkey(
        id=ids.new_id(ids.PASSKEY),
        user_id=user.id,
        credential_id=_text(done.credential_id),
        public_key=_text(done.credential_public_key),
        sign_count=done.sign_count,
        name=checked,
        created_at=now,
        used_at=None,
    )


def authentication(site: PasskeySite, known: Sequence[Passkey]) -> tuple[str, str]:
    """What a browser is asked so that one of these passkeys signs, in JSON, and the challenge in it."""
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        allow_credentials=[PublicKeyCredentialDescriptor(id=_bytes(one.credential_id)) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options), _text(options.challenge)


def authenticated(site: PasskeySite, known: Sequence[Passkey], challenge: str, answer: str) -> Passkey | None:
    """The passkey that has signed the challenge, with its new count; None where none of these has."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    if len(answer) > ANSWER_MAX:
        return None
    try:
        shown = msgspec.json.decode(answer.encode(), type=dict[str, msgspec.Raw]).get("id", msgspec.Raw(b'""'))
        credential_id = msgspec.json.decode(shown, type=str)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    passkey = next((one for one in known if one.credential_id == credential_id), None)
    if passkey is None:
        return None
    try:
        done = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return None
    return msgspec.structs.replace(passkey, sign_count=done.new_sign_count)


def _refused() -> InvalidInput:
    return InvalidInput("passkey", Problem.PASSKEY_REFUSED)


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
