"""Roles in projects, and the end of an account, without a browser."""

import asyncio
import threading
from pathlib import Path

import pytest

from keyturn.database import Database
from keyturn.insight.audit import AuditEntry
from keyturn.stores.sql import SqlKeyStore
from tests.makers import StillClock, one, settle
from tillgate.access.accounts import Accounts, Role
from tillgate.access.hashes import PasswordHashes
from tillgate.access.roles import INSTALLATION, RIGHTS, ROLES, Right
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.anyio

EMAIL, PASSWORD, HERE = "dev@example.com", "correct horse battery", "192.0.2.1"
OWNER = "owner@example.com"
DOCUMENT = Path(__file__).parents[2] / "docs/people.md"


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database, StillClock())


async def _lines(database: Database, project_id: str | None) -> list[AuditEntry]:
    return await SqlKeyStore(database).audit_of(project_id, None, None, 50)


async def test_the_last_owner_stays(accounts: Accounts, database: Database) -> None:
    """Neither removed nor given less; of two who remove one another at the same moment, one stays."""
    project = await accounts.create_project("Shop")
    await accounts.create_user(OWNER, PASSWORD)
    for act in (accounts.remove_user(OWNER), accounts.set_role(OWNER, Role.VIEWER, project.id)):
        with pytest.raises(Conflict) as caught:
            await act
        assert caught.value.code == "last_owner"
    with pytest.raises(Conflict) as caught:
        await accounts.remove_user(OWNER, project.id)
    assert caught.value.code == "owns_installation"
    await accounts.create_user("second@example.com", PASSWORD)
    done = await settle(*(accounts.remove_user(email) for email in (OWNER, "second@example.com")))
    assert (len(done.answers), [type(error) for error in done.errors]) == (1, [Conflict])
    assert await one(database, "SELECT COUNT(*) FROM users") == 1


async def test_a_role_is_for_one_project(accounts: Accounts, database: Database) -> None:
    """Each project has its own; all of it is listed by address, and written down with what it was before."""
    first, second = [await accounts.create_project(name) for name in ("First", "Second")]
    await accounts.create_user(OWNER, PASSWORD)
    await accounts.create_user(EMAIL, PASSWORD, Role.DEVELOPER, first.id)
    await accounts.set_role(EMAIL.upper(), Role.VIEWER, second.id, by="user:owner@example.com")
    await accounts.set_role(EMAIL, Role.ADMIN, first.id)
    await accounts.set_role(EMAIL, Role.ADMIN, first.id)
    found = await accounts.memberships()
    told = [(membership.user.email, membership.project, membership.role) for membership in found]
    assert told == [(EMAIL, first, Role.ADMIN), (EMAIL, second, Role.VIEWER), (OWNER, None, Role.OWNER)]
    assert [one.role for one in await accounts.memberships(project_id=second.id)] == [
        Role.VIEWER,
        Role.OWNER,
    ]
    paged = [*await accounts.memberships(limit=2), *await accounts.memberships(after=found[1])]
    assert paged == found
    lines = [(line.action, line.actor, line.detail["role"]) for line in await _lines(database, first.id)]
    assert lines == [
        ("user.role_changed", "operator:cli", {"from": "developer", "to": "admin"}),
        ("user.created", "operator:cli", "developer"),
    ]
    assert (await _lines(database, second.id))[0].actor == "user:owner@example.com"
    assert [line.detail for line in await _lines(database, None)] == [{"email": OWNER, "role": "owner"}]


async def test_an_owner_who_gets_a_role_has_that_alone(accounts: Accounts) -> None:
    """Their browsers elsewhere are signed out."""
    first, second = [await accounts.create_project(name) for name in ("First", "Second")]
    for email in (OWNER, EMAIL):
        await accounts.create_user(email, PASSWORD)
    cookies = [await accounts.sign_in(EMAIL, PASSWORD, address=HERE) for _ in range(2)]
    for cookie, project in zip(cookies, (first, second), strict=True):
        assert cookie is not None
        await accounts.look_at(cookie, project_id=project.id, livemode=False)
    await accounts.set_role(EMAIL, Role.DEVELOPER, second.id)
    found = [await accounts.signed_in(cookie or "") for cookie in cookies]
    assert found[0] is None
    assert found[1] is not None
    assert (found[1].role, found[1].may(Right.PROJECTS), found[1].may(Right.MONEY)) == (Role.DEVELOPER, False, True)
    assert not found[1].may("money", True)


