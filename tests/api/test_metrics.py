"""``/metrics``: counted for the machine's own Prometheus, and for nobody else."""

import httpx
import pytest

from tests.running import RunningServer
from tests.shop import Shop


def test_metrics_of_what_was_answered_are_served_to_this_machine(running: RunningServer) -> None:
    """Statuses are counted; no key, id or address is among the labels."""
    with running.client(running.key()) as client:
        assert client.get("/checkout_sessions").status_code == 200
        assert client.get("/checkout_sessions/cs_unknown").status_code == 404
    told = httpx.get(f"{running.url}/metrics", trust_env=False)
    assert told.status_code == 200
    assert 'tillgate_api_responses_total{status="200"}' in told.text
    assert 'tillgate_api_responses_total{status="404"}' in told.text
    assert "tillgate_webhook_deliveries_pending" in told.text
    assert "process_resident_memory_bytes" in told.text
    for state in ("waiting", "running", "failed"):
        assert f'tillgate_jobs{{kind="sessions.expire",state="{state}"}}' in told.text
    assert 'tillgate_jobs_overdue_seconds{kind="sessions.expire"}' in told.text
    assert 'tillgate_job_attempts_total{kind="events.drop"}' in told.text
    assert 'tillgate_job_failures_total{kind="events.drop"}' in told.text
    assert "ck_test_" not in told.text


@pytest.mark.anyio
async def test_metrics_are_served_to_no_other_address(shop: Shop) -> None:
    """From another address the page is not there."""
    transport = httpx.ASGITransport(app=shop.app, client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as stranger:
        assert (await stranger.get("/metrics")).status_code == 404
