"""`manage.py watch` in a second terminal: prints every event once, until Ctrl-C or until its reader stops."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.services.service import ROOT, Service
from tests.support.waiting import wait_until


@contextmanager
def watching(service: Service, output: Path, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "watch", *options],
            cwd=ROOT,
            env=service.environment,
            stdout=file,
            stderr=subprocess.PIPE,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def new_job(service: Service) -> int:
    return int(service.manage("generate", "60").stdout.split()[1].rstrip(":"))


def test_watch_prints_every_event_of_a_job_once_and_ends_at_ctrl_c(running: Service, tmp_path: Path) -> None:
    job = new_job(running)
    with watching(running, tmp_path / "events", "--after", "0", "--job", str(job), "--json") as process:
        wait_until(lambda: '"job.finished"' in (tmp_path / "events").read_text())
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=240)
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [event["type"] for event in events] == [
        "job.queued",
        "job.started",
        *["user.created"] * 60,
        "job.finished",
    ]
    assert [event["number"] for event in events if event["type"] == "user.created"] == list(range(1, 61))
    assert (process.returncode, errors) == (0, b"")


def test_watch_prints_new_events_as_text(running: Service, tmp_path: Path) -> None:
    with watching(running, tmp_path / "before", "--after", "0"):
        wait_until(lambda: (tmp_path / "before").stat().st_size)
        job = new_job(running)
        wait_until(lambda: f"job {job}, 60 of 60" in (tmp_path / "before").read_text())


def test_a_closed_pipe_ends_watch_quietly(running: Service) -> None:
    new_job(running)
    watch = subprocess.Popen(
        [sys.executable, "manage.py", "watch", "--after", "0"],
        cwd=ROOT,
        env=running.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with watch as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        new_job(running)  # the next write fails, because the pipe is broken
        assert process.wait(60) == 0
        assert process.stderr.read() == b""
