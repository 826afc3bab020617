"""The real parts that tests ask for start, answer, and leave nothing behind."""

import socket
from pathlib import Path

import httpx
import pytest
import redis

from tests.parts import Part, StartProxy, running_redis, started
from tests.running import free_port

NGINX = """
server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 "hello from nginx"; }}
}}
"""
CADDY = """
http://127.0.0.1:{port} {{
    respond "hello from caddy"
}}
"""
ENVOY = """
static_resources:
  listeners:
    - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: test
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: {{prefix: /}}
                          direct_response: {{status: 200, body: {{inline_string: hello from envoy}}}}
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
"""  # noqa: E501


@pytest.mark.parametrize(
    ("name", "config"), [("nginx", NGINX), ("caddy", CADDY), ("envoy", ENVOY)], ids=["nginx", "caddy", "envoy"]
)
def test_each_proxy_serves_the_configuration_that_a_test_wrote(
    name: str, config: str, request: pytest.FixtureRequest
) -> None:
    """nginx, Caddy and Envoy are real, and run with exactly what the test gave them."""
    start: StartProxy = request.getfixturevalue(name)
    port = free_port()
    part = start(config.format(port=port), port)
    assert httpx.get(part.url, trust_env=False).text == f"hello from {name}"


def test_a_part_is_gone_after_its_block(tmp_path: Path) -> None:
    """A test leaves no server behind: not the process, not its port."""
    with running_redis(tmp_path) as url, redis.Redis.from_url(url) as client:
        assert client.set("a", "1") and client.get("a") == b"1"
        port = client.connection_pool.connection_kwargs["port"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_part_that_does_not_start_says_why(tmp_path: Path) -> None:
    """A configuration that is refused fails its test at once, with the program's own words."""

    def start() -> Part:
        with started(["sh", "-c", "echo no such directive >&2; exit 1"], free_port(), tmp_path) as part:
            return part

    with pytest.raises(AssertionError, match="no such directive"):
        start()
