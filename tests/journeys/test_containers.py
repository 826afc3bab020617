"""The image and the compose file. No container engine is needed for a look at them, nor to run what the image runs in
as little of this machine: `make image` builds and tries the image itself."""

import contextlib
import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose, PyOptions  # type: ignore[import-untyped]

import tillgate.settings
from tests.journeys.test_readme import shell_blocks
from tests.parts import require_part
from tests.running import PYTHON, START_SECONDS_MAX, clean_environment, free_port

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
GUIDE = "docs/containers.md"
USER = "10001"


def instructions(stage: str) -> Iterator[tuple[str, str]]:
    """Those of one stage, lines joined: ``("USER", "10001:10001")``."""
    for line in stage.replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            yield word, rest.strip()


FIRST, BUILD, RUN = DOCKERFILE.split("\nFROM ")
LAST = dict(instructions(f"FROM {RUN}"))


def let_in(path: str) -> bool:
    """Whether .dockerignore lets a file into the build: the last line that fits it decides."""
    inside = True
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines():
        pattern = line.removeprefix("!")
        if line.startswith("#") or not line:
            continue
        parts = path.split("/")
        heads = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        if any(fnmatch.fnmatch(head, pattern) and (pattern.startswith("**") or head.count("/") == pattern.count("/"))
               for head in heads):  # fmt: skip
            inside = line.startswith("!")
    return inside


def test_the_dockerfile_has_no_fault_that_hadolint_knows() -> None:
    """Its commands are read by ShellCheck, too."""
    program = shutil.which("hadolint", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if program is None:
        pytest.skip("hadolint has no wheel for this machine")
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_is_made_from_the_lock_and_from_nothing_private() -> None:
    """Every requirement by its hash and as a wheel; a database, a key or a secret that lies about is not sent along."""
    for _, command in (one for one in instructions(BUILD) if one[0] == "RUN"):
        for part in command.split("&&"):
            if " install -" in part and "pip" in part:
                assert "--no-index" in part or "--require-hashes --only-binary :all:" in part, part
    copied = [word for name, rest in instructions(BUILD) if name == "COPY" for word in rest.split()[:-1]]
    for source in copied:
        assert (ROOT / source).exists() and let_in(source), source
    for private in ("data/tillgate.db", "secrets/secret_key", ".env", ".git/config", "backup.zip", "tests/conftest.py",
                    ".venv/bin/python", "src/tillgate/__pycache__/app.pyc"):  # fmt: skip
        assert not let_in(private), private
    # What a wheel is forced to include is there as well.
    for path in re.findall(r'^"(docs/\S+)" = "tillgate/', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE):
        assert let_in(path), path


def test_the_compose_file_shuts_every_service_in() -> None:
    """It is one by the specification; no service writes its own files or holds a capability; what it waits for is
    healthy; no secret stands in it, and each setting is one."""
    options = PyOptions()
    options.apply_merge = True
    PyCompose.validate(options.from_yaml(COMPOSE))
    with pytest.raises(ValueError, match="read_onli"):
        PyCompose.from_yaml("services: {a: {image: a, read_onli: true}}")
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    assert set(services) == {"tillgate", "postgres", "valkey"}
    for name, one in services.items():
        assert one["read_only"] is True and one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"] and "privileged" not in one, name
        assert name == "tillgate" or (one["healthcheck"] and not one["user"].startswith("0")), name
        assert {"mem_limit", "pids_limit", "tmpfs"} <= one.keys(), name
        for setting, value in one.get("environment", {}).items():
            assert "PASSWORD" not in setting or setting.endswith("_FILE"), setting
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), setting
        for port in one.get("ports", ()):
            assert port.startswith("127.0.0.1:"), port
    ours = services["tillgate"]
    assert ours["environment"].keys() <= set(tillgate.settings.VARIABLES)
    assert {condition["condition"] for condition in ours["depends_on"].values()} == {"service_healthy"}
    assert ours["depends_on"].keys() == services.keys() - {"tillgate"}
    network = yaml.safe_load(COMPOSE)["networks"]["front"]["ipam"]["config"][0]
    assert ours["environment"]["TILLGATE_TRUSTED_PROXIES"] == network["gateway"]


