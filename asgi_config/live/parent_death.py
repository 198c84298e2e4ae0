"""Ties a process to its parent: where the parent ends, by SIGKILL too, the process ends."""

import os
import signal
import sys

from billiard.util import set_pdeathsig  # type: ignore[attr-defined]

IS_AVAILABLE = sys.platform == "linux"


def end_with(parent: int) -> None:
    """Called in the child, with the pid of the process that started it. Does nothing where the system cannot do it."""
    if not IS_AVAILABLE:
        return
    set_pdeathsig(signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)
