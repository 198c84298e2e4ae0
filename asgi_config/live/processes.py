"""The worker (with beat) and the web process, as `manage.py live` starts them."""

import http.client
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from asgi_config.live.address import name_of
from asgi_config.live.process import ManagedProcess
from asgi_config.var_dir import BASE_DIR

READY_FD = "ARRIVALS_READY_FD"
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"


def environment() -> Mapping[str, str]:
    """Quiet unless something is wrong.

    Celery warns root of messages that carry code; only JSON is accepted here. Its run of the system checks drops what
    they say and delays the start.
    """
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(BASE_DIR), os.environ.get("PYTHONPATH")])),
        "PYTHONWARNINGS": ",".join(filter(None, [os.environ.get("PYTHONWARNINGS"), ROOT_WARNING])),
        "CELERY_SKIP_CHECKS": "1",
        "LOG_LEVEL": log_level(),
    }


def log_level() -> str:
    return os.environ.get("LOG_LEVEL") or "WARNING"


def drain_seconds() -> str:
    """There is no other process that could take its watchers."""
    return os.environ.get("DRAIN_SECONDS") or "0"


def worker(*, pool: int) -> ManagedProcess:
    """Ready when it consumes: asgi_config.celery then writes a byte into the pipe."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    options = ["-B", "--without-mingle", "--without-gossip", "--concurrency", str(pool), "-l", log_level()]
    return ManagedProcess(
        name="The worker",
        command=[sys.executable, "-m", "celery", "-A", "asgi_config", "worker", *options],
        environment={**environment(), READY_FD: str(writer)},
        pass_fds=[writer],
        is_ready=partial(_has_byte, reader),
        stop_seconds=25,
    )


def web(*, host: str, port: int, asked_as: str) -> ManagedProcess:
    """Ready when it answers a page, which also loads what the first visitor would wait for."""
    place = ["-b", host, "-p", str(port)]
    return ManagedProcess(
        name="The web process",
        command=[sys.executable, "-m", "asgi_config.web", *place],
        environment={**environment(), "HOST": host, "PORT": str(port), "DRAIN_SECONDS": drain_seconds()},
        is_ready=partial(_answers, host, port, asked_as),
        stop_seconds=10,
    )


def _has_byte(reader: int) -> bool:
    try:
        return bool(os.read(reader, 1))
    except BlockingIOError:
        return False


def _answers(host: str, port: int, asked_as: str) -> bool:
    connection = http.client.HTTPConnection(name_of(host).strip("[]"), port, timeout=5)
    try:
        connection.request("GET", "/accounts/login/", headers={"Host": asked_as})
        with suppress(http.client.HTTPException):
            return bool(connection.getresponse().status)
    except OSError:
        return False
    finally:
        connection.close()
    return False
