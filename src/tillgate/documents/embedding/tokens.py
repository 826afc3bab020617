"""Tokens of embed sessions: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037), and nothing else.

Reading one takes two steps: whose it says it is, which is believed by nobody, leads to the key; then that key decides.
"""

import base64
import re
import secrets
from typing import Any, Final, NamedTuple

import msgspec

from tillgate.base.clock import SECOND_MS
from tillgate.documents.embedding.model import (
    AUDIENCE,
    LIFETIME_MS,
    SKEW_MS,
    TOKEN_LENGTH_MAX,
    Actor,
    Limits,
    Permissions,
    Scope,
    Tenant,
    Terms,
    TokenRefused,
)
from tillgate.documents.partners.model import VerifyingKey

ALGORITHM: Final = "EdDSA"
CLAIMS_VERSION: Final = 1
SUBJECT_MAX: Final = 160
ID_MAX: Final = 64
# The last year that an instant in milliseconds is written with.
SECONDS_MAX: Final = 253_402_300_799
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,2048}\.[A-Za-z0-9_-]{1,16384}\.[A-Za-z0-9_-]{86}")


class PartnerClaim(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose session it is; the issuer decides, and what stands here may not contradict it."""

    id: str | None = None
    project_id: str | None = None


class CkClaims(Terms, frozen=True, omit_defaults=True, kw_only=True):
    """The claim ``ck``: a session's terms."""

    v: int
    partner: PartnerClaim = PartnerClaim()


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says. Instants are Unix seconds."""

    iss: str
    aud: str
    sub: str
    iat: int
    exp: int
    ck: CkClaims
    nbf: int | None = None
    jti: str | None = None


class Unverified(NamedTuple):
    """Whose token it says it is. Nobody has checked it."""

    key_id: str | None
    issuer: str


class _Header(msgspec.Struct):
    alg: str
    kid: str | None = None
    typ: str | None = None
    crit: list[str] | None = None


class _Issuer(msgspec.Struct):
    iss: str


def look(token: str) -> Unverified:
    """Which key a token says that it was signed with.

    Raises:
        TokenRefused: it is no token of this kind.
    """
    if len(token) > TOKEN_LENGTH_MAX or _TOKEN.fullmatch(token) is None:
        raise TokenRefused("it is not a JSON Web Token, or too long")
    head, body, _ = token.split(".")
    try:
        header = msgspec.json.decode(_decoded(head), type=_Header)
        issuer = msgspec.json.decode(_decoded(body), type=_Issuer).iss
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise TokenRefused("it has no header or no issuer") from error
    if header.alg != ALGORITHM or header.crit is not None or (header.typ or "JWT").upper() != "JWT":
        raise TokenRefused(f"expected a JWT whose alg is {ALGORITHM}")
    if len(header.kid or "") > ID_MAX or not 0 < len(issuer) <= ID_MAX:
        raise TokenRefused("its kid or its issuer is too long")
    return Unverified(header.kid, issuer)


def verify(token: str, key: VerifyingKey, issuer: str, now: int) -> Claims:
    """What a token says, once its key has signed that, for this audience and for now.

    Raises:
        TokenRefused: one of these is not so.
    """
    import jwt

    try:
        read = jwt.decode(
            token,
            jwt.PyJWK({"kty": "OKP", "crv": "Ed25519", "x": key.public, "alg": ALGORITHM}),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=issuer,
            # Its times are held against this server's own clock, below.
            options={
                "require": ["iss", "aud", "sub", "iat", "exp"],
                "strict_aud": True,
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        claims = msgspec.convert(read, Claims)
    except jwt.InvalidTokenError as error:
        raise TokenRefused(_reason(error)) from error
    except (msgspec.ValidationError, RecursionError) as error:
        raise TokenRefused(f"a claim is not as it should be: {str(error)[:200]}") from error
    _check_times(claims, now)
    if claims.ck.v != CLAIMS_VERSION:
        raise TokenRefused(f"expected ck.v to be {CLAIMS_VERSION}")
    if not (0 < len(claims.sub) <= SUBJECT_MAX and claims.sub.isprintable()):
        raise TokenRefused(f"expected a sub of at most {SUBJECT_MAX} printable characters")
    return claims


def signed(
    terms: Terms, partner: PartnerClaim, *, issuer: str, subject: str, key_id: str, private: str, at: int
) -> str:
    """A token of this server's own.

    Args:
        private: the key in PEM.
        at: Unix milliseconds; it lasts :data:`LIFETIME_MS` from then.
    """
    import jwt

    seconds = at // SECOND_MS
    told = CkClaims(
        v=CLAIMS_VERSION,
        partner=partner,
        tenant=Tenant(terms.tenant.external_id, terms.tenant.display_name),
        actor=Actor(terms.actor.external_id, terms.actor.display_name),
        scope=Scope(terms.scope.mode, terms.scope.template_id, terms.scope.template_external_id),
        permissions=Permissions(*msgspec.structs.astuple(terms.permissions)),
        limits=Limits(terms.limits.max_publishes),
    )
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": seconds,
        "nbf": seconds,
        "exp": seconds + LIFETIME_MS // SECOND_MS,
        "jti": secrets.token_urlsafe(16),
        "ck": msgspec.to_builtins(told),
    }
    return jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": key_id})


def jwk(key: VerifyingKey) -> dict[str, str]:
    """A key as a JSON Web Key (RFC 7517, RFC 8037)."""
    return {"kty": "OKP", "crv": "Ed25519", "x": key.public, "kid": key.id, "use": "sig", "alg": ALGORITHM}


def _check_times(claims: Claims, now: int) -> None:
    skew, lifetime, seconds = SKEW_MS // SECOND_MS, LIFETIME_MS // SECOND_MS, now // SECOND_MS
    if not all(0 <= one <= SECONDS_MAX for one in (claims.iat, claims.exp, claims.nbf or 0)):
        raise TokenRefused("its instants are no Unix seconds")
    if claims.exp - claims.iat > lifetime or claims.exp <= claims.iat:
        raise TokenRefused(f"expected exp to be at most {lifetime} seconds after iat")
    if claims.iat > seconds + skew or (claims.nbf or 0) > seconds + skew:
        raise TokenRefused("it is not valid yet; compare the clocks of both servers")
    if claims.exp + skew <= seconds:
        raise TokenRefused("it has expired", expired=True)


def _reason(error: Exception) -> str:
    return {
        "InvalidSignatureError": "its signature is not its key's",
        "InvalidAudienceError": f"expected the aud {AUDIENCE}",
        "InvalidIssuerError": "its issuer has not signed it",
        "MissingRequiredClaimError": "expected the claims iss, aud, sub, iat and exp",
    }.get(type(error).__name__, "it is not well formed")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
