"""`follow` yields every event after a cursor, first from the log and then live. Every way to watch a feed uses it."""

from collections.abc import AsyncGenerator

from realtime.hub import hub_of, read_log
from realtime.protocol import Batch, Cursor

LOG_BATCHES = 10


async def follow(feed: str, cursor: Cursor, *, key: str | None = None) -> AsyncGenerator[Batch, None]:
    """Yields every batch after the cursor once, in order, without end; with `key`, only that key's batches.

    Reads the log whenever the hub's ring no longer reaches back to the cursor, so a watcher may be as slow as it likes.
    It holds at most 480 KiB of batches then. The first batch may start at or before the cursor. Raises CursorLost if
    the log was trimmed past the cursor, got another epoch or went back. After a database error, call `follow` again
    from the last batch.
    """
    hub = hub_of(feed)
    restarts = hub.restarts
    with hub.notifier.watching():
        while True:
            changed = hub.notifier.changed
            # After a hub restart only the log can validate this cursor.
            batches = hub.since(cursor) if hub.restarts == restarts else None
            restarts = hub.restarts
            if batches is None:
                batches, reached = await read_log(feed, cursor, key=key, limit=LOG_BATCHES)
            elif batches:
                reached = batches[-1].last
            else:
                await changed.wait()
                continue
            for batch in batches:
                if key is None or batch.key == key:
                    yield batch
            cursor = Cursor(cursor.epoch, reached)
