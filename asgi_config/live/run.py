"""The whole service in one terminal: Redis, tables, worker with beat, web process; ends with all of them."""

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
from asgi_config.live import embedded_redis, listening, parent_death, processes, stale_processes
from asgi_config.live.address import accepted_name, address_of, advice
from asgi_config.live.process import CouldNotStart
from asgi_config.live.signals import Interrupts
from asgi_config.live.supervisor import Stopped, Supervisor
from asgi_config.sign_in import operator_account
from asgi_config.sign_in.links import make_link
from asgi_config.var_dir import AlreadyHeld, held, write_private
from task.database.errors import describe

Say = Callable[[str], None]


@dataclass(frozen=True)
class Live:
    host: str
    port: int
    pool: int
    say: Say
    warn: Say

    def run(self) -> bool:
        """Returns when the user asked to stop and all has ended; False if that took force. Raises CouldNotStart."""
        os.umask(0o077)
        var = settings.VAR_DIR
        with only_one(var), Interrupts() as interrupts:
            end_leftovers(var)
            listening.check(self.host, self.port)
            supervisor = Supervisor(interrupts, say=self.warn, started=remember(var / "live.pids"))
            try:
                self.start(supervisor)
                supervisor.keep()
            except Stopped:
                pass
            finally:
                gently = supervisor.stop()
                remove(var)
            return gently

    def start(self, supervisor: Supervisor) -> None:
        address = address_of(host=self.host, port=self.port, https=settings.HTTPS, allowed_hosts=settings.ALLOWED_HOSTS)
        if environment.secret("REDIS_URL"):
            check_redis()
        else:
            start_redis(supervisor)
        prepare_database()
        web = processes.web(host=self.host, port=self.port, asked_as=accepted_name(settings.ALLOWED_HOSTS))
        supervisor.start(processes.worker(pool=self.pool), web)
        write_private(settings.VAR_DIR / "address", address)
        self.welcome(address)

    def welcome(self, address: str) -> None:
        self.say(f"Arrivals is running at {address}\n")
        if user := operator_account.find_or_make():
            self.say(f"  Sign in, once and within 10 minutes:\n  {make_link(user=user, address=address)}\n")
            self.say("  Another link:  python manage.py link")
        else:
            self.say("  The account `operator` is not an active superuser. A link for another: manage.py link USER")
        self.say("  Stop:          Ctrl-C")
        if not settings.HTTPS and (sentence := advice(host=self.host, allowed_hosts=settings.ALLOWED_HOSTS)):
            self.say(f"\n  {sentence}")
        connections.close_all()


@contextmanager
def only_one(var: Path) -> Iterator[None]:
    try:
        with held(var / "live.lock"):
            yield
    except AlreadyHeld as error:
        raise CouldNotStart(
            f"Arrivals already runs on {var} (pid {error}): stop it first, or set another VAR_DIR."
        ) from error


def end_leftovers(var: Path) -> None:
    """Of a `live` that was killed; the lock is ours, so none of them belongs to a living one."""
    stale_processes.end_all(var / "live.pids")
    if (var / "redis.url").exists():
        embedded_redis.end_old((var / "redis.url").read_text())
    remove(var)


def remove(var: Path) -> None:
    for name in ("redis.url", "address", "live.pids"):
        (var / name).unlink(missing_ok=True)


def remember(file: Path) -> Callable[[list[int]], None]:
    return (lambda pids: None) if parent_death.IS_AVAILABLE else partial(stale_processes.remember, file)


def check_redis() -> None:
    with app.connection_for_write() as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0)
        except (OperationalError, OSError) as error:
            raise CouldNotStart(
                f"Redis at {connection.as_uri()} does not answer: start it, or unset REDIS_URL."
            ) from error


def start_redis(supervisor: Supervisor) -> None:
    """Other processes find its address in a file. This one read its settings before there was an address."""
    address = embedded_redis.new_address()
    server, directory = embedded_redis.find_server(), settings.VAR_DIR / "redis"
    supervisor.start(embedded_redis.part(server=server, address=address, directory=directory))
    write_private(settings.VAR_DIR / "redis.url", address)
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    layers["default"]["CONFIG"]["hosts"][0]["address"] = address


def prepare_database() -> None:
    """In this process: a second one takes 1.7 s to do the same."""
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CouldNotStart(describe(error, remedy="Check DATABASE_URL.")) from error
    finally:
        connections.close_all()
