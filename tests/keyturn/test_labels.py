"""What a maker of an API writes on keys: whose they are, what is handed on, and words by which they are found."""

import json
from typing import Any

import pytest

from keyturn.errors import InvalidLabel
from keyturn.instants import to_rfc3339
from keyturn.keys.labels import checked_external_id, checked_metadata, checked_tags, spelt
from tests.keyturn.test_server import CommandContext, context, light_harness

pytestmark = pytest.mark.anyio

__all__ = ["context", "light_harness"]


def test_what_cannot_be_written_on_a_key_is_refused() -> None:
    """Each with what was expected; the longest that can be is kept as it came."""
    assert checked_external_id("x" * 200) == "x" * 200 and checked_external_id(None) is None
    for wrong in ("", "x" * 201, "a b", "é", "a\nb"):
        with pytest.raises(InvalidLabel, match="visible ASCII"):
            checked_external_id(wrong)
    assert checked_metadata({"b": "2", "a": ""}) == (("a", ""), ("b", "2"))
    too_many = {f"n{n}": "" for n in range(21)}
    too_long = {f"n{n}": "ü" * 200 for n in range(2)}
    for metadata in (too_many, too_long, {"": "x"}, {"a b": "x"}, {"x" * 41: "x"}, {"a": "x" * 201}, {"a": "\n"}):
        with pytest.raises(InvalidLabel, match="metadata"):
            checked_metadata(metadata)
    assert checked_tags(["beta", " beta ", "team:red"]) == {"beta", "team:red"}
    for tags in ([str(n) for n in range(21)], ["a b"], [""], ["x" * 41], ["-x"]):
        with pytest.raises(InvalidLabel, match="tag"):
            checked_tags(tags)


def test_metadata_is_handed_on_in_ascii() -> None:
    """A header is ASCII; what is beyond it is escaped as JSON has it, and reads back as it was."""
    metadata = checked_metadata({"name": "Ünal 🦀", "plan": "gold"})
    assert spelt(metadata).isascii() and json.loads(spelt(metadata)) == dict(metadata)
    assert spelt(()) == b""


async def test_keys_are_written_on_found_and_revoked_by_what_is_written(context: CommandContext) -> None:
    """Created, changed, listed by tag, external id and end, told in the verdict, and revoked in bulk."""
    first = await context.key(
        "invoices:read",
        externalId="cus_1",
        metadata={"plan": "gold"},
        tags=["beta", "eu"],
        expiresAt="2099-01-01T00:00:00Z",
    )
    second = await context.key("invoices:read", externalId="cus_1", tags=["beta2"])
    third = await context.key(tags=["beta"])
    assert (first["externalId"], first["metadata"], first["tags"]) == ("cus_1", {"plan": "gold"}, ["beta", "eu"])
    assert (third["externalId"], third["metadata"]) == (None, {})

    async def found(query: str) -> list[str]:
        status, listed = await context.call("GET", f"/v1/keys?{query}")
        assert status == 200, listed
        return [one["id"] for one in listed["data"]]

    assert await found("externalId=cus_1") == [second["id"], first["id"]]
    assert await found("tag=beta") == [third["id"], first["id"]]
    assert await found("tag=beta&externalId=cus_1&status=active&mode=live") == [first["id"]]
    assert await found("tag=bet") == await found("externalId=cus_") == []
    assert await found("expiringDays=30") == []
    status, _ = await context.call("PATCH", f"/v1/keys/{third['id']}", {"expiresAt": soon(context)})
    assert status == 200 and await found("expiringDays=30") == [third["id"]]

    tagging: Any = {"keyIds": [first["id"], second["id"], third["id"], "key_nobody"], "add": ["new", "beta"]}
    status, told = await context.call("POST", "/v1/keys/tags", tagging)
    assert (status, told["changed"]) == (200, tagging["keyIds"][:3]) and len(await found("tag=new")) == 3
    status, told = await context.call("POST", "/v1/keys/tags", tagging)
    assert (status, told["changed"]) == (200, [])
    tagging = tagging | {"add": [], "remove": ["new"]}
    status, told = await context.call("POST", "/v1/keys/tags", tagging)
    assert (status, len(told["changed"])) == (200, 3) and await found("tag=new") == []
    status, told = await context.call("POST", "/v1/keys/tags", tagging | {"remove": []})
    assert (status, told["code"], told["param"]) == (400, "invalid_body", "add")
    status, told = await context.call("POST", "/v1/keys/tags", tagging | {"add": ["a b"]})
    assert (status, told["code"]) == (400, "invalid_label")
    status, _ = await context.call("PATCH", f"/v1/keys/{second['id']}", {"tags": []})

    verdict = await context.verify(first["key"])
    assert (verdict["key"]["externalId"], verdict["key"]["metadata"]) == ("cus_1", {"plan": "gold"})
    changed: Any = {"externalId": None, "metadata": {"plan": "none"}, "tags": []}
    status, now = await context.call("PATCH", f"/v1/keys/{first['id']}", changed)
    assert (status, now["externalId"], now["metadata"], now["tags"]) == (200, None, {"plan": "none"}, [])
    verdict = await context.verify(first["key"])
    assert "externalId" not in verdict["key"] and verdict["key"]["metadata"] == {"plan": "none"}

    status, revoked = await context.call("POST", "/v1/keys/revoke", {"matching": {"tag": "beta"}})
    assert (status, revoked["revoked"]) == (200, [third["id"]])
    status, told = await context.call("POST", "/v1/keys", {"name": "x", "externalId": "a b"})
    assert (status, told["code"]) == (400, "invalid_label")


async def test_a_customers_key_makes_keys_of_that_customer_only(light_harness: CommandContext) -> None:
    """Whose a request is decides what the API behind shows: a key with an external id never makes one of another's, nor
    one that says more of them; one without may make keys for anybody."""
    context = light_harness
    own = await context.key("keys:write", externalId="cus_1", metadata={"plan": "free"})
    made = await context.key(by=own["key"])
    assert (made["externalId"], made["metadata"]) == ("cus_1", {"plan": "free"})
    for wish in ({"externalId": "cus_2"}, {"metadata": {"plan": "gold"}}):
        status, told = await context.call("POST", "/v1/keys", {"name": "x", **wish}, own["key"])
        assert (status, told["code"]) == (400, "stronger_than_parent"), wish
        status, told = await context.call("PATCH", f"/v1/keys/{made['id']}", wish, own["key"])
        assert (status, told["code"]) == (400, "stronger_than_parent"), wish
    status, told = await context.call("PATCH", f"/v1/keys/{made['id']}", {"externalId": None}, own["key"])
    assert (status, told["code"]) == (400, "stronger_than_parent")
    maker = await context.key("keys:write")
    assert (await context.key(by=maker["key"], externalId="cus_2"))["externalId"] == "cus_2"


def soon(context: CommandContext) -> str:
    """Ten days from now."""
    return to_rfc3339(context.layer.clock.now() + 10 * 86_400_000)
