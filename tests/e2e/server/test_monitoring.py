"""/health/live, /health/ready and /metrics of a running service, also while Redis is frozen."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from asgi_config.monitoring.metric_table import METRICS
from tests.support.answer import Answer
from tests.support.clients.caller import fetch
from tests.support.clients.watcher import Watcher, connect_to
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

FROZEN_SECONDS = 30  # far above the limit of 2 s for a probe; without a limit it would never end
TRIM = "from django.utils.timezone import now; from realtime import log; log.trim('users', keep=0, older_than=now())"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(may_complain=True, options=["--workers", "1"]) as service:
        yield service


@contextmanager
def frozen(pid: int | None) -> Iterator[None]:
    assert pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def get(service: Service, path: str, **headers: str) -> Answer:
    return fetch(service.address + path, **headers)


def test_a_running_service_is_live_and_ready_with_every_part_ok(service: Service) -> None:
    assert get(service, "/health/live").json == {"status": "live"}
    ready = get(service, "/health/ready")
    assert (ready.status, ready.json["status"]) == (200, "ready")
    assert set(ready.json["parts"]) == {"database", "redis", "worker"}
    assert all(part["ok"] and "fault" not in part for part in ready.json["parts"].values())


def test_an_outside_client_sees_only_the_status(service: Service) -> None:
    assert get(service, "/health/ready", **{"X-Forwarded-For": "192.0.2.7"}).json == {"status": "ready"}


def test_health_checks_need_no_allowed_host_no_tls_and_no_session(service: Service) -> None:
    answer = get(service, "/health/live", Host="10.2.3.4:8000")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert fetch(f"{service.address}/health/ready", method="POST").status == 405


def test_with_redis_frozen_the_service_is_live_and_soon_reports_not_ready(service: Service) -> None:
    with frozen(service.pids().redis):
        began = time.monotonic()
        assert get(service, "/health/live").status == 200
        ready = get(service, "/health/ready")
        assert get(service, "/health/ready?need=database&need=worker").status == 200
        assert time.monotonic() - began < FROZEN_SECONDS
    assert (ready.status, ready.json["status"]) == (503, "not ready")
    assert ready.json["parts"]["redis"]["fault"]
    assert ready.json["parts"]["database"]["ok"]
    service.wait_until(lambda: get(service, "/health/ready").status == 200)


def test_beat_is_checked_on_request_by_the_rescues_that_it_sends(service: Service) -> None:
    service.wait_until(lambda: get(service, "/health/ready?need=beat").status == 200)
    assert set(get(service, "/health/ready?need=beat").json["parts"]) == {"beat"}
    assert scraped(service)["arrivals_rescued_timestamp_seconds"] > time.time() - FROZEN_SECONDS


def test_an_unknown_part_is_refused_with_the_known_names(service: Service) -> None:
    answer = get(service, "/health/ready?need=moon")
    assert answer.status == 400
    assert "database, redis, worker, beat" in answer.json["status"]


def scraped(service: Service) -> dict[str, float]:
    answer = get(service, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_the_metrics_count_a_job_and_its_watcher(service: Service) -> None:
    program, before = Program(service), scraped(service)
    here = program.get("/api/events?limit=1&wait=0").json
    watcher = Watcher(service.address, token=program.token, after=here["head"], epoch=here["epoch"])
    program.post("/api/jobs", {"total": 60})
    await asyncio.wait_for(watcher.follow(lambda seen: seen.kinds["job.finished"] == 1), 240)
    async with watcher.connection() as socket:
        await socket.recv()
        during = await asyncio.to_thread(service.wait_until, lambda: scraped_at(service, watcher.offset))
    assert increase("arrivals_accounts_made_total", before, during) == 60
    assert increase('arrivals_jobs{state="finished"}', before, during) == 1
    assert during['arrivals_feed_head{feed="users"}'] == watcher.offset
    assert during['arrivals_process_hub_hears{feed="users"}'] == 1
    assert during['arrivals_process_watchers{feed="users"}'] == 1
    assert during['arrivals_process_lag_events{feed="users"}'] == 0
    assert increase("arrivals_process_resumes_total", before, during) == 2
    assert during['arrivals_queue_messages{queue="celery"}'] == 0
    assert during['arrivals_up{part="database"}'] == during['arrivals_up{part="redis"}'] == 1
    assert time.time() - of_worker(during, "heard_timestamp_seconds") < FROZEN_SECONDS
    assert of_worker(during, "processes") == 1
    assert {name.partition("{")[0] for name in during if name.startswith("arrivals_")} == set(METRICS)
    await wait_until_async(lambda: asyncio.to_thread(lambda: is_worker_counted(scraped(service))))


def scraped_at(service: Service, head: int | None) -> dict[str, float]:
    """Returns the metrics once the hub is at `head`. A hub that starts after the job gets there at its next check."""
    found = scraped(service)
    return found if found.get('arrivals_process_hub_head{feed="users"}') == head else {}


def is_worker_counted(found: dict[str, float]) -> bool:
    """The worker records its steps and acknowledges its message at the end of its slice, after the job's end."""
    has_steps = of_worker(found, "steps_total") >= 1 and of_worker(found, "step_seconds_total") > 0
    return has_steps and found["arrivals_queue_unacknowledged"] == 0


