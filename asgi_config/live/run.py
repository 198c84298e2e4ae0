"""`manage.py live`: Redis, database tables, worker with beat, and web process, started and stopped together."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from kombu.exceptions import OperationalError

from asgi_config import environment
from asgi_config.celery import app
from asgi_config.live import embedded_redis, parent_death, processes, stale_processes
from asgi_config.live.address import accepted_name, address_of, advice, require_free_port
from asgi_config.live.process import CouldNotStart
from asgi_config.live.signals import Interrupts
from asgi_config.live.supervisor import Stopped, Supervisor
from asgi_config.sign_in import operator_account
from asgi_config.sign_in.links import make_link
from asgi_config.var_dir import AlreadyLocked, locked, write_private
from task.database import disk
from task.database.errors import describe, fault_of

Write = Callable[[str], None]


@dataclass(frozen=True)
class Live:
    host: str
    port: int
    pool: int
    write: Write
    warn: Write

    def run(self) -> bool:
        """Returns when the user asked to stop and all processes have ended. Raises CouldNotStart.

        The result is False if the user interrupted again, so that the processes were killed.
        """
        var = settings.VAR_DIR
        if shortage := disk.shortage(var, owner=var):
            raise CouldNotStart(f"Arrivals cannot start: {shortage}. Make room on it.")
        os.umask(0o077)
        with only_one(var), Interrupts() as interrupts:
            stop_stale(var)
            require_free_port(self.host, self.port)
            supervisor = Supervisor(interrupts, warn=self.warn, on_start=recorder(var / "live.pids"))
            try:
                self.start(supervisor)
                supervisor.supervise()
            except Stopped:
                pass
            finally:
                was_graceful = supervisor.stop()
                remove_files(var)
            return was_graceful

    def start(self, supervisor: Supervisor) -> None:
        address = address_of(host=self.host, port=self.port, https=settings.HTTPS, allowed_hosts=settings.ALLOWED_HOSTS)
        if environment.secret("REDIS_URL"):
            check_redis()
        else:
            start_redis(supervisor)
        migrate()
        web = processes.web(host=self.host, port=self.port, host_header=accepted_name(settings.ALLOWED_HOSTS))
        supervisor.start(processes.worker(pool=self.pool), web)
        write_private(settings.VAR_DIR / "address", address)
        self.welcome(address)

    def welcome(self, address: str) -> None:
        self.write(f"Arrivals is running at {address}\n")
        if user := operator_account.find_or_make():
            self.write(f"  Sign in (once, within 10 minutes):\n  {make_link(user=user, address=address)}\n")
            self.write("  New link:  python manage.py link")
        else:
            self.write("  `operator` is not an active superuser. Sign-in link for a user:  python manage.py link USER")
        self.write("  Stop:      Ctrl-C")
        if not settings.HTTPS and (sentence := advice(host=self.host, allowed_hosts=settings.ALLOWED_HOSTS)):
            self.write(f"\n  {sentence}")
        connections.close_all()


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    try:
        with locked(var / "live.lock"):
            yield
    except AlreadyLocked as error:
        raise CouldNotStart(
            f"Arrivals already runs on {var} (pid {error}): stop it first, or set another VAR_DIR."
        ) from error


def stop_stale(var: Path) -> None:
    """Stops the processes of a killed `live`. No running `live` owns them, because this process holds the lock."""
    stale_processes.kill_all(var / "live.pids")
    if (var / "redis.url").exists():
        embedded_redis.stop_stale((var / "redis.url").read_text())
    remove_files(var)


def remove_files(var: Path) -> None:
    for name in ("redis.url", "address", "live.pids"):
        (var / name).unlink(missing_ok=True)


def recorder(file: Path) -> Callable[[list[int]], None]:
    return (lambda pids: None) if parent_death.IS_AVAILABLE else partial(stale_processes.record, file)


def check_redis() -> None:
    with app.connection_for_write() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0)
        except (OperationalError, OSError) as error:
            fault, place = fault_of(error), f"{connection.hostname}:{connection.port}"
            raise CouldNotStart(
                f"Redis at {place} cannot be used: {fault.phrase}. {fault.remedy} For a private one, unset REDIS_URL."
            ) from error


def start_redis(supervisor: Supervisor) -> None:
    """Writes Redis' URL to a file for other processes, and into this process's settings, which were loaded before."""
    address = embedded_redis.new_address()
    server, directory = embedded_redis.find_server(), settings.VAR_DIR / "redis"
    supervisor.start(embedded_redis.process(server=server, address=address, directory=directory))
    write_private(settings.VAR_DIR / "redis.url", address)
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    layers["default"]["CONFIG"]["hosts"][0]["address"] = address


def migrate() -> None:
    """Runs in this process, because a second one takes 1.7 s longer."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CouldNotStart(describe(error)) from error
    finally:
        connections.close_all()
