"""Django's PostgreSQL backend with a pool of connections, for web processes.

psycopg_pool is not used, because a request on a quiet site got 503 after 5 s although PostgreSQL was well: after a
restart, or with `idle_session_timeout`, psycopg_pool pauses 1, 2, 4 s between the dead connections that it finds. While
PostgreSQL is down it also makes each request wait for 5 s, and hides the server's reason.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore
from typing import Any, ClassVar

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg.pq import TransactionStatus

SIZE = 10
WAIT_SECONDS = 5.0
BUSY = f"all {SIZE} connections of this process were in use for {WAIT_SECONDS:g} s"


class Pool:
    """Lends at most SIZE connections at a time, and keeps the returned ones for later callers. Thread-safe."""

    def __init__(self) -> None:
        self._free = BoundedSemaphore(SIZE)
        self._idle: deque[Connection[Any]] = deque()

    def take(self, connect: Callable[[], Connection[Any]]) -> Connection[Any]:
        """Returns a live connection, or the result of `connect`. Raises OperationalError after WAIT_SECONDS."""
        if not self._free.acquire(timeout=WAIT_SECONDS):
            raise OperationalError(BUSY)
        try:
            return self._live() or connect()
        except BaseException:
            self._free.release()
            raise

    def give(self, connection: Connection[Any]) -> None:
        """Takes a connection back. Closes it if it is in a transaction, which the server then rolls back."""
        if connection.info.transaction_status == TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            connection.close()
        self._free.release()

    def _live(self) -> Connection[Any] | None:
        """Returns the newest idle connection. If that one is dead, closes all: they mostly die together, and each of a
        lost host would take 20 s to answer.
        """
        with suppress(IndexError):
            newest = self._idle.pop()
            if is_alive(newest):
                return newest
            while True:
                newest.close()
                newest = self._idle.pop()
        return None


class DatabaseWrapper(base.DatabaseWrapper):
    _pools: ClassVar[dict[str, Pool]] = {}

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connect = super().get_new_connection
        return self._pool.take(lambda: connect(conn_params))

    def _close(self) -> None:
        if self.connection is not None:
            connection, self.connection = self.connection, None
            self._pool.give(connection)

    @property
    def _pool(self) -> Pool:
        return self._pools.setdefault(self.alias, Pool())


def is_alive(connection: Connection[Any]) -> bool:
    """Asks the server, because a connection that the server has closed looks open until it is used."""
    try:
        connection.execute("")
    except OperationalError:
        return False
    return True
