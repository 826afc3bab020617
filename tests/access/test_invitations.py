"""Invitations without a browser: what a link is worth, and to whom."""

import pytest

from keyturn.database import Database
from keyturn.stores.sql import SqlKeyStore
from tests.makers import StillClock, one, settle
from tillgate.access.accounts import Accounts, Role, User
from tillgate.access.invitations import Invitations
from tillgate.access.invitations import operations as inviting
from tillgate.access.invitations.model import LIFETIME_MS, OPEN_MAX
from tillgate.access.roles import manages
from tillgate.base.errors import Conflict, Forbidden, InvalidInput, NotFound

pytestmark = pytest.mark.anyio

OWNER, ADMIN, NEW, PASSWORD = "owner@example.com", "admin@example.com", "new@example.com", "correct horse battery"
HERE = {"address": "192.0.2.1", "agent": "test"}


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def accounts(database: Database, clock: StillClock) -> Accounts:
    return Accounts(database, clock)


@pytest.fixture
def invitations(database: Database, clock: StillClock, accounts: Accounts) -> Invitations:
    return Invitations(database, clock, accounts)


async def test_an_invitation_works_once(accounts: Accounts, invitations: Invitations, database: Database) -> None:
    """Of two who open it at the same moment one gets the role; the token is in no row, and what was done is written
    down under the names of those who did it."""
    project = await accounts.create_project("Shop")
    invited = await invitations.invite(f" {NEW.upper()}", Role.DEVELOPER, project.id)
    assert invited.token not in repr(invited)
    assert await one(database, "SELECT COUNT(*) FROM invitations WHERE token_digest = $1", invited.token) == 0
    done = await settle(*(invitations.accept_as_new(invited.token, PASSWORD, **HERE) for _ in range(2)))
    assert (len(done.answers), [type(error) for error in done.errors]) == (1, [Forbidden])
    found = await accounts.signed_in(done.answers[0])
    assert found is not None
    assert (found.user.email, found.role, found.project) == (NEW, Role.DEVELOPER, project)
    assert await invitations.find(invited.token) is None
    lines = await SqlKeyStore(database).audit_of(project.id, None, None, 10)
    assert [(line.action, line.actor) for line in lines] == [
        ("invitation.accepted", f"user:{NEW}"),
        ("invitation.created", "operator:cli"),
    ]


async def test_a_link_ends(accounts: Accounts, invitations: Invitations, clock: StillClock) -> None:
    """By time, by another one for the same person, and by being withdrawn; a bad password leaves it good."""
    project = await accounts.create_project("Shop")
    first = await invitations.invite(NEW, Role.VIEWER, project.id)
    second = await invitations.invite(NEW, Role.ADMIN, project.id)
    assert await invitations.find(first.token) is None
    with pytest.raises(InvalidInput):
        await invitations.accept_as_new(second.token, "short", **HERE)
    assert await invitations.find(second.token) is not None
    for where, whose in ((None, second.invitation.id), (project.id, "inv_x"), ("prj_x", second.invitation.id)):
        with pytest.raises(NotFound):
            await invitations.withdraw(where, whose, by="operator:cli")
    await invitations.withdraw(project.id, second.invitation.id, by="operator:cli")
    assert await invitations.find(second.token) is None
    third = await invitations.invite(NEW, Role.VIEWER, project.id)
    clock.at += LIFETIME_MS
    assert await invitations.find(third.token) is None
    assert await invitations.open_of(project.id) == []
    for token in (third.token, "", "x\0y", "\ud800"):
        with pytest.raises(Forbidden):
            await invitations.accept_as_new(token, PASSWORD, **HERE)


async def _people(accounts: Accounts, project_id: str) -> dict[Role, User]:
    made = {}
    for role in Role:
        membership = await accounts.create_user(f"{role.value}@example.com", PASSWORD, role, project_id)
        made[role] = membership.user
    return made


