"""The worker, beat and the web process of `manage.py live`."""

import http.client
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from asgi_config.installation import ROOT
from asgi_config.live.address import url_host
from asgi_config.live.process import ManagedProcess

READY_FD = "ARRIVALS_READY_FD"
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"


def environment() -> Mapping[str, str]:
    """Keeps the processes quiet unless something is wrong.

    Celery warns root about pickled messages, but only JSON is accepted here. Celery's own run of the system checks
    would hide their output and delay the start.
    """
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "PYTHONWARNINGS": ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), ROOT_WARNING])),
        "CELERY_SKIP_CHECKS": "1",
        "LOG_LEVEL": log_level(),
    }


def log_level() -> str:
    return os.environ.get("LOG_LEVEL") or "WARNING"


def worker(*, pool: int) -> ManagedProcess:
    """Ready when it consumes."""
    options = ["--without-mingle", "--without-gossip", "--concurrency", str(pool)]
    return _celery("worker", *options, name="The worker", stop_seconds=25)


def beat() -> ManagedProcess:
    """Ready when it has read its schedule. A process of its own, so that its end does not end the worker."""
    return _celery("beat", name="Beat", stop_seconds=5)


def web(*, host: str, port: int, host_header: str) -> ManagedProcess:
    """Ready when it serves a page, which also loads everything that the first visitor would wait for."""
    drain_seconds = os.environ.get("DRAIN_SECONDS") or "0"  # no other process could take the watchers
    return ManagedProcess(
        name="The web process",
        command=[sys.executable, "-m", "asgi_config.web", "-b", host, "-p", str(port)],
        environment={**environment(), "HOST": host, "PORT": str(port), "DRAIN_SECONDS": drain_seconds},
        is_ready=partial(_serves_pages, host, port, host_header),
        stop_seconds=10,
    )


def _celery(*arguments: str, name: str, stop_seconds: float) -> ManagedProcess:
    """Ready when asgi_config.worker.lifecycle writes a byte to the pipe."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    return ManagedProcess(
        name=name,
        command=[sys.executable, "-m", "celery", "-A", "asgi_config", *arguments, "-l", log_level()],
        environment={**environment(), READY_FD: str(writer)},
        pass_fds=[writer],
        is_ready=partial(_has_byte, reader),
        stop_seconds=stop_seconds,
    )


def _has_byte(reader: int) -> bool:
    try:
        return bool(os.read(reader, 1))
    except BlockingIOError:
        return False


def _serves_pages(host: str, port: int, host_header: str) -> bool:
    connection = http.client.HTTPConnection(url_host(host).strip("[]"), port, timeout=5)
    try:
        connection.request("GET", "/accounts/login/", headers={"Host": host_header})
        with suppress(http.client.HTTPException):
            return bool(connection.getresponse().status)
    except OSError:
        return False
    finally:
        connection.close()
    return False
