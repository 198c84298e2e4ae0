"""Ends a process when its parent ends, even by SIGKILL (Linux' PDEATHSIG)."""

import os
import signal
import sys

from billiard.util import set_pdeathsig  # type: ignore[attr-defined]

IS_AVAILABLE = sys.platform == "linux"


def end_with(parent: int) -> None:
    """Call this in the child, with the pid of the process that started it. No-op on other systems."""
    if not IS_AVAILABLE:
        return
    set_pdeathsig(signal.SIGKILL)
    if os.getppid() != parent:  # the parent ended before the line above
        os._exit(1)