async def test_nobody_gives_or_takes_more_than_their_role(accounts: Accounts, invitations: Invitations) -> None:
    """For each pair of roles: inviting, changing and removing go as far as one's own role, looked at in the
    transaction; nobody gives the installation, leaves it, or reaches into another project."""
    project, other = await accounts.create_project("Shop"), await accounts.create_project("Other")
    people = await _people(accounts, project.id)
    boss = (await accounts.create_user("boss@example.com", PASSWORD)).user
    for mine, acting in people.items():
        for role in Role:
            target = (await accounts.create_user("t@example.com", PASSWORD, role, project.id)).user
            allowed = manages(mine, role)
            if not allowed:
                with pytest.raises(Forbidden):
                    await invitations.invite(NEW, role, project.id, acting=acting)
                with pytest.raises(Forbidden):
                    await accounts.remove_user(target.email, project.id, acting=acting)
                with pytest.raises(Forbidden):
                    await accounts.set_role(target.email, Role.VIEWER, project.id, acting=acting)
                with pytest.raises(Forbidden):
                    await accounts.set_role(people[Role.VIEWER].email, role, project.id, acting=acting)
                await accounts.remove_user(target.email, project.id)
            else:
                await invitations.invite(NEW, role, project.id, acting=acting)
                await accounts.set_role(target.email, role, project.id, acting=acting)
                await accounts.remove_user(target.email, project.id, acting=acting)
        for refused in (
            accounts.set_role(acting.email, Role.OWNER, project.id, acting=acting),
            accounts.remove_user(acting.email, project.id, acting=acting),
            accounts.set_role(people[Role.VIEWER].email, Role.OWNER, acting=acting),
            accounts.remove_user(boss.email, acting=acting),
            accounts.set_role(boss.email, Role.VIEWER, project.id, acting=acting),
            invitations.invite(NEW, Role.OWNER, acting=acting),
            invitations.invite(NEW, Role.VIEWER, other.id, acting=acting),
        ):
            with pytest.raises(Forbidden):
                await refused
    await accounts.remove_user(people[Role.OWNER].email, project.id, acting=boss)
    with pytest.raises(Forbidden):
        await invitations.invite(NEW, Role.VIEWER, project.id, acting=people[Role.OWNER])


async def test_an_invitation_is_worth_no_more_than_its_inviter(accounts: Accounts, invitations: Invitations) -> None:
    """One who was given less, or removed, since they sent it, gives nothing any more."""
    project = await accounts.create_project("Shop")
    people = await _people(accounts, project.id)
    admin = people[Role.ADMIN]
    one_link = await invitations.invite(NEW, Role.ADMIN, project.id, acting=admin)
    await accounts.set_role(admin.email, Role.DEVELOPER, project.id)
    with pytest.raises(Forbidden):
        await invitations.accept_as_new(one_link.token, PASSWORD, **HERE)
    await accounts.set_role(admin.email, Role.ADMIN, project.id)
    assert await invitations.find(one_link.token) is not None
    await accounts.remove_user(admin.email)
    assert await invitations.find(one_link.token) is None


async def test_who_has_an_account_accepts_as_themselves(accounts: Accounts, invitations: Invitations) -> None:
    """Whoever else has the link sets no password of theirs, and gets nothing."""
    first, second = [await accounts.create_project(name) for name in ("First", "Second")]
    mine = (await accounts.create_user(NEW, PASSWORD, Role.VIEWER, first.id)).user
    thief = (await accounts.create_user(ADMIN, PASSWORD, Role.ADMIN, first.id)).user
    invited = await invitations.invite(NEW, Role.ADMIN, second.id)
    with pytest.raises(Conflict):
        await invitations.accept_as_new(invited.token, "another password", **HERE)
    with pytest.raises(Forbidden):
        await invitations.accept(invited.token, thief)
    assert await accounts.sign_in(NEW, PASSWORD, address="192.0.2.1") is not None
    membership = await invitations.accept(invited.token, mine)
    assert (membership.project, membership.role) == (second, Role.ADMIN)
    assert [one.role for one in await accounts.memberships() if one.user.email == NEW] == [Role.VIEWER, Role.ADMIN]
    with pytest.raises(Conflict):
        await invitations.invite(NEW, Role.VIEWER, second.id)
    whole = await invitations.invite(NEW, Role.OWNER)
    await invitations.accept(whole.token, mine)
    assert (await accounts.person_in(first.id, mine.id)).project is None


async def test_invitations_are_bounded(
    accounts: Accounts, invitations: Invitations, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limited number is open at a time; who withdraws one may send another."""
    assert OPEN_MAX == 100
    monkeypatch.setattr(inviting, "OPEN_MAX", 2)
    project = await accounts.create_project("Shop")
    for number in range(2):
        last = await invitations.invite(f"{number}@example.com", Role.VIEWER, project.id)
    with pytest.raises(Conflict) as caught:
        await invitations.invite(NEW, Role.VIEWER, project.id)
    assert caught.value.code == "too_many_invitations"
    await invitations.withdraw(project.id, last.invitation.id, by="operator:cli")
    await invitations.invite(NEW, Role.VIEWER, project.id)


async def test_the_first_owner_by_invitation_looks_at_a_project(accounts: Accounts, invitations: Invitations) -> None:
    """An installation without any gets one."""
    invited = await invitations.invite(OWNER, Role.OWNER)
    found = await accounts.signed_in(await invitations.accept_as_new(invited.token, PASSWORD, **HERE))
    assert found is not None
    assert (found.user.installation_owner, found.project.name) == (True, "My shop")
