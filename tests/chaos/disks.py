"""A disk that a test can fill and empty: a tmpfs, or where none may be mounted a limit on the length of files.

Containers often forbid to mount. A file that may not grow is refused as one on a full disk is, with another number
(EFBIG for ENOSPC); to SQLite both are an error of the write.
"""

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.service import Service
from tests.waiting import wait_until

LARGE_BYTES = 2 << 30  # a limit: what is not used takes no memory


class Tmpfs:
    """Full at once when its size is set to what is used of it, which costs no memory."""

    name = "a tmpfs that is full"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self, service: Service) -> Iterator[None]:
        wait_until(lambda: self._resize(_used(self.folder)), 10)  # the service may write between the two
        try:
            yield
        finally:
            assert self._resize(LARGE_BYTES)

    def _resize(self, size: int) -> bool:
        return _runs("mount", "-o", f"remount,size={size}", str(self.folder))


class LimitedFiles:
    name = "files that may not grow (RLIMIT_FSIZE)"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self, service: Service) -> Iterator[None]:
        """Of the service, and of the commands that this process starts meanwhile; Redis would be killed by it."""
        try:
            for pid in _writers(service):
                _limit(pid, 1)
            yield
        finally:
            for pid in _writers(service):
                _limit(pid, None)


@contextmanager
def a_disk() -> Iterator[Tmpfs | LimitedFiles]:
    with tempfile.TemporaryDirectory(prefix="arrivals-disk-") as name:
        if not _runs("mount", "-t", "tmpfs", "-o", f"size={LARGE_BYTES}", "tmpfs", name):
            yield LimitedFiles(Path(name))
            return
        try:
            yield Tmpfs(Path(name))
        finally:
            _runs("umount", "--lazy", name)


def _used(folder: Path) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _runs(*command: str) -> bool:
    """Whether it is there, is allowed, and works."""
    return (
        shutil.which(command[0]) is not None
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


def _writers(service: Service) -> list[int]:
    pids = service.pids()
    return [pid for pid in (os.getpid(), pids.web, pids.worker, pids.beat, *pids.pool) if pid]


def _limit(pid: int, most: int | None) -> None:
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if most is None else most, hard))
