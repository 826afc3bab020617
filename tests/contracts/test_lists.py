"""One statement for any number of values, on both databases."""

import json

import pytest

from keyturn.database import Database, Transaction, with_list

pytestmark = pytest.mark.anyio

STATEMENT = with_list("SELECT name FROM instance_facts WHERE name IN {list} AND value = $2 ORDER BY name")


@pytest.mark.parametrize(
    ("asked", "found"),
    [([], []), (["a"], ["a"]), (["b", "a", "a", "nobody"], ["a", "b"]), (["it's", '"', "a,b", "c"], ['"', "it's"])],
)
async def test_those_of_a_list_are_found_and_no_other(database: Database, asked: list[str], found: list[str]) -> None:
    """Whatever stands in the texts; further parameters keep their numbers."""

    async def operation(tx: Transaction) -> list[str]:
        for name, value in (("a", "yes"), ("b", "yes"), ("c", "no"), ("it's", "yes"), ('"', "yes")):
            await tx.execute("INSERT INTO instance_facts (name, value) VALUES ($1, $2)", name, value)
        return [row["name"] for row in await tx.fetch_all(STATEMENT, json.dumps(asked), "yes")]

    assert await database.write(operation) == found
