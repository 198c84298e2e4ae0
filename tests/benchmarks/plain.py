"""Clients that do not check frames. The tests' own clients do, and benchmarks would measure that check."""

from functools import partial

from websockets.asyncio.client import ClientConnection

from tests.support.clients.watcher import Watcher, connect_to

connect_plainly = partial(connect_to, create_connection=ClientConnection)


class PlainWatcher(Watcher):
    kind = ClientConnection
