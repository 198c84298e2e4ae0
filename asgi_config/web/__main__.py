"""The web process, `python -m asgi_config.web` with daphne's options: daphne, which says goodbye before it stops.

At SIGTERM or Ctrl-C it takes no new connection, so a proxy asks the other processes; ends long polls with what they
have; closes sockets with 4001, spread over DRAIN_SECONDS; and lets requests come to their end. Daphne alone would cut
all of them off without a word.
"""

import asyncio
import logging
import os
import resource
import sys
import time
from contextlib import suppress
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.server import Server
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from realtime.endpoints.draining import drain

# A proxy's ping must not be later than its patience, and a socket that went silent is known within 35 s.
LIMITS = ["--ping-interval", "15", "--ping-timeout", "20", "--application-close-timeout", "5"]
QUIET = ["--access-log", os.devnull, "-v", "0"]
APPLICATION = "asgi_config.asgi:application"

WAITING_ROOM = 1_024
SETTLE_SECONDS = 0.2
FINISH_SECONDS = 20
HASTY_SECONDS = 0.5
LOOK_SECONDS = 0.02

loop: Any = reactor
logger = logging.getLogger(__name__)


class DrainingServer(Server):  # type: ignore[misc]
    """Daphne asks `kill_all_applications` once at the beginning of its shutdown, and waits for what that returns."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ports: list[Any] = []

    def listen_success(self, port: Any) -> None:
        """Twisted lets 50 wait to be taken in; of 600 at once, as after a neighbour's end, some then waited for 2 s."""
        port.socket.listen(WAITING_ROOM)
        self._ports.append(port)
        super().listen_success(port)

    def kill_all_applications(self) -> Any:
        kill = super().kill_all_applications
        drained = Deferred.fromFuture(asyncio.ensure_future(self._drain()))
        return drained.addErrback(say_failed).addBoth(lambda _: kill())

    async def _drain(self) -> None:
        seconds = settings.DRAIN_SECONDS
        for port in self._ports:
            close_door(port)
        drain.begin(within_seconds=seconds)
        if seconds:
            await asyncio.sleep(SETTLE_SECONDS)
        deadline = time.monotonic() + (seconds + FINISH_SECONDS if seconds else HASTY_SECONDS)
        while not self._is_quiet() and time.monotonic() < deadline:  # noqa: ASYNC110 (nobody tells of the last byte)
            await asyncio.sleep(LOOK_SECONDS)

    def _is_quiet(self) -> bool:
        """Whether nothing is being served, and nothing that was answered is still to be written."""
        served = [details.get("application_instance") for details in self.connections.values()]
        return all(one is None or one.done() for one in served) and not loop.getWriters()


class Web(CommandLineInterface):  # type: ignore[misc]
    server_class = DrainingServer


def close_door(port: Any) -> None:
    """Take in who has come already, and close at once.

    `stopListening` closes one round of the loop later, and the kernel then resets whoever came meanwhile: a POST that a
    proxy has sent by then cannot be repeated, and is a 502.
    """
    port.numberAccepts = WAITING_ROOM + 1  # Linux lets one more wait than it was told
    port.doRead()
    port.connectionLost(Failure(ConnectionDone()))  # type: ignore[no-untyped-call]


def say_failed(failure: Failure) -> None:
    logger.error("The farewell failed, so whoever is left is cut off: %r", failure.value)


def open_all_files_that_are_allowed() -> None:
    """Docker and systemd start a process with 1,024, for programs that use select(), and let it have many more.

    Beyond them each new connection is reset, and no log says so.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError):  # macOS, which names no number and takes none
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    open_all_files_that_are_allowed()
    try:
        Web().run([*LIMITS, *QUIET, *sys.argv[1:], APPLICATION])
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
