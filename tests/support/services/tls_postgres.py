"""A PostgreSQL of the system's packages that accepts only TLS, because the wheel's is built without TLS."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.services import certificates
from tests.support.services.service import answers, free_port
from tests.support.waiting import wait_until

OWNER = "nobody" if os.getuid() == 0 else None  # the server does not run as root


@contextmanager
def running() -> Iterator[tuple[str, Path]]:
    """Yields the URL of an empty server, without options, and the file of the authority that signed for 127.0.0.1."""
    with tempfile.TemporaryDirectory(prefix="arrivals-tls-") as name:
        folder, port = Path(name), free_port()
        authority, certificate = certificates.make(folder)
        _keep(folder, certificate)
        data = folder / "data"
        initdb = [program("initdb"), "--pgdata", str(data), "--username=postgres", "--auth=trust", "--no-sync"]
        subprocess.run(initdb, cwd=folder, user=OWNER, check=True, capture_output=True)
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 trust\n")
        process = subprocess.Popen(command(data, certificate, port), cwd=folder, user=OWNER, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: answers(port))
            yield f"postgres://postgres@127.0.0.1:{port}/postgres", authority
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def command(data: Path, certificate: Path, port: int) -> list[str]:
    options = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "fsync": "off",
        "ssl": "on",
        "ssl_cert_file": certificate,
        "ssl_key_file": certificate,
    }
    given = [f"--{name}={value}" for name, value in options.items()]
    return [program("postgres"), "-D", str(data), *given]


def program(name: str) -> str:
    """Finds a server program, because Debian keeps them outside PATH."""
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    found = shutil.which(name, path=":".join([*folders, os.environ["PATH"]]))
    if found is None:
        pytest.skip("PostgreSQL with TLS is missing: apt-get install --no-install-recommends postgresql")
    return found


def _keep(folder: Path, certificate: Path) -> None:
    """Writes the key for its owner only, because PostgreSQL rejects a key that others may read."""
    certificate.chmod(0o600)
    if OWNER:
        for path in (folder, certificate):
            shutil.chown(path, OWNER)
