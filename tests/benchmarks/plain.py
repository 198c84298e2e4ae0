"""Clients that take what comes as it is: the tests' own check each frame, which would be measured here."""

from functools import partial

from websockets.asyncio.client import ClientConnection

from tests.support.watcher import Watcher, connect_to

connect_plainly = partial(connect_to, create_connection=ClientConnection)


class PlainWatcher(Watcher):
    kind = ClientConnection
