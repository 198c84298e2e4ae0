"""Redis over TLS: queue, channel layer and health check accept only a certificate that they can verify."""

import asyncio
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

import pytest

from tests.support.clients.caller import fetch
from tests.support.clients.watcher import Watcher
from tests.support.services import certificates
from tests.support.services.program import Program
from tests.support.services.service import ROOT, Service, clean_environment
from tests.support.waiting import wait_until_async

CONNECT = """
import asyncio, django
django.setup()
from asgi_config.monitoring import probes
from asgi_config.celery import app
from realtime import hints

def queue():
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=0, interval_start=0)

def layer():
    asyncio.run(hints.layer().group_send("test", {"type": "test"}))

def health():
    probes.ping_redis()

for connect in (queue, layer, health):
    try:
        connect()
        print(connect.__name__, "yes")
    except Exception as error:
        print(connect.__name__, "no")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def tls_redis(redis: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The URL of the tests' Redis behind TLS, and the authority that signed its certificate.

    TLS ends in a forwarder, because the wheel's server is built without it. These tests are about the clients.
    """
    authority, server = certificates.make(folder)
    ports: Queue[int] = Queue()
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(forward(urlsplit(redis).port or 0, server, ports, stop)))
    thread.start()
    yield f"rediss://:{urlsplit(redis).password}@127.0.0.1:{ports.get(timeout=240)}/0", authority
    stop.set()
    thread.join()


async def forward(behind: int, certificate: Path, ports: "Queue[int]", stop: threading.Event) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        ports.put(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(stop.wait)


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


def results_of(address: str, **environment: str) -> list[str]:
    everything = {**clean_environment(), "SECRET_KEY": "0123456789abcdef" * 4, "REDIS_URL": address, **environment}
    everything |= {"DJANGO_SETTINGS_MODULE": "asgi_config.settings", "DATABASE_URL": "sqlite://:memory:"}
    done = subprocess.run(
        [sys.executable, "-c", CONNECT],
        cwd=ROOT,
        env=everything,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_certificate_of_a_system_authority_is_accepted(tls_redis: tuple[str, Path]) -> None:
    address, authority = tls_redis
    assert results_of(address, SSL_CERT_FILE=str(authority)) == ["queue yes", "layer yes", "health yes"]


def test_a_private_authority_can_be_named_in_the_url(tls_redis: tuple[str, Path]) -> None:
    address, authority = tls_redis
    assert results_of(f"{address}?ssl_ca_certs={authority}") == ["queue yes", "layer yes", "health yes"]


def test_a_certificate_of_an_unknown_authority_is_refused(tls_redis: tuple[str, Path]) -> None:
    assert results_of(tls_redis[0]) == ["queue no", "layer no", "health no"]


def test_a_certificate_for_another_host_name_is_refused_unless_the_check_is_disabled(
    tls_redis: tuple[str, Path],
) -> None:
    other_host = f"{tls_redis[0].replace('127.0.0.1', 'localhost')}?ssl_ca_certs={tls_redis[1]}"
    assert results_of(other_host) == ["queue no", "layer no", "health no"]
    assert results_of(f"{other_host}&ssl_check_hostname=false") == ["queue yes", "layer yes", "health yes"]


async def test_a_job_runs_over_tls_and_its_events_arrive_by_hints_alone(tls_redis: tuple[str, Path]) -> None:
    environment = {"REDIS_URL": f"{tls_redis[0]}?ssl_ca_certs={tls_redis[1]}", "HEAD_CHECK_SECONDS": "3600"}
    with Service(environment=environment, options=["--workers", "1"]) as service:
        program = Program(service)
        watcher = Watcher(service.address, token=program.token, after=0)
        following = asyncio.create_task(watcher.follow(lambda seen: seen.kinds["job.finished"] == 1))
        await wait_until_async(lambda: asyncio.to_thread(is_hub_listening, service))
        program.post("/api/jobs", {"total": 60})
        await asyncio.wait_for(following, 240)
    assert watcher.numbers == list(range(1, 61))


def is_hub_listening(service: Service) -> bool:
    return 'arrivals_process_hub_hears{feed="users"} 1.0' in fetch(f"{service.address}/metrics").text
