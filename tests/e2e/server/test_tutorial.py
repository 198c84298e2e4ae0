"""The usual tutorial set-up: `runserver` and a stock worker in two terminals, and `delay` in a shell."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asgi_config.live import embedded_redis
from tests.support.clients.browser import Browser
from tests.support.clients.watcher import connect_to
from tests.support.services.service import ROOT, clean_environment, free_port
from tests.support.waiting import wait_until, wait_until_async


@pytest.fixture
def tutorial(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of both terminals, with a separate Redis."""
    address = embedded_redis.new_address()
    redis = embedded_redis.process(server=embedded_redis.find_server(), address=address, directory=tmp_path / "redis")
    redis.start()
    wait_until(redis.is_ready)
    yield {**clean_environment(), "VAR_DIR": str(tmp_path), "REDIS_URL": address, "DEBUG": "1"}
    redis.kill()


@contextmanager
def terminal(*command: str, environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stderr=output, stdout=output, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout


async def test_runserver_a_stock_worker_and_delay_make_accounts(tutorial: dict[str, str], tmp_path: Path) -> None:
    port, web, worker = str(free_port()), tmp_path / "web.log", tmp_path / "worker.log"
    stock = ["-m", "celery", "-A", "asgi_config", "worker", "-l", "info"]
    manage(tutorial, "migrate", "-v0")
    manage(
        tutorial,
        "shell",
        "-c",
        "from django.contrib.auth.models import User as U; U.objects.create_superuser('ada')",
    )
    with (
        terminal("manage.py", "runserver", "--noreload", "--force-color", port, environment=tutorial, log=web),
        terminal(*stock, environment=tutorial, log=worker),
    ):
        await wait_until_async(lambda: "Listening on TCP" in web.read_text())
        browser = Browser()
        browser.use_link(manage({**tutorial, "PORT": port}, "link", "ada").strip())
        host = f"127.0.0.1:{port}"
        async with connect_to(f"http://{host}/ws/users/", browser.cookie_header) as socket:
            manage(tutorial, "shell", "-c", "from task.tasks import create_random_user_accounts as t; t.delay(60)")
            async for frame in socket:
                if '"job.finished"' in str(frame):
                    break
        await wait_until_async(lambda: "60 random users created with success!" in worker.read_text())
        assert "task.tasks.create_random_user_accounts" in worker.read_text()
        assert web.read_text().count("GET /accounts/link/ ") == 1
        assert r"\u001b" not in web.read_text()
        assert "Traceback" not in web.read_text() + worker.read_text()
