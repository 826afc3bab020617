"""What a second factor is made of, and how codes are read and compared."""

import hashlib
import re
import secrets
from base64 import b32encode
from typing import Final

import msgspec
import pyotp

from tillgate.base.clock import MINUTE_MS, SECOND_MS

# RFC 6238 with what every authenticator app takes: SHA-1, six digits, thirty seconds.
STEP_MS: Final = 30 * SECOND_MS
# How far a phone's clock may be off, in steps, to either side.
STEPS_OFF: Final = 1
RECOVERY_CODES: Final = 10
# 80 bits each: so that a fast digest is enough, and sixteen characters to write down.
RECOVERY_BYTES: Final = 10
# How long a browser whose password was right may take for the second step.
HALFWAY_MS: Final = 5 * MINUTE_MS
FAILURES_MAX: Final = 5
CODE_MAX: Final = 40
PASSKEYS_MAX: Final = 20
PASSKEY_NAME_MAX: Final = 60

_DIGITS: Final = re.compile(r"[0-9]{6}", re.ASCII)
_BETWEEN: Final = re.compile(r"[\s-]+")


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of somebody. Instants are Unix milliseconds.

    Attributes:
        credential_id: by which the device knows it; URL-safe base 64.
        sign_count: the device's count of signatures; 0 where it keeps none.
    """

    id: str
    user_id: str
    credential_id: str
    public_key: str
    sign_count: int
    name: str
    created_at: int
    used_at: int | None


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody has beside their password.

    Attributes:
        app: whether codes of an authenticator app are asked for.
        recovery_codes: how many are left.
    """

    app: bool
    recovery_codes: int
    passkeys: list[Passkey]

    @property
    def any(self) -> bool:
        """Whether a second step is asked for at all."""
        return self.app or bool(self.passkeys)


def read_code(typed: str) -> str:
    """A code as it was meant: people copy spaces and hyphens, and phones write capitals."""
    return _BETWEEN.sub("", typed[:CODE_MAX]).lower()


def step_of(secret: str, code: str, now: int) -> int | None:
    """The thirty seconds that a code is of, as far as a phone's clock may be off; None for any other code."""
    if _DIGITS.fullmatch(code) is None:
        return None
    this, found = now // STEP_MS, None
    try:
        totp = pyotp.TOTP(secret)
        for step in range(this - STEPS_OFF, this + STEPS_OFF + 1):
            # Each is compared, so that the time it takes tells nothing.
            if pyotp.utils.strings_equal(totp.generate_otp(step), code):
                found = step
    except ValueError:
        return None  # a text that is no secret, such as one that replaced what no key opened
    return found


def new_recovery_codes() -> list[str]:
    """Fresh ones, such as ``k3vd-7q2m-xw5a-ot4e``."""
    codes = []
    for _ in range(RECOVERY_CODES):
        text = b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
        codes.append("-".join(text[at : at + 4] for at in range(0, len(text), 4)))
    return codes


def recovery_digest(code: str) -> str:
    """What is kept of a recovery code."""
    return hashlib.sha256(read_code(code).encode("utf-8", "surrogatepass")).hexdigest()
