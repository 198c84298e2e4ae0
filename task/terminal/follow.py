"""Follows the feed in a terminal, until a job ends or the user interrupts."""

import asyncio
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

from channels.db import database_sync_to_async
from django.core.management.base import CommandError, OutputWrapper

from realtime.follow import follow
from realtime.log import CursorLost
from realtime.printable import printable
from realtime.protocol import Cursor
from task.database.errors import UNAVAILABLE, first_line
from task.events import FEED
from task.terminal.command import CANNOT, INTERRUPTED, REFUSED, discard_stdout
from task.terminal.lines import JobLines, JsonLines
from task.terminal.progress import Making, Removing
from task.terminal.renderer import Renderer
from task.terminal.text import accounts

REFRESH_SECONDS = 1.0
CANCEL_SECONDS = 0.2
CANCEL_ATTEMPTS = 25
INTERRUPTIONS = (KeyboardInterrupt, asyncio.CancelledError)


def follow_until_end(
    progress: Making | Removing, cursor: Cursor, *, out: OutputWrapper, err: OutputWrapper, as_json: bool
) -> None:
    """Follows one job until its end: as JSON, as a bar on a terminal, or as lines in a pipe.

    Read the cursor BEFORE the job or the removal starts, or events are missed. Raises CommandError with the reason for
    any end but a good one. An interruption prints how to follow again, and ends the command with INTERRUPTED.
    """
    renderer = pick_renderer(out, as_json=as_json, screen="JobScreen", lines=JobLines)
    follower = Follower(renderer(out, err, progress), cursor, key=str(progress.job))
    try:
        follower.run()
    except INTERRUPTIONS:
        err.write(progress.how_to_continue(follower.cursor.offset), str)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        discard_stdout()
        sys.exit(INTERRUPTED)
    except CursorLost as error:
        raise CommandError(
            f"The log was replaced or trimmed ({error.reason}). {progress.how_to_continue(0)}", returncode=CANNOT
        ) from error
    if progress.end and not progress.ended_well:
        raise CommandError(_bad_end(progress.end), returncode=REFUSED)


def pick_renderer(out: OutputWrapper, *, as_json: bool, screen: str, lines: type[Renderer]) -> type[Renderer]:
    """Returns JsonLines, or the class of task.terminal.screen named `screen`, or `lines` where no line can be redrawn.

    The screen needs rich, which only the extra `server` installs.
    """
    if as_json or not out.isatty():
        return JsonLines if as_json else lines
    try:
        screens = import_module("task.terminal.screen")
    except ModuleNotFoundError:
        return lines
    renderer: type[Renderer] = getattr(screens, screen) if screens.can_redraw() else lines
    return renderer


class Follower:
    """Feeds a Renderer from the log. `cursor` is the position reached, also after the end.

    An unavailable database only delays it.
    """

    def __init__(self, renderer: Renderer, cursor: Cursor, *, key: str | None = None) -> None:
        self.renderer = renderer
        self.cursor = cursor
        self._key = key
        self._is_database_away = False

    def run(self) -> None:
        """Returns when the renderer has ended. Raises one of INTERRUPTIONS for Ctrl-C and SIGTERM, and also
        BrokenPipeError and realtime.log.CursorLost.
        """
        asyncio.run(self._run())

    async def _run(self) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101 (for mypy: asyncio.run made it)
        with suppress(RuntimeError):  # outside the main thread there are no signals
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        with self.renderer:
            tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._refresh())]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()
            finally:
                await _cancel_others()

    async def _follow(self) -> None:
        while not self.renderer.has_ended:
            try:
                async for batch in follow(FEED, self.cursor, key=self._key):
                    self.renderer.take(batch, self.cursor.offset)
                    self.cursor = Cursor(self.cursor.epoch, batch.last)
                    if self.renderer.has_ended:
                        return
            except UNAVAILABLE as error:
                self._note_outage(error)
                await asyncio.sleep(REFRESH_SECONDS)

    async def _refresh(self) -> None:
        refresh = database_sync_to_async(self.renderer.refresh, thread_sensitive=False)
        while True:
            try:
                await refresh()
            except UNAVAILABLE as error:
                self._note_outage(error)
            else:
                if self._is_database_away:
                    self._is_database_away = False
                    self.renderer.remark("The database is available again.")
                self.renderer.remark_stall()
                self.renderer.tick()
            await asyncio.sleep(REFRESH_SECONDS)

    def _note_outage(self, error: Exception) -> None:
        if not self._is_database_away:
            self._is_database_away = True
            self.renderer.remark(f"Database unavailable ({first_line(error)}): retrying, no event is lost.")


async def _cancel_others() -> None:
    """Cancels every other task repeatedly. asyncio.run cancels once, and waits for ever for a task that swallows it.

    A task that is connecting to Redis may swallow it: commands that were interrupted just after their start hung.
    """
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for _ in range(CANCEL_ATTEMPTS):
        for one in others:
            one.cancel()
        if others:
            _, others = await asyncio.wait(others, timeout=CANCEL_SECONDS)


def _bad_end(end: Mapping[str, Any]) -> str:
    job, made = end["job"], f"{end['created']} of {accounts(end['total'])}"
    if end["type"] == "job.cancelled":
        return f"Job {job} was cancelled at {made}."
    return f"Job {job} failed at {made}: {printable(end.get('error', ''))}"
