"""What a database is asked: each statement of a transaction, noted as it is run."""

from typing import Any, NamedTuple

from keyturn.database import Both, Transaction


class Asked(NamedTuple):
    """One statement, as one of the databases was asked it."""

    sql: str
    params: tuple[Any, ...]

    @property
    def lists(self) -> bool:
        """Whether it is the one that finds the page; the others read what belongs to it, by its ids."""
        return " LIMIT $" in self.sql and "ORDER BY" in self.sql and "COUNT(" not in self.sql


class Noting:
    """A transaction that notes what it is asked."""

    def __init__(self, tx: Transaction) -> None:
        self.asked: list[Asked] = []
        self._tx = tx

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._tx, name)
        if not name.startswith("fetch") and name != "execute":
            return real

        async def run(sql: str | Both, *params: Any) -> Any:
            self.asked.append(Asked(getattr(sql, self._tx.dialect) if isinstance(sql, Both) else sql, params))
            return await real(sql, *params)

        return run
