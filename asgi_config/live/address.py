"""The URL under which a browser finds the service, and whether the web process can listen there.

`live` writes the URL to a file, so that `link` in a second terminal knows the port.
"""

import errno
import ipaddress
import socket
from collections.abc import Sequence
from pathlib import Path

from django.http.request import validate_host

from asgi_config.live.process import CouldNotStart
from asgi_config.monitoring.access import LOCAL_NAMES

LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def address_of(*, host: str, port: int, https: bool, allowed_hosts: Sequence[str]) -> str:
    """With HTTPS, returns the proxy's address: the first allowed name, without a port."""
    name = url_host(host)
    if https:
        return f"https://{_first_name(allowed_hosts) or name}"
    if host in LOOPBACK_OF and not validate_host(name, allowed_hosts):
        name = _first_name(allowed_hosts) or name
    return f"http://{name}:{port}"


def url_host(host: str) -> str:
    """Returns loopback for a listener on all interfaces, and puts an IPv6 address into brackets."""
    if host in LOOPBACK_OF:
        return LOOPBACK_OF[host]
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def accepted_name(allowed_hosts: Sequence[str]) -> str:
    """Returns a Host header that is allowed, even if only patterns are allowed."""
    return next((name.lstrip(".") for name in allowed_hosts if name != "*"), "localhost")


def advice(*, host: str, allowed_hosts: Sequence[str]) -> str | None:
    """Returns a sentence for the user if the service would refuse requests to the host that it listens on."""
    if not validate_host(url_host(host), allowed_hosts):
        return f"Requests to {url_host(host)} are refused: add it to ALLOWED_HOSTS."
    if host in LOOPBACK_OF and all(validate_host(name, LOCAL_NAMES) for name in allowed_hosts):
        return "Requests from other machines are refused: add this machine's name or address to ALLOWED_HOSTS."
    return None


def read(file: Path, *, default: str) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return default


def require_free_port(host: str, port: int) -> None:
    """Raises CouldNotStart with a remedy if the web process could not listen."""
    if port > 65535:
        raise CouldNotStart(f"Port {port} does not exist: use a port from 1 to 65535.")
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.create_server(place[:2], family=family):
            pass
    except socket.gaierror as error:
        raise CouldNotStart(f"{host} is not the name of a network address: try HOST=127.0.0.1.") from error
    except OSError as error:
        raise CouldNotStart(_why_not(error, host, port)) from error


def _first_name(allowed_hosts: Sequence[str]) -> str | None:
    return next((name for name in allowed_hosts if not name.startswith((".", "*"))), None)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken. Use another: make run PORT={port + 1}, or the option --port {port + 1}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs root. Use a port above 1023, such as make run PORT=8000."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."
