"""Keys that keys make: never stronger than their maker, and gone with it where that is wished."""

from typing import Any

import msgspec
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from keyturn import (
    DEFAULT_LIMIT,
    Asked,
    Issued,
    Key,
    KeyIsRevoked,
    KeyWish,
    Kind,
    Limit,
    Limiter,
    Mode,
    Need,
    Presented,
    Reach,
    RefusalReason,
    Status,
    StrongerThanParent,
    Verified,
    decide,
    revoke,
    set_enabled,
)
from keyturn.admission.layer import Admitted, KeyLayer
from keyturn.insight.explain import as_known
from keyturn.keys.model import REPORTABLE
from keyturn.stores.memory import MemoryKeyStore
from tests.key_harness import OFFERED, READ, KeyHarness, bearer
from tests.makers import NEW_YEAR

SCOPES = st.frozensets(st.sampled_from((*OFFERED, "*")))
NETWORKS = st.sets(
    st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "203.0.113.0/24", "2001:db8::/32", "2001:db8:1::/48"])
).map(tuple)
ORIGINS = st.sets(st.sampled_from(["https://a.example", "https://*.a.example", "https://b.example"])).map(tuple)
LIMITS = st.none() | st.builds(Limit, st.sampled_from([1.0, 100.0, 500.0]), st.sampled_from([1, 200, 1_000]))
REPORTED = st.frozensets(st.sampled_from(sorted(REPORTABLE)))
ENDS = st.none() | st.sampled_from([NEW_YEAR + 1_000, NEW_YEAR + 2_000])
wishes = st.fixed_dictionaries(
    {
        "scopes": SCOPES,
        "networks": NETWORKS,
        "origins": ORIGINS,
        "limit": LIMITS,
        "report_only": REPORTED,
        "expires_at": ENDS,
    }
)
childrens = st.fixed_dictionaries({"kind": st.sampled_from(Kind), "apps": st.sampled_from([(), (), ("com.a.b",)])})
requests = st.lists(
    st.tuples(
        st.builds(
            Asked,
            address=st.sampled_from([None, "10.1.2.3", "10.9.9.9", "203.0.113.9", "2001:db8:1::1", "8.8.8.8"]),
            origin=st.sampled_from(
                [None, "https://a.example", "https://x.a.example", "https://b.example", "https://c.example"]
            ),
            app=st.sampled_from([None, "com.a.b"]),
        ),
        st.none() | st.builds(Need, st.sampled_from(OFFERED), st.sampled_from(Reach)),
        st.sampled_from([NEW_YEAR, NEW_YEAR + 999, NEW_YEAR + 1_000, NEW_YEAR + 1_999, NEW_YEAR + 2_000]),
    ),
    min_size=8,
    max_size=8,
)


def wished(context: KeyHarness, **wish: Any) -> Key:
    asked = {"project_id": "prj_a", "mode": Mode.TEST, "name": "a"} | wish
    return context.issuer.checked(KeyWish(**asked), by="user:1", format="native")


def makeable(wish: dict[str, Any]) -> dict[str, Any]:
    """The wish, without what no key of its kind can have."""
    if wish["kind"] is Kind.SECRET:
        return wish | {"apps": ()}
    apps = () if wish["origins"] else wish["apps"]
    return wish | {"apps": apps, "scopes": wish["scopes"] & {"sessions:write"} if wish["origins"] or apps else ()}


@given(
    wishes,
    wishes,
    childrens,
    st.sets(st.sampled_from(["scopes", "networks", "origins", "limit", "report_only", "expires_at"]), min_size=3),
    requests,
)
@settings(max_examples=200)
def test_a_child_never_admits_what_its_parent_would_refuse(
    parents: dict[str, Any], own: dict[str, Any], kind: dict[str, Any], inherited: set[str], asked: Any
) -> None:
    """Whatever was wished for: a key that another one was allowed to make is admitted nowhere where its maker is not,
    at no time, and at no higher pace. (By a client secret it opens what it has made, which is no right of its
    maker's.)"""
    context = KeyHarness()
    parent = wished(context, **parents)
    # Children that resemble their parent are made more often.
    wish = makeable(own | kind | {name: parents[name] for name in inherited})
    try:
        child = wished(context, **wish, parent=parent)
    except StrongerThanParent:
        event("stronger")
        return
    event("made")
    assert child.parent_id == parent.id
    for request, need, now in asked:
        if isinstance(decide(as_known(child), need, now, request), Verified):
            assert isinstance(decide(as_known(parent), need, now, request), Verified)
    most, rate_limit = parent.limit or DEFAULT_LIMIT, child.limit or DEFAULT_LIMIT
    assert rate_limit.per_second <= most.per_second
    assert rate_limit.burst <= most.burst


@pytest.mark.parametrize(
    ("parent", "child", "said"),
    [
        ({"scopes": ["links:read"]}, {"scopes": ["links:write"]}, "lacks the scope links:write"),
        ({"scopes": ["links:read"]}, {"scopes": ["*"]}, r"lacks the scope \*"),
        ({"expires_at": NEW_YEAR + 5}, {}, "expires later"),
        ({"expires_at": NEW_YEAR + 5}, {"expires_at": NEW_YEAR + 6}, "expires later"),
        ({"networks": ["10.1.0.0/16"]}, {"networks": ["10.0.0.0/8"]}, "networks"),
        ({"networks": ["10.1.0.0/16"]}, {}, "networks"),
        ({"networks": ["10.1.0.0/16"]}, {"networks": ["10.1.2.3", "8.8.8.8"]}, "networks"),
        ({"origins": ["https://a.example"]}, {"origins": ["https://b.example"]}, "origins"),
        ({"limit": Limit(5, 5)}, {}, "5 a second, 5 at once"),
        ({"limit": Limit(5, 5)}, {"limit": Limit(5, 6)}, "5 a second, 5 at once"),
        ({}, {"limit": Limit(1_000, 200)}, "100 a second, 200 at once"),
        ({}, {"report_only": ["scope_missing"]}, "be report-only"),
        ({}, {"mode": Mode.LIVE}, "own project and mode"),
        ({}, {"project_id": "prj_b"}, "own project and mode"),
    ],
)
def test_a_stronger_key_is_refused_in_words(parent: dict[str, Any], child: dict[str, Any], said: str) -> None:
    """In what it would be stronger; and the like that is not stronger is made."""
    context = KeyHarness()
    maker = wished(context, **parent)
    with pytest.raises(StrongerThanParent, match=said):
        wished(context, **child, parent=maker)
    assert wished(context, **parent, parent=maker).parent_id == maker.id


