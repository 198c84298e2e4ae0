"""A disk that a test can fill and empty: a tmpfs or, where mounting is forbidden, a limit on the pages of SQLite.

Containers often forbid mounting. SQLite refuses a page beyond the limit with SQLITE_FULL, as on a full disk.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.services.service import Service
from tests.support.waiting import wait_until

NO_MORE_PAGES = "no-more-pages"
LARGE_BYTES = 2 << 30  # a limit: unused space takes no memory


class Tmpfs:
    """A tmpfs becomes full when its size is set to its used space, which costs no memory."""

    name = "a tmpfs that is full"
    environment: Mapping[str, str] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self, service: Service) -> Iterator[None]:
        wait_until(lambda: self._resize(_used(self.folder)), 10)  # retry: the service may write between the two calls
        try:
            yield
        finally:
            assert self._resize(LARGE_BYTES)

    def _resize(self, size: int) -> bool:
        return _runs("mount", "-o", f"remount,size={size}", str(self.folder))


class LimitedPages:
    name = "a database that may not grow (max_page_count)"
    environment: Mapping[str, str] = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_pages"}

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self, service: Service) -> Iterator[None]:
        mark = service.var_dir / NO_MORE_PAGES
        mark.touch()
        try:
            yield
        finally:
            mark.unlink()


@contextmanager
def fillable_disk() -> Iterator[Tmpfs | LimitedPages]:
    with tempfile.TemporaryDirectory(prefix="arrivals-disk-") as name:
        if not _runs("mount", "-t", "tmpfs", "-o", f"size={LARGE_BYTES}", "tmpfs", name):
            yield LimitedPages(Path(name))
            return
        try:
            yield Tmpfs(Path(name))
        finally:
            _runs("umount", "--lazy", name)


def _used(folder: Path) -> int:
    found = os.statvfs(folder)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def _runs(*command: str) -> bool:
    """Returns whether the command exists, is allowed and succeeds."""
    return (
        shutil.which(command[0]) is not None
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )
