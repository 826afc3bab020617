#!/usr/bin/env python3
"""Be a newcomer: a fresh clone in an empty folder, the README word for word with a browser beside it, then the same
from the built wheels. Prints how long each took.

usage: .venv/bin/python scripts/newcomer.py [--wheels FOLDER]      (built in the clone, unless they are there already)

Ports 8080 and 9000 are taken as the README has them, or others where they are not free.
"""

import argparse
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import CHROMIUM_ARGUMENTS, find_chromium  # noqa: E402 — the tests' own browser

PATIENCE_SECONDS: Final = 600.0
PORTS: Final = {"8080": "server", "9000": "receiver"}
SERVE: Final = "make up\n"


class Told(NamedTuple):
    """What the README's quickstart tells: what is typed in order, and what is done in the browser."""

    blocks: tuple[str, ...]
    where: tuple[str, ...]
    scopes: tuple[str, ...]
    press: str
    printed: tuple[str, ...]
    install: str


def read(readme: str) -> Told:
    """Take the quickstart apart. What is not there as expected is an error: the README and this script then say
    something else."""

    def section(heading: str) -> str:
        _, there, after = readme.partition(f"\n## {heading}\n")
        if not there:
            raise SystemExit(f"error: the README has no section {heading!r}")
        return after.partition("\n## ")[0]

    def one(pattern: str, what: str) -> str:
        found = re.search(pattern, words)
        if found is None:
            raise SystemExit(f"error: the README's quickstart does not say {what}")
        return found[1]

    quickstart, without = section("Quickstart"), section("Without a clone")
    words = " ".join(re.sub(r"```.*?```", " ", quickstart, flags=re.DOTALL).split())
    blocks = re.findall(r"^```sh\n(.*?)^```$", quickstart, re.MULTILINE | re.DOTALL)
    if len(blocks) != 7 or blocks[0] != SERVE:
        raise SystemExit(f"error: the quickstart has {len(blocks)} blocks, and begins with {blocks[:1]}")
    installs = re.findall(r"^pipx install .*\n", without, re.MULTILINE)
    if len(installs) != 1:
        raise SystemExit("error: the README does not say how to install without a clone")
    return Told(
        tuple(blocks),
        tuple(one(r"\*\*Dashboard → (.*?)\*\*", "where keys are created").split(" → ")),
        tuple(re.findall(r"`([a-z_]+:[a-z]+)`", one(r"select (.*?), and copy", "which scopes a key gets"))),
        one(r"press \*\*(.*?)\*\*", "what is pressed on the checkout's page"),
        tuple(re.findall(r"`([a-z]+\.[a-z]+)`", one(r"The receiver has printed (.*?)\. The", "what is received"))),
        installs[0],
    )


