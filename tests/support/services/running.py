"""One process of a fleet, which can be started, stopped and started again. Keeps its output."""

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.services.service import ROOT
from tests.support.waiting import DEADLINE, wait_until


class Running:
    """A process with its output in `log`. `is_ready` gets the output since the last start."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path,
        is_ready: Callable[[str], bool],
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = command
        self._environment = environment
        self._is_ready = is_ready
        self._stop_signal = stop_signal
        self._log = log
        self._said_before = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")[self._said_before :] if self._log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def start(self) -> None:
        self._said_before += len(self.said)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.has_ended or self._is_ready(self.said), DEADLINE)
        assert not self.has_ended, f"{self._command} ended:\n{self.said}"

    def send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def stop(self) -> int:
        """Sends the stop signal, waits, and returns the exit code."""
        self.send(self._stop_signal)
        return self.wait()

    def wait(self) -> int:
        assert self._process
        return self._process.wait(DEADLINE)

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
