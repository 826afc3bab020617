"""Who is asking: what every credential becomes before any business logic sees the request."""

from enum import StrEnum
from typing import Literal, NamedTuple

ActorKind = Literal["key", "user", "buyer", "operator", "job"]


class Allow(StrEnum):
    """What a publishable key may set of a session only where it is allowed by name: what the buyer pays."""

    AMOUNT = "amount"
    DISCOUNT = "discount"
    TAX = "tax"
    SHIPPING = "shipping"


class Principal(NamedTuple):
    """A caller inside one project and one mode, the walls that nothing here reaches across.

    Attributes:
        actor: who it is, for logs and "created by": ``key:key_01j…``, ``user:owner@example.com``.
        scopes: what it was granted, for messages; whether a call is allowed was decided at admission.
        key_id: the API key, where it is one.
        publishable: that key may be in anybody's hands, so what it makes is opened by a client secret only.
        allow: what such a key may set beyond others.
        returns_to: where such a key may send buyers: web origins, also with one label open (``https://*.shop.example``),
            and schemes of apps (``com.shop.app:``).
    """

    project_id: str
    livemode: bool
    kind: ActorKind
    actor: str
    scopes: frozenset[str] = frozenset()
    key_id: str | None = None
    publishable: bool = False
    allow: frozenset[str] = frozenset()
    returns_to: tuple[str, ...] = ()

    @property
    def mode(self) -> Literal["live", "test"]:
        return "live" if self.livemode else "test"
