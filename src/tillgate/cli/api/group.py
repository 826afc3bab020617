"""The group ``tillgate api``, whose commands are made when one is asked for: other commands do not load the API."""

from collections.abc import MutableMapping
from typing import Any

import typer
from typer.core import TyperGroup


class _Operations(TyperGroup):
    """Nouns out of the declared routes, made at the first look."""

    _nouns: MutableMapping[str, Any] | None = None

    @property
    def commands(self) -> MutableMapping[str, Any]:
        """Each noun's group by its name."""
        if self._nouns is None:
            from tillgate.cli.api.commands import nouns

            self._nouns = {name: typer.main.get_group(group) for name, group in nouns().items()}
            for name, group in self._nouns.items():
                group.name = name
        return self._nouns

    @commands.setter
    def commands(self, _: MutableMapping[str, Any]) -> None:
        """Nothing is kept of what a group is made with."""


app = typer.Typer(cls=_Operations, no_args_is_help=True)


@app.callback()
def api() -> None:
    """Call a server's API with a key, from CHECKOUT_API_KEY or a profile: tillgate api orders list."""
