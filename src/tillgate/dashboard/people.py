"""Who belongs to the project: invited, given roles, removed."""

from typing import Final

from starlette.responses import Response

from tillgate.access.accounts import Membership, Right, Role
from tillgate.access.accounts.model import PASSWORD_MIN
from tillgate.access.invitations.model import INVITATION, LIFETIME_MS, Invitation
from tillgate.access.roles import manages
from tillgate.base import ids
from tillgate.base.clock import DAY_MS
from tillgate.base.errors import Conflict, Forbidden, InvalidInput
from tillgate.base.text import EMAIL_MAX, checked_email
from tillgate.checkout.projects.operations import get_words
from tillgate.dashboard.calls import ANYBODY, Call, Need, OpenCall, PublicView, View, apology, both_modes
from tillgate.dashboard.forms import Draft, draft, problems_of
from tillgate.mail.model import Letter, Purpose
from tillgate.store import Transaction
from tillgate.words import ENGLISH, Words, phrase, words_in

PEOPLE: Final = "/dashboard/people"
SHOWN: Final = 50
# What a form calls the owner of the installation, which is no role of a project.
INSTALLATION: Final = "installation"

ROLES: Final = {
    Role.OWNER.value: (phrase("Owner"), "Everything in this project, also where money goes in live mode."),
    Role.ADMIN.value: (phrase("Admin"), "Runs the shop and manages people, keys and webhooks. No live wallets."),
    Role.DEVELOPER.value: (phrase("Developer"), "Builds: everything in test mode; in live mode webhooks and looking."),
    Role.VIEWER.value: (phrase("Viewer"), "Looks at everything and changes nothing."),
    INSTALLATION: (phrase("Owner of the installation"), "Every project of this server, and what belongs to none."),
}


async def list_people(call: Call) -> Response:
    """Who has a role in this project, who is invited, and a form to invite somebody."""
    return await _list(call, draft(email="", role=Role.DEVELOPER.value))


async def invite(call: Call) -> Response:
    """Make an invitation. This answer, and nothing else ever, holds its link."""
    email, role = call.form.text("email"), call.form.one("role")
    values: dict[str, object] = {"email": email, "role": role}
    if role not in _offered(call):
        return await _list(call, Draft(values, {"role": "Choose a role that you may give."}))
    whole = role == INSTALLATION
    if seconds := await call.context.invitation_limits.projects.seconds_to_wait(
        INSTALLATION if whole else call.who.project.id
    ):
        refused = Draft(values, {"": "Many people were invited in the last hour. Wait a while, then try again."})
        response = await _list(call, refused, status_code=429)
        response.headers["Retry-After"] = str(seconds)
        return response
    try:
        async with call.once(
            "This invitation was already created.",
            "Its link was shown once and is not stored. Invite the person again for another link; the first one then "
            "no longer works.",
        ):
            invited = await call.context.invitations.invite(
                email,
                Role.OWNER if whole else Role(role),
                None if whole else call.who.project.id,
                by=call.principal.actor,
                acting=call.who.user,
            )
    except InvalidInput as error:
        return await _list(call, Draft(values, problems_of(error)))
    except Conflict as error:
        return await _list(call, Draft(values, {"email": error.public}))
    link = f"{call.context.public_url}{INVITATION}/{invited.token}"

    async def mail(tx: Transaction) -> None:
        words = words_in(ENGLISH) if whole else await get_words(tx, call.who.project.id)
        await call.context.mail.write(
            tx,
            invitation_letter(invited.invitation, ROLES[role][0], link, words),
            to=invited.invitation.email,
            purpose=Purpose.INVITATION,
            cause=invited.invitation.id,
            project_id=None if whole else call.who.project.id,
        )

    # It is shown as well, so a mail that cannot be written down, or one too many for its reader, costs nothing.
    mailed = call.context.mail.sends and not await call.context.invitation_limits.mails.seconds_to_wait(
        invited.invitation.email
    )
    if mailed:
        await call.context.database.write(mail)
    return call.page(
        "people/invited.html",
        status_code=201,
        section="people",
        invitation=invited.invitation,
        link=link,
        mailed=mailed,
        role=ROLES[role][0],
        days=LIFETIME_MS // DAY_MS,
    )


