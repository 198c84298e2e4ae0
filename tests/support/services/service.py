"""The shipped service, started as a user starts it: `manage.py live` with its own VAR_DIR and port."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from random import randrange
from types import TracebackType
from typing import Self, TypeVar

from asgi_config.environment import redis_prefix
from tests.support.services.processes import Process, descendants, still_there
from tests.support.waiting import DEADLINE, wait_until

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[3]
FOLDER = os.environ["VAR_DIR"] if "ARRIVALS_TESTS_OF" in os.environ else None  # goes with the run (tests/settings.py)
LINK = re.compile(r"http\S+/accounts/link/\?token=\S+")
OURS = (
    "SECRET_KEY",
    "REDIS_URL",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "LOG_LEVEL",
    "DEBUG",
    "HTTPS",
    "ALLOWED_HOSTS",
)
RUNNER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
OWN_PORTS = range(12_000 + RUNNER % 20 * 1_000, 13_000 + RUNNER % 20 * 1_000)
PORTS = islice(cycle(OWN_PORTS), randrange(len(OWN_PORTS)), None)
START_SECONDS = 400
STOP_SECONDS = 240


@dataclass(frozen=True)
class Pids:
    web: int | None
    worker: int | None
    pool: list[int]
    beat: int | None
    redis: int | None


class Service:
    """Runs the service for the time of the block, and stops it with SIGINT.

    Asserts that it ended with code 0, left no process behind, and wrote nothing to stderr (unless `may_complain`).
    """

    def __init__(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        may_complain: bool = False,
        var_dir: Path | None = None,
        command: Sequence[str] = (sys.executable, str(ROOT / "manage.py")),
    ) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.may_complain = may_complain
        self.folder = Path(tempfile.mkdtemp(prefix="arrivals-", dir=FOLDER))
        self.var_dir = var_dir or self.folder / "var"
        self.environment = clean_environment() | {"VAR_DIR": str(self.var_dir), "PORT": str(self.port)}
        self.environment |= environment or {}
        self._options = options
        self._command = command
        self._known: list[Process] = []
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.kill()
            error.add_note(f"Output of the service:\n{self.stdout}{self.stderr}")
            return
        try:
            self.stop()
        finally:
            self.kill()
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def stdout(self) -> str:
        return _text(self.folder / "stdout")

    @property
    def stderr(self) -> str:
        return _text(self.folder / "stderr")

    @property
    def link(self) -> str:
        """A new sign-in link of the operator. It works once, and ends the earlier one."""
        return self.manage("link").stdout.strip()

    @property
    def redis_url(self) -> str:
        return self.environment.get("REDIS_URL") or _text(self.var_dir / "redis.url")

    @property
    def redis_prefix(self) -> str:
        """What the keys of this service begin with."""
        return redis_prefix(self.environment.get("SECRET_KEY") or _text(self.var_dir / "secret_key").strip())

    def start(self) -> None:
        with (self.folder / "stdout").open("wb") as stdout, (self.folder / "stderr").open("wb") as stderr:
            self.process = subprocess.Popen(
                [*self._command, "live", *self._options],
                cwd=self.folder,
                env=self.environment,
                stdout=stdout,
                stderr=stderr,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        wait_until(lambda: "Ctrl-C" in self.stdout or self.has_ended(), START_SECONDS)
        assert not self.has_ended(), f"The service did not start:\n{self.stdout}{self.stderr}"

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def processes(self) -> list[Process]:
        """Returns all running processes that `live` started, without `live` itself."""
        return descendants(self.process.pid) if self.process else []

    def pids(self) -> Pids:
        family = self.processes()
        worker = _first(family, lambda one: " asgi_config worker " in one.command and one.parent == self._pid)
        return Pids(
            web=_first(family, lambda one: " -m asgi_config.web " in one.command),
            worker=worker,
            pool=[one.pid for one in family if one.parent == worker],
            beat=_first(family, lambda one: " asgi_config beat " in one.command),
            redis=_first(family, lambda one: "-server" in one.command.split(" ")[0]),
        )

    def manage(
        self, *arguments: str, check: bool = True, seconds: float = DEADLINE
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a command against this service, as in a second terminal."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0 or not check, f"manage.py {arguments}:\n{done.stdout}{done.stderr}"
        return done

    def wait_until(self, predicate: Callable[[], T], seconds: float = DEADLINE) -> T:
        """Waits for the predicate. Fails at once if the service has ended."""

        def answer() -> T:
            assert not self.has_ended(), f"The service ended:\n{self.stdout}{self.stderr}"
            return predicate()

        return wait_until(answer, seconds)

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stops the service. A second call does nothing."""
        if self.process is None:
            return
        self._known = self.processes()
        self.process.send_signal(number)
        self.wait_for_end()
        assert self.may_complain or not self.stderr, self.stderr

    def wait_for_end(self, code: int = 0) -> None:
        """Waits for the end, and asserts the exit code and that none of the current processes is left."""
        assert self.process
        self._known = self.processes() + self._known
        assert self.process.wait(STOP_SECONDS) == code, f"exit code {self.process.returncode}:\n{self.stderr}"
        self.process = None
        wait_until(lambda: not still_there(self._known))

    def kill(self) -> None:
        """Kills the service, if it runs, and all processes that it started."""
        if self.process:
            self._known = self.processes() + self._known
            self.process.kill()
            self.process.wait()
            self.process = None
        for one in still_there(self._known):
            with suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGKILL)

    @property
    def _pid(self) -> int:
        return self.process.pid if self.process else 0


def free_port() -> int:
    """Returns a free port that no other process of a parallel run gets, because servers bind it later.

    It is below the ports that the kernel gives to connections (ip_local_port_range, from 32,768 on).
    """
    while True:
        port = next(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def answers(port: int) -> bool:
    """Whether a server on this machine accepts connections at the port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def clean_environment() -> dict[str, str]:
    """Returns this process's environment without variables that would change the service."""
    return {name: value for name, value in os.environ.items() if name not in OURS}


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _first(family: list[Process], is_it: Callable[[Process], bool]) -> int | None:
    return next((one.pid for one in family if is_it(one)), None)
