"""Who is asking: what every credential becomes before any business logic sees the request."""

from typing import Literal, NamedTuple

ActorKind = Literal["key", "user", "buyer", "operator", "job"]


class Principal(NamedTuple):
    """A caller inside one project and one mode, the walls that nothing here reaches across.

    Attributes:
        actor: who it is, for logs and "created by": ``key:key_01j…``, ``user:usr_01j…``.
        scopes: what it was granted, for messages; whether a call is allowed was decided at the door.
    """

    project_id: str
    livemode: bool
    kind: ActorKind
    actor: str
    scopes: frozenset[str] = frozenset()

    @property
    def mode(self) -> Literal["live", "test"]:
        return "live" if self.livemode else "test"