async def withdraw(call: Call) -> Response:
    """End an invitation."""
    where = None if call.form.one("where") == INSTALLATION else call.who.project.id
    await call.context.invitations.withdraw(
        where, call.param("invitation"), by=call.principal.actor, acting=call.who.user
    )
    return call.go(PEOPLE, flash="invitation_withdrawn")


async def person(call: Call) -> Response:
    """One person of the project: another role, or the end of it."""
    return _person(call, await _found(call), {})


async def change_role(call: Call) -> Response:
    """Give a person another role."""
    membership, role = await _found(call), call.form.one("role")
    if role not in _offered(call):
        return _person(call, membership, {"role": "Choose a role that you may give."})
    whole = role == INSTALLATION
    await call.context.accounts.set_role(
        membership.user.email,
        Role.OWNER if whole else Role(role),
        None if whole else call.who.project.id,
        by=call.principal.actor,
        acting=call.who.user,
    )
    return call.go(PEOPLE, flash="role_changed")


async def remove(call: Call) -> Response:
    """End a person's membership of the project; of an owner of the installation, the account."""
    membership = await _found(call)
    await call.context.accounts.remove_user(
        membership.user.email,
        None if membership.user.installation_owner else call.who.project.id,
        by=call.principal.actor,
        acting=call.who.user,
    )
    return call.go(PEOPLE, flash="person_removed")


async def invitation_form(call: OpenCall) -> Response:
    """What the link of an invitation leads to: a password for a new account, or one's yes."""
    return await _invitation(call, draft())


async def accept(call: OpenCall) -> Response:
    """Make the account that an invitation stands for, and sign it in."""
    token = call.param("token")
    # Looked at first: a password is not hashed for anybody who asks.
    found = await call.context.invitations.find(token)
    if found is None:
        return _spent(call)
    if found[1]:
        return await _invitation(call, draft())
    try:
        cookie = await call.context.invitations.accept_as_new(
            token, call.form.one("password"), address=call.address, agent=call.agent
        )
    except InvalidInput as error:
        return await _invitation(call, Draft({}, problems_of(error)))
    except Forbidden:
        return _spent(call)
    # A browser that was somebody else's until now is so no more.
    if call.cookie:
        await call.context.accounts.sign_out(call.cookie)
    response = call.go("/dashboard", flash="invitation_accepted")
    call.remember(response, cookie)
    call.remember_device(response, await call.context.accounts.remember_device(cookie, call.device))
    return response


async def accept_here(call: Call) -> Response:
    """Take an invitation up as whoever is signed in."""
    token = call.form.one("token")
    try:
        membership = await call.context.invitations.accept(token, call.who.user)
    except Forbidden as error:
        return apology(call, 403, "This invitation cannot be accepted.", error.public)
    if membership.project is not None:
        await call.context.accounts.look_at(call.cookie, project_id=membership.project.id, livemode=False)
    return call.go("/dashboard", flash="invitation_accepted")


async def _invitation(call: OpenCall, form: Draft) -> Response:
    token = call.param("token")
    found = await call.context.invitations.find(token)
    if found is None:
        return _spent(call)
    invitation, has_account = found
    role = ROLES[invitation.role.value if invitation.project is not None else INSTALLATION][0]
    is_own = call.known is not None and call.known.user.email == invitation.email
    return call.page(
        "people/invitation.html",
        status_code=form.status_code,
        invitation=invitation,
        role=role,
        has_account=has_account,
        is_own=is_own,
        token=token,
        here=f"{INVITATION}/{token}",
        draft=form,
        password_min=PASSWORD_MIN,
    )


