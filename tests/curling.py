"""Samples of references, run by a shell as a reader runs them, and what they answered."""

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema_rs import validator_for

from keyturn.http.samples import example_of
from tests.running import clean_environment


class Answered(NamedTuple):
    """What curl wrote: the status, 0 where there was no answer, the body, and what it complained about."""

    status: int
    body: str
    complaint: str

    @property
    def told(self) -> Any:
        return json.loads(self.body)


def curled(command: str, folder: Path, **environment: str) -> Answered:
    """A sample that begins with ``curl``, run in a folder with its secrets in the environment."""
    assert command.startswith("curl "), command
    done = subprocess.run(
        ["sh", "-c", command.replace("curl ", "curl -sS -w '\n%{http_code}' ", 1)],
        capture_output=True, timeout=60, cwd=folder, env=clean_environment() | environment,
    )  # fmt: skip
    body, _, status = done.stdout.decode("utf-8").rpartition("\n")
    return Answered(int(status or 0), body, done.stderr.decode("utf-8", "replace"))


def source_of(operation: dict[str, Any]) -> str:
    """The operation's sample."""
    [sample] = operation["x-codeSamples"]
    source: str = sample["source"]
    return source


def problem_of(answered: Answered, operation: dict[str, Any], document: dict[str, Any]) -> str:
    """What is wrong with an answer beside what the reference shows; empty for nothing.

    An answer that the reference shows as JSON has no field that is not shown, and both fit the same schema.
    """
    [(status, success)] = [one for one in operation["responses"].items() if one[0].startswith("2")]
    refused = operation.get("x-always-refused")
    if refused is not None:
        return "" if answered.status >= 400 and refused in answered.body else f"not {refused}: {answered}"
    if answered.status != int(status):
        return f"expected {status}: {answered}"
    [(media_type, content)] = success.get("content", {"": {}}).items()
    schema = content.get("schema", {})
    if "json" not in media_type or "$ref" not in schema:
        return ""
    schemas = document["components"]["schemas"]
    shown = example_of(schema, schemas)
    validator = validator_for({**schema, "components": {"schemas": schemas}})
    found = [
        f"{one.instance_path}: {one.message}" for told in (answered.told, shown) for one in validator.iter_errors(told)
    ]
    found += [f"{name} is not shown" for name in answered.told if name not in shown]
    return "; ".join(found)
