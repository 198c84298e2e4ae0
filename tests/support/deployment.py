"""What compose.yaml and its neighbours say, read as data."""

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

from tests.support.service import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = ROOT / "deploy" / "nginx"
WEB = ("web-1", "web-2")
WORKERS = ("worker-1", "worker-2")


def command_of(name: str, **places: str) -> list[str]:
    """The service's command for this machine: with its Python, and with what `places` puts in place of a word."""
    words = [places.get(word, word) for word in SERVICES[name]["command"]]
    programs = {"python": [sys.executable], "celery": [sys.executable, "-m", "celery"]}
    return [*programs.get(words[0], [words[0]]), *words[1:]]


def healthcheck_of(name: str, **places: str) -> list[str]:
    """What asks the service how it is, with what `places` puts in place of a part of it."""
    kind, *words = SERVICES[name]["healthcheck"]["test"]
    for there, here in places.items():
        words = [word.replace(there, here) for word in words]
    return ["sh", "-c", words[0].replace("$$", "$")] if kind == "CMD-SHELL" else words


def environment_of(name: str, secrets: Path) -> dict[str, str]:
    """What the service is told, with its secrets in that folder."""
    told: Mapping[str, Any] = SERVICES[name].get("environment", {})
    return {key: str(value).replace("/run/secrets", str(secrets)) for key, value in told.items()}


def write_nginx(
    folder: Path, *, port: int, web_ports: Sequence[int], tls_port: int = 0, certificate: Path | None = None
) -> None:
    """The project's configuration, with other places and without the resolver, which only containers have.

    With a certificate, whose file holds its key as well, it says what listen.conf has in a comment.
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
    """With the files that `write_nginx` wrote there; nginx keeps its own in the same folder."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is missing: apt-get install nginx")
    places = {"/tmp": str(folder), "/etc/nginx/arrivals/nginx.conf": str(folder / "nginx.conf")}
    return [program, *command_of("proxy", **places)[1:]]


def procfile() -> dict[str, list[str]]:
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: shlex.split(command) for name, _, command in (line.partition(": ") for line in lines)}
