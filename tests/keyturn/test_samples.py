"""The samples of Keyturn's reference: each operation's curl, sent to ``keyturn serve``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from keyturn.http.openapi import EXAMPLES, SERVER, document
from keyturn.http.samples import examples, operations
from keyturn.http.server import ROUTES
from tests.curling import curled, problem_of, source_of
from tests.keyturn.test_serving import ROOT, serving

KEY: Final = "key_4mV0cPZc3qXh6uJ1tR8yWa"
SESSION: Final = "kps_4mV0cPZc3qXh6uJ1tR8yWa"
SETTINGS: Final = {
    "KEYTURN_ROOT_KEY": ROOT,
    "KEYTURN_SCOPES": "invoices:read",
    "KEYTURN_PUBLIC_URL": "http://127.0.0.1:{port}",
    "KEYTURN_TRUSTED_PROXIES": "127.0.0.1",
}


def test_each_operation_of_keyturn_answers_its_curl(tmp_path: Path) -> None:
    """Each about a key of its own; the project that is suspended is resumed before the next one."""
    told = document(ROUTES)
    wrong = {}
    with (
        serving(f"sqlite:///{tmp_path / 'keys.db'}", tmp_path, **SETTINGS) as (where, _),
        httpx.Client(base_url=where, headers={"Authorization": f"Bearer {ROOT}"}, trust_env=False) as http,
    ):

        def sent(path: str, body: Any = None) -> Any:
            return http.post(path, json=body or {}).raise_for_status().json()

        def new_key() -> Any:
            return sent("/v1/keys", {"name": "sample", "scopes": ["invoices:read"]})

        def rotated() -> str:
            made: str = new_key()["id"]
            sent(f"/v1/keys/{made}/rotate")
            return made

        text: str = new_key()["key"]
        before: dict[str, Callable[[], Any]] = {
            "delete_v1_keys_id_rotation": rotated,
            "post_v1_keys_id_rotation_finish": rotated,
        }
        for _, _, operation in operations(told):
            named = operation["operationId"]
            source = source_of(operation)
            if KEY in source:
                source = source.replace(KEY, before.get(named, lambda: new_key()["id"])())
            if SESSION in source:
                wish = examples(EXAMPLES).body["post_v1_portal_sessions"]
                source = source.replace(SESSION, sent("/v1/portal/sessions", wish)["id"])
            source = source.replace("ck_live_…", text).replace(SERVER, where)
            answered = curled(source, tmp_path, KEYTURN_ROOT_KEY=ROOT, KEY=text)
            if problem := problem_of(answered, operation, told):
                wrong[named] = f"{problem}\n{source}"
            if named == "post_v1_projects_id_suspend":
                sent("/v1/projects/default/resume")
    assert wrong == {}


def test_every_example_of_keyturn_is_of_an_operation() -> None:
    """No entry of the file is left over; a body is one that the operation takes."""
    given = examples(EXAMPLES)
    bodies = {}
    for path, method, operation in operations(document(ROUTES)):
        [bodies[operation["operationId"]]] = [one.body for one in ROUTES if (one.path, one.method) == (path, method)]
    for part in (given.body, given.query, given.header, given.output, given.refused):
        assert part.keys() <= bodies.keys()
    for name, body in given.body.items():
        msgspec.convert(body, bodies[name])
