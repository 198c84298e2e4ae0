"""`watch` during a database outage: it reports the outage once, and then continues at its cursor."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.services.service import ROOT
from tests.support.waiting import wait_until

MANAGE = [sys.executable, "manage.py"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """For a separate database, in a folder that can be moved away, without a service or Redis."""
    (tmp_path / "home").mkdir()
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/home/db.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "VAR_DIR": str(tmp_path / "var"),
    }


def manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([*MANAGE, *arguments], cwd=ROOT, env=environment, capture_output=True, timeout=240, check=True)


@contextmanager
def watching(environment: dict[str, str], output: Path, errors: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [*MANAGE, "watch", "--after", "0", "--json"]
    with output.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=err)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("command", [["verify", "1"], ["link"], ["migrate"]], ids=" ".join)
def test_an_invalid_database_file_gives_a_one_line_error(
    command: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "home/db.sqlite3").write_text("This is a text, and a long one, as SQLite reads a hundred bytes.\n" * 9)
    done = subprocess.run(
        [*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 2
    assert "The database cannot be used: file is not a database" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_watch_resumes_after_a_database_outage(environment: dict[str, str], tmp_path: Path) -> None:
    manage(environment, "migrate")
    manage(environment, "generate", "60")
    output, errors = tmp_path / "output", tmp_path / "errors"
    with watching(environment, output, errors) as watch:
        wait_until(lambda: output.read_text().count("job.queued") == 1)
        (tmp_path / "home").rename(tmp_path / "away")
        wait_until(lambda: "Database unavailable" in errors.read_text())
        (tmp_path / "away").rename(tmp_path / "home")
        wait_until(lambda: "The database is available again." in errors.read_text())
        manage(environment, "generate", "60")
        wait_until(lambda: output.read_text().count("job.queued") == 2)
        watch.send_signal(signal.SIGINT)
        assert watch.wait(60) == 0
    assert [json.loads(one)["offset"] for one in output.read_text().splitlines()] == [1, 2]
    assert len(errors.read_text().splitlines()) == 2
