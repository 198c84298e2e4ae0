"""Every way in which the Redis of a running service can fail. Each method makes sure that it has failed."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from asgi_config.live import embedded_redis
from tests.support.services.service import Service
from tests.support.waiting import wait_until

SLOW_MS = 250


class RedisFaults:
    """Faults of the Redis that `live` runs and restarts."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._address = service.redis_url

    def kill_and_empty(self) -> None:
        """Kills Redis and deletes its data before `live` starts it again."""
        self._kill()
        shutil.rmtree(self._service.var_dir / "redis" / "appendonlydir")
        wait_until(self._is_back)

    @contextmanager
    def down(self) -> Iterator[None]:
        """Kills Redis and moves its folder, so every attempt of `live` to start it fails."""
        folder, moved = self._service.var_dir / "redis", self._service.var_dir / "redis-moved"
        folder.rename(moved)
        try:
            self._kill()
            yield
        finally:
            moved.rename(folder)
            wait_until(self._is_back)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stops Redis with SIGSTOP: the kernel accepts connections, and nothing answers."""
        pid = self._pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)
            wait_until(self._is_back)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Makes Redis refuse commands that need memory, because the policy is noeviction."""
        self._ask("CONFIG", "SET", "maxmemory", "1mb")
        try:
            yield
        finally:
            self._ask("CONFIG", "SET", "maxmemory", "0")

    def slow(self, seconds: float) -> None:
        """Makes every command of other clients wait a quarter of a second, for `seconds`."""
        until = time.monotonic() + seconds
        with Redis.from_url(self._address) as redis:
            while time.monotonic() < until:
                redis.execute_command("CLIENT", "PAUSE", SLOW_MS, "ALL")
                redis.ping()

    def flush(self) -> None:
        self._ask("FLUSHALL")

    def cut_all(self) -> int:
        """Kills every connection except this one (CLIENT KILL), and returns their number."""
        with Redis.from_url(self._address) as redis:
            kinds = ("normal", "pubsub")
            return sum(int(redis.execute_command("CLIENT", "KILL", "TYPE", kind)) for kind in kinds)

    def _kill(self) -> None:
        pid = self._pid()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not embedded_redis.is_answering(self._address))

    def _pid(self) -> int:
        return wait_until(lambda: self._service.pids().redis or 0)

    def _is_back(self) -> bool:
        return embedded_redis.is_answering(self._address)

    def _ask(self, *command: str) -> None:
        with Redis.from_url(self._address) as redis:
            redis.execute_command(*command)