def of_worker(found: dict[str, float], metric: str) -> float:
    [value] = [value for name, value in found.items() if name.startswith(f"arrivals_worker_{metric}{{")]
    return value


def increase(metric: str, before: dict[str, float], after: dict[str, float]) -> float:
    return after[metric] - before[metric]


async def test_a_reset_a_close_a_lost_hint_a_held_message_and_a_trimmed_log_are_counted(service: Service) -> None:
    program, before = Program(service), scraped(service)
    await be_reset_and_closed(service, program.token)
    await asyncio.to_thread(service.manage, "shell", "-c", TRIM)
    trimmed = scraped(service)
    job = program.post("/api/jobs", {"total": 1_000_000}).json["id"]
    held = await asyncio.to_thread(service.wait_until, lambda: scraped(service)["arrivals_queue_unacknowledged"])
    with frozen(service.pids().redis):
        assert (await asyncio.to_thread(program.post, f"/api/jobs/{job}/cancel", {})).status == 202
    after = scraped(service)
    assert increase('arrivals_process_resets_total{reason="epoch"}', before, after) == 1
    assert increase('arrivals_process_closes_total{code="4500"}', before, after) == 1
    assert increase("arrivals_process_hints_lost_total", before, after) == 1
    assert trimmed['arrivals_feed_floor{feed="users"}'] == trimmed['arrivals_feed_head{feed="users"}'] > 0
    assert held == 1


async def be_reset_and_closed(service: Service, token: str) -> None:
    async with connect_to(f"{service.address}/ws/users/?after=1&epoch={uuid4()}", token=token) as socket:
        await socket.recv()
        assert json.loads(await socket.recv())["type"] == "reset"
        await socket.send("no message")
        await socket.wait_closed()


def test_counters_of_events_that_never_happened_are_zero(service: Service) -> None:
    found = scraped(service)
    assert found['arrivals_process_resets_total{reason="trimmed"}'] == 0
    assert found['arrivals_process_closes_total{code="4504"}'] == 0


def test_metrics_are_refused_to_an_outside_client(service: Service) -> None:
    refused = get(service, "/metrics", **{"X-Forwarded-For": "192.0.2.7"})
    assert (refused.status, "arrivals_" in refused.text) == (403, False)


def test_with_redis_frozen_a_scrape_soon_shows_the_other_metrics(service: Service) -> None:
    with frozen(service.pids().redis):
        began = time.monotonic()
        found = scraped(service)
        assert time.monotonic() - began < FROZEN_SECONDS
    assert found['arrivals_up{part="redis"}'] == 0
    assert found['arrivals_up{part="database"}'] == 1
    assert "arrivals_accounts_made_total" in found
