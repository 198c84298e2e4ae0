"""The service of compose.yaml without containers: its exact commands, each in its own process, with a real nginx.

PostgreSQL and Valkey come from wheels. `start_what_ended` replaces `restart: unless-stopped`.
"""

import http.client
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from asgi_config.live import embedded_redis
from tests.support.services import postgres
from tests.support.services.deployment import (
    WEB,
    WORKERS,
    command_of,
    environment_of,
    healthcheck_of,
    nginx_command,
    write_nginx,
)
from tests.support.services.running import Running
from tests.support.services.service import ROOT, clean_environment, free_port
from tests.support.waiting import DEADLINE, wait_until

METRICS_TOKEN = "for-the-tests-only-" + "m" * 40


class Fleet:
    """Runs all services for the time of the block. `address` is the proxy's, `addresses` are the web processes'."""

    def __init__(self, **environment: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="arrivals-fleet-"))
        self.folder.chmod(0o711)  # nginx's workers run as another user
        self.port, *self._web_ports = (free_port() for _ in range(3))
        self.address = f"http://127.0.0.1:{self.port}"
        self.addresses = [f"http://127.0.0.1:{port}" for port in self._web_ports]
        self._extra = environment
        self._stack = ExitStack()
        self.running: dict[str, Running] = {}
        self.database_url = ""

    def __enter__(self) -> Self:
        try:
            self.database_url = self._start_postgres()
            self._keep_secrets()
            self._start_valkey()
            self.manage("migrate", "--no-input")
            self._plan()
            for one in self.running.values():
                one.start()
            for one in self.running.values():
                one.wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            error.add_note("\n".join(f"{name} said: {one.said[-2000:]}" for name, one in self.running.items()))
        for one in self.running.values():
            with suppress(ProcessLookupError):
                one.send(signal.SIGTERM)
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def manage(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self._environment("migrate") | environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {arguments}:\n{done.stdout}{done.stderr}"
        return done

    def is_healthy(self, name: str) -> bool:
        """Runs the health check of compose.yaml with local addresses. Our own programs come first in PATH."""
        place = f"127.0.0.1:{dict(zip(WEB, self._web_ports, strict=True)).get(name, self.port)}"
        command = healthcheck_of(name, **{"127.0.0.1:8000": place, "127.0.0.1:8080": place})
        if name == "postgres":
            command = postgres.asking(self.database_url, command, instead_of="127.0.0.1")
        environment = self._environment(name) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=DEADLINE, check=False)
        return done.returncode == 0

    def restart(self, name: str) -> int:
        code = self.running[name].stop()
        self.running[name].start()
        self.running[name].wait_until_ready()
        return code

    def restart_valkey(self) -> int:
        """Restarts Valkey by SIGTERM, so it saves its data and loads them again. Returns the exit code."""
        code = self.valkey.stop()
        self.valkey.start()
        self.valkey.wait_until_ready()
        return code

    def start_what_ended(self) -> list[str]:
        """Restarts the processes that ended by themselves, waits until they are ready, and returns their names."""
        ended = [name for name, one in self.running.items() if one.has_ended]
        for name in ended:
            self.running[name].start()
        for name in ended:
            self.running[name].wait_until_ready()
        return ended

    def _start_postgres(self) -> str:
        url = postgres.make_role(self._stack.enter_context(postgres.running()))
        postgres.restart(url, *command_of("postgres")[1:])
        return url

    def _start_valkey(self) -> None:
        """Runs its command in compose.yaml, and adds the port, address and folder that its image sets."""
        address = urlsplit((self.folder / "redis_url").read_text())
        password = self.folder / "valkey_password.conf"
        password.write_text(f"requirepass {address.password}\n")
        _, *words = command_of("valkey", **{f"/run/secrets/{password.name}": str(password)})
        here = ["--bind", "127.0.0.1", "--port", str(address.port), "--dir", str(self.folder)]
        self.valkey = Running(
            [embedded_redis.find_server(), *words, *here],
            environment=clean_environment(),
            log=self.folder / "valkey.log",
            is_ready=lambda said: embedded_redis.is_answering(address.geturl()),
        )
        self.valkey.start()
        self._stack.callback(self.valkey.kill)
        self.valkey.wait_until_ready()

    def _keep_secrets(self) -> None:
        (self.folder / "secret_key").write_text("for-the-tests-only-" + "x" * 40)
        (self.folder / "metrics_token").write_text(METRICS_TOKEN)
        (self.folder / "database_url").write_text(self.database_url)
        (self.folder / "redis_url").write_text(embedded_redis.new_address())

    def _environment(self, name: str) -> dict[str, str]:
        given = environment_of(name, self.folder)
        ours = {"VAR_DIR": str(self.folder / name), "PORT": str(self.port), "HOSTNAME": name}
        return clean_environment() | given | ours | self._extra

    def _plan(self) -> None:
        for name, port in zip(WEB, self._web_ports, strict=True):
            places = {"0.0.0.0": "127.0.0.1", "8000": str(port)}
            self._add(name, command_of(name, **places), lambda said, port=port: answers(port))  # type: ignore[misc]
        for name in WORKERS:  # in containers the hostname makes their names different
            command = [*command_of(name), "--hostname", f"celery@{name}", "--concurrency", "1"]
            self._add(name, command, lambda said: " ready." in said)
        self._add("beat", command_of("beat"), lambda said: "beat: Starting" in said)
        write_nginx(self.folder, port=self.port, web_ports=self._web_ports)
        self._add("proxy", nginx_command(self.folder), lambda said: answers(self.port), stop_signal=signal.SIGQUIT)

    def _add(
        self,
        name: str,
        command: Sequence[str],
        is_ready: Callable[[str], bool],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.running[name] = Running(
            command,
            environment=self._environment(name),
            log=self.folder / f"{name}.log",
            is_ready=is_ready,
            stop_signal=stop_signal,
        )

    def _end(self) -> None:
        for one in self.running.values():
            with suppress(AssertionError):
                wait_until(lambda one=one: one.has_ended)  # type: ignore[misc]
            one.kill()
        self._stack.close()


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
