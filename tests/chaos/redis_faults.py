"""A Redis or Valkey of the test's own, and each way in which it can fail: a service does not bring this one back."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from asgi_config import embedded_redis
from tests.waiting import wait_until


class OwnRedis:
    """Runs from `start` on; `address` stays the same through every death."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.address = embedded_redis.new_address()
        self._part = embedded_redis.part(server=embedded_redis.find_server(), address=self.address, directory=folder)

    def start(self) -> None:
        self._part.start()
        wait_until(self._part.is_ready)

    def kill(self) -> None:
        """SIGKILL; what it has not written is lost."""
        self._part.kill()

    def kill_and_empty(self) -> None:
        self.kill()
        shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP: connections are taken by the kernel, and nobody answers."""
        assert self._part.pid
        os.kill(self._part.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._part.pid, signal.SIGCONT)

    @contextmanager
    def full(self) -> Iterator[None]:
        """No room for one more key: every command that needs memory is refused."""
        self.ask("CONFIG", "SET", "maxmemory", "1mb")
        try:
            yield
        finally:
            self.ask("CONFIG", "SET", "maxmemory", "0")

    def ask(self, *command: str) -> object:
        with Redis.from_url(self.address) as redis:
            return redis.execute_command(*command)


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    redis = OwnRedis(folder)
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()
