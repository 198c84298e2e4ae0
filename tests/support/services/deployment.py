"""Reads compose.yaml, the nginx configuration and the Procfile as data."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.services.service import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = ROOT / "deploy" / "nginx"
WEB = ("web-1", "web-2")
WORKERS = ("worker-1", "worker-2")


def command_of(name: str, **places: str) -> list[str]:
    """Returns the service's command for this machine, with this Python. `places` replaces whole words."""
    words = [places.get(word, word) for word in SERVICES[name]["command"]]
    programs = {"python": [sys.executable], "celery": [sys.executable, "-m", "celery"]}
    return [*programs.get(words[0], [words[0]]), *words[1:]]


def healthcheck_of(name: str, **places: str) -> list[str]:
    """Returns the service's health check. `places` replaces parts of words."""
    kind, *words = SERVICES[name]["healthcheck"]["test"]
    for there, here in places.items():
        words = [word.replace(there, here) for word in words]
    return ["sh", "-c", words[0].replace("$$", "$")] if kind == "CMD-SHELL" else words


def environment_of(name: str, secrets: Path) -> dict[str, str]:
    """Returns the service's environment, with its secrets in that folder."""
    given: Mapping[str, Any] = SERVICES[name].get("environment", {})
    return {key: str(value).replace("/run/secrets", str(secrets)) for key, value in given.items()}


def write_nginx(
    folder: Path, *, port: int, web_ports: Sequence[int], tls_port: int = 0, certificate: Path | None = None
) -> None:
    """Writes the project's nginx configuration with local addresses, without the resolver that only containers have.

    A certificate (one file, with its key) enables the TLS part of listen.conf, which is a comment there.
    """
    shared = (NGINX / "nginx.conf").read_text()
    listen = (NGINX / "listen.conf").read_text().replace("listen 8080;", f"listen 127.0.0.1:{port};")
    if certificate:
        listen = listen.replace("#     ", "").replace("listen 8443", f"listen 127.0.0.1:{tls_port}")
        listen = re.sub(r"/run/secrets/\w+\.pem", str(certificate), listen)
    upstream = (NGINX / "upstream.conf").read_text().replace(" resolve;", ";").replace("resolver ", "# resolver ")
    for name, web_port in zip(WEB, web_ports, strict=True):
        upstream = upstream.replace(f"{name}:8000", f"127.0.0.1:{web_port}")
    for name, text in {"nginx.conf": shared, "listen.conf": listen, "upstream.conf": upstream}.items():
        (folder / name).write_text(text)


def nginx_command(folder: Path) -> list[str]:
    """Returns the command that runs nginx with the files of `write_nginx`. nginx writes to the same folder."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is missing: apt-get install nginx")
    places = {"/tmp": str(folder), "/etc/nginx/arrivals/nginx.conf": str(folder / "nginx.conf")}
    return [program, *command_of("proxy", **places)[1:]]


def procfile() -> dict[str, list[str]]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: shlex.split(command) for name, _, command in (line.partition(": ") for line in lines)}
