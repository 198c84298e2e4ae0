"""Where a browser finds the service: `live` writes it down, so that `link` in a second terminal knows the port."""

import ipaddress
from collections.abc import Sequence
from pathlib import Path

from django.http.request import validate_host

LOCAL = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104


def address_of(*, host: str, port: int, https: bool, allowed_hosts: Sequence[str]) -> str:
    """Behind HTTPS there is a proxy, which is known by the first allowed name; its port is its own matter."""
    if https:
        return f"https://{first_name(allowed_hosts) or name_of(host)}"
    return f"http://{allowed_name(host, allowed_hosts)}:{port}"


def name_of(host: str) -> str:
    """As it stands in an address: a listener on every interface is reached on loopback, IPv6 is in brackets."""
    if host in LOCAL:
        return LOCAL[host]
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def allowed_name(host: str, allowed_hosts: Sequence[str]) -> str:
    name = name_of(host)
    if host in LOCAL and not validate_host(name, allowed_hosts):
        return first_name(allowed_hosts) or name
    return name


def first_name(allowed_hosts: Sequence[str]) -> str | None:
    return next((name for name in allowed_hosts if not name.startswith((".", "*"))), None)


def accepted_name(allowed_hosts: Sequence[str]) -> str:
    """Any name that a request may ask for, be it only a pattern that is allowed."""
    return next((name.lstrip(".") for name in allowed_hosts if name != "*"), "localhost")


def advice(*, host: str, allowed_hosts: Sequence[str]) -> str | None:
    """A sentence where the service listens under a name that it would then refuse."""
    if not validate_host(name_of(host), allowed_hosts):
        return f"Requests to {name_of(host)} are refused: add it to ALLOWED_HOSTS."
    if host in LOCAL and all(validate_host(name, ["localhost", "127.0.0.1", "[::1]"]) for name in allowed_hosts):
        return "From other machines it is refused until ALLOWED_HOSTS holds the name that they use for this one."
    return None


def read(file: Path, *, default: str) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return default
