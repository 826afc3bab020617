"""Named profiles: a server and a key under a name, in a file that its owner alone can read."""

import os
import re
import stat
import sys
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from keyturn.cli.output import AsJson, Yes, confirm, fail, has_terminal, say, say_json, say_table
from tillgate.cli.remote import BASE_URL_DEFAULT, check_base_url, check_key
from tillgate.settings import API_KEY_VARIABLE, api_key, base_url, configuration

PROFILES_MAX: Final = 100
_BYTES_MAX: Final = 100_000
_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]{1,64}", re.ASCII)
_KEY_BYTES_MAX: Final = 4_096
_HEAD: Final = re.compile(r"ck_(?:live|test)_")

app = typer.Typer(help="Servers and keys under a name, for --profile.", no_args_is_help=True)


class Profile(msgspec.Struct, frozen=True):
    """A server and a key. No repr shows the key."""

    base_url: str
    key: str

    def __repr__(self) -> str:
        return f"Profile({self.base_url!r}, {masked(self.key)})"


def masked(key: str) -> str:
    """As much of a key as may be shown: which kind it is."""
    head = _HEAD.match(key)
    return f"{head[0] if head else ''}…"


def chosen(profile: str | None, given_url: str | None) -> Profile:
    """The server and the key that a command means, or a clear end of it.

    A profile's key goes to that profile's server alone.
    """
    if profile is not None:
        if given_url is not None:
            fail("--profile and --base-url: say one of them; a profile's key is sent to the profile's server alone")
        found = read().get(profile)
        if found is None:
            known = ", ".join(read()) or "none yet"
            fail(
                f"--profile: there is no profile {profile[:64]!r}, only: {known}. Make it with: tillgate api profiles "
                "set NAME"
            )
        return found
    if not api_key():
        fail(
            f"{API_KEY_VARIABLE} is not set: export it with an API key, such as ck_test_…, or name a profile with "
            "--profile (tillgate api profiles set NAME makes one)"
        )
    return Profile(given_url or base_url() or BASE_URL_DEFAULT, check_key(api_key(), API_KEY_VARIABLE))


def path() -> Path:
    """Where profiles are kept (https://specifications.freedesktop.org/basedir-spec/latest/)."""
    return configuration() / "tillgate" / "profiles.json"


def read() -> dict[str, Profile]:
    """All profiles by name, in their order; a file that others can read is refused, and how to mend it is said."""
    file = path()
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            if mode & 0o077:
                fail(f"{file} holds keys and others can read it (mode {mode:o}); run: chmod 600 {file}")
            return msgspec.json.decode(opened.read(_BYTES_MAX + 1), type=dict[str, Profile])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        # Its text stays out of the message: it holds keys.
        fail(
            f"{file} cannot be read as profiles; move it away and make them again with: tillgate api profiles set NAME"
        )


def _write(profiles: dict[str, Profile]) -> None:
    file = path()
    fresh = file.with_name(f"{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(msgspec.json.encode(profiles))
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror or error}")


@app.command("set")
def set_profile(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    given_url: Annotated[
        str | None, typer.Option("--base-url", metavar="URL", help="The server's address, without a path.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Keep a server and a key under a name. The key is read from standard input, or asked for; never from an option."""
    if not _NAME.fullmatch(name):
        fail("NAME: expected 1 to 64 letters, digits, dots, dashes and underscores")
    url = given_url or base_url() or BASE_URL_DEFAULT
    check_base_url(url)
    if has_terminal():
        key = typer.prompt("API key", hide_input=True)
    else:
        key = sys.stdin.read(_KEY_BYTES_MAX)
    key = check_key(str(key).strip(), "the key")
    profiles = read()
    if name not in profiles and len(profiles) >= PROFILES_MAX:
        fail(f"there are {PROFILES_MAX} profiles already; remove one with: tillgate api profiles remove NAME")
    _write(profiles | {name: Profile(url, key)})
    if as_json:
        say_json({"name": name, "baseUrl": url, "key": masked(key)})
        return
    say(f"Kept {name}: {url}, {masked(key)}")


@app.command("list")
def list_profiles(as_json: AsJson = False) -> None:
    """List profiles; of each key only which kind it is."""
    rows = [(name, one.base_url, masked(one.key)) for name, one in read().items()]
    if as_json:
        say_json([{"name": name, "baseUrl": url, "key": key} for name, url, key in rows])
    elif not rows:
        say("There is no profile yet; make one with: tillgate api profiles set NAME")
    else:
        say_table(("NAME", "SERVER", "KEY"), rows)


@app.command("remove")
def remove_profile(
    name: Annotated[str, typer.Argument(help="Its name.")], yes: Yes = False, as_json: AsJson = False
) -> None:
    """Remove a profile. Its key goes on working: revoke it where it was made."""
    profiles = read()
    if name not in profiles:
        fail(f"there is no profile {name[:64]!r}")
    confirm(f"Remove the profile {name}?", yes)
    _write({other: one for other, one in profiles.items() if other != name})
    say_json({"removed": name}) if as_json else say(f"Removed {name}.")