def test_only_an_active_secret_key_makes_keys() -> None:
    """Neither a publishable one, nor one that is off or gone."""
    context = KeyHarness()
    public = wished(context, kind=Kind.PUBLISHABLE, origins=["https://a.example"], scopes=["sessions:write"])
    with pytest.raises(StrongerThanParent):
        wished(context, parent=public)
    for status in (Status.DISABLED, Status.REVOKED):
        gone = msgspec.structs.replace(wished(context), status=status)
        with pytest.raises(KeyIsRevoked):
            wished(context, parent=gone)


@pytest.mark.anyio
async def test_a_tree_of_keys_is_revoked_with_its_root() -> None:
    """All that it made, and what that made; its own maker and its siblings go on. Without that wish, only itself."""
    context = KeyHarness()
    root = await context.issue("links:read")
    child, sibling = [await context.issue("links:read", parent=root.key) for _ in range(2)]
    grandchild = await context.issue("links:read", parent=child.key)
    named = {"project_id": "prj_a", "by": "user:1"}

    async def working() -> list[bool]:
        return [await context.reason(bearer(one)) is None for one in (root, child, sibling, grandchild)]

    done = await revoke(context.store, context.clock, key_id=child.key.id, tree=True, **named)
    assert await working() == [True, False, True, False]
    assert (done.already, [key.id for key in done.descendants]) == (False, [grandchild.key.id])
    assert done.receipt.epoch is not None
    alone = await revoke(context.store, context.clock, key_id=root.key.id, **named)
    assert alone.descendants == ()
    assert await working() == [False, False, True, False]
    # A second time, with all of its tree: what had been left is ended now.
    again = await revoke(context.store, context.clock, key_id=root.key.id, tree=True, **named)
    assert again.already
    assert await working() == [False, False, False, False]


@pytest.mark.anyio
async def test_what_hangs_below_a_revoked_key_is_found_all_the_same() -> None:
    """A child that was revoked alone does not hide its own children from a later revocation of the whole tree."""
    context = KeyHarness()
    root = await context.issue("links:read")
    child = await context.issue("links:read", parent=root.key)
    grandchild = await context.issue("links:read", parent=child.key)
    named = {"project_id": "prj_a", "by": "user:1"}
    await revoke(context.store, context.clock, key_id=child.key.id, **named)
    done = await revoke(context.store, context.clock, key_id=root.key.id, tree=True, **named)
    assert [key.id for key in done.descendants] == [grandchild.key.id]
    assert await context.reason(bearer(grandchild)) is RefusalReason.REVOKED


@pytest.mark.anyio
async def test_a_disabled_maker_is_remembered_with_its_keys() -> None:
    """Who made a key stands with it for good, whatever happens to the maker."""
    context = KeyHarness()
    root = await context.issue("links:read")
    child = await context.issue("links:read", parent=root.key)
    await set_enabled(context.store, context.clock, project_id="prj_a", key_id=root.key.id, enabled=False, by="user:1")
    assert (await context.store.by_id("prj_a", child.key.id)).parent_id == root.key.id  # type: ignore[union-attr]
    line = (await context.store.audit_of("prj_a", child.key.id, None, 1))[0]
    assert line.detail["parent"] == root.key.id


@pytest.mark.anyio
async def test_a_key_gains_no_rate_by_creating_keys() -> None:
    """Whatever its children and theirs do is counted against it, too; what its own limit refuses a child costs it
    nothing, and a key that made none pays for none."""
    layer = KeyLayer(MemoryKeyStore(), scopes=OFFERED, limit=None, limiter=Limiter(lambda: 0))

    async def issue(burst: int, parent: Key | None = None) -> Issued:
        wish = KeyWish(
            project_id="prj_a",
            mode=Mode.TEST,
            name="one of a family",
            scopes=OFFERED,
            limit=Limit(1.0, burst),
            parent=parent,
        )
        return await layer.issuer.issue(wish, by="user:1")

    async def used(issued: Issued, times: int) -> int:
        """How many of ``count`` requests were admitted."""
        let_in = 0
        for _ in range(times):
            decision = await layer.admit(Presented(authorization=bearer(issued)), READ)
            let_in += isinstance(decision, Admitted)
            allowance = getattr(decision, "allowance", None)
            assert allowance is not None and allowance.limit.burst <= 20
        return let_in

    root = await issue(20)
    children = [await issue(8, root.key) for _ in range(10)]
    grandchild = await issue(8, children[0].key)
    stranger = await issue(20)
    assert await used(children[0], 5) == 5
    # Its maker's bucket has three left, and so has it three, and not one more through its own child.
    assert await used(grandchild, 8) == 3
    assert await used(children[1], 50) == 8
    assert [await used(child, 5) for child in children[2:]] == [4, 0, 0, 0, 0, 0, 0, 0]
    assert await used(root, 5) == 0
    assert await used(stranger, 30) == 20
