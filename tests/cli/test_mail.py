"""``tillgate doctor`` and the mail server."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.mailserver import PASSWORD, SENDER, USER, Mailbox, mail_server
from tillgate.settings import SettingsError, load

pytestmark = pytest.mark.anyio

GUIDE = (Path(__file__).parents[2] / "docs/mail.md").read_text("utf-8")


async def doctor(tmp_path: Path, *more: str, **settings: str) -> tuple[int, str]:
    """Its status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tillgate.cli",
        "doctor",
        "--data",
        str(tmp_path),
        *more,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def test_doctor_asks_the_mail_server_when_told_to(tmp_path: Path) -> None:
    """As docs/mail.md has it: connected and signed in, nothing sent, and no password printed."""
    assert "tillgate doctor --check-mail" in GUIDE
    mailbox = Mailbox()
    async with mail_server(mailbox, auth=True) as server:
        settings = {
            "TILLGATE_SMTP_HOST": "localhost",
            "TILLGATE_SMTP_PORT": str(server.port),
            "TILLGATE_SMTP_TLS": "none",
            "TILLGATE_SMTP_USER": USER,
            "TILLGATE_SMTP_PASSWORD": PASSWORD,
            "TILLGATE_MAIL_FROM": SENDER,
        }
        status, printed = await doctor(tmp_path, "--check-mail", **settings)
        assert (status, f"the mail server localhost:{server.port} lets us in" in printed) == (0, True), printed
        wrong_status, wrong = await doctor(
            tmp_path, "--check-mail", **settings | {"TILLGATE_SMTP_PASSWORD": "wrong-one"}
        )
        assert (wrong_status, "refused the user name or the password" in wrong) == (1, True), wrong
    assert PASSWORD not in printed
    assert "wrong-one" not in wrong
    assert mailbox.mails == []
    status, printed = await doctor(tmp_path, "--check-mail", **settings)
    assert (status, "TILLGATE_SMTP_HOST:" in printed) == (1, True), printed


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"TILLGATE_SMTP_HOST": "mail.example.com"}, "TILLGATE_MAIL_FROM: expected"),
        ({"TILLGATE_SMTP_HOST": "mail.example.com:25"}, "TILLGATE_SMTP_HOST: expected a host name"),
        ({"TILLGATE_MAIL_FROM": "a@example.com, b@example.com"}, "TILLGATE_MAIL_FROM: expected one e-mail address"),
        ({"TILLGATE_MAIL_RETURNS": "returns"}, "TILLGATE_MAIL_RETURNS: expected one e-mail address"),
        ({"TILLGATE_SMTP_TLS": "ssl"}, "TILLGATE_SMTP_TLS: expected one of starttls, tls, none"),
        (
            {"TILLGATE_SMTP_HOST": "m.example.com", "TILLGATE_MAIL_FROM": "a@example.com", "TILLGATE_SMTP_USER": "a"},
            "expected both or neither",
        ),
        (
            {
                "TILLGATE_SMTP_HOST": "m.example.com",
                "TILLGATE_MAIL_FROM": "a@example.com",
                "TILLGATE_SMTP_USER": "a",
                "TILLGATE_SMTP_PASSWORD": "b-secret",
                "TILLGATE_SMTP_TLS": "none",
            },
            "in clear text",
        ),
    ],
)
async def test_settings_that_cannot_be_meant_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], words: str
) -> None:
    """Before anything is connected, and without the password."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=words.replace(".", r"\.")) as caught:
        load(data=str(tmp_path))
    assert "b-secret" not in str(caught.value)
