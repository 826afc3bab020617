"""A newcomer who has the built wheels and no clone: each is installed into an empty environment, and used from a
directory outside of the repository."""

import json
import os
import re
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests import wheels
from tests.client.quickstart import blocks
from tests.journeys.test_readme import shell_blocks
from tests.running import GREETING_ENDS, START_SECONDS_MAX, clean_environment, free_port

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with our three wheels, their sources, and every wheel that they need."""
    where = tmp_path_factory.mktemp("wheels")
    for project in wheels.PROJECTS.values():
        wheels.build(project, where, "sdist", "wheel")
    requirements = [
        line.partition(": ")[2]
        for path in where.glob("*.whl")
        for line in metadata(path).splitlines()
        if line.startswith("Requires-Dist: ") and "extra == 'testing'" not in line
    ]
    for there in wheels.needed("pip", *(one.partition(";")[0] for one in requirements)).values():
        wheels.wheel_again(there, where)
    return where


def metadata(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return archive.read(name).decode()


def environment(place: Path) -> dict[str, str]:
    """Nothing of ours, no index, and a home of its own."""
    kept = {name: value for name, value in clean_environment().items() if not name.startswith(("PIP_", "PYTHON"))}
    return kept | {"HOME": str(place), "PATH": os.pathsep.join([str(place / "bin"), os.environ["PATH"]])}


def offline(house: Path) -> dict[str, str]:
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(house), "PIP_CONFIG_FILE": os.devnull}


def installed(place: Path, house: Path, *what: str) -> Path:
    """The Python of a new environment that holds this and what it needs."""
    venv.create(place)
    python = place / "bin/python"
    for arguments in (["install", "--quiet", *what], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(python), *arguments],
            cwd=place, env=environment(place) | offline(house), capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    return python


def holds(python: Path) -> set[str]:
    """What is installed there."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "list", "--format=json"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {wheels.canonical(one["name"]) for one in json.loads(listed)}


@contextmanager
def serving(command: list[str], place: Path, ends: str, **more: str) -> Iterator[str]:
    """A server that was started there; what it has said until it is ready."""
    log = place / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=place, env=environment(place) | more, stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while ends not in log.read_text():
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield log.read_text()
    finally:
        process.terminate()
        process.wait(START_SECONDS_MAX)


