"""A command on its own pseudo-terminal: a test types keys and reads the screen, like a user."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.waiting import wait_until

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
CTRL_C = "\x03"
# The first process of a session that opens a terminal gets it as its controlling terminal, so Ctrl-C reaches it.
ON_TERMINAL = 'exec "$@" <>"$0" >&0 2>&0'


class PseudoTerminal:
    """Runs the command. At the end of the block, kills it if it still runs."""

    def __init__(self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], columns: int = 80) -> None:
        self._output = b""
        self._master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            ["sh", "-c", ON_TERMINAL, os.ttyname(self._slave), *command],
            cwd=cwd,
            # pytest-xdist sets these, and they would override the terminal's size.
            env={"TERM": "xterm-256color"} | {n: v for n, v in environment.items() if n not in {"COLUMNS", "LINES"}},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self._wait_and_read(10)
        os.close(self._master)
        if error is not None:
            error.add_note(f"The terminal showed:\n{self.text}")

    @property
    def raw(self) -> str:
        return self._output.decode(errors="replace")

    @property
    def text(self) -> str:
        """All output so far, without colours and cursor movements."""
        return CONTROL.sub("", self.raw).replace("\r\n", "\n").replace("\r", "\n")

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait_for(self, words: str, seconds: float = 60) -> None:
        wait_until(lambda: words in self.text or self.process.poll() is not None, seconds)
        assert words in self.text

    def wait_for_end(self, seconds: float = 60) -> int:
        """Waits until all output is read, and returns the exit code."""
        return self._wait_and_read(seconds)

    def _wait_and_read(self, seconds: float) -> int:
        """Keeps this side open until then, because a terminal that no process has open reads as ended."""
        code = self.process.wait(seconds)
        if self._reader.is_alive():
            os.close(self._slave)
            self._reader.join()
        return code

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:  # Linux returns EIO when the last process has closed the terminal
                return
            if not chunk:
                return
            self._output += chunk
