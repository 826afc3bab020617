"""Attacks by people: with a lower role than a form needs, of another project, or after they were removed."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import httpx

from attacks.scene import Project, Scene, csrf_of
from attacks.tally import Attack, Tally
from tests.running import OWNER_PASSWORD
from tillgate.access.roles import ROLES, Right, Role
from tillgate.dashboard.calls import View
from tillgate.dashboard.routing import VIEWS

NOUNS: Final = {
    "link": "payment_links", "session": "checkout_sessions", "product": "products", "coupon": "coupons",
    "endpoint": "webhook_endpoints", "refund": "refunds", "delivery": "webhook_deliveries",
    "code": "promotion_codes", "customer": "customers", "event": "events",
}  # fmt: skip
KEYS: Final = "/dashboard/api-keys?mode=live"
# Each right that a role lacks in a mode is tried, and by the owner of another project all of them.
LOWER: Final = ((Role.VIEWER, ("test", "live")), (Role.DEVELOPER, ("live",)))


def _path(view: View, project: Project, key: str) -> str:
    """A view's path, with what this project has in it."""

    def one(found: re.Match[str]) -> str:
        if found[1] == "key":
            return key
        return project.ids[NOUNS[found[1]]] if found[1] in NOUNS else project.id if found[1] == "project" else "x"

    return re.sub(r"\{(\w+)(?::path)?\}", one, view.path)


def _absent(project: Project) -> Project:
    """Ids of the same form that nobody has."""
    ids = {noun: f"{id[:-4]}{'0000' if not id.endswith('0000') else '1111'}" for noun, id in project.ids.items()}
    return replace(project, ids=ids)


@contextlib.contextmanager
def _person(scene: Scene, address: str, role: Role, project: Project) -> Iterator[tuple[httpx.Client, str, str]]:
    """Somebody new with a role in a project, signed in: their browser, what their forms carry, their e-mail address."""
    email = f"{role.value}{scene.random.getrandbits(40)}@example.com"
    command = ["users", "create", "--email", email, "--role", role.value, "--project", project.id, "--password-stdin"]
    scene.server.cli(*command, stdin=f"{OWNER_PASSWORD}\n")
    with scene.browser(address) as client:
        answer = client.post("/dashboard/sign-in", data={"email": email, "password": OWNER_PASSWORD})
        assert answer.status_code == 303, answer.text
        yield client, csrf_of(client.get("/dashboard").text), email


def _filled(scene: Scene, token: str, mode: str) -> dict[str, str]:
    """A form that would do something wherever it is sent."""
    return {
        "csrf": token, "mode": mode, "name": "Made by a lower role", "scopes": "orders:read", "price": "1.00",
        "currency": "USD", "pricing": "fixed", "title": "x", "fiatAmount": "1.00", "fiatCurrency": "USD",
        "url": "https://evil.example/in", "events": "*", "amount": "1.00", "outcome": "paid", "confirm": "yes",
        "discountType": "percentage", "discountPercentage": "90", "reason": "other",
        "form_id": f"{scene.random.getrandbits(80):026X}",
    }  # fmt: skip


def _all_of(scene: Scene) -> dict[str, str]:
    """What each list of the victim's says, by which a change would show."""
    lists = ("/payment_links", "/products", "/coupons", "/webhook_endpoints", "/refunds", "/orders", "/customers")
    with scene.server.client(scene.victim.test) as client:
        return {path: client.get(f"{path}?limit=100").text for path in lists}


