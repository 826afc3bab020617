"""Samples of references, run by a shell as a reader runs them, and what they answered."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final, NamedTuple

from jsonschema_rs import validator_for

from keyturn.http.samples import ANSWERS, success_of
from keyturn.http.vocabulary import vocabulary
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


class Recorded:
    """The answers that a language's reference shows, by operation; ``TILLGATE_GOLDEN=write`` writes them again.

    Args:
        examples: the language's ``examples.toml``, beside which they lie.
        words: its vocabulary, whose examples stand for secrets.
    """

    def __init__(self, examples: Path, words: Path, server: str) -> None:
        self.path, self.words, self.server = examples.with_name(ANSWERS), vocabulary(words), server
        self.kept: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        self.writes = os.environ.get("TILLGATE_GOLDEN") == "write"

    def problem(self, answered: Answered, operation: dict[str, Any], document: dict[str, Any], host: str) -> str:
        """What is wrong with an answer beside the one that the reference shows; empty for nothing."""
        status = next(status for status in operation["responses"] if status.startswith("2"))
        refused = operation.get("x-always-refused")
        if refused is not None:
            return "" if answered.status >= 400 and refused in answered.body else f"not {refused}: {answered}"
        if answered.status != int(status):
            return f"expected {status}: {answered}"
        [(media_type, content)] = success_of(operation).get("content", {"": {}}).items()
        schema = content.get("schema", {})
        if "json" not in media_type or "$ref" not in schema:
            return ""
        named, sent = operation["operationId"], source_of(operation)
        if self.writes:
            self.kept[named] = self._shown(answered.told, sent, host)
        shown = self.kept.get(named)
        validator = validator_for({**schema, "components": document["components"]})
        found = [error.message for told in (answered.told, shown) for error in validator.iter_errors(told)]
        if not alike(shown, answered.told):
            found.append(f"the reference shows {shown}, the server answers {answered.told}")
        return "; ".join([*found, AFTER] if found else [])

    def write(self) -> None:
        """Keep what was answered, where that is asked for."""
        if self.writes:
            text = json.dumps(self.kept, indent=2, ensure_ascii=False)
            self.path.write_text(text + "\n", "utf-8")

    def _shown(self, told: Any, sent: str, host: str, name: str = "") -> Any:
        """An answer with the ids, instants and counts of the examples, and without secrets."""
        if isinstance(told, dict):
            return {field: self._shown(one, sent, host, field) for field, one in told.items()}
        if isinstance(told, list):
            return [self._shown(one, sent, host, name) for one in told]
        word = self.words.word(name, *self.words.within)
        example = word.example if word is not None else None
        if isinstance(example, list) and example:
            example = example[0]
        if name in VARYING:
            return example if told else told
        if isinstance(told, int) and told > FIRST_MS:
            return example if isinstance(example, int) else INSTANT_MS
        if not isinstance(told, str) or told in sent:
            return told
        text = told.replace(self.server, host)
        if INSTANT.fullmatch(text):
            return example if isinstance(example, str) and INSTANT.fullmatch(example) else "2026-05-04T09:30:00.000Z"
        for pattern, here in SPELT:
            text = pattern.sub(here, text)
        if RANDOM.search(text) is None or any(pattern.search(text) for pattern, _ in SPELT):
            return text
        return example if isinstance(example, str) else "…"


def alike(one: Any, other: Any) -> bool:
    """Whether two answers are of one kind: the same fields with values of the same types, where neither is null; of
    lists, the first counts."""
    if one is None or other is None:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return all(alike(first, second) for first, second in zip(one[:1], other[:1], strict=False))
    return _type(one) is _type(other)


def _type(value: Any) -> type:
    return float if type(value) is int else type(value)


AFTER: Final = (
    "if that is meant: TILLGATE_GOLDEN=write pytest of this file, then of tests/golden, "
    "and python -m tillgate.dialects.reference docs/reference"
)
FIRST_MS: Final = 1_000_000_000_000
INSTANT_MS: Final = 1_777_887_000_000
INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
# Other with each run: the vocabulary's example is shown.
VARYING: Final = frozenset({"confirmed", "durationMs", "epoch", "lastFour", "prefix", "sequence", "waitedMs"})
# What is longer than words, and was not sent, may be a secret.
RANDOM: Final = re.compile(r"(?=[a-zA-Z_+=-]*[0-9])[A-Za-z0-9_+=-]{20,}")
SPELT: Final = (
    (re.compile(r"\b([a-z]{2,15})_test_[0-9A-Za-z]{22}\b"), r"\1_test_1lT9hDEsJhHLqVbK4ZqzOe"),
    (re.compile(r"\b(key|kps)_[0-9A-Za-z]{22}\b"), r"\1_4mV0cPZc3qXh6uJ1tR8yWa"),
    (re.compile(r"\b([a-z]{2,8})_[0-9a-hjkmnp-tv-z]{26}\b"), r"\1_01j9zk5v8e4w7m2q6r3t5y8x0a"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b(?!_)"), "0193c2c3-7c5a-7b1e-9d52-8e1a6f0d4c11"),
)
