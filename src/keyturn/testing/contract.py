"""What every store of keys promises, as tests: yours, too.

    from keyturn.testing.contract import StoreContract

    @pytest.mark.anyio
    class TestMyStore(StoreContract):
        @pytest.fixture
        async def store(self) -> AsyncIterator[KeyStore]:
            yield MyStore()  # an empty one for each test

The tests are coroutines; ``anyio``'s or ``pytest-asyncio``'s plugin runs them. With
``pytest.register_assert_rewrite("keyturn.testing.contract")`` before the import, failures show both sides.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

import msgspec
import pytest

from keyturn.errors import KeyExists, KeyIsRevoked, TooManyDescendants, TooManyKeys, TooManySecrets
from keyturn.insight.audit import BEGINNING, broken_at
from keyturn.keys.listing import ALL_KEYS, KeyFilter, UnknownCursor, every_key
from keyturn.keys.model import Ancestor, Key, Kind, KnownKey, Mode, PendingKey, Status
from keyturn.keys.rotations import SECRETS_MAX
from keyturn.keys.secret import SMARTPAY, KeyDigest, generate
from keyturn.limiting.gcra import Limit
from keyturn.lineage import DESCENDANTS_MAX
from keyturn.stores.ports import Act, Change, HeldLease, KeyStore, NewSecret, SecretState, Use


def key(id: str, *, project: str = "prj_a", mode: Mode = Mode.TEST, created_at: int = 1_000, **more: Any) -> Key:
    """A key with this id, of which the rest is made up."""
    kept: dict[str, Any] = {
        "id": f"key_{id}",
        "project_id": project,
        "mode": mode,
        "name": id,
        "format": "native",
        "prefix": "ck_test_abc123",
        "last_four": "wxyz",
        "scopes": frozenset({"links:read", "sessions:write"}),
        "status": Status.ACTIVE,
        "created_at": created_at,
        "created_by": "user:usr_1",
        "expires_at": 5_000,
    }
    return Key(**(kept | more))


def digest(name: str) -> KeyDigest:
    """A digest that is this name's."""
    return KeyDigest("sha256", name.encode().ljust(32, b"."))


def act(at: int, by: str = "user:1", reason: str | None = None) -> Act:
    """Somebody's doing at an instant."""
    return Act(at, by, reason)


def known(key: Key, *, pending: bool = False, **more: Any) -> KnownKey:
    """What admission should find for a key with one secret."""
    kind = PendingKey if pending else KnownKey
    return msgspec.structs.replace(kind(key.id, key.terms, key.status, key.expires_at), **more)


async def put(store: KeyStore, *keys: Key) -> None:
    """Keep these keys."""
    for one in keys:
        await store.insert(one, digest(one.name), act(one.created_at, one.created_by))


async def owned(store: KeyStore, key_id: str = "key_a") -> Key:
    """The key as its owner sees it."""
    found = await store.by_id("prj_a", key_id)
    assert found is not None
    return found


async def actions(store: KeyStore) -> list[tuple[str, str | None]]:
    """What the audit log says was done, to which keys, oldest first."""
    return [(entry.action, entry.key_id) for entry in await store.audit(0, 1_000)]


def new_secret(name: str, *, active: bool = False, overlap_ms: int = 100) -> NewSecret:
    """A further secret, with the digest of its name."""
    return NewSecret(digest(name), f"ck_test_{name[:6]:x<6}", "last", active, overlap_ms)


async def ends(store: KeyStore) -> list[tuple[int, int | None, int | None]]:
    """Of each secret of the key, newest first: its number, since when it is in use, when it ends."""
    return [(one.number, one.active_at, one.ends_at) for one in await store.secrets("prj_a", "key_a")]


def uses(**at: int) -> dict[tuple[str, int], Use]:
    """When the first secret of each key was used."""
    return {(f"key_{name}", 1): Use(one) for name, one in at.items()}


async def at_once(*work: Awaitable[Any]) -> list[Any]:
    """The outcome of each of them, run together to the end: its answer, or what it raised."""
    return list(await asyncio.gather(*work, return_exceptions=True))


