"""`follow`: every event after a cursor, first from the log, then live. Everything that watches uses it."""

from collections.abc import AsyncGenerator

from realtime.hub import hub_of, read_log
from realtime.protocol import Batch, Cursor

READ_ROWS = 10


async def follow(feed: str, cursor: Cursor, *, key: str | None = None) -> AsyncGenerator[Batch, None]:
    """Yield each batch after the cursor once, in order, without end; with `key` only those that bear it.

    Goes back to the log whenever the cursor has fallen out of the hub's ring, so a watcher may be as slow as it likes;
    it then holds 480 KiB at most. The first batch may begin at or below the cursor. Raises realtime.log.CursorLost
    when the log was trimmed beyond the cursor, got another epoch or went back, and the database's errors: go on with a
    new follow from the last batch.
    """
    hub = hub_of(feed)
    restarts = hub.restarts
    with hub.notifier.watching():
        while True:
            changed = hub.notifier.changed
            # A hub that started anew knows nothing of what this watcher has seen: only the log does.
            batches = hub.since(cursor) if hub.restarts == restarts else None
            restarts = hub.restarts
            if batches is None:
                batches, reached = await read_log(feed, cursor, key=key, limit=READ_ROWS)
            elif batches:
                reached = batches[-1].last
            else:
                await changed.wait()
                continue
            for batch in batches:
                if key is None or batch.key == key:
                    yield batch
            cursor = Cursor(cursor.epoch, reached)
