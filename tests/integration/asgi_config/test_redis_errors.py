"""The reason why Redis cannot be used, as redis-py really reports it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import RedisError

from asgi_config.redis_errors import describe
from tests.support.services import certificates


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The authority, and a server's certificate for 127.0.0.1."""
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def tls_port(certificate: tuple[Path, Path]) -> Iterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate[1])

    def serve() -> None:
        with suppress(OSError):
            while True:
                with server.accept()[0] as client, suppress(OSError):
                    context.wrap_socket(client, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def silent_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def reason(address: str) -> str:
    with closing(Redis.from_url(address, socket_timeout=1, socket_connect_timeout=1)) as redis:
        try:
            redis.ping()
        except (RedisError, OSError) as error:
            return describe(error, address)
    return "none"


def test_a_certificate_that_is_not_trusted_is_named(tls_port: int) -> None:
    assert reason(f"rediss://:secret@127.0.0.1:{tls_port}/0") == (
        f"Redis at rediss://127.0.0.1:{tls_port}/0 cannot be used: its certificate is not trusted. "
        "For an authority of your own add ?ssl_ca_certs=FILE to REDIS_URL."
    )


def test_a_certificate_for_another_host_is_named(tls_port: int, certificate: tuple[Path, Path]) -> None:
    address = f"rediss://localhost:{tls_port}/0?ssl_ca_certs={certificate[0]}"
    assert "its certificate is for another host" in reason(address)


def test_tls_to_a_port_without_tls_is_named(redis: str) -> None:
    assert "Write redis:// for a port without TLS." in reason(redis.replace("redis://", "rediss://"))


def test_no_tls_to_a_port_with_tls_is_named(tls_port: int) -> None:
    assert "Write rediss:// for a port with TLS." in reason(f"redis://:secret@127.0.0.1:{tls_port}/0")


def test_a_missing_file_of_an_authority_is_named(tls_port: int) -> None:
    assert "ssl_ca_certs does not exist" in reason(f"rediss://127.0.0.1:{tls_port}/0?ssl_ca_certs=/no/file")


def test_a_wrong_password_a_missing_one_and_a_missing_database_are_named(redis: str) -> None:
    url = urlsplit(redis)
    assert "it refuses the password" in reason(f"redis://:wrong@127.0.0.1:{url.port}/0")
    assert "it requires a password" in reason(f"redis://127.0.0.1:{url.port}/0")
    assert "it has no database of this number" in reason(redis.removesuffix("/0") + "/999")
    assert str(url.password) not in reason(redis.removesuffix("/0") + "/999")


def test_silence_a_closed_port_and_an_unknown_host_are_named(silent_port: int) -> None:
    assert "it does not answer in time" in reason(f"redis://127.0.0.1:{silent_port}/0")
    assert "nothing listens there. Start it" in reason("redis://127.0.0.1:1")
    assert "the host name is unknown" in reason("redis://no-such-host.invalid/0")


def test_an_unknown_error_is_named_without_its_text() -> None:
    sentence = describe(RuntimeError("secret"), "redis://[::1]/0")
    assert sentence == "Redis at redis://[::1]:6379/0 cannot be used: RuntimeError. Check REDIS_URL."