@contextlib.contextmanager
def contained(place: Path, volume: Path, *arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """What the image runs, as process 1 of a namespace in which nothing can be written but the volume and /tmp; and
    that process's number out here."""
    ours = Path(PYTHON).parent
    environment = dict(word.split("=", 1) for word in shlex.split(LAST["ENV"]))
    environment |= {"PATH": f"{ours}:/usr/bin:/bin"} | more
    reading, writing = os.pipe()
    command = [
        require_part("bwrap"), "--clearenv", "--unshare-user", "--unshare-pid", "--as-pid-1", "--die-with-parent",
        "--uid", LAST["USER"].partition(":")[0], "--gid", LAST["USER"].partition(":")[2], "--cap-drop", "ALL",
        "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", ROOT, ROOT,
        "--ro-bind", ours.parent, ours.parent, "--ro-bind", place, place,
        "--tmpfs", "/var/lib", "--bind", volume, LAST["VOLUME"], "--remount-ro", "/var/lib", "--chdir", LAST["WORKDIR"],
        *(part for name, value in environment.items() for part in ("--setenv", name, value)),
        "--info-fd", str(writing), *json.loads(LAST["ENTRYPOINT"]), *arguments,
    ]  # fmt: skip
    with (place / "log").open("ab") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[writing], env=clean_environment()
        )
    os.close(writing)
    with os.fdopen(reading) as told:
        answered = told.read()
    assert answered, (place / "log").read_text()
    try:
        yield process, json.loads(answered)["child-pid"]
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
def test_what_the_image_runs_needs_no_more_than_its_volume(tmp_path: Path) -> None:
    """With the secrets that the guide makes: it becomes healthy by the image's own probe as no root, without a
    capability, on a file system that cannot be written; and SIGTERM ends it with status 0."""
    place, volume, bin = tmp_path / "place", tmp_path / "volume", tmp_path / "bin"
    for directory in (place, volume, bin):
        directory.mkdir()
    # The reader's docker: nothing has to be built, and `docker run` runs the image's program.
    (bin / "docker").write_text(
        f'#!/bin/sh\n[ "$1" = build ] && exit 0\nshift 3\nexec {PYTHON} -m tillgate.cli "$@"\n', "utf-8"
    )
    (bin / "docker").chmod(0o755)
    [block] = shell_blocks(GUIDE, "Before the first start")
    path = os.pathsep.join([str(bin), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", block], cwd=place, env=clean_environment() | {"PATH": path}, capture_output=True, text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    secrets = place / "secrets"
    named = yaml.safe_load(COMPOSE)["secrets"]
    assert {one.name for one in secrets.iterdir()} == set(named) == {Path(one["file"]).name for one in named.values()}
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert {one.stat().st_mode & 0o777 for one in secrets.iterdir()} == {0o444}
    password = (secrets / "database_password").read_text().strip()
    assert f":{password}@postgres/" in (secrets / "database_url").read_text() and len(password) == 48
    assert (place / ".env").read_text() == "TILLGATE_PUBLIC_URL=https://pay.example.com\n"

    port = free_port()
    probe = [sys.executable, *json.loads(LAST["HEALTHCHECK"].partition("CMD ")[2])[1:]]
    assert "'127.0.0.1', 8080" in probe[-1] and LAST["EXPOSE"] == "8080"
    probe[-1] = probe[-1].replace("8080", str(port))
    serve = [*json.loads(LAST["CMD"]), "--port", str(port)]
    key = {"TILLGATE_SECRET_KEY_FILE": str(secrets / "secret_key"), "TILLGATE_PUBLIC_URL": "https://pay.example.com"}
    with contained(place, volume, *serve, **key) as (process, pid):
        deadline = time.monotonic() + START_SECONDS_MAX
        while subprocess.run(probe, capture_output=True, timeout=20).returncode != 0:
            assert process.poll() is None and time.monotonic() < deadline, (place / "log").read_text()
            time.sleep(0.1)
        status = Path(f"/proc/{pid}/status").read_text()
        assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE) and re.search(
            r"^NoNewPrivs:\s+1$", status, re.MULTILINE
        )
        assert Path(f"/proc/{pid}/uid_map").read_text().split()[0] == USER == LAST["USER"].partition(":")[0]
        mounts = [line.split()[1:4] for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
        writable = {where for where, kind, options in mounts if "ro" not in options.split(",")}
        assert {one for one in writable if not one.startswith(("/dev", "/proc"))} == {"/tmp", LAST["VOLUME"]}
        os.kill(pid, signal.SIGTERM)
        assert process.wait(START_SECONDS_MAX) == 0, (place / "log").read_text()
    # The secret key was given, so none is made; and none of it is in the log.
    assert {one.name for one in volume.iterdir()} >= {"tillgate.db"} and not (volume / "secret.key").exists()
    assert (secrets / "secret_key").read_text().strip() not in (place / "log").read_text()