class Place:
    """A folder with two terminals and a browser."""

    def __init__(self, folder: Path, told: Told, browser: Browser, environment: dict[str, str]) -> None:
        self.folder, self.told, self.browser = folder, told, browser
        self.environment = environment
        self.ports = {written: free(int(written)) for written in PORTS}
        self.typed = "set -eu\n"
        self.log = folder.parent / f"{folder.name}.log"
        self.received = folder.parent / f"{folder.name}-receiver.log"
        self.pid = folder.parent / f"{folder.name}-receiver.pid"

    def here(self, text: str) -> str:
        for written, port in self.ports.items():
            text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{port}")
        return text.replace(
            "receiver.py &", f"receiver.py {self.ports['9000']} >{self.received} 2>&1 & echo $! >{self.pid}"
        )

    def type(self, block: str) -> str:
        """Type it after what was typed before; what it prints itself."""
        text = self.here(block)
        if text.startswith("export "):
            # As a shell keeps it: what is computed is computed once.
            name = text.removeprefix("export ").partition("=")[0]
            value = self.run(f'{text}printf %s "${name}"')
            self.typed += f"export {name}={value}\n"
            return ""
        return self.run(text)

    def run(self, text: str) -> str:
        done = subprocess.run(
            ["bash", "-c", self.typed + text], cwd=self.folder, env=self.environment, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise SystemExit(f"error: {text}\n{done.stdout}{done.stderr}")
        return done.stdout

    def wait(self, file: Path, pattern: str, process: "subprocess.Popen[bytes] | None" = None) -> str:
        """Wait until that is printed; the first group of it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := re.search(pattern, file.read_text("utf-8") if file.exists() else "")) is None:
            if time.monotonic() > deadline or (process is not None and process.poll() is not None):
                raise SystemExit(f"error: {pattern} was never printed:\n{file.read_text('utf-8')[-4000:]}")
            time.sleep(0.1)
        return found[found.lastindex or 0]

    @contextlib.contextmanager
    def serving(self, command: list[str]) -> Iterator[str]:
        """The first terminal; the set-up link that it prints."""
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            yield self.wait(self.log, r"(http://\S+/dashboard/setup/\S+)\s", process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(60)

    def story(self, link: str) -> None:
        """From the set-up link to the 401, as the README tells it."""
        _, key, secret, receiver, create, listed, _ = self.told.blocks
        page = self.browser.new_page()
        page.goto(link)
        page.get_by_label("Shop or project").fill("Corner shop")
        page.get_by_label("E-mail address").fill("me@example.com")
        page.get_by_label("Password", exact=True).fill("a good long password")
        page.get_by_role("button", name="Set up and sign in").click()
        keys, button = self.told.where
        page.get_by_role("link", name=keys, exact=True).first.click()
        page.get_by_role("button", name=button, exact=True).click()
        page.get_by_label("Name", exact=True).fill("first")
        page.get_by_role("radio", name="Test", exact=True).check()
        for scope in self.told.scopes:
            page.get_by_role("checkbox", name=scope, exact=True).check()
        page.get_by_role("button", name="Create", exact=True).click()
        self.type(key.replace("ck_test_YOUR_KEY", page.locator("#new-key").inner_text()))
        self.type(secret)
        self.type(receiver)
        try:
            self.wait(self.received, "Listening")
            created = self.type(create)
            self.wait(self.received, re.escape(self.told.printed[0]))
            found = re.search(r'"checkoutUrl":"([^"]+)"', created)
            if found is None:
                raise SystemExit(f"error: no checkoutUrl: {created}")
            self.pay(found[1])
            for event in self.told.printed:
                self.wait(self.received, re.escape(event))
            if '"session.paid"' not in self.type(listed):
                raise SystemExit("error: the log has no session.paid")
            self.revoke(page, keys)
            if '"reason":"revoked"' not in (answer := self.type(listed)):
                raise SystemExit(f"error: the revoked key is answered {answer}")
        finally:
            os.kill(int(self.pid.read_text()), signal.SIGTERM)
            page.close()

    def pay(self, checkout: str) -> None:
        page = self.browser.new_page()
        page.goto(checkout)
        page.get_by_role("button", name=self.told.press.removeprefix("Simulate: ")).click()
        page.get_by_text("Payment received").or_(page.get_by_text("Paid")).first.wait_for()
        page.close()

    def revoke(self, page: Page, keys: str) -> None:
        page.get_by_role("link", name=keys, exact=True).first.click()
        page.get_by_role("link", name="Revoke first").click()
        page.get_by_role("button", name=re.compile("Revoke")).first.click()
        page.get_by_text("Revoked").first.wait_for()


def free(port: int) -> int:
    """This port, or another where somebody has it."""
    for candidate in (port, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", candidate))
            return int(probe.getsockname()[1])
    raise SystemExit("error: no port is free")


def clean_environment(home: Path) -> dict[str, str]:
    """Nothing of ours but the path, without this environment's own programs."""
    kept = {
        name: one for name, one in os.environ.items() if not name.startswith(("TILLGATE_", "KEYTURN_", "CHECKOUT_"))
    }
    kept.pop("VIRTUAL_ENV", None)
    path = [one for one in os.environ["PATH"].split(os.pathsep) if one != str(Path(sys.executable).parent)]
    return kept | {"PATH": os.pathsep.join([str(home / "bin"), *path]), "PIPX_HOME": str(home / "pipx"),
                   "PIPX_BIN_DIR": str(home / "bin")}  # fmt: skip


def minutes(what: str, since: float) -> None:
    print(f"  {what}: {(time.monotonic() - since) / 60:.1f} minutes", flush=True)


def from_a_clone(clone: Path, told: Told, browser: Browser, environment: dict[str, str]) -> None:
    """Quickstart, from the clone to the demo."""
    begun = time.monotonic()
    subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(clone)], check=True)
    place = Place(clone, told, browser, environment)
    with place.serving([*told.blocks[0].split(), f"PORT={place.ports['8080']}"]) as link:
        minutes("from nothing to a running server", begun)
        place.story(link)
    minutes("and to a paid session, its webhooks, and a revoked key", begun)
    if "session.paid" not in (printed := place.run(told.blocks[-1])):
        raise SystemExit(f"error: the demo ended without a paid session:\n{printed}")
    minutes("and the demo", begun)


def from_wheels(folder: Path, wheels: Path, told: Told, browser: Browser, environment: dict[str, str]) -> None:
    """The same without a clone, but for the receiver, which is an example of the clone's."""
    begun = time.monotonic()
    folder.mkdir()
    (folder / "dist").symlink_to(wheels.resolve())
    (folder / "examples").symlink_to(ROOT / "examples")
    place = Place(folder, told, browser, environment)
    place.run(f'pipx() {{ "{sys.executable}" -m pipx "$@"; }}\n{told.install}')
    with place.serving(["tillgate", "serve", "--dev", "--port", str(place.ports["8080"])]) as link:
        minutes("from wheels to a running server", begun)
        place.story(link)
    minutes("and to a paid session, its webhooks, and a revoked key", begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheels", type=Path)
    chosen = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch)
        clone, environment = home / "tillgate", clean_environment(home)
        chromium = find_chromium(playwright)
        if chromium is None:
            raise SystemExit("error: no Chromium was found; run scripts/browser.sh")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        told = read((ROOT / "README.md").read_text("utf-8"))
        from_a_clone(clone, told, browser, environment)
        wheels = chosen.wheels
        if wheels is None:
            wheels = home / "wheels"
            for project in (clone / "distributions/keyturn", clone, clone / "sdks/python"):
                subprocess.run(
                    [clone / ".venv/bin/hatchling", "build", "-d", wheels, "-t", "wheel"],
                    cwd=project, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
        from_wheels(home / "empty", wheels, told, browser, environment)
        browser.close()
    minutes("all of it", begun)


if __name__ == "__main__":
    main()