def test_pipx_installs_tillgate_and_the_clients_program_runs(house: Path, tmp_path: Path) -> None:
    """``pipx install`` of the built wheel gives the command; a server, a project and a key are made with it; and the
    client, installed alone elsewhere, takes a payment as its page says."""
    [install] = [line for line in shell_blocks("README.md", "Without a clone") if "pipx install" in line]
    there = tmp_path / "dist"
    there.symlink_to(house)
    done = subprocess.run(
        ["bash", "-ec", f'pipx() {{ "{sys.executable}" -m pipx "$@"; }}\n{install}'],
        cwd=tmp_path,
        env=environment(tmp_path) | offline(house) | {"PIPX_HOME": str(tmp_path / "pipx"),
                                                      "PIPX_BIN_DIR": str(tmp_path / "bin")},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

    def tillgate(*words: str) -> str:
        ran = subprocess.run(
            ["tillgate", *words], cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    port = free_port()
    serve = [str(tmp_path / "bin/tillgate"), "serve", "--dev", "--port", str(port)]
    with serving(serve, tmp_path, GREETING_ENDS) as said:
        [link] = re.findall(r"http://\S+/dashboard/setup/\S+", said)
        assert httpx.get(link, trust_env=False).status_code == 200
        refused = httpx.get(f"{link.partition('/dashboard')[0]}/api/v1/events", trust_env=False).json()["error"]
        page = httpx.get(refused["docUrl"], trust_env=False)
        assert page.status_code == 200 and ">invalid_api_key</h1>" in page.text
        tillgate("projects", "create", "--name", "Shop")
        key = json.loads(tillgate("keys", "create", "--name", "a", "--mode", "test", "--scope", "*", "--json"))["key"]

        client = installed(tmp_path / "client", house, "tillgate-client")
        assert holds(client) >= {"tillgate-client", "httpx", "msgspec"}
        assert holds(client) <= {"tillgate-client"} | set(wheels.needed("httpx", "msgspec"))
        program = blocks(wheels.ROOT / "sdks/python/README.md", "python")["Take a payment"]
        ran = subprocess.run(
            [str(client), "-W", "error", "-c", program.replace("https://your-domain.com", f"http://127.0.0.1:{port}")],
            cwd=tmp_path, env=environment(tmp_path) | {"CHECKOUT_API_KEY": key}, capture_output=True, text=True,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "\npaid 20" in ran.stdout


def test_keyturn_is_installed_alone(house: Path, tmp_path: Path) -> None:
    """It brings nothing of the checkout, serves, makes a key and verifies it."""
    python = installed(tmp_path, house, "keyturn")
    assert not holds(python) & {"tillgate", "tillgate-client", "starlette", "jinja2", "argon2-cffi"}
    root, port = "r" * 40, free_port()
    settings = {"KEYTURN_ROOT_KEY": root, "KEYTURN_SCOPES": "invoices:read"}
    command = [str(tmp_path / "bin/keyturn"), "serve", "--port", str(port)]
    with serving(command, tmp_path, "Ctrl-C", **settings), httpx.Client(trust_env=False) as http:
        url = f"http://127.0.0.1:{port}/v1"
        made = http.post(f"{url}/keys", headers={"Authorization": f"Bearer {root}"},
                         json={"name": "reporting", "scopes": ["invoices:read"]})  # fmt: skip
        assert made.status_code == 201
        assert (tmp_path / "keyturn.db").exists()
        backup = [str(tmp_path / "bin/keyturn"), "backup", "kept.backup"]
        done = subprocess.run(backup, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_a_source_distribution_builds_the_same_wheel(house: Path, tmp_path: Path) -> None:
    """What is released as source is all that building needs; Keyturn's source is a link in the repository only."""
    for archive in house.glob("*.tar.gz"):
        with tarfile.open(archive) as source:
            assert [one.name for one in source.getmembers() if not (one.isfile() or one.isdir())] == []
            # Of our own making, and nothing but files and folders. `filter` came with 3.11.4; Debian 12 has 3.11.2.
            source.extractall(tmp_path)  # noqa: S202
        wheels.build(tmp_path / archive.name.removesuffix(".tar.gz"), tmp_path, "wheel")
    rebuilt = sorted(tmp_path.glob("*.whl"))
    assert len(rebuilt) == len(wheels.PROJECTS)
    for wheel in rebuilt:
        names = [set(zipfile.ZipFile(one).namelist()) for one in (wheel, house / wheel.name)]
        assert names[0] == names[1], wheel.name


def test_a_wheel_brings_its_own_package_and_nothing_else(house: Path) -> None:
    """No generic name at the top level, no test, no cache; typed, with its licence."""
    ours = [str(path) for name in wheels.PROJECTS for path in house.glob(f"{name.replace('-', '_')}-*.whl")]
    assert len(ours) == len(wheels.PROJECTS)
    done = subprocess.run(
        [sys.executable, str(wheels.ROOT / "scripts/release_contents.py"), *ours], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_installing_says_a_line_and_all_that_went_wrong(house: Path, tmp_path: Path) -> None:
    """What ``make up`` shows of an installer: where it is and how long it took; and the whole of it where it failed."""
    script = [str(wheels.ROOT / "scripts/install.sh"), sys.executable]

    def install(*what: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*script, *what],
            cwd=tmp_path, env=environment(tmp_path) | offline(house), capture_output=True, text=True,
        )  # fmt: skip

    well = install("the client", "--target", "there", "--no-deps", "tillgate-client")
    assert well.returncode == 0, well.stderr
    assert re.fullmatch(r"Installing the client …\nInstalled the client in \d+ s\.\n", well.stdout)
    assert well.stderr == ""
    badly = install("nothing", "--target", "there", "no-such-distribution")
    assert badly.returncode == 1
    assert "No matching distribution found for no-such-distribution" in badly.stderr
    assert "error: pip could not install nothing" in badly.stderr
