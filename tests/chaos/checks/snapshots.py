"""Pages of users read while a transaction is open, each with a socket that resumes from it.

A page plus the events after it must equal a fresh page.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from tests.chaos.faults.run import DEADLINE, Run
from tests.chaos.faults.strikes import IsOpen, stopped_in_open_step
from tests.support.clients.watcher import Watcher
from tests.support.waiting import wait_until_async

SHOWN = 100
PAGE = f"/api/users?limit={SHOWN}"


class Snapshots:
    """Call `take` any number of times, then `check` once."""

    def __init__(self, run: Run, is_open: IsOpen) -> None:
        self._run = run
        self._is_open = is_open
        self._taken: list[tuple[Any, Watcher, asyncio.Task[None]]] = []

    async def take(self) -> bool:
        """Reads the page and connects while a step is stopped. Its commit comes right after that."""
        with stopped_in_open_step(self._run.service, self._is_open) as pid:
            if pid is None:
                return False
            page = (await asyncio.to_thread(self._run.program.get, PAGE)).json
            token = self._run.program.token
            watcher = Watcher(self._run.service.address, token=token, after=page["head"], epoch=page["epoch"])
            following = asyncio.create_task(watcher.follow(lambda _: False))
            self._taken.append((page, watcher, following))
            await asyncio.wait_for(watcher.is_live.wait(), DEADLINE)
        return True

    async def check(self) -> None:
        await self._run.until_idle()
        await self._run.until_all_have_seen([watcher for _, watcher, _ in self._taken])
        fresh = (await asyncio.to_thread(self._run.program.get, PAGE)).json
        for page, watcher, following in self._taken:
            assert newest(page["items"], watcher.events) == [user["id"] for user in fresh["items"]]
            assert page["total"] + watcher.kinds["user.created"] - watcher.kinds["user.removed"] == fresh["total"]
            assert watcher.connections == 1
            assert not watcher.resets
            assert not watcher.repeated
            following.cancel()
        await wait_until_async(lambda: all(task.done() for _, _, task in self._taken))


def newest(items: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]) -> list[int]:
    """Returns the ids that the page shows after the events. A user that it already shows changes nothing."""
    shown = {user["id"] for user in items}
    for event in events:
        match event["type"]:
            case "user.created":
                shown.add(event["user"]["id"])
            case "user.removed":
                shown.discard(event["user"]["id"])
    return sorted(shown, reverse=True)[:SHOWN]
