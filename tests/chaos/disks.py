"""A disk that a test can fill and empty: a small tmpfs, or where none may be mounted a limit on the length of files.

Containers often forbid to mount. A file that may not grow is refused as one on a full disk is, with another number
(EFBIG for ENOSPC); to SQLite both are an error of the write.
"""

import os
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.service import Service

MEGABYTE = 1 << 20


class SmallDisk:
    def __init__(self, folder: Path) -> None:
        self.name = "a tmpfs that is full"
        self.folder = folder

    @contextmanager
    def full(self, service: Service) -> Iterator[None]:
        filler = self.folder / "filler"
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                while file.write(b"x" * MEGABYTE):
                    pass
            with filler.open("ab", buffering=0) as file, suppress(OSError):
                while file.write(b"x"):
                    pass
            yield
        finally:
            filler.unlink()


class LimitedFiles:
    def __init__(self, folder: Path) -> None:
        self.name = "files that may not grow (RLIMIT_FSIZE)"
        self.folder = folder

    @contextmanager
    def full(self, service: Service) -> Iterator[None]:
        """Of the service, and of the commands that this process starts meanwhile; Redis would be killed by it."""
        pids = service.pids()
        everyone = [pid for pid in (os.getpid(), pids.web, pids.worker, pids.beat, *pids.pool) if pid]
        try:
            for pid in everyone:
                _limit(pid, 1)
            yield
        finally:
            for pid in everyone:
                _limit(pid, resource.RLIM_INFINITY)


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk | LimitedFiles]:
    with tempfile.TemporaryDirectory(prefix="arrivals-disk-") as name:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", name]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            yield LimitedFiles(Path(name))
            return
        try:
            yield SmallDisk(Path(name))
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


def _limit(pid: int, most: int) -> None:
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (min(most, hard) if hard >= 0 and most >= 0 else most, hard))