class StoreContract:
    """Every promise of :class:`keyturn.stores.ports.KeyStore`; each test is given an empty ``store``."""

    # Keeping and finding.

    async def test_a_key_is_found_as_it_was_kept(self, store: KeyStore) -> None:
        """By digest, a look-up returns what admission needs; by id every field that went in."""
        kept = key("a")
        await put(store, kept, key("b", mode=Mode.LIVE))
        assert await store.by_digest(digest("a")) == known(kept)
        assert await store.by_id("prj_a", "key_a") == kept

    async def test_every_field_of_a_key_is_kept(self, store: KeyStore) -> None:
        """Also those that most keys leave empty."""
        full = key(
            "full",
            kind=Kind.PUBLISHABLE,
            format="craftkit",
            scopes=frozenset({"sessions:write"}),
            networks=("203.0.113.0/24", "2001:db8::/32"),
            origins=("https://shop.example", "https://*.shop.example", "http://localhost:3000"),
            limit=Limit(1 / 60, 3),
            report_only=frozenset({"origin_not_allowed", "scope_missing"}),
            parent_id="key_a",
            canary=True,
            imported=True,
            allow=frozenset({"amount", "return:https://shop.example"}),
        )
        apps = key("apps", kind=Kind.PUBLISHABLE, apps=("com.shop.app", "com.shop.other"), scopes=frozenset())
        await put(store, key("a"), full, apps, key("bare", expires_at=None))
        for one in (full, apps, key("bare", expires_at=None)):
            assert await store.by_id("prj_a", one.id) == one
            ancestors = (Ancestor("key_a", None),) if one.parent_id else ()
            assert await store.by_digest(digest(one.name)) == known(one, ancestors=ancestors)

    async def test_an_unknown_digest_or_id_finds_nothing(self, store: KeyStore) -> None:
        """Nothing is None. A digest of another algorithm is another digest."""
        await put(store, key("a"))
        assert await store.by_digest(digest("b")) is None
        assert await store.by_digest(KeyDigest("blake2", digest("a").value)) is None
        assert await store.by_id("prj_a", "key_b") is None
        assert await store.secrets("prj_a", "key_b") == []
        assert await store.family("prj_a", "key_b") == []
        other = KeyDigest("blake2", digest("a").value)
        assert await store.by_digests([digest("b"), other]) == {}

    async def test_keys_are_found_by_many_digests_at_once(self, store: KeyStore) -> None:
        """Of whatever project, revoked or not: a leaked key is somebody's."""
        await put(store, key("a"), key("b", project="prj_b"), key("c"))
        await store.revoke("prj_a", ["key_c"], act(2_000))
        found = await store.by_digests([digest("a"), digest("nobody"), digest("b"), digest("c")])
        assert {digest.value[:1]: key.id for digest, key in found.items()} == {
            b"a": "key_a",
            b"b": "key_b",
            b"c": "key_c",
        }
        assert found[digest("c")].status is Status.REVOKED
        assert await store.by_digests([]) == {}

    async def test_a_key_belongs_to_its_project(self, store: KeyStore) -> None:
        """Another project can neither see, revoke, switch, change nor rotate it, with its id in hand."""
        await put(store, key("a", project="prj_a"))
        thief = act(2_000, "user:thief")
        assert await store.by_id("prj_b", "key_a") is None
        assert await every_key(store, "prj_b") == []
        assert await store.secrets("prj_b", "key_a") == []
        assert await store.revoke("prj_b", ["key_a"], thief) is None
        assert await store.set_enabled("prj_b", "key_a", thief, enabled=False) is None
        assert await store.change(key("a", project="prj_b", name="mine"), thief, {}) is None
        assert await store.add_secret("prj_b", "key_a", new_secret("x"), thief) is None
        assert await store.end_earlier_secrets("prj_b", "key_a", thief) is None
        assert await store.add_secret("prj_a", "key_a", new_secret("second"), act(1_500)) is not None
        assert await store.withdraw_secret("prj_b", "key_a", thief) is None
        assert await owned(store) == key("a")
        assert await actions(store) == [("key.created", "key_a"), ("key.rotated", "key_a")]

    async def test_keys_are_listed_newest_first_and_by_mode(self, store: KeyStore) -> None:
        """By creation, whatever the order in which they were written; of one mode where that is asked for."""
        await put(
            store,
            key("second", created_at=2_000),
            key("first", created_at=1_000),
            key("third", created_at=3_000, mode=Mode.LIVE),
            key("elsewhere", project="prj_b"),
        )
        assert [one.name for one in await every_key(store, "prj_a")] == ["third", "second", "first"]
        assert [one.name for one in await every_key(store, "prj_a", KeyFilter(mode=Mode.TEST))] == ["second", "first"]
        assert [one.name for one in await every_key(store, "prj_a", KeyFilter(mode=Mode.LIVE))] == ["third"]

    async def test_keys_are_read_in_pages_that_leave_none_out(self, store: KeyStore) -> None:
        """Newest first; keys of the same instant are all there, each once, whatever the size of a page."""
        await put(store, *[key(f"k{n}", created_at=1_000 + n // 3) for n in range(10)])
        whole = [f"key_k{n}" for n in reversed(range(10))]
        for limit in (1, 3, 10, 11):
            found: list[str] = []
            after: str | None = None
            for _ in range(11):
                page = await store.page("prj_a", ALL_KEYS, after, limit)
                found += [one.id for one in page.keys]
                after = page.next
                if after is None:
                    break
                assert len(page.keys) == limit
            assert found == whole

    async def test_keys_are_found_by_what_they_are(self, store: KeyStore) -> None:
        """By mode, kind, status, a part of the name and how long nobody has used them; and by all of it together."""
        await put(
            store,
            key("a", name="Till ONE"),
            key("b", name="till two", mode=Mode.LIVE),
            key("c", name="100%_", kind=Kind.PUBLISHABLE, origins=("https://shop.example",)),
            key("d", name="Büro", created_at=1_500),
            key("e", name="e", canary=True),
        )
        await store.set_enabled("prj_a", "key_b", act(2_000), enabled=False)
        await store.revoke("prj_a", ["key_d"], act(2_000))
        await store.touch(uses(a=3_000))

        async def found(**wanted: Any) -> str:
            keys = await every_key(store, "prj_a", KeyFilter(**wanted))
            return " ".join(sorted(one.id.removeprefix("key_") for one in keys))

        assert await found() == "a b c d e"
        assert await found(mode=Mode.LIVE) == "b"
        assert await found(kind=Kind.PUBLISHABLE) == "c"
        assert await found(status=Status.ACTIVE) == "a c e"
        assert await found(status=Status.DISABLED) == "b"
        assert await found(status=Status.REVOKED) == "d"
        assert await found(name="TILL") == "a b"
        assert await found(name="%_") == "c"
        assert await found(name="BüRO") == "d"
        assert await found(name="BÜRO") == ""  # only the letters of ASCII have two forms
        assert await found(unused_since=2_999) == "b c d"
        assert await found(unused_since=1_499) == "b c"
        assert await found(unused_since=3_000) == "a b c d"
        assert await found(name="t", mode=Mode.TEST, kind=Kind.SECRET, status=Status.ACTIVE) == "a"
        assert await found(name="t", mode=Mode.TEST, unused_since=2_000) == ""

    async def test_a_page_begins_after_a_key_of_the_project_and_mode(self, store: KeyStore) -> None:
        """Any other id is no place in the list, and nothing says whose it is."""
        await put(store, key("a"), key("b", mode=Mode.LIVE), key("c", project="prj_b"))
        for cursor, wanted in (("key_c", ALL_KEYS), ("key_z", ALL_KEYS), ("key_b", KeyFilter(mode=Mode.TEST))):
            with pytest.raises(UnknownCursor):
                await store.page("prj_a", wanted, cursor, 10)

    async def test_keys_are_found_by_many_ids_at_once(self, store: KeyStore) -> None:
        """The project's own, and no others."""
        await put(store, key("a"), key("b"), key("c", project="prj_b"))
        assert await store.by_ids("prj_a", ["key_a", "key_c", "key_z"]) == {"key_a": key("a")}
        assert await store.by_ids("prj_a", []) == {}

    async def test_the_oldest_keys_that_nobody_uses_are_found(self, store: KeyStore) -> None:
        """Those that could be used: no disabled, revoked or expired one, and no canary."""
        await put(
            store,
            key("young", created_at=2_000),
            key("old", created_at=1_001),
            key("older", created_at=1_000),
            key("busy"),
            key("off"),
            key("gone"),
            key("ended", expires_at=2_500),
            key("bait", canary=True),
        )
        await store.set_enabled("prj_a", "key_off", act(1_500), enabled=False)
        await store.revoke("prj_a", ["key_gone"], act(1_500))
        await store.touch(uses(busy=1_600))
        assert [one.name for one in await store.unused("prj_a", 1_500, 3_000, 10)] == ["older", "old"]
        assert [one.name for one in await store.unused("prj_a", 1_500, 3_000, 1)] == ["older"]

    async def test_an_id_or_a_digest_is_kept_once(self, store: KeyStore) -> None:
        """A second key with the same id or the same digest is refused, and the first one stands, alone in the log."""
        first = key("a")
        await store.insert(first, digest("a"), act(1_000))
        with pytest.raises(KeyExists):
            await store.insert(first, digest("b"), act(1_001))
        with pytest.raises(KeyExists):
            await store.insert(key("b"), digest("a"), act(1_002))
        assert await every_key(store, "prj_a") == [first]
        assert await store.by_digest(digest("b")) is None
        assert await actions(store) == [("key.created", "key_a")]

    async def test_a_customer_has_no_more_keys_than_are_allowed(self, store: KeyStore) -> None:
        """However many ask at once; those that are revoked, and those of another customer or mode, do not count."""
        own: dict[str, Any] = {"external_id": "cus_1"}
        await put(store, key("gone", **own), key("other", external_id="cus_2"), key("live", mode=Mode.LIVE, **own))
        await store.revoke("prj_a", ["key_gone"], act(1_500))
        refused = []

        async def make(number: int) -> None:
            try:
                new = key(f"n{number}", **own)
                await store.insert(new, digest(new.name), act(2_000), at_most=3)
            except TooManyKeys:
                refused.append(number)

        await at_once(*(make(number) for number in range(8)))
        made = [one for one in await every_key(store, "prj_a") if one.created_at == 1_000 and one.name[0] == "n"]
        assert (len(made), len(refused)) == (3, 5)

    async def test_only_an_active_key_of_the_project_makes_keys(self, store: KeyStore) -> None:
        """One that was disabled, revoked or is not there makes none, whatever was true when it asked; nothing is
        kept."""
        await put(store, key("off"), key("gone"), key("elsewhere", project="prj_b"))
        await store.set_enabled("prj_a", "key_off", act(1_500), enabled=False)
        await store.revoke("prj_a", ["key_gone"], act(1_500))
        for parent in ("off", "gone", "elsewhere", "nobody"):
            with pytest.raises(KeyIsRevoked):
                await put(store, key("child", parent_id=f"key_{parent}"))
        assert await store.by_id("prj_a", "key_child") is None
        assert await store.by_digest(digest("child")) is None
        assert [action for action, key_id in await actions(store) if key_id == "key_child"] == []

    async def test_a_family_is_all_that_a_key_has_made(self, store: KeyStore) -> None:
        """Children, theirs and so on, oldest first; not the key itself, nobody else's, and none that is revoked. Below
        a revoked one they are found all the same."""
        await put(
            store,
            key("a"),
            key("child", parent_id="key_a", created_at=1_001),
            key("grandchild", parent_id="key_child", created_at=1_003),
            key("other", parent_id="key_a", created_at=1_002),
            key("somebody"),
            key("stranger", parent_id="key_somebody"),
        )
        assert [one.id for one in await store.family("prj_a", "key_a")] == ["key_child", "key_other", "key_grandchild"]
        assert [one.id for one in await store.family("prj_a", "key_child")] == ["key_grandchild"]
        assert await store.family("prj_b", "key_a") == []
        await store.revoke("prj_a", ["key_child", "key_other"], act(1_500))
        assert [one.id for one in await store.family("prj_a", "key_a")] == ["key_grandchild"]
        assert [one.id for one in await store.family("prj_a", "key_child")] == ["key_grandchild"]
        assert await store.family("prj_a", "key_other") == []

    async def test_a_key_comes_with_those_that_made_it(self, store: KeyStore) -> None:
        """The nearest first, each with its own limit; a change of that limit touches what came from it."""
        slow = Limit(5.0, 10)
        await put(
            store,
            key("a", limit=slow),
            key("child", parent_id="key_a"),
            key("grandchild", parent_id="key_child", limit=Limit(1.0, 2)),
        )
        found = await store.by_digest(digest("grandchild"))
        assert found is not None and found.ancestors == (Ancestor("key_child", None), Ancestor("key_a", slow))
        child, first = await store.by_digest(digest("child")), await store.by_digest(digest("a"))
        assert child is not None and child.ancestors == (Ancestor("key_a", slow),)
        assert first is not None and first.ancestors == ()
        before = await store.epoch()
        changed = msgspec.structs.replace(await owned(store), limit=Limit(2.0, 4))
        await store.change(changed, act(2_000), {"limit": "2/s"})
        touched = {one.key_id for one in await store.changes_after(before)}
        assert touched == {"key_a", "key_child", "key_grandchild"}

    async def test_the_number_of_keys_below_a_key_is_limited(self, store: KeyStore) -> None:
        """Through others or directly; what was revoked makes room. A chain has a longest length."""
        await put(
            store, key("a"), key("b", parent_id="key_a"), key("c", parent_id="key_b"), key("d", parent_id="key_c")
        )
        with pytest.raises(TooManyDescendants):
            await put(store, key("e", parent_id="key_d"))
        await put(store, *(key(f"n{n}", parent_id=f"key_{'abc'[n % 3]}") for n in range(DESCENDANTS_MAX - 3)))
        for parent in "abc":
            with pytest.raises(TooManyDescendants):
                await put(store, key("more", parent_id=f"key_{parent}"))
        assert await store.by_id("prj_a", "key_more") is None
        await store.revoke("prj_a", ["key_n0"], act(1_500))
        await put(store, key("more", parent_id="key_b"))

    async def test_of_a_parent_and_its_child_at_once_neither_is_forgotten(self, store: KeyStore) -> None:
        """However they come to meet: a child that was made before its parent's end is seen by who looks for it
        after."""
        await put(store, *(key(f"p{n}") for n in range(20)))

        async def end(n: int) -> None:
            await store.revoke("prj_a", [f"key_p{n}"], act(2_000))
            for child in await store.family("prj_a", f"key_p{n}"):
                await store.revoke("prj_a", [child.id], act(2_001))

        await at_once(*(coro for n in range(20) for coro in (put(store, key(f"c{n}", parent_id=f"key_p{n}")), end(n))))
        assert [one.id for one in await every_key(store, "prj_a") if one.status is not Status.REVOKED] == []

    # Revoking, switching, changing.

    async def test_revoking_moves_an_active_key_and_says_so_once(self, store: KeyStore) -> None:
        """The first revocation stands, with its instant, actor and reason; a second changes nothing and has no
        epoch."""
        await put(store, key("a"))
        assert await store.revoke("prj_a", ["key_a"], act(2_000, "user:first", "leaked")) == 1
        assert await store.revoke("prj_a", ["key_a"], act(3_000, "user:second")) is None
        revoked = msgspec.structs.replace(
            key("a"), status=Status.REVOKED, revoked_at=2_000, revoked_by="user:first", revoked_reason="leaked"
        )
        assert await owned(store) == revoked
        assert await store.by_digest(digest("a")) == known(revoked)

    async def test_of_many_revocations_at_once_one_counts(self, store: KeyStore) -> None:
        """Status moves by a conditional update: exactly one caller is told that it did it."""
        await put(store, key("a"))
        done = await at_once(*(store.revoke("prj_a", ["key_a"], act(2_000 + n, f"user:{n}")) for n in range(30)))
        assert [one for one in done if isinstance(one, BaseException)] == []
        assert [epoch for epoch in done if epoch is not None] == [1]
        found = await owned(store)
        assert found.revoked_by == f"user:{(found.revoked_at or 0) - 2_000}"
        assert await actions(store) == [("key.created", "key_a"), ("key.revoked", "key_a")]

    async def test_several_keys_are_revoked_together(self, store: KeyStore) -> None:
        """Each that was not revoked has its own epoch and line; the last epoch is answered."""
        await put(store, key("a"), key("b"), key("c"), key("elsewhere", project="prj_b"))
        await store.revoke("prj_a", ["key_b"], act(2_000))
        assert await store.revoke("prj_a", ["key_c", "key_b", "key_a", "key_elsewhere", "key_nobody"], act(3_000)) == 3
        statuses = {one.id: one.revoked_at for one in await every_key(store, "prj_a")}
        assert statuses == {"key_a": 3_000, "key_b": 2_000, "key_c": 3_000}
        assert (await store.by_id("prj_b", "key_elsewhere")) == key("elsewhere", project="prj_b")
        assert sorted(change.key_id or "" for change in await store.changes_after(1)) == ["key_a", "key_c"]

    async def test_a_key_is_disabled_and_enabled(self, store: KeyStore) -> None:
        """Each switch changes the key once, remembers who switched it off and why, and forgets it when it is on
        again."""
        await put(store, key("a"))
        assert await store.set_enabled("prj_a", "key_a", act(7, reason="lost"), enabled=False) == 1
        assert await store.set_enabled("prj_a", "key_a", act(8, "user:2"), enabled=False) is None
        off = await owned(store)
        assert (off.status, off.disabled_at, off.disabled_by, off.disabled_reason) == (
            Status.DISABLED,
            7,
            "user:1",
            "lost",
        )
        assert await store.by_digest(digest("a")) == known(off)
        assert await store.set_enabled("prj_a", "key_a", act(9), enabled=True) == 2
        assert await store.set_enabled("prj_a", "key_a", act(9), enabled=True) is None
        assert await owned(store) == key("a")
        assert await store.by_digest(digest("a")) == known(key("a"))

    async def test_a_revoked_key_is_neither_switched_nor_changed_nor_rotated(self, store: KeyStore) -> None:
        """Revoking works on a key that is off, and nothing brings it back."""
        await put(store, key("a"))
        await store.add_secret("prj_a", "key_a", new_secret("second"), act(6))
        await store.set_enabled("prj_a", "key_a", act(7), enabled=False)
        assert await store.revoke("prj_a", ["key_a"], act(8)) is not None
        assert await store.set_enabled("prj_a", "key_a", act(9), enabled=True) is None
        assert await store.set_enabled("prj_a", "key_a", act(9), enabled=False) is None
        assert await store.change(key("a"), act(9), {}) is None
        assert await store.withdraw_secret("prj_a", "key_a", act(9)) is None
        assert await store.add_secret("prj_a", "key_a", new_secret("third"), act(9)) is None
        assert (await owned(store)).status is Status.REVOKED
        for name in ("a", "second"):
            found = await store.by_digest(digest(name))
            assert found is not None and found.status is Status.REVOKED

    async def test_the_restrictions_of_a_key_are_changed(self, store: KeyStore) -> None:
        """Name, scopes, expiry, networks, origins, apps, limit and report-only are written; the rest is left alone."""
        kept = key(
            "a", networks=("203.0.113.0/24", "2001:db8::/32"), limit=Limit(0.5, 3), origins=("https://a.example",)
        )
        await put(store, kept)
        changed = msgspec.structs.replace(
            kept,
            name="b",
            scopes=frozenset({"links:read"}),
            expires_at=None,
            networks=(),
            origins=("https://b.example",),
            apps=("com.shop.app",),
            limit=None,
            report_only=frozenset({"scope_missing"}),
            allow=frozenset({"amount"}),
        )
        other = {"status": Status.REVOKED, "prefix": "ck_live_other0", "kind": Kind.PUBLISHABLE, "mode": Mode.LIVE}
        wished = msgspec.structs.replace(changed, **other)
        assert await store.change(wished, act(2_000), {"name": {"from": "a", "to": "b"}}) == 1
        assert await owned(store) == changed
        assert await store.by_digest(digest("a")) == known(changed)
        assert await store.change(msgspec.structs.replace(changed, project_id="prj_b"), act(2_001), {}) is None
        line = (await store.audit(0, 10))[-1]
        assert (line.action, line.actor, line.detail) == ("key.changed", "user:1", {"name": {"from": "a", "to": "b"}})

    async def test_a_suspended_project_is_shown_with_each_of_its_keys(self, store: KeyStore) -> None:
        """Those there are and those that come; once each way, and no other project's."""
        await put(store, key("a"), key("b", project="prj_b"))
        assert not await store.is_suspended("prj_a")
        assert await store.set_suspended("prj_a", act(2_000, reason="fraud"), suspended=True) == 1
        assert await store.set_suspended("prj_a", act(2_001), suspended=True) is None
        await put(store, key("later"))
        assert await store.is_suspended("prj_a")
        assert not await store.is_suspended("prj_b")
        for name in ("a", "later"):
            assert await store.by_digest(digest(name)) == known(key(name), project_suspended=True)
            assert await owned(store, f"key_{name}") == key(name, project_suspended=True)
        assert all(one.project_suspended for one in await every_key(store, "prj_a"))
        assert await store.by_digest(digest("b")) == known(key("b", project="prj_b"))
        assert await store.set_suspended("prj_a", act(2_002), suspended=False) == 2
        assert await store.set_suspended("prj_a", act(2_003), suspended=False) is None
        assert await store.by_digest(digest("a")) == known(key("a"))
        assert await store.changes_after(0) == [Change(1, None, "prj_a"), Change(2, None, "prj_a")]

    async def test_an_exposure_is_noted_once(self, store: KeyStore) -> None:
        """The first time it was seen where it should not be stands, also for a key that is revoked by then."""
        await put(store, key("a"))
        assert await store.note_exposure("key_a", act(2_000, "system:admission"), "url") is True
        assert await store.note_exposure("key_a", act(2_001, "system:leak-desk"), "github") is False
        assert await store.note_exposure("key_nobody", act(2_001), "url") is False
        found = await owned(store)
        assert (found.exposed_at, found.exposed_how) == (2_000, "url")
        assert await actions(store) == [("key.created", "key_a"), ("key.exposed", "key_a")]

    async def test_keys_that_are_about_to_end_are_found(self, store: KeyStore) -> None:
        """By their expiry, those that end first; neither revoked ones nor those without."""
        await put(
            store,
            key("later", expires_at=3_000),
            key("soon", expires_at=2_000),
            key("never", expires_at=None),
            key("revoked", expires_at=2_000),
            key("far", expires_at=9_000),
            key("off", expires_at=2_500),
        )
        await store.revoke("prj_a", ["key_revoked"], act(1_500))
        await store.set_enabled("prj_a", "key_off", act(1_500), enabled=False)
        assert [one.name for one in await store.expiring(3_000, 3, 10)] == ["soon", "off", "later"]
        assert [one.name for one in await store.expiring(3_000, 3, 1)] == ["soon"]
        assert await store.expiring(1_999, 3, 10) == []

    async def test_a_key_has_one_secret_at_first(self, store: KeyStore) -> None:
        """In use since the key was made, and without an end."""
        await put(store, key("a"))
        assert await store.secrets("prj_a", "key_a") == [
            SecretState(
                number=1,
                prefix="ck_test_abc123",
                last_four="wxyz",
                created_at=1_000,
                active_at=1_000,
                ends_at=None,
            )
        ]

    async def test_a_second_secret_waits_for_its_first_use(self, store: KeyStore) -> None:
        """Until then the key is shown by its first one, which has no end; no third one can be made meanwhile."""
        await put(store, key("a"))
        assert await store.add_secret("prj_a", "key_a", new_secret("second"), act(2_000)) == 1
        assert await store.add_secret("prj_a", "key_a", new_secret("third"), act(2_001)) is None
        assert await ends(store) == [(2, None, None), (1, 1_000, None)]
        assert await owned(store) == key("a")
        assert await store.by_digest(digest("a")) == known(key("a"))
        assert await store.by_digest(digest("second")) == known(key("a"), secret=2, pending=True)
        assert await store.by_digest(digest("third")) is None
        assert set(await store.by_digests([digest("a"), digest("second")])) == {digest("a"), digest("second")}

    async def test_the_first_use_starts_the_overlap_and_counts_once(self, store: KeyStore) -> None:
        """Of thirty first uses at once one is told that it was the first; from then the earlier secret has an end."""
        await put(store, key("a"))
        await store.add_secret("prj_a", "key_a", new_secret("second"), act(2_000))
        done = await at_once(*(store.activate("key_a", 2, act(3_000)) for _ in range(30)))
        assert [one for one in done if isinstance(one, BaseException)] == []
        assert [epoch for epoch in done if epoch is not None] == [2]
        assert await ends(store) == [(2, 3_000, None), (1, 1_000, 3_100)]
        assert await store.by_digest(digest("a")) == known(key("a"), ends_at=3_100)
        assert await store.by_digest(digest("second")) == known(key("a"), secret=2)
        to_json = await owned(store)
        assert (to_json.prefix, to_json.last_four, to_json.id) == ("ck_test_second", "last", "key_a")
        assert (await actions(store)).count(("key.rotation_activated", "key_a")) == 1
        assert await store.activate("key_a", 3, act(3_000)) is None
        assert await store.activate("key_nobody", 1, act(3_000)) is None

    async def test_a_secret_can_be_in_use_at_once(self, store: KeyStore) -> None:
        """Then the overlap runs from now, and never gives an earlier secret back what it has not."""
        await put(store, key("a"))
        await store.add_secret("prj_a", "key_a", new_secret("second", active=True, overlap_ms=50), act(2_000))
        await store.add_secret("prj_a", "key_a", new_secret("third", active=True, overlap_ms=900), act(2_010))
        assert await ends(store) == [(3, 2_010, None), (2, 2_000, 2_910), (1, 1_000, 2_050)]

    async def test_of_many_rotations_at_once_one_waits(self, store: KeyStore) -> None:
        """Two successors that wait at the same time would each end the other's predecessor."""
        await put(store, key("a"))
        names = [f"s{n}" for n in range(20)]
        done = await at_once(*(store.add_secret("prj_a", "key_a", new_secret(name), act(2_000)) for name in names))
        assert [one for one in done if isinstance(one, BaseException)] == []
        assert len([epoch for epoch in done if epoch is not None]) == 1
        assert [number for number, _, _ in await ends(store)] == [2, 1]

    async def test_a_rotation_is_withdrawn_while_it_waits(self, store: KeyStore) -> None:
        """Its secret opens nothing from then on, and never will; the next rotation is another secret's."""
        await put(store, key("a"))
        assert await store.withdraw_secret("prj_a", "key_a", act(1_900)) is None
        await store.add_secret("prj_a", "key_a", new_secret("second"), act(2_000))
        assert await store.withdraw_secret("prj_a", "key_a", act(2_100)) == 2
        assert await store.withdraw_secret("prj_a", "key_a", act(2_200)) is None
        assert await store.activate("key_a", 2, act(2_300)) is None
        withdrawn = await store.by_digest(digest("second"))
        assert withdrawn == known(key("a"), secret=2, ends_at=0)
        assert await ends(store) == [(2, None, 2_100), (1, 1_000, None)]
        assert await store.by_digest(digest("a")) == known(key("a"))
        assert await store.add_secret("prj_a", "key_a", new_secret("third"), act(2_400)) is not None
        found = await store.by_digest(digest("third"))
        assert found is not None and found.pending
        # Whoever still holds the withdrawn one does not set the other going.
        assert await store.activate("key_a", 2, act(2_500)) is None
        assert await store.activate("key_a", found.secret, act(2_500)) is not None

    async def test_a_rotation_is_finished_by_ending_what_came_before(self, store: KeyStore) -> None:
        """All but the newest secret in use end now, whatever was left of their overlap, by no clock but the store's
        order:
        a process whose clock is behind refuses them as well."""
        await put(store, key("a"))
        assert await store.end_earlier_secrets("prj_a", "key_a", act(1_500)) is None
        await store.add_secret("prj_a", "key_a", new_secret("second", active=True, overlap_ms=9_000), act(2_000))
        await store.add_secret("prj_a", "key_a", new_secret("third"), act(2_100))
        assert await store.end_earlier_secrets("prj_a", "key_a", act(2_200)) == 3
        assert await store.end_earlier_secrets("prj_a", "key_a", act(2_300)) is None
        assert await ends(store) == [(3, None, None), (2, 2_000, None), (1, 1_000, 2_200)]
        assert await store.by_digest(digest("a")) == known(key("a"), ends_at=0)
        assert await store.by_digest(digest("second")) == known(key("a"), secret=2)

    async def test_a_key_that_is_rotated_without_end_keeps_its_newest_secrets(self, store: KeyStore) -> None:
        """Of those that have ended, the oldest are forgotten and open nothing; numbers are never given out twice. Where
        all are still accepted, none is forgotten, and only a rotation that ends them is possible."""
        await put(store, key("a"))
        for n in range(2, SECRETS_MAX + 3):
            await store.add_secret("prj_a", "key_a", new_secret(f"s{n}", active=True, overlap_ms=10), act(2_000 + n))
        assert [number for number, _, _ in await ends(store)] == list(range(SECRETS_MAX + 2, 2, -1))
        assert await store.by_digest(digest("a")) is None and await store.by_digest(digest("s2")) is None
        found = await store.by_digest(digest(f"s{SECRETS_MAX + 2}"))
        assert found is not None and found.secret == SECRETS_MAX + 2
        await store.touch({("key_a", 1): Use(9_000), ("key_a", SECRETS_MAX + 2): Use(3_000)})
        assert (await owned(store)).last_used_at == 3_000
        for n in range(SECRETS_MAX - 1):
            await store.add_secret("prj_a", "key_a", new_secret(f"l{n}", active=True, overlap_ms=9_000), act(4_000))
        with pytest.raises(TooManySecrets):
            await store.add_secret("prj_a", "key_a", new_secret("no", active=True, overlap_ms=9_000), act(4_001))
        with pytest.raises(TooManySecrets):
            await store.add_secret("prj_a", "key_a", new_secret("no"), act(4_001))
        assert await store.add_secret("prj_a", "key_a", new_secret("end", active=True, overlap_ms=0), act(4_002))
        assert len(await store.secrets("prj_a", "key_a")) == SECRETS_MAX
        ended = await store.by_digest(digest("l5"))
        assert ended is not None and ended.ends_at == 0

    async def test_a_secret_that_is_used_already_is_no_new_one(self, store: KeyStore) -> None:
        """A digest is one key's, and one secret's."""
        await put(store, key("a"), key("b"))
        with pytest.raises(KeyExists):
            await store.add_secret("prj_a", "key_a", new_secret("b"), act(2_000))
        with pytest.raises(KeyExists):
            await store.add_secret("prj_a", "key_a", new_secret("a"), act(2_000))
        assert await ends(store) == [(1, 1_000, None)]
        assert await store.changes_after(0) == []

    # Standing keys.

    async def test_a_standing_key_is_issued_again_only_once_it_is_revoked(self, store: KeyStore) -> None:
        """Of a project, a mode and a kind; of many who fill it at once one does."""
        await put(store, *(key(f"k{n}") for n in range(10)), key("b", project="prj_b"))
        assert await store.standing_keys("prj_a") == {}
        filled = await at_once(*(store.set_standing_key("prj_a", "test", "secret", f"key_k{n}") for n in range(10)))
        assert sorted(filled) == [False] * 9 + [True]
        held = (await store.standing_keys("prj_a"))["test", "secret"]
        assert await store.set_standing_key("prj_a", "live", "secret", "key_k1")
        assert await store.set_standing_key("prj_b", "test", "secret", "key_b")
        await store.set_enabled("prj_a", held, act(2_000), enabled=False)
        assert not await store.set_standing_key("prj_a", "test", "secret", "key_k9")
        await store.revoke("prj_a", [held], act(2_000))
        other = "key_k9" if held != "key_k9" else "key_k8"
        assert await store.set_standing_key("prj_a", "test", "secret", other)
        assert await store.standing_keys("prj_a") == {("test", "secret"): other, ("live", "secret"): "key_k1"}

    async def test_only_a_public_text_is_kept_with_its_secret(self, store: KeyStore) -> None:
        """Of a new key and of each further secret, where it was handed in; and forgotten with that secret."""
        await put(store, key("b"))
        texts = [generate(SMARTPAY, Kind.PUBLISHABLE, Mode.TEST) for _ in range(2)]
        await store.insert(key("a"), texts[0].digest(), act(1_000), texts[0].public())
        more = new_secret("x")._replace(digest=texts[1].digest(), public=texts[1].public())
        await store.add_secret("prj_a", "key_a", more, act(2_000))
        kept = [one.public for one in await store.secrets("prj_a", "key_a")]
        assert kept == [texts[1].public(), texts[0].public()]
        assert [one.public for one in await store.secrets("prj_a", "key_b")] == [None]

    async def test_a_key_says_whose_it_is(self, store: KeyStore) -> None:
        """By its id alone, for those who may ask for every project's."""
        await put(store, key("a"), key("b", project="prj_b"))
        assert [await store.project_of(f"key_{name}") for name in ("a", "b", "c")] == ["prj_a", "prj_b", None]

    async def test_last_use_moves_forward_only(self, store: KeyStore) -> None:
        """A late writer with an older instant changes nothing; unknown keys and secrets are passed over."""
        await put(store, key("a"), key("b"))
        await store.touch(uses(a=2_000, unknown=2_000) | {("key_a", 7): Use(9_000)})
        await store.touch(uses(a=1_500, b=1_500))
        assert {one.id: one.last_used_at for one in await every_key(store, "prj_a")} == {"key_a": 2_000, "key_b": 1_500}
        await store.touch(uses(a=2_001))
        assert await owned(store) == msgspec.structs.replace(key("a"), last_used_at=2_001)

    async def test_each_secret_has_its_own_last_use(self, store: KeyStore) -> None:
        """Who still uses the old one: when, from which network, with what, for what. The key's is the latest."""
        await put(store, key("a"))
        await store.add_secret("prj_a", "key_a", new_secret("second", active=True), act(2_000))
        await store.touch(
            {
                ("key_a", 1): Use(2_500, "203.0.113.0/24", "curl/8", "/links"),
                ("key_a", 2): Use(2_400, "2001:db8::/48", None, None),
            }
        )
        to_json = [
            (one.number, one.last_used_at, one.last_used_address, one.last_used_agent, one.last_used_path)
            for one in await store.secrets("prj_a", "key_a")
        ]
        assert to_json == [(2, 2_400, "2001:db8::/48", None, None), (1, 2_500, "203.0.113.0/24", "curl/8", "/links")]
        assert (await owned(store)).last_used_at == 2_500

    async def test_bookkeeping_writes_its_own_column_only(self, store: KeyStore) -> None:
        """Noting a use, before, after or while a key is revoked, never brings it back."""
        await put(store, key("a"))
        await asyncio.gather(
            *(store.touch(uses(a=2_000 + n)) for n in range(20)),
            store.revoke("prj_a", ["key_a"], act(2_010)),
            *(store.touch(uses(a=2_020 + n)) for n in range(20)),
        )
        await store.touch(uses(a=9_000))
        assert await owned(store) == msgspec.structs.replace(
            key("a"), status=Status.REVOKED, revoked_at=2_010, revoked_by="user:1", last_used_at=9_000
        )

    async def test_touching_nothing_is_nothing(self, store: KeyStore) -> None:
        """An empty buffer may be written."""
        await store.touch({})

    # Origins and client secrets.

    async def test_an_origin_is_known_while_any_key_is_for_it(self, store: KeyStore) -> None:
        """Of every key of every project that is not revoked, as it is now."""
        await put(
            store,
            key("a", origins=("https://a.example", "https://shared.example")),
            key("b", project="prj_b", origins=("https://shared.example", "https://*.b.example")),
        )
        assert await store.knows_origin(["https://a.example"])
        assert await store.knows_origin(["https://www.b.example", "https://*.b.example"])
        assert not await store.knows_origin(["https://evil.example", "https://*.example"])
        assert not await store.knows_origin([])
        await store.change(key("a", origins=("https://new.example",)), act(2_000), {})
        assert not await store.knows_origin(["https://a.example"])
        assert await store.knows_origin(["https://new.example"])
        assert await store.knows_origin(["https://shared.example"])
        await store.set_enabled("prj_b", "key_b", act(2_001), enabled=False)
        assert await store.knows_origin(["https://shared.example"])
        await store.revoke("prj_b", ["key_b"], act(2_002))
        assert not await store.knows_origin(["https://shared.example"])

    async def test_a_client_secret_opens_exactly_its_object(self, store: KeyStore) -> None:
        """No other object, mode or project, and no other secret opens it."""
        await store.keep_client_secret(
            digest("opener"), project_id="prj_a", mode="test", key_id="key_a", object_id="cs_1", at=1_000
        )
        assert await store.opens(digest("opener"), project_id="prj_a", mode="test", object_id="cs_1")
        assert not await store.opens(digest("opener"), project_id="prj_a", mode="test", object_id="cs_2")
        assert not await store.opens(digest("opener"), project_id="prj_a", mode="live", object_id="cs_1")
        assert not await store.opens(digest("opener"), project_id="prj_b", mode="test", object_id="cs_1")
        assert not await store.opens(digest("other"), project_id="prj_a", mode="test", object_id="cs_1")

    # Epochs and leases.

    async def test_each_restricting_change_has_the_next_epoch(self, store: KeyStore) -> None:
        """Numbers without a gap, each with the key or the project that it touches; creating a key restricts nothing."""
        assert await store.epoch() == 0
        await put(store, key("a"), key("b"))
        assert await store.epoch() == 0
        done = [
            await store.set_enabled("prj_a", "key_a", act(2_000), enabled=False),
            await store.set_enabled("prj_a", "key_a", act(2_001), enabled=True),
            await store.change(key("a"), act(2_002), {}),
            await store.add_secret("prj_a", "key_a", new_secret("second"), act(2_003)),
            await store.withdraw_secret("prj_a", "key_a", act(2_004)),
            await store.add_secret("prj_a", "key_a", new_secret("third"), act(2_005)),
        ]
        found = await store.by_digest(digest("third"))
        assert found is not None
        done += [
            await store.activate("key_a", found.secret, act(2_006)),
            await store.end_earlier_secrets("prj_a", "key_a", act(2_007)),
            await store.set_suspended("prj_a", act(2_008), suspended=True),
            await store.revoke("prj_a", ["key_a"], act(2_009)),
        ]
        assert done == list(range(1, 11))
        assert await store.epoch() == 10
        projects = {9: "prj_a"}
        changes = [Change(n, None if n in projects else "key_a", projects.get(n)) for n in range(1, 11)]
        assert await store.changes_after(0) == changes
        assert await store.changes_after(7) == changes[7:]
        assert await store.changes_after(10) == []

    async def test_epochs_of_changes_at_once_are_all_different(self, store: KeyStore) -> None:
        """Whoever has read up to a number has missed nothing before it."""
        await put(store, *(key(f"k{n}") for n in range(20)))
        done = await at_once(*(store.revoke("prj_a", [f"key_k{n}"], act(2_000)) for n in range(20)))
        assert sorted(done) == list(range(1, 21))
        assert [change.epoch for change in await store.changes_after(0)] == list(range(1, 21))

    async def test_old_changes_are_forgotten_but_never_the_last(self, store: KeyStore) -> None:
        """Whoever has missed one finds a gap before the last; the epoch goes on counting."""
        await put(store, *(key(f"k{n}") for n in range(4)))
        for number in range(3):
            await store.revoke("prj_a", [f"key_k{number}"], act(2_000 + number))
        await store.forget_changes(2_001)
        left = await store.changes_after(0)
        assert left[-2:] == [Change(2, "key_k1", None), Change(3, "key_k2", None)]
        await store.forget_changes(9_000)
        assert (await store.changes_after(0))[-1] == Change(3, "key_k2", None)
        assert await store.epoch() == 3
        assert await store.revoke("prj_a", ["key_k3"], act(3_000)) == 4

    async def test_a_lease_is_held_renewed_and_released(self, store: KeyStore) -> None:
        """One row a gate, with the epoch it has acted upon and how often it said so."""
        assert await store.held() == []
        await store.hold("gate_1", 3, 1)
        await store.hold("gate_2", 2, 1)
        await store.hold("gate_1", 5, 2)
        assert sorted(await store.held()) == [HeldLease("gate_1", 5, 2), HeldLease("gate_2", 2, 1)]
        await store.release("gate_1")
        await store.release("gate_nobody")
        assert await store.held() == [HeldLease("gate_2", 2, 1)]

    async def test_a_lease_is_released_unless_it_was_renewed(self, store: KeyStore) -> None:
        """A gate that came back to life meanwhile keeps what it has."""
        await store.hold("gate_1", 3, 1)
        seen = (await store.held())[0]
        await store.hold("gate_1", 3, 2)
        await store.release_lapsed(seen)
        assert await store.held() == [HeldLease("gate_1", 3, 2)]
        await store.release_lapsed(HeldLease("gate_1", 3, 2))
        assert await store.held() == []

    async def test_listeners_are_woken_by_a_restricting_change(self, store: KeyStore) -> None:
        """Soon after the commit, and maybe also without a reason; until they end it."""
        woken = asyncio.Event()
        end = store.listen(woken.set)
        await put(store, key("a"), key("b"))
        await store.touch(uses(a=2_000))
        woken.clear()
        await store.revoke("prj_a", ["key_a"], act(2_000))
        await asyncio.wait_for(woken.wait(), 10)
        end()

    # The audit log.

    async def test_what_was_done_to_keys_is_written_down_in_a_chain(self, store: KeyStore) -> None:
        """Each change one line, numbered without a gap, bound to the one before by its hash; what changed nothing
        leaves
        none."""
        await put(store, key("a"), key("b", project="prj_b", imported=True), key("c", parent_id="key_a"))
        await store.revoke("prj_a", ["key_a"], act(2_000, "user:2", "leaked"))
        await store.revoke("prj_a", ["key_a"], act(2_001))
        await store.set_suspended("prj_b", act(2_002, "operator:cli"), suspended=True)
        lines = await store.audit(0, 100)
        assert [(line.sequence, line.action, line.actor, line.project_id, line.key_id) for line in lines] == [
            (1, "key.created", "user:usr_1", "prj_a", "key_a"),
            (2, "key.imported", "user:usr_1", "prj_b", "key_b"),
            (3, "key.created", "user:usr_1", "prj_a", "key_c"),
            (4, "key.revoked", "user:2", "prj_a", "key_a"),
            (5, "project.suspended", "operator:cli", "prj_b", None),
        ]
        assert lines[0].detail == {
            "name": "a",
            "mode": "test",
            "kind": "secret",
            "scopes": ["links:read", "sessions:write"],
        }
        assert lines[2].detail["parent"] == "key_a"
        assert lines[3].detail == {"reason": "leaked"}
        assert lines[0].previous == BEGINNING
        assert broken_at(lines) is None
        assert await store.audit(2, 1) == lines[2:3]
        assert broken_at(lines[2:], lines[1].hash, 2) is None

    async def test_the_chain_holds_however_many_write_at_once(self, store: KeyStore) -> None:
        """No number twice, none left out, each following from the one before."""
        await put(store, *(key(f"k{n}") for n in range(10)))
        await at_once(
            *(store.revoke("prj_a", [f"key_k{n}"], act(2_000)) for n in range(10)),
            *(store.insert(key(f"new{n}"), digest(f"new{n}"), act(2_000)) for n in range(10)),
            *(store.note_exposure(f"key_k{n}", act(2_000), "url") for n in range(10)),
        )
        lines = await store.audit(0, 1_000)
        assert len(lines) == 40
        assert broken_at(lines) is None

    async def test_a_project_reads_its_own_lines(self, store: KeyStore) -> None:
        """Newest first, page by page; those of one key where that is asked for."""
        await put(store, key("a"), key("elsewhere", project="prj_b"), key("b"))
        await store.set_enabled("prj_a", "key_a", act(2_000), enabled=False)
        assert [line.sequence for line in await store.audit_of("prj_a", None, None, 10)] == [4, 3, 1]
        assert [line.sequence for line in await store.audit_of("prj_a", None, 4, 1)] == [3]
        assert [line.sequence for line in await store.audit_of("prj_a", "key_a", None, 10)] == [4, 1]
        assert [line.sequence for line in await store.audit_of("prj_a", "key_a", 4, 10)] == [1]
        assert await store.audit_of("prj_b", "key_a", None, 10) == []
        assert await store.audit_of(None, None, None, 10) == []
