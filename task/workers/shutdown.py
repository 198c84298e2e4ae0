"""The stop flag of this worker: its main process sets it, and each pool process reads it after every step.

The flag is one byte of memory that all of them share since the fork. In a pool that does not fork, a slice ends at its
time limit instead.
"""

import mmap

_flag = mmap.mmap(-1, 1)


def request() -> None:
    """Sets the flag. Safe in a signal handler."""
    _flag[0] = 1


def is_requested() -> bool:
    return _flag[0] == 1


def reset() -> None:
    _flag[0] = 0
