"""Starts parts, keeps them alive with backoff, and ends them all in reverse order."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from asgi_config.live.process import CouldNotStart, ManagedProcess
from asgi_config.live.signals import Interrupts

START_SECONDS = 90
LONGEST_PAUSE_SECONDS = 30
STEADY_SECONDS = 30


class Stopped(Exception):
    """The user asked to stop before all parts were ready."""


@dataclass
class RestartState:
    part: ManagedProcess
    started_at: float
    pause: float = 1
    due_at: float | None = None


class Supervisor:
    def __init__(
        self, interrupts: Interrupts, *, say: Callable[[str], None], started: Callable[[list[int]], None]
    ) -> None:
        """`say` gets a line for the user; `started` gets the pids after each start of a part."""
        self._interrupts = interrupts
        self._say = say
        self._started = started
        self._kept: list[RestartState] = []

    @property
    def pids(self) -> list[int]:
        return [kept.part.pid for kept in self._kept if kept.part.pid]

    def start(self, *parts: ManagedProcess) -> None:
        """All at once; returns when all are ready. Raises CouldNotStart or Stopped, and then `stop` is still due."""
        for part in parts:
            kept = RestartState(part, time.monotonic())
            self._kept.append(kept)
            self._start(kept)
        deadline = time.monotonic() + START_SECONDS
        waiting = list(parts)
        while waiting := [part for part in waiting if not part.is_ready()]:
            self._check_that_all_live(waiting, deadline)
            self._interrupts.sleep(0.02)

    def keep(self) -> None:
        """Returns when the user asks to stop."""
        while not self._interrupts.asked:
            now = time.monotonic()
            for kept in self._kept:
                self._tend(kept, now)
            due = [kept.due_at - now for kept in self._kept if kept.due_at]
            self._interrupts.sleep(max(0, min(due)) if due else None)

    def stop(self) -> bool:
        """Ends the newest part first. False when the user had no patience, and all were killed."""
        patience = self._interrupts.asked
        for kept in reversed(self._kept):
            kept.part.ask_to_end()
            deadline = time.monotonic() + kept.part.stop_seconds
            while not kept.part.has_ended() and time.monotonic() < deadline and self._interrupts.asked <= patience:
                self._interrupts.sleep(0.1)
            kept.part.kill()
        return self._interrupts.asked <= patience

    def _check_that_all_live(self, waiting: list[ManagedProcess], deadline: float) -> None:
        if self._interrupts.asked:
            raise Stopped
        for kept in self._kept:
            if kept.part.has_ended():
                raise CouldNotStart(f"{kept.part.name} could not start ({kept.part.how_it_ended()}).")
        if time.monotonic() > deadline:
            raise CouldNotStart(f"{waiting[0].name} was not ready within {START_SECONDS} s.")

    def _tend(self, kept: RestartState, now: float) -> None:
        if kept.due_at is None and kept.part.has_ended():
            self._plan(kept, now)
        elif kept.due_at is not None and kept.due_at <= now:
            try:
                self._start(kept)
            except CouldNotStart as error:
                self._say(str(error))
                kept.due_at = now + kept.pause

    def _plan(self, kept: RestartState, now: float) -> None:
        kept.part.kill()
        if now - kept.started_at > STEADY_SECONDS:
            kept.pause = 1
        self._say(f"{kept.part.name} ended ({kept.part.how_it_ended()}). It starts again in {kept.pause:g} s.")
        kept.due_at = now + kept.pause
        kept.pause = min(2 * kept.pause, LONGEST_PAUSE_SECONDS)

    def _start(self, kept: RestartState) -> None:
        kept.started_at, kept.due_at = time.monotonic(), None
        kept.part.start()
        self._started(self.pids)
