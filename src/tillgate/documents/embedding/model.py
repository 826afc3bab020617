"""What an embed session is for, whose it is, and what it may do."""

from typing import Any, Final, Literal

import msgspec

from tillgate.base.clock import HOUR_MS, MINUTE_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput
from tillgate.base.problems import Field, Problem
from tillgate.documents.catalogs.model import Variables

Mode = Literal["edit", "create", "view", "fill"]
AUDIENCE: Final = "embed.craftkit.dev"
LIFETIME_MS: Final = 4 * HOUR_MS
# Of the clocks of two hosts.
SKEW_MS: Final = MINUTE_MS
TOKEN_LENGTH_MAX: Final = 16 * 1024
NAME_MAX: Final = 160
DISPLAY_NAME_MAX: Final = 200
PUBLISHES_MAX: Final = 1_000
# In a session's terms as JSON: with them, its row and its page stay small.
TERMS_BYTES_MAX: Final = 300 * 1024


class Tenant(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whose customer the partner says it is; templates that a session publishes are theirs."""

    external_id: str
    display_name: str = ""


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who sits in front of it, as the partner says."""

    external_id: str
    display_name: str = ""


class Scope(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a session is for.

    Attributes:
        mode: ``edit`` and ``create`` publish templates, ``fill`` makes documents, ``view`` shows them.
        template_id: the one template that it is about, as CraftKit writes its id; every one that fits without it.
        template_external_id: the same by its slug.
    """

    mode: Mode = "edit"
    template_id: str | None = None
    template_external_id: str | None = None


class Permissions(msgspec.Struct, frozen=True, omit_defaults=True):
    """What somebody may do in a session."""

    publish: bool = True
    submit_form: bool = True
    rename: bool = False
    create_custom_variables: bool = False


class Limits(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often.

    Attributes:
        max_publishes: versions and documents together.
    """

    max_publishes: int = 10


class FormTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """How its form begins and ends."""

    prefill: dict[str, Any] = {}


class Branding(msgspec.Struct, frozen=True, omit_defaults=True):
    """How its page looks.

    Attributes:
        locale: the language of the page, such as ``de``; of one that there is none for, and of none, the browser's.
    """

    locale: str | None = None


class CatalogRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A catalog, in its current version unless one is named."""

    name: str
    version: int | None = None


class Terms(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All that a partner says of a session: in a token of its own, or to this server."""

    tenant: Tenant
    actor: Actor
    scope: Scope = Scope()
    permissions: Permissions = Permissions()
    limits: Limits = Limits()
    form: FormTerms = FormTerms()
    branding: Branding = Branding()
    catalog: CatalogRef | None = None
    variables: Variables | None = None


class EmbedSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is kept. Instants are Unix milliseconds.

    Attributes:
        subject: of its tokens: its own id as CraftKit writes it, or what the partner has called it.
        terms: None where the partner's own tokens say them.
        publishes: how often something was published in it.
    """

    id: str
    project_id: str
    livemode: bool
    subject: str
    tenant: str
    actor: str
    terms: Terms | None
    publishes: int
    created_at: int
    expires_at: int


class TokenRefused(Forbidden):
    """A session's token that nobody has signed for this, or not for now."""

    default_code = "token_refused"

    def __init__(self, reason: str, *, expired: bool = False) -> None:
        super().__init__(f"The session's token is not accepted: {reason}.")
        self.expired = expired


class RefreshFailed(Forbidden):
    """A renew token that renews nothing."""

    default_code = "refresh_failed"

    def __init__(self) -> None:
        super().__init__(
            "This renew token is wrong, was used already, or its session has ended. Open another session with "
            "POST /v1/embed/sessions."
        )


class PermissionDenied(Forbidden):
    """The session may not do that."""

    default_code = "permission_denied"

    def __init__(self, permission: str) -> None:
        super().__init__(f"This session lacks the permission {permission}.")


class PublishesUsedUp(Conflict):
    """As much was published in the session as may be."""

    default_code = "publishes_used_up"

    def __init__(self, most: int) -> None:
        super().__init__(f"This session has reached its limit of {most} publishes. Open another one.")


def checked_terms(terms: Terms) -> Terms:
    """Terms, well formed.

    Raises:
        InvalidInput: a part is not; it is named.
    """
    for who, one in (("tenant", terms.tenant), ("actor", terms.actor)):
        _check_length(one.external_id, (who, "external_id"), 1, NAME_MAX)
        _check_length(one.display_name, (who, "display_name"), 0, DISPLAY_NAME_MAX)
    most = terms.limits.max_publishes
    if not 0 <= most <= PUBLISHES_MAX:
        where = ("limits", "max_publishes")
        raise InvalidInput(where, Problem.OUT_OF_RANGE, minimum=0, maximum=PUBLISHES_MAX, given=most)
    if terms.catalog is not None and terms.variables is not None:
        raise InvalidInput("catalog_ref", Problem.ONE_OF, others=("catalog_ref", "variable_catalog"), count=2)
    try:
        size = len(msgspec.json.encode(terms))
    except (RecursionError, UnicodeEncodeError) as error:
        raise InvalidInput("form", Problem.TOO_DEEP) from error
    if size > TERMS_BYTES_MAX:
        raise InvalidInput("form", Problem.TOO_LONG, maximum=TERMS_BYTES_MAX, length=size)
    return terms


def _check_length(text: str, field: Field, minimum: int, maximum: int) -> None:
    if not minimum <= len(text) <= maximum:
        raise InvalidInput(field, Problem.LENGTH, minimum=minimum, maximum=maximum, length=len(text))
    if not text.isprintable():
        raise InvalidInput(field, Problem.CONTROL_CHARACTERS)
