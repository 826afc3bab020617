"""Portal sessions over HTTP: made, listed and ended by the root credential or by a key with ``keys:write``."""

from http import HTTPStatus

from msgspec import UNSET

from keyturn.admission.layer import KeyLayer
from keyturn.errors import PortalNotSetUp, PortalSessionNotFound, StrongerThanParent
from keyturn.http.key_routes import asked_project, asking_key, rate_limit_of
from keyturn.http.portal_shapes import (
    CreatedPortalSession,
    NewPortalSession,
    PortalSessionList,
    PortalSessionObject,
    WhichPortalSessions,
    session_fields,
)
from keyturn.http.reading import bad_request
from keyturn.http.routing import Call, Route
from keyturn.http.shapes import PROJECT_DEFAULT
from keyturn.portal.model import PortalSession
from keyturn.portal.operations import SessionWish, create_session, end_session, get_session, portal_of
from keyturn.settings import READ, WRITE

OPEN_PATH = "/portal/open"


async def create_portal_session(layer: KeyLayer, call: Call) -> CreatedPortalSession:
    """A new session, and its link this one time."""
    body: NewPortalSession = call.body
    if not layer.portal_url:
        raise PortalNotSetUp("customers have no address to reach this server at; set KEYTURN_PUBLIC_URL and restart it")
    maker = await asking_key(layer, call)
    project_id = body.project_id
    if maker is not None:
        if project_id is not UNSET and project_id != maker.project_id:
            raise StrongerThanParent("projectId: a key creates sessions of its own project only; omit projectId")
        project_id = maker.project_id
    allowed = body.allowed
    wish = SessionWish(
        project_id=PROJECT_DEFAULT if project_id is UNSET else project_id,
        mode=body.mode,
        external_id=body.external_id,
        actions=allowed.actions,
        scopes=allowed.scopes,
        keys_max=allowed.keys_max,
        key_days_max=allowed.key_days_max,
        rate=rate_limit_of(allowed.rate),
        monthly_quota=allowed.monthly_quota,
        networks=allowed.networks,
        format=allowed.format,
        return_url=body.return_url,
        locale=body.locale,
        lifetime_seconds=body.lifetime_seconds,
        maker=maker,
    )
    session, link = await create_session(portal_of(layer), layer.clock, layer.issuer, wish, by=call.who.actor)
    return CreatedPortalSession(
        **session_fields(session, layer.clock.now()), url=f"{layer.portal_url}{OPEN_PATH}/{link.reveal()}"
    )


async def list_portal_sessions(layer: KeyLayer, call: Call) -> PortalSessionList:
    """A project's sessions, newest first."""
    query: WhichPortalSessions = call.query
    project_id, portal, asking = asked_project(call, query.project_id), portal_of(layer), call.who.key
    mode = asking.terms.mode if asking is not None else None
    after = None
    if query.starting_after is not UNSET:
        after = await portal.by_id(query.starting_after)
        if after is None or after.project_id != project_id or mode not in (None, after.mode):
            message = "startingAfter: no session of this list has this id; send the nextCursor of the page before."
            raise bad_request("invalid_query", message, "startingAfter")
    found = await portal.page(project_id, query.external_id or None, after, query.limit + 1, mode=mode)
    shown, now = found[: query.limit], layer.clock.now()
    more = len(found) > query.limit
    return PortalSessionList(
        data=[PortalSessionObject(**session_fields(one, now)) for one in shown],
        has_more=more,
        next_cursor=shown[-1].id if more else None,
    )


async def retrieve_portal_session(layer: KeyLayer, call: Call) -> PortalSessionObject:
    """All that is known of a session."""
    return PortalSessionObject(**session_fields(await _read(layer, call), layer.clock.now()))


async def end_portal_session(layer: KeyLayer, call: Call) -> PortalSessionObject:
    """A session over for good: its next request is refused. A key ends only those that it has made."""
    session, asking = await _read(layer, call), call.who.key
    if asking is not None and session.maker_id != asking.id:
        raise PortalSessionNotFound(f"{asking.id} has made no such session; it can end only those it has made")
    ended = await end_session(portal_of(layer), layer.clock, session, by=call.who.actor)
    return PortalSessionObject(**session_fields(ended, layer.clock.now()))


async def _read(layer: KeyLayer, call: Call) -> PortalSession:
    """
    Raises:
        PortalSessionNotFound: there is none, or it is another project's or mode's.
    """
    session, asking = await get_session(portal_of(layer), call.id), call.who.key
    if asking is not None and (session.project_id, session.mode) != (asking.terms.project_id, asking.terms.mode):
        raise PortalSessionNotFound("there is no portal session with this id; an id begins with kps_")
    return session


def _routes() -> list[Route]:
    every, one = "/v1/portal/sessions", "/v1/portal/sessions/{id}"
    return [
        Route(
            "POST", every, WRITE, "Create a portal session", create_portal_session, CreatedPortalSession,
            HTTPStatus.CREATED, body=NewPortalSession,
        ),
        Route(
            "GET", every, READ, "List portal sessions", list_portal_sessions, PortalSessionList,
            query=WhichPortalSessions,
        ),
        Route("GET", one, READ, "Retrieve a portal session", retrieve_portal_session, PortalSessionObject),
        Route("POST", f"{one}/end", WRITE, "End a portal session", end_portal_session, PortalSessionObject),
    ]  # fmt: skip


ROUTES: list[Route] = _routes()
