"""The web process: `python -m asgi_config.web` with daphne's options runs daphne with a graceful shutdown.

At SIGTERM or Ctrl-C it stops accepting connections, so a proxy uses the other processes. It ends long polls with the
events that they have, closes sockets with 4001 within DRAIN_SECONDS, and lets requests finish. Daphne alone would cut
all connections at once.
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
from django.conf import settings
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from asgi_config.web.http_backpressure import BackpressureServer
from asgi_config.web.http_channel import build_channel
from asgi_config.web.websocket_protocol import LimitedWebSocketProtocol
from realtime.endpoints.draining import drain

# Pings keep proxies from closing an idle socket. A silent socket is detected within 35 s.
LIMITS = ["--ping-interval", "15", "--ping-timeout", "20", "--application-close-timeout", "5"]
QUIET = ["--access-log", os.devnull, "-v", "0"]
APPLICATION = "asgi_config.asgi:application"

BACKLOG = 1_024
SETTLE_SECONDS = 0.2
FINISH_SECONDS = 20
FINISH_SECONDS_WITHOUT_DRAIN = 0.5
POLL_SECONDS = 0.02

loop: Any = reactor
logger = logging.getLogger(__name__)


class DrainingServer(BackpressureServer):
    """Drains before daphne's own shutdown, which calls `kill_all_applications` once and waits for its result."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ports: list[Any] = []

    def listen_success(self, port: Any) -> None:
        """Raises Twisted's backlog of 50: of 600 clients that reconnected at once, some then waited for 2 s."""
        port.socket.listen(BACKLOG)
        self.http_factory.protocol, self.ws_factory.protocol = build_channel, LimitedWebSocketProtocol
        self._ports.append(port)
        super().listen_success(port)

    def kill_all_applications(self) -> Any:
        kill = super().kill_all_applications
        drained = Deferred.fromFuture(asyncio.ensure_future(self._drain()))
        return drained.addErrback(log_failure).addBoth(lambda _: kill())

    async def _drain(self) -> None:
        seconds = settings.DRAIN_SECONDS
        for port in self._ports:
            stop_listening(port)
        drain.begin(within_seconds=seconds)
        if seconds:
            await asyncio.sleep(SETTLE_SECONDS)
        deadline = time.monotonic() + (seconds + FINISH_SECONDS if seconds else FINISH_SECONDS_WITHOUT_DRAIN)
        while not self._is_idle() and time.monotonic() < deadline:  # noqa: ASYNC110 (no event for the last byte written)
            await asyncio.sleep(POLL_SECONDS)

    def _is_idle(self) -> bool:
        """Returns whether all requests are served and all responses written."""
        served = [details.get("application_instance") for details in self.connections.values()]
        return all(one is None or one.done() for one in served) and not loop.getWriters()


class Web(CommandLineInterface):  # type: ignore[misc]
    server_class = DrainingServer


def stop_listening(port: Any) -> None:
    """Accepts the connections that wait in the backlog, then closes the port at once.

    Twisted's `stopListening` closes it one loop iteration later, and the kernel resets connections that arrive in
    between. A proxy cannot repeat a POST that it has already sent there, and answers 502.
    """
    port.numberAccepts = BACKLOG + 1  # Linux queues one more than the backlog
    port.doRead()
    port.connectionLost(Failure(ConnectionDone()))  # type: ignore[no-untyped-call]


def log_failure(failure: Failure) -> None:
    logger.error("Drain failed; closing remaining connections: %r", failure.value)


def raise_file_limit() -> None:
    """Raises the soft limit of open files to the hard limit.

    Docker and systemd set a soft limit of 1,024 for programs that use select(). Beyond it every new connection is
    reset, and no log shows it.
    """
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError):  # macOS has no hard limit and rejects this call
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    raise_file_limit()
    Web().run([*LIMITS, *QUIET, *sys.argv[1:], APPLICATION])


if __name__ == "__main__":
    main()