def lower_roles(scene: Scene, tally: Tally) -> None:
    """Each form and form's page of the dashboard, by roles that lack its right: refused, and nothing changes."""
    before, keys = _all_of(scene), ""
    for role, modes in LOWER:
        with _person(scene, "127.0.0.70", role, scene.victim) as (client, token, _):
            keys = keys or client.get(KEYS).text
            live = re.findall(r"/dashboard/api-keys/(key_\w+)", keys)[0]
            for mode in modes:
                client.post("/dashboard/mode", data={"csrf": token, "mode": mode})
                tally.control(client.get("/dashboard").status_code == 200, (role, "reads"))
                lacks = frozenset(Right) - ROLES[role].of(mode == "live")
                for view in scene.some([one for one in VIEWS if isinstance(one, View) and one.need.right in lacks]):
                    path = _path(view, scene.victim, live)
                    data = _filled(scene, token, mode) | {"key": live}
                    files = {"logo": ("logo.png", b"x", "image/png")} if view.uploads else None
                    answer = client.post(path, data=data, files=files) if view.method == "POST" else client.get(path)
                    told = (role.value, mode, view.method, path, answer.status_code)
                    # A page of a form that any mode will do for is shown where the other mode allows it.
                    either = view.method == "GET" and view.need.right in ROLES[role].test
                    tally.attempt(answer.status_code in (403, 404, 409) or either, told)
            made = sorted(set(re.findall(r"/dashboard/api-keys/(key_\w+)", client.get(KEYS).text)))
            tally.attempt(made == sorted(set(re.findall(r"/dashboard/api-keys/(key_\w+)", keys))), ("keys", made))
    tally.attempt(_all_of(scene) == before, "a lower role changed something")


def other_projects(scene: Scene, tally: Tally) -> None:
    """The owner of another project, by the victim's ids in each page and form: they are as good as absent."""
    before = _all_of(scene)
    views = [view for view in VIEWS if isinstance(view, View) and "{" in view.path and ":path" not in view.path]
    with _person(scene, "127.0.0.71", Role.OWNER, scene.intruder) as (client, token, _):
        own = client.get(f"/dashboard/products/{scene.intruder.ids['products']}")
        tally.control(own.status_code == 200, own.status_code)
        for view in scene.some(views):
            path = _path(view, scene.victim, "key_0")
            data = _filled(scene, token, "test")
            answer = client.post(path, data=data) if view.method == "POST" else client.get(path)
            refused = answer.status_code in (403, 404)
            if answer.status_code in (303, 400):
                # What is wrong with the form is said before its object is looked for, and what is to be ended and is
                # not there has ended already: of one that is absent, too.
                absent = client.post(_path(view, _absent(scene.victim), "key_0"), data=data)
                refused = (absent.status_code, absent.headers.get("location")) == (
                    answer.status_code,
                    answer.headers.get("location"),
                )
            tally.attempt(refused, (view.method, path, answer.status_code))
            # What was asked for, and the way back from it, are the asker's own words.
            told = answer.text.replace(path, "").replace(path.rpartition("/")[0], "")
            shown = any(one in told for one in scene.victim.ids.values())
            tally.attempt(not shown, (view.method, path, "shows another's"))
    tally.attempt(_all_of(scene) == before, "another project's owner changed something")


def removed_people(scene: Scene, tally: Tally) -> None:
    """Whoever was removed, by the browsers they had open: no page, no form, and no way back in."""
    with (
        _person(scene, "127.0.0.72", Role.ADMIN, scene.victim) as (client, token, email),
        scene.browser("127.0.0.73") as second,
    ):
        second.post("/dashboard/sign-in", data={"email": email, "password": OWNER_PASSWORD})
        tally.control(second.get("/dashboard").status_code == 200, "the second browser is signed in")
        before = _all_of(scene)
        scene.server.cli("users", "remove", email, "--yes")
        views = [view for view in VIEWS if isinstance(view, View) and ":path" not in view.path]
        for view in scene.some(views):
            path = _path(view, scene.victim, "key_0")
            for browser in (client, second):
                data = _filled(scene, token, "test")
                answer = browser.post(path, data=data) if view.method == "POST" else browser.get(path)
                out = answer.status_code in (303, 403) and "Sign out" not in answer.text
                led = answer.headers.get("location", "/dashboard/sign-in")
                tally.attempt(out and led.startswith("/dashboard/sign-in"), (view.method, path, answer.status_code))
        for browser in (client, second):
            answer = browser.post("/dashboard/sign-in", data={"email": email, "password": OWNER_PASSWORD})
            tally.attempt(answer.status_code in (403, 429), ("signs in again", answer.status_code))
    tally.attempt(_all_of(scene) == before, "somebody who was removed changed something")


ATTACKS: Final = (
    Attack("forms and pages by a lower role", lower_roles),
    Attack("pages and forms of another project", other_projects),
    Attack("what removed people had open", removed_people),
)
