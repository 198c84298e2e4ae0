"""Whether this worker was asked to stop: its main process is told, and the pool's processes look at each step.

One byte of memory that they share since the fork. Where a pool does not fork, a slice ends by its time.
"""

import mmap

_asked = mmap.mmap(-1, 1)


def ask() -> None:
    """May be called from a signal's handler."""
    _asked[0] = 1


def is_asked() -> bool:
    return _asked[0] == 1


def forget() -> None:
    _asked[0] = 0
