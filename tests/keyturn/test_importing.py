"""Keys that were made elsewhere: read with care, kept as hashes, admitted by their form, and junk stays cheap."""

import asyncio
import base64
import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

import pytest

from keyturn import (
    FORMATS,
    NATIVE,
    Act,
    Carriers,
    Issuer,
    KeyDigest,
    KeyExists,
    KeyParser,
    Kind,
    Mode,
    Presented,
    Primary,
    RefusalReason,
    Refused,
    Verified,
    Verifier,
    generate,
    revoke,
)
from keyturn.database import Database
from keyturn.keys.importing import (
    TOGETHER_MAX,
    Imported,
    ImportRules,
    InvalidImport,
    Problem,
    import_keys,
    keep_learning,
    parse_form,
)
from keyturn.keys.listing import every_key
from keyturn.keys.secret import CROSSMINT, ForeignForm
from keyturn.stores.memory import MemoryKeyStore
from keyturn.stores.sql import SqlKeyStore
from tests.makers import NEW_YEAR, StillClock
from tests.shop import eventually

pytestmark = pytest.mark.anyio

ACME = "acme_live_{40}"


def text() -> str:
    return "acme_live_" + secrets.token_hex(20)


def sha(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class Counting(MemoryKeyStore):
    """Counts look-ups."""

    looked_up = 0

    async def by_digest(self, digest: Any) -> Any:
        self.looked_up += 1
        return await super().by_digest(digest)


class CommandContext:
    """Imports into a store, and a key layer over it."""

    def __init__(self, store: Any = None) -> None:
        self.clock = StillClock()
        self.store = store or Counting()
        self.issuer = Issuer(self.store, self.clock, ["links:read", "links:write"])
        self.carriers = Carriers(KeyParser(FORMATS.values()))
        self.verifier = Verifier(self.store, Primary(self.store), self.carriers, self.clock)

    async def take(self, content: str, *forms: str, dry_run: bool = False, **rules: Any) -> Imported:
        rules.setdefault("mode", Mode.LIVE)
        chosen = ImportRules(project_id="prj_a", forms=tuple(parse_form(form) for form in forms), **rules)
        return await import_keys(
            self.store, self.issuer, self.clock, content, chosen, by="operator:cli", dry_run=dry_run
        )

    async def door(self, key: str, **how: Any) -> Verified | Refused:
        """What a request with this key comes to, admission having looked which forms there are."""
        self.carriers.learn(await self.store.foreign_forms())
        return await self.verifier.verify(Presented(**({"authorization": f"Bearer {key}"} | how)), None)


@pytest.mark.parametrize("how", ["csv", "jsonl", "plaintext"])
async def test_imported_keys_go_on_with_what_their_lines_say(database: Database, how: str) -> None:
    """On both databases: admitted, with name, mode, scopes and age; the text is in no row; revoking works."""
    context = CommandContext(SqlKeyStore(database))
    first, second = text(), text()
    rows = [
        {"name": "Shop", "mode": "live", "scopes": "links:read links:write", "created_at": "2020-02-03T04:05:06Z"},
        {"name": "Till", "mode": "test", "scopes": "", "created_at": "1600000000"},
    ]
    column = "key" if how == "plaintext" else "digest"
    values = (
        [first, second] if how == "plaintext" else [sha(first), base64.b64encode(bytes.fromhex(sha(second))).decode()]
    )
    rows = [{column: value} | row for value, row in zip(values, rows, strict=True)]
    if how == "jsonl":
        content = "\n".join(json.dumps(row | {"scopes": row["scopes"].split()}) for row in rows)
    else:
        content = "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)])
    done = await context.take(content, ACME, plaintext=how == "plaintext", scopes=("links:read",))
    assert done.problems == ()
    shop, till = done.keys
    assert (shop.name, shop.mode, shop.scopes) == ("Shop", Mode.LIVE, {"links:read", "links:write"})
    assert (till.name, till.mode, till.scopes) == ("Till", Mode.TEST, {"links:read"})
    assert (shop.created_at, till.created_at) == (1_580_702_706_000, 1_600_000_000_000)
    assert {(key.imported, key.format, key.prefix, key.last_four) for key in done.keys} == {
        (True, "imported", "acme_live_", "")
    }
    assert await context.store.by_id("prj_a", shop.id) == shop
    for key, known in ((first, shop), (second, till)):
        let_in = await context.door(key)
        assert isinstance(let_in, Verified) and let_in.key.id == known.id
        assert isinstance(await context.door(key, authorization=None, api_key=key), Verified)
        in_url = await context.door(key, authorization=None, query_string=f"a=b&key={key}")
        assert isinstance(in_url, Refused) and in_url.reason is RefusalReason.KEY_IN_URL and in_url.key is not None
    await revoke(context.store, context.clock, project_id="prj_a", key_id=shop.id, by="user:1")
    ended = await context.door(first)
    assert isinstance(ended, Refused) and ended.reason is RefusalReason.REVOKED
    lines = [(line.action, line.key_id) for line in await context.store.audit(0, 2)]
    assert lines == [("key.imported", shop.id), ("key.imported", till.id)]
    # A rotation gives it a secret of ours.
    rotated = await context.issuer.rotate(project_id="prj_a", key_id=till.id, by="user:1", at_once=True, overlap_ms=0)
    assert rotated.secret.reveal().startswith("ck_test_")
    assert isinstance(await context.door(rotated.secret.reveal()), Verified)
    replaced = await context.door(second)
    assert isinstance(replaced, Refused) and replaced.reason is RefusalReason.SUPERSEDED


async def test_junk_costs_no_look_until_something_was_imported_and_then_only_of_that_form() -> None:
    """Without an import a text of foreign form is malformed, which takes no query; with one, only what fits its form
    takes any."""
    context = CommandContext()
    mine = text()
    refused = await context.door(mine)
    assert isinstance(refused, Refused) and refused.reason is RefusalReason.MALFORMED
    assert context.store.looked_up == 0
    await context.take(f"digest\n{sha(mine)}\n", ACME)
    for junk in ("acme_live_" + "a" * 39, "acme_live_" + "a" * 41, "acme_test_" + "a" * 40, "x", f"{text()[:-1]}é"):
        refused = await context.door(junk)
        assert isinstance(refused, Refused) and refused.reason is RefusalReason.MALFORMED
    wrong = generate(NATIVE, Kind.SECRET, Mode.LIVE).reveal()[:-1] + "_"
    assert isinstance(await context.door(wrong), Refused)
    assert context.store.looked_up == 0
    unknown = await context.door(text())
    assert isinstance(unknown, Refused) and unknown.reason is RefusalReason.UNKNOWN
    assert isinstance(await context.door(mine), Verified)
    assert context.store.looked_up == 2


async def test_a_foreign_key_may_look_like_one_of_ours_with_a_wrong_checksum() -> None:
    """Another vendor's sk_live_ keys have the length of one of our formats; their form is declared, so they come in."""
    context = CommandContext()
    theirs = "sk_live_" + "a" * 22
    assert KeyParser(FORMATS.values()).parse(theirs) is None
    await context.take(f"digest\n{sha(theirs)}\n", "sk_live_{22}")
    assert isinstance(await context.door(theirs), Verified)


async def test_keys_of_our_formats_are_imported_without_a_form() -> None:
    """From another installation: by digest with the format's name, or by text, which says its mode itself."""
    context = CommandContext()
    native, other = (generate(form, Kind.SECRET, Mode.TEST) for form in (NATIVE, CROSSMINT))
    done = await context.take(f"digest\n{native.digest().value.hex()}\n", format="native", mode=Mode.TEST)
    assert [(key.format, key.prefix) for key in done.keys] == [("native", "ck_test_")]
    done = await context.take(f"key\n{other.reveal()}\n", plaintext=True, mode=None)
    assert [(key.format, key.prefix, key.mode) for key in done.keys] == [("crossmint", other.prefix, Mode.TEST)]
    assert await context.store.foreign_forms() == []
    assert isinstance(await context.door(native.reveal()), Verified)
    assert isinstance(await context.door(other.reveal()), Verified)


async def test_one_bad_line_and_nothing_is_imported() -> None:
    """Each bad line is told with its number and what was expected, and never with what stands in it; a dry run tells
    the same and does nothing either."""
    context = CommandContext()
    here, good, long = text(), text(), "n" * 101
    await context.take(f"digest,name\n{sha(here)},a\n", ACME)
    public = generate(NATIVE, Kind.PUBLISHABLE, Mode.LIVE).reveal()
    test_key = generate(NATIVE, Kind.SECRET, Mode.TEST).reveal()
    lines = [
        ("good", good, "live", "links:read", "", "", ""),
        ("again", good, "live", "", "", "", ""),
        ("short", "acme_live_123", "live", "", "", "", ""),
        ("none", "", "live", "", "", "", ""),
        ("mode", text(), "production", "", "", "", ""),
        ("scope", text(), "live", "links:fly", "", "", ""),
        ("when", text(), "live", "", "yesterday", "", ""),
        ("future", text(), "live", "", "2999-01-01", "", ""),
        ("ended", text(), "live", "", "", "2001-01-01", ""),
        ("shown", text(), "live", "", "", "", "acme_live_0123456789"),
        (long, text(), "live", "", "", "", ""),
        ("public", public, "live", "", "", "", ""),
        ("other", test_key, "live", "", "", "", ""),
        ("here", here, "live", "", "", "", ""),
    ]
    head = "name,key,mode,scopes,created_at,expires_at,prefix"
    content = "\n".join([head, *(",".join(line) for line in lines)])
    expected = {
        3: "the same key stands in line 2",
        4: "none of the forms",
        5: "no key",
        6: "live or test",
        7: "links:fly",
        8: "instant such as",
        9: "future",
        10: "expiry must lie in the future",
        11: "6 more characters at most",
        12: "1 to 100 printable",
        13: "publishable",
        14: "the key itself test",
        15: "here already",
    }
    for dry_run in (True, False):
        done = await context.take(content, ACME, plaintext=True, dry_run=dry_run)
        assert done.keys == ()
        assert [line for line, _ in done.problems] == list(expected)
        assert [line for line, what in done.problems if expected[line] not in what] == []
        for line in lines:
            assert not line[1] or line[1][10:] not in str(done.problems)
    assert len(await every_key(context.store, "prj_a")) == 1


async def test_a_dry_run_does_nothing() -> None:
    """It says how many there would be; neither keys nor forms are kept."""
    context = CommandContext()
    done = await context.take(f"digest\n{sha(text())}\n", ACME, dry_run=True)
    assert (len(done.keys), done.problems) == (1, ())
    assert (await every_key(context.store, "prj_a"), await context.store.foreign_forms()) == ([], [])


@pytest.mark.parametrize(
    ("content", "rules", "says"),
    [
        ("", {}, "no key in it"),
        ("digest\n", {}, "no key in it"),
        ('{"digest": 1', {}, "line 1 is no JSON object"),
        ('{"digest": "a"}\n[]', {}, "line 2 is no JSON object"),
        ("digest,digest\na,b", {}, "twice"),
        ("digest,name\na", {}, "line 2 has 1 fields"),
        ('digest\n"a', {}, "line 2 is no CSV"),
        ("digest\na", {"forms": []}, "how their keys are written"),
        ("digest\na", {"format": "native"}, "how their keys are written"),
        ("digest\na", {"forms": [], "format": "morse"}, "unknown format"),
        ("key\na", {"plaintext": True, "format": "native"}, "leave it out"),
        ("digest\na", {"forms": ["acme"]}, "a prefix and a length"),
        ("digest\na", {"forms": ["acme_{15}"]}, "could be guessed"),
        ("digest\na", {"forms": ["acme_{40,20}"]}, "follow a prefix"),
        ("digest\na", {"forms": ["a b{40}"]}, "a prefix and a length"),
    ],
)
async def test_unreadable_input_is_reported_as_a_whole(content: str, rules: dict[str, Any], says: str) -> None:
    """No file of keys, or not enough said about it."""
    forms = rules.pop("forms", [ACME])
    with pytest.raises(InvalidImport, match=says):
        await CommandContext().take(content, *forms, **rules)


async def test_a_column_that_nobody_understands_stops_the_import() -> None:
    """It may say that a key was revoked long ago; passing it over is the operator's word. Texts are read only where
    they were announced."""
    context = CommandContext()
    content = f"digest,revoked_at\n{sha(text())},2020-01-01\n"
    assert "column 2 (revoked_at) is unknown" in (await context.take(content, ACME)).problems[0].what
    assert "announced" in (await context.take(f"key\n{text()}\n", ACME)).problems[0].what
    assert "announced" in (await context.take(f"digest\n{sha(text())}\n", ACME, plaintext=True)).problems[0].what
    assert (await context.take(content, ACME, ignored=frozenset(["revoked_at"]))).problems == ()


async def test_a_file_with_other_columns_is_refused_and_no_key_of_it_is_printed_or_kept() -> None:
    """Without a head line, or with columns in each other's places: what is said, and what is kept, is not the key."""
    context = CommandContext()
    mine, ours = text(), generate(NATIVE, Kind.SECRET, Mode.LIVE).reveal()
    for content in (
        f"{mine}\n{text()}\n",
        f"digest,name\n{mine},a\n",
        f"digest,name\n{sha(mine)},{mine}\n",
        f"digest,name\n{sha(mine)},see {ours}\n",
        f"digest,scopes\n{sha(mine)},{mine}\n",
        f"digest,mode\n{sha(mine)},{mine}\n",
        f"digest,created_at\n{sha(mine)},{mine}\n",
        f"digest,prefix\n{sha(mine)},{mine}\n",
    ):
        [problem] = (await context.take(content, ACME)).problems
        assert not any(key[10:] in problem.what for key in (mine, ours)), problem
    assert await every_key(context.store, "prj_a") == []


@pytest.mark.parametrize("bad", ["$2b$12$abcdefghijklmnopqrstuv", "a" * 63, "g" * 64, "é" * 44, "sha1:abc", "!" * 44])
async def test_what_is_no_sha_256_is_refused_with_the_reason(bad: str) -> None:
    """A slow or salted hash cannot be looked up by."""
    assert await CommandContext().take(f"digest\n{bad}\n", ACME) == Imported(
        (), (Problem(2, "the digest is no SHA-256 in hex or base 64; salted or slow hashes cannot be looked up"),)
    )


async def test_a_key_that_came_meanwhile_stops_the_whole_import(database: Database) -> None:
    """Between the look and the transaction another import may have brought it: nothing of this one is kept then."""
    context = CommandContext(SqlKeyStore(database))
    one, two = text(), text()
    [key] = (await context.take(f"digest\n{sha(one)}\n", ACME)).keys
    other = (await context.take(f"digest\n{sha(two)}\n", ACME, dry_run=True)).keys[0]
    digests = [KeyDigest("sha256", bytes.fromhex(sha(each))) for each in (two, one)]
    with pytest.raises(KeyExists):
        await context.store.import_keys(
            [(other, digests[0]), (key, digests[1])], [ForeignForm("b_", 20, 20)], Act(NEW_YEAR, "operator:cli")
        )
    assert [one.id for one in await every_key(context.store, "prj_a")] == [key.id]
    assert await context.store.foreign_forms() == [ForeignForm("acme_live_", 40, 40)]
    assert len(await context.store.audit(0, 9)) == 1


class Interrupted(SqlKeyStore):
    """Counts what is kept together, and is interrupted after some batches."""

    batches: tuple[int, ...] = ()
    until = 2

    async def import_keys(self, keys: Any, forms: Any, act: Any) -> None:
        if len(self.batches) == self.until:
            raise OSError("killed")
        await super().import_keys(keys, forms, act)
        self.batches += (len(keys),)


async def test_an_import_is_kept_in_batches_and_finished_by_repeating_it(database: Database) -> None:
    """On both databases: no transaction holds more than a hundred keys. What was kept before an interruption stays, and
    is passed over when the same file is imported again; not so what is here otherwise, or was revoked."""
    context = CommandContext(store := Interrupted(database))
    lines = [f"{sha(text())},key{n}" for n in range(2 * TOGETHER_MAX + 50)]
    content = "\n".join(["digest,name", *lines])
    with pytest.raises(OSError, match="killed"):
        await context.take(content, ACME)
    store.until = 9
    done = await context.take(content, ACME)
    assert (store.batches, len(done.keys), done.already) == ((TOGETHER_MAX, TOGETHER_MAX, 50), 50, 2 * TOGETHER_MAX)
    again = await context.take(content, ACME)
    assert (again.keys, again.already, again.problems) == ((), len(lines), ())
    keys = await every_key(store, "prj_a")
    assert len(keys) == len(lines)
    assert len({line.key_id for line in await store.audit(0, 1_000)}) == len(lines)
    await revoke(store, context.clock, project_id="prj_a", key_id=keys[0].id, by="user:1")
    digest, _, name = lines[7].partition(",")
    for other in (content, f"digest,name\n{digest},another{name}", f"digest,name,mode\n{digest},{name},test"):
        refused = await context.take(other, ACME)
        assert [one.what for one in refused.problems] == ["this key is here already, and not as this line has it"]


async def test_a_key_that_comes_by_another_way_during_an_import_is_told(database: Database) -> None:
    """With how far it got, and what to do."""
    store = SqlKeyStore(database)
    mine = text()
    looked = store.by_digests

    async def by_digests(digests: Any) -> Any:
        found = await looked(digests)
        if len(digests) == 1:
            other = CommandContext(SqlKeyStore(database))
            await other.take(f"digest\n{sha(mine)}\n", ACME)
        return found

    context = CommandContext(store)
    store.by_digests = by_digests  # type: ignore[method-assign]
    lines = [sha(text()) for _ in range(TOGETHER_MAX)]
    with pytest.raises(InvalidImport, match=rf"meanwhile; {TOGETHER_MAX} of {TOGETHER_MAX + 1} were imported"):
        await context.take("\n".join(["digest", *lines, sha(mine)]), ACME)


async def test_a_running_layer_learns_of_an_import_automatically() -> None:
    """Within its next look; a store that fails meanwhile is reported, takes nothing back, and is asked again."""
    context, failures = CommandContext(), []
    mine = text()
    whole, broken = context.store.foreign_forms, False

    async def forms() -> Any:
        if broken:
            raise OSError("no store")
        return await whole()

    context.store.foreign_forms = forms  # type: ignore[method-assign]

    async def reason() -> RefusalReason | None:
        found = await context.verifier.verify(Presented(authorization=f"Bearer {mine}"), None)
        return found.reason if isinstance(found, Refused) else None

    async def let_in() -> bool:
        return await reason() is None

    learning = asyncio.create_task(
        keep_learning(context.store, context.carriers, failed=failures.append, look_seconds=0.01)
    )
    try:
        await context.take(f"digest\n{sha(mine)}\n", ACME)
        assert await eventually(let_in)
        broken = True
        assert await eventually(lambda: failures)
        assert await let_in()
        broken, mine = False, "other_" + "a" * 20
        assert await reason() is RefusalReason.MALFORMED
        await context.take(f"digest\n{sha(mine)}\n", "other_{20}")
        assert await eventually(let_in)
    finally:
        learning.cancel()
        await asyncio.gather(learning, return_exceptions=True)


def test_forms_read_as_they_are_written() -> None:
    """One length or two, with or without a prefix."""
    for written in ("acme_live_{40}", "a.b-{16,64}", "{32}"):
        assert str(parse_form(written)) == written
    assert parse_form("{32}").fits("a" * 32)
    assert not parse_form("{32}").fits("a" * 31 + " ")


def test_a_file_is_imported_from_a_terminal(tmp_path: Path, database_url: str) -> None:
    """keyturn keys import: a dry run, the import, the same again; and tillgate's, which knows its projects."""
    from typer.testing import CliRunner

    from keyturn.cli import app as keyturn
    from tillgate.cli.commands import app as tillgate

    runner = CliRunner(env={"KEYTURN_SCOPES": "links:read"})
    mine = text()
    file = tmp_path / "keys.csv"
    file.write_text(f"digest,name\n{sha(mine)},Shop\n")
    command = [
        "keys",
        "import",
        str(file),
        "--project",
        "prj_a",
        "--mode",
        "live",
        "--form",
        ACME,
        "--database-url",
        database_url,
    ]
    dry = runner.invoke(keyturn, [*command, "--dry-run", "--json"])
    assert json.loads(dry.stdout) == {"imported": 0, "wouldImport": 1, "already": 0, "keys": [], "problems": []}
    assert runner.invoke(keyturn, command).stdout == "Imported: 1\n"
    assert runner.invoke(keyturn, command).stdout == "Imported: 0\nImported before: 1\n"
    file.write_text(f"digest,name\n{sha(mine)},Till\n")
    again = runner.invoke(keyturn, command)
    assert again.exit_code == 1
    said = "line 2: this key is here already, and not as this line has it\nkeyturn: nothing was imported\n"
    assert again.stderr == said
    missing = runner.invoke(keyturn, [*command[:2], str(tmp_path / "none"), *command[3:]])
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1)

    where = ["--data", str(tmp_path), "--database-url", database_url]
    assert runner.invoke(tillgate, ["projects", "create", "--name", "Shop", *where]).exit_code == 0
    file.write_text(json.dumps({"key": text(), "scopes": ["links:read"]}))
    imported = runner.invoke(
        tillgate,
        ["keys", "import", str(file), "--plaintext", "--form", ACME, "--mode", "test", *where],
    )
    assert (imported.exit_code, imported.stdout) == (0, "Imported: 1\n"), imported.output
    listed = json.loads(runner.invoke(tillgate, ["keys", "list", "--json", *where]).stdout)
    assert [(key["imported"], key["scopes"]) for key in listed] == [(True, ["links:read"])]
