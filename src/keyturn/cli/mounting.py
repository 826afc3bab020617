"""Commands that two programs have: written once, and mounted in each with that program's own options.

Such a command takes an :class:`Installation` first. ``keyturn`` finds its own by ``--database-url``, ``tillgate`` by
``--data`` as well: a program's ``where`` has such options as its parameters, and each mounted command gets them.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import typer

from keyturn.admission.layer import SystemClock
from keyturn.errors import KeyNotFound
from keyturn.keys.issuing import Issuer
from keyturn.keys.model import Key
from keyturn.stores.portal import SqlPortal
from keyturn.stores.requests import SqlRequests
from keyturn.stores.sql import SqlKeyStore
from keyturn.stores.usage import SqlUsage

T = TypeVar("T")

ACTOR = "operator:cli"


class CommandContext(NamedTuple):
    """Keys, while a command works on them.

    Attributes:
        find_project: the id of the project that was named, or else of the one that is meant.
        warn_of: called with a key that was made or changed; prints what its owner has to know, if anything.
        portal, portal_url: where sessions are in which customers manage their own keys, and where customers reach the
            server; None and empty where there are none.
        scopes_needed: a key without a scope is of no use here, unless it is a canary.
    """

    store: SqlKeyStore
    issuer: Issuer
    usage_store: SqlUsage
    requests: SqlRequests
    find_project: Callable[[str | None], Awaitable[str]]
    scopes_needed: bool = False
    warn_of: Callable[[Key], None] = lambda _: None
    clock: SystemClock = SystemClock()
    portal: SqlPortal | None = None
    portal_url: str = ""

    async def key(self, key_id: str) -> Key:
        """The key with this id, in whatever project.

        Raises:
            KeyNotFound: there is none.
        """
        project_id = await self.store.project_of(key_id)
        key = await self.store.by_id(project_id, key_id) if project_id is not None else None
        if key is None:
            raise KeyNotFound(f"there is no key {key_id[:64]!r}")
        return key


class Installation(Protocol):
    """Where a command works."""

    def work(self, task: Callable[[CommandContext], Awaitable[T]], *, creates: bool = False) -> T:
        """Run a task over the opened database; failures end the command in one line.

        Args:
            creates: make the database where there is none, and bring it to the newest schema; else its absence is a
                failure.
        """
        ...


Where = Callable[..., Installation]


def mount(app: typer.Typer, name: str, command: Callable[..., None], where: Where) -> None:
    """Give a program a command, whose first argument is made of the program's own options."""
    _, *own = inspect.signature(command).parameters.values()
    more = list(inspect.signature(where).parameters.values())
    names = [one.name for one in more]

    @functools.wraps(command)
    def run(**given: Any) -> None:
        command(where(**{name: given.pop(name) for name in names}), **given)

    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *more)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    app.command(name)(run)
