"""PostgreSQL over TLS: its certificate is verified, and a failed verification is a one-line error."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.services import certificates, tls_postgres
from tests.support.services.service import ROOT, clean_environment

IS_ENCRYPTED = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    print(cursor.fetchone()[0])
"""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Path]]:
    with tls_postgres.running() as found:
        yield found


def manage(address: str, *arguments: str, pool: str = "0") -> "subprocess.CompletedProcess[str]":
    settings = {"SECRET_KEY": "0123456789abcdef" * 4, "REDIS_URL": "redis://127.0.0.1:1/0", "DATABASE_URL": address}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**clean_environment(), **settings, "DATABASE_POOL": pool},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("pool", ["0", "1"])
def test_a_certificate_of_a_named_authority_is_accepted(server: tuple[str, Path], pool: str) -> None:
    address, authority = server
    verified = f"{address}?sslmode=verify-full&sslrootcert={authority}"
    done = manage(verified, "shell", "-v", "0", "-c", IS_ENCRYPTED, pool=pool)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_certificate_for_another_host_name_is_refused(server: tuple[str, Path]) -> None:
    address, authority = server
    other_host = address.replace("127.0.0.1", "localhost")
    done = manage(f"{other_host}?sslmode=verify-full&sslrootcert={authority}", "migrate")
    assert 'does not match host name "localhost". Check the host name and sslrootcert' in done.stderr
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_certificate_of_an_unknown_authority_is_refused(server: tuple[str, Path], tmp_path: Path) -> None:
    another, _ = certificates.make(tmp_path)
    done = manage(f"{server[0]}?sslmode=verify-full&sslrootcert={another}", "migrate")
    assert "certificate verify failed. Check the host name and sslrootcert" in done.stderr
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
