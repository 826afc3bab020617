"""Options that say which of a project's keys a command is about."""

import re
from collections.abc import Callable
from typing import Annotated, Final

import typer

from keyturn.keys.listing import NAME_WANTED_MAX, KeyFilter
from keyturn.keys.model import Kind, Mode, Status

WantedMode = Annotated[Mode | None, typer.Option("--mode", help="Only test or only live keys.")]
WantedKind = Annotated[Kind | None, typer.Option("--kind", help="Only secret or only publishable keys.")]
WantedStatus = Annotated[Status | None, typer.Option("--status", help="Only active, disabled or revoked keys.")]
WantedName = Annotated[
    str | None, typer.Option("--name", metavar="TEXT", help="Only keys with this text in their name, in any case.")
]
WantedUnused = Annotated[
    str | None, typer.Option("--unused", metavar="AGE", help="Only keys that nobody has used for so long: 90d, 12h.")
]
WantedTag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="Only keys with this tag.")]
WantedExternalId = Annotated[
    str | None, typer.Option("--external-id", metavar="ID", help="Only keys with this external id.")
]
WantedExpiring = Annotated[
    str | None, typer.Option("--expiring", metavar="AGE", help="Only keys that end within this time: 30d, 12h.")
]
NOTHING_CHOSEN: Final = "say which keys: --mode, --kind, --status, --name, --unused, --tag, --external-id or --expiring"

_AGE: Final = re.compile(r"([0-9]{1,5})([mhd])", re.ASCII)
_UNITS_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def wanted_keys(
    mode: Mode | None,
    kind: Kind | None,
    status: Status | None,
    name: str | None,
    unused: str | None,
    tag: str | None = None,
    external_id: str | None = None,
    expiring: str | None = None,
) -> Callable[[int], KeyFilter]:
    """Which keys a command is about, once the time is known.

    Raises:
        typer.BadParameter: an option makes no sense.
    """
    age, ahead = _age("--unused", unused), _age("--expiring", expiring)
    if name is not None and not 1 <= len(name) <= NAME_WANTED_MAX:
        raise typer.BadParameter(f"--name: expected 1 to {NAME_WANTED_MAX} characters")
    return lambda now: KeyFilter(
        mode,
        kind,
        status,
        name,
        unused_since=now - age if age is not None else None,
        external_id=external_id,
        tag=tag,
        expiring=(now, now + ahead) if ahead is not None else None,
    )


def _age(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    match = _AGE.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{option}: expected an age such as 90d, 12h or 45m, got {text[:20]!r}")
    return int(match[1]) * _UNITS_MS[match[2]]
