"""A real beat after the clock went back an hour: its schedule file says that it last ran in the future."""

import datetime
import subprocess
import sys
from pathlib import Path

import pytest
from celery.beat import PersistentScheduler
from redis import Redis

from asgi_config.celery import app
from tests.support.redis_keys import redis_key
from tests.support.services.service import ROOT
from tests.support.waiting import wait_until

AHEAD = datetime.timedelta(hours=1)


def write_schedule_an_hour_ahead(file: Path) -> None:
    scheduler = PersistentScheduler(app, schedule_filename=str(file), lazy=False)
    for name in ("rescue", "trim"):
        scheduler.schedule[name].last_run_at = datetime.datetime.now(datetime.UTC) + AHEAD
    scheduler.close()


@pytest.mark.fault("the clock goes back for beat")
def test_beat_continues_after_the_clock_went_back(redis: str, tmp_path: Path) -> None:
    file = tmp_path / "schedule"
    write_schedule_an_hour_ahead(file)
    alone = ["beat", "-s", str(file), "--pidfile=", "-l", "ERROR"]
    command = [sys.executable, "-m", "celery", "-A", "asgi_config", *alone]
    with Redis.from_url(redis) as queues, subprocess.Popen(command, cwd=ROOT) as beat:
        queues.delete(redis_key("upkeep"))
        try:
            wait_until(lambda: queues.llen(redis_key("upkeep")) >= 3, 240)  # trim, and two rounds of rescue
        finally:
            beat.terminate()
            beat.wait(60)
            queues.delete(redis_key("upkeep"))
