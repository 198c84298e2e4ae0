"""A second shipped web process next to a service's own, as behind a load balancer."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.support.clients.browser import Browser
from tests.support.services.service import ROOT, Service, free_port
from tests.support.waiting import DEADLINE, wait_until


@dataclass
class SecondWeb:
    service: Service
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "asgi_config.web", "-p", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**self.service.environment, "LOG_LEVEL": "WARNING"})
        wait_until(self._answers)

    def end(self, number: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.wait(DEADLINE)

    def _answers(self) -> bool:
        with suppress(OSError):
            return Browser().get(f"{self.address}/accounts/login/").status == 200
        return False


@contextmanager
def second_web(service: Service) -> Iterator[SecondWeb]:
    web = SecondWeb(service, free_port())
    try:
        web.start()
        yield web
    finally:
        web.end(signal.SIGKILL)