async def test_who_is_in_no_project_any_more_has_no_account(accounts: Accounts) -> None:
    """Out of one of two they stay; out of the last they are gone, and the address is free again."""
    first, second = [await accounts.create_project(name) for name in ("First", "Second")]
    await accounts.create_user(EMAIL, PASSWORD, Role.VIEWER, first.id)
    await accounts.set_role(EMAIL, Role.VIEWER, second.id)
    assert not (await accounts.remove_user(EMAIL, first.id)).account
    with pytest.raises(NotFound, match="no role in the project"):
        await accounts.remove_user(EMAIL, first.id)
    assert (await accounts.remove_user(EMAIL, second.id)).account
    with pytest.raises(NotFound, match="Nobody has the address"):
        await accounts.remove_user(EMAIL)
    with pytest.raises(NotFound):
        await accounts.set_role(EMAIL, Role.VIEWER, first.id)
    await accounts.create_user(EMAIL, PASSWORD, Role.VIEWER, first.id)


async def test_a_role_but_the_owners_goes_with_a_project(accounts: Accounts) -> None:
    """One that there is."""
    for call in (accounts.create_user(EMAIL, PASSWORD, Role.VIEWER), accounts.set_role(EMAIL, Role.ADMIN)):
        with pytest.raises(InvalidInput):
            await call
    with pytest.raises(NotFound):
        await accounts.create_user(EMAIL, PASSWORD, Role.VIEWER, "prj_nowhere")


@pytest.mark.parametrize("meanwhile", ["removed", "given another password"])
async def test_who_is_changed_while_the_password_is_checked_is_not_signed_in(
    database: Database, meanwhile: str
) -> None:
    """Nothing is left of an account that was removed; whom the old password let through would stay in after all
    sign-ins were ended."""
    checking, changed = threading.Event(), threading.Event()

    class Slow(PasswordHashes):
        def _matches(self, known: str, password: str) -> bool:
            checking.set()
            assert changed.wait(20)
            return super()._matches(known, password)

    accounts = Accounts(database, StillClock())
    accounts._hashes = Slow()
    project = await accounts.create_project("Shop")
    await accounts.create_user(EMAIL, PASSWORD, Role.VIEWER, project.id)
    signing_in = asyncio.create_task(accounts.sign_in(EMAIL, PASSWORD, address=HERE))
    assert await asyncio.to_thread(checking.wait, 20)
    if meanwhile == "removed":
        await accounts.remove_user(EMAIL)
    else:
        await accounts.set_password(EMAIL, "another good password")
    changed.set()
    assert await signing_in is None
    assert await one(database, "SELECT COUNT(*) FROM sign_ins") == 0


async def test_a_person_without_a_project_is_shown_that(accounts: Accounts, database: Database) -> None:
    """As after an upgrade of an installation that had people and no project."""
    project = await accounts.create_project("Shop")
    await accounts.create_user(EMAIL, PASSWORD, Role.VIEWER, project.id)
    await database.write(lambda tx: tx.execute("DELETE FROM memberships"))
    assert await accounts.sign_in(EMAIL, "something else", address=HERE) is None
    with pytest.raises(Forbidden) as caught:
        await accounts.sign_in(EMAIL, PASSWORD, address=HERE)
    assert caught.value.code == "no_project"
    assert [(membership.role, membership.project) for membership in await accounts.memberships()] == [(None, None)]
    assert (await accounts.remove_user(EMAIL)).account


def test_the_documentation_has_the_table() -> None:
    """Each right with each role, in each mode, as it is in the code."""
    columns = [*reversed(Role), None]
    head = ["right", "what", *(role.value if role else "owner of the installation" for role in columns)]
    expected = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for right, words in RIGHTS.items():
        cells = []
        for role in columns:
            rights = ROLES[role or Role.OWNER]
            modes = [mode for mode, has in (("test", rights.test), ("live", rights.live)) if right in has]
            if role is None and right in INSTALLATION:
                modes = ["test", "live"]
            cells.append({0: "–", 1: " ".join(modes), 2: "yes"}[len(modes)])
        expected.append(f"| {right.value} | {words} | {' | '.join(cells)} |")
    assert "\n".join(expected) in DOCUMENT.read_text()
