"""One child process of `manage.py live`, in a session of its own, so that its own children end with it."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from asgi_config.live import parent_death


class CouldNotStart(Exception):
    """The message is one sentence for the user: the problem and its remedy."""


@dataclass
class ManagedProcess:
    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool]
    stop_seconds: float
    stdin: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: Sequence[int] = ()
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Starts the process in its own session, out of reach of Ctrl-C. Drops its stdout, which has only greetings.

        Call this in the main thread, because PDEATHSIG is bound to the thread that forked. Raises CouldNotStart.
        """
        try:
            self.process = subprocess.Popen(  # noqa: S603
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                pass_fds=self.pass_fds,
                start_new_session=True,
                preexec_fn=partial(parent_death.end_with, os.getpid()) if parent_death.IS_AVAILABLE else None,  # noqa: PLW1509
            )
        except OSError as error:
            raise CouldNotStart(f"{self.name} could not start: {error.strerror} ({self.command[0]}).") from error
        if self.process.stdin:
            # Never blocks, because the text fits into a pipe's buffer.
            with suppress(BrokenPipeError), self.process.stdin as stdin:
                stdin.write(self.stdin)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def how_it_ended(self) -> str:
        code = self.process.returncode if self.process else 0
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def terminate(self) -> None:
        if self.process and not self.has_ended():
            self.process.terminate()

    def kill(self) -> None:
        """Kills the process and its children, which share its session. No-op if all have ended."""
        if self.process:
            with suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