def invitation_letter(invitation: Invitation, role: str, link: str, words: Words) -> Letter:
    """An invitation as a mail."""
    inviter, named = invitation.invited_by.removeprefix("user:"), words.say(role)
    if invitation.project is None:
        subject = words.say("You are invited to a Tillgate server")
        text = words.say("{inviter} invites you to a Tillgate server, as: {role}.", inviter=inviter, role=named)
    else:
        project = invitation.project.name
        subject = words.say("You are invited to the project {project}", project=project)
        text = words.say(
            "{inviter} invites you to the project {project}, as: {role}.", inviter=inviter, project=project, role=named
        )
    return Letter(
        subject=subject,
        paragraphs=(
            text,
            words.say_many(
                "The link works once, for {count} day. If you did not expect it, ignore this mail.",
                "The link works once, for {count} days. If you did not expect it, ignore this mail.",
                LIFETIME_MS // DAY_MS,
            ),
        ),
        action=(words.say("Accept the invitation"), link),
        locale=words.language.tag,
    )


def _spent(call: OpenCall) -> Response:
    return apology(
        call,
        404,
        "This invitation does not work.",
        "It was used already, was withdrawn, or has expired. Ask whoever invited you for another one. If you have "
        "accepted it before, sign in.",
    )


async def _list(call: Call, form: Draft, *, status_code: int | None = None) -> Response:
    after, project = call.query("after"), call.who.project
    try:
        start = checked_email(after) if after is not None else None
    except InvalidInput:
        start = None
    memberships = await call.context.accounts.memberships(project_id=project.id, after=start, limit=SHOWN + 1)
    open_here = await call.context.invitations.open_of(project.id)
    if call.who.user.installation_owner:
        open_here = [*await call.context.invitations.open_of(None), *open_here]
    return call.page(
        "people/list.html",
        status_code=status_code or form.status_code,
        section="people",
        memberships=memberships[:SHOWN],
        more=len(memberships) > SHOWN,
        after=start,
        invitations=open_here,
        draft=form,
        roles=ROLES,
        offered=_offered(call),
        manages=lambda membership: _manages(call, membership),
        installation=INSTALLATION,
        email_max=EMAIL_MAX,
        days=LIFETIME_MS // DAY_MS,
    )


async def _found(call: Call) -> Membership:
    user_id = call.param("person")
    return await call.context.accounts.person_in(call.who.project.id, user_id if ids.is_id(ids.USER, user_id) else "")


def _person(call: Call, membership: Membership, problems: dict[str, str]) -> Response:
    role = INSTALLATION if membership.user.installation_owner else (membership.role or Role.VIEWER).value
    form = Draft({"role": role}, problems)
    return call.page(
        "people/person.html",
        status_code=form.status_code,
        section="people",
        membership=membership,
        draft=form,
        roles=ROLES,
        offered=_offered(call),
        manages=_manages(call, membership),
        role=role,
    )


def _offered(call: Call) -> list[str]:
    """The roles that whoever is signed in may give."""
    own = [role.value for role in Role if manages(call.who.role, role)]
    return [*own, INSTALLATION] if call.who.user.installation_owner else own


def _manages(call: Call, membership: Membership) -> bool:
    """Whether whoever is signed in may change this person; the operation decides again."""
    if membership.user.id == call.who.user.id:
        return False
    if membership.user.installation_owner and not call.who.user.installation_owner:
        return False
    return manages(call.who.role, membership.role or Role.VIEWER)


_PEOPLE: Final = Need(Right.PEOPLE, both_modes)
_ONE: Final = f"{PEOPLE}/{{person}}"

VIEWS: Final = (
    View("GET", PEOPLE, list_people, _PEOPLE),
    View("POST", f"{PEOPLE}/invitations", invite, _PEOPLE.confirmed),
    View("POST", f"{PEOPLE}/invitations/{{invitation}}/withdraw", withdraw, _PEOPLE),
    View("GET", _ONE, person, _PEOPLE),
    View("POST", f"{_ONE}/role", change_role, _PEOPLE.confirmed),
    View("POST", f"{_ONE}/remove", remove, _PEOPLE.confirmed),
    View("POST", f"{INVITATION}/accept", accept_here, ANYBODY),
    PublicView("GET", f"{INVITATION}/{{token}}", invitation_form),
    PublicView("POST", f"{INVITATION}/{{token}}", accept),
)
