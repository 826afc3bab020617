"""The files that installations begin with: sites of real proxies before a real server, units and alerts."""

import configparser
import re
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import yaml

from tests.parts import StartProxy
from tests.running import RunningServer, free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
NAME = "pay.example.com"
AMOUNT = {"amount": {"value": "5.00", "currency": "USD"}}


def site(name: str, folder: Path, server: int, port: int) -> str:
    """The file of a proxy, with names and ports of this machine."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    if name == "nginx":
        text = (DEPLOY / "nginx.conf").read_text("utf-8")
        for written, meant in (
            ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
            (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(certificate)),
            (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(key)),
            ("127.0.0.1:8080", f"127.0.0.1:{server}"),
        ):
            assert written in text
            text = text.replace(written, meant)
        return text
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    assert text.count(f"\n{NAME} {{") == 1 and "127.0.0.1:8080" in text
    text = text.replace(f"\n{NAME} {{", f"\n{NAME}:{port} {{\n\ttls {certificate} {key}\n\tbind 127.0.0.1")
    return text.replace("127.0.0.1:8080", f"127.0.0.1:{server}")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_site_serves_the_product_over_tls(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """A key that comes over TLS through the site is taken, from the client's own address whatever it claims; links have
    the site's name; what is too large ends there, and metrics stay on the machine."""
    authority = trustme.CA()
    issued = authority.issue_cert(NAME)
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    (tmp_path / "cert.pem").write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server, port = RunningServer(tmp_path / "data", dev=False), free_port()
    server.start(TILLGATE_PUBLIC_URL=f"https://{NAME}")
    try:
        project = server.project()
        start: StartProxy = request.getfixturevalue(name)
        start(site(name, tmp_path, server.port, port), port)
        extensions = {"sni_hostname": NAME}
        headers = {"Host": NAME, "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http"}
        with httpx.Client(
            base_url=f"https://127.0.0.1:{port}", verify=trusting, headers=headers, trust_env=False
        ) as client:

            def ask(method: str, path: str, **more: Any) -> httpx.Response:
                return client.request(method, path, extensions=extensions, **more)

            key = {"Authorization": f"Bearer {server.key(project=project)}"}
            json = key | {"Content-Type": "application/json"}
            made = ask("POST", "/api/v1/checkout_sessions", json=AMOUNT, headers=key)
            assert made.status_code == 201, made.text
            checkout = made.json()["checkoutUrl"]
            assert checkout.startswith(f"https://{NAME}/checkout/")
            page = ask("GET", checkout.removeprefix(f"https://{NAME}"))
            assert page.status_code == 200 and "strict-transport-security" in page.headers
            assert ask("GET", "/metrics").status_code == 404
            assert ask("GET", "/healthz").status_code == 200
            large = ask("POST", "/api/v1/checkout_sessions", content=b"x" * 6_000_000, headers=json)
            assert large.status_code == 413
            own = server.cli("keys", "create", "--name", "here", "--mode", "test", "--scope", "sessions:read",
                             "--ip", "203.0.113.7", "--json")  # fmt: skip
            elsewhere = yaml.safe_load(own)["key"]
            refused = ask("GET", "/api/v1/checkout_sessions", headers={"Authorization": f"Bearer {elsewhere}"})
            assert refused.json()["error"]["code"] == "address_not_allowed", refused.text
    finally:
        server.stop()


@pytest.mark.parametrize("name", ["tillgate", "keyturn"])
def test_a_unit_is_one_and_shuts_the_service_in(name: str, tmp_path: Path) -> None:
    """systemd reads it without a word, where it is at hand; its command is ours, and it writes its own state alone."""
    text = (DEPLOY / f"{name}.service").read_text("utf-8")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    service = unit["Service"]
    assert service["ExecStart"].startswith(f"/opt/{name}/bin/{name} serve")
    assert (service["StateDirectory"], service["DynamicUser"], service["ProtectSystem"]) == (name, "yes", "strict")
    assert service["CapabilityBoundingSet"] == "" and service["NoNewPrivileges"] == "yes"
    # A process that makes documents lowers its priority and sets limits for itself.
    assert "@resources" not in re.findall(r"^SystemCallFilter=~(.*)$", text, re.MULTILINE)[0].split()
    program = shutil.which("systemd-analyze")
    if program is not None:
        installed = tmp_path / f"{name}.service"
        installed.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
        done = subprocess.run([program, "verify", "--man=no", installed], capture_output=True, text=True, timeout=60)
        ours = [line for line in done.stderr.splitlines() if installed.name in line]
        assert ours == [], done.stderr


def test_every_alert_is_about_a_metric_that_there_is(running: RunningServer) -> None:
    """Names out of the expressions, beside those that a server answers or declares; each says what is the matter."""
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))
    answered = httpx.get(f"{running.url}/metrics", trust_env=False).text
    declared = set(re.findall(r"^# TYPE (\w+)", answered, re.MULTILINE))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len({one["alert"] for one in alerts}) == len(alerts) >= 8
    for one in alerts:
        named = set(re.findall(r"\b(?:tillgate|keyturn)_\w+", one["expr"]))
        for metric in named:
            assert re.sub(r"_(bucket|total)$", "", metric) in declared or metric in declared, metric
        assert named or one["expr"].startswith("up{"), one["alert"]
        assert one["labels"]["severity"] in ("page", "warn") and one["annotations"]["summary"].endswith((".", "doctor"))
