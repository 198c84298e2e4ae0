"""Starts processes, restarts them when they end, and stops them in reverse order.

A process that was ready is restarted at once. Only a start that never became ready makes the next one wait.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from asgi_config.live.process import CouldNotStart, ManagedProcess
from asgi_config.live.signals import Interrupts

START_SECONDS = 90
CHECK_SECONDS = 0.2
SECONDS_BETWEEN_STARTS = 1
BACKOFF_SECONDS_MAX = 10


class Stopped(Exception):
    """The user asked to stop before all processes were ready."""


@dataclass
class RestartState:
    process: ManagedProcess
    started_at: float
    is_ready: bool = False
    backoff_seconds: float = 1
    restart_at: float | None = None

    def check_ready(self) -> bool:
        """Asks the process until it is ready for the first time since its start."""
        self.is_ready = self.is_ready or self.process.is_ready()
        return self.is_ready


class Supervisor:
    def __init__(
        self, interrupts: Interrupts, *, warn: Callable[[str], None], on_start: Callable[[list[int]], None]
    ) -> None:
        """`warn` prints a line for the user. `on_start` gets all pids after each start of a process."""
        self._interrupts = interrupts
        self._warn = warn
        self._on_start = on_start
        self._states: list[RestartState] = []

    @property
    def pids(self) -> list[int]:
        return [state.process.pid for state in self._states if state.process.pid]

    def start(self, *processes: ManagedProcess) -> None:
        """Starts all at once, and returns when all are ready.

        Raises CouldNotStart or Stopped. The caller must then call `stop`.
        """
        waiting = [RestartState(process, time.monotonic()) for process in processes]
        for state in waiting:
            self._states.append(state)
            self._start(state)
        deadline = time.monotonic() + START_SECONDS
        while waiting := [state for state in waiting if not state.check_ready()]:
            self._check_start(waiting, deadline)
            self._interrupts.sleep(0.02)

    def supervise(self) -> None:
        """Restarts processes that end. Returns when the user asks to stop."""
        while not self._interrupts.count:
            for state in self._states:
                self._update(state, time.monotonic())
            self._interrupts.sleep(self._seconds_until_next_update())

    def stop(self) -> bool:
        """Stops the newest process first. Returns False if the user interrupted again, which kills all at once."""
        count = self._interrupts.count
        for state in reversed(self._states):
            process = state.process
            process.terminate()
            deadline = time.monotonic() + process.stop_seconds
            while not process.has_ended() and time.monotonic() < deadline and self._interrupts.count <= count:
                self._interrupts.sleep(0.1)
            process.kill()
        return self._interrupts.count <= count

    def _check_start(self, waiting: list[RestartState], deadline: float) -> None:
        if self._interrupts.count:
            raise Stopped
        for process in (state.process for state in self._states):
            if process.has_ended():
                raise CouldNotStart(f"{process.name} could not start ({process.how_it_ended()}).")
        if time.monotonic() > deadline:
            raise CouldNotStart(f"{waiting[0].process.name} was not ready within {START_SECONDS} s.")

    def _update(self, state: RestartState, now: float) -> None:
        if state.restart_at is None and state.process.has_ended():
            self._schedule_restart(state, now)
        elif state.restart_at is None:
            state.check_ready()
        elif state.restart_at <= now:
            try:
                self._start(state)
            except CouldNotStart as error:
                self._warn(str(error))
                state.restart_at = now + state.backoff_seconds

    def _schedule_restart(self, state: RestartState, now: float) -> None:
        process = state.process
        process.kill()  # its children
        if state.check_ready():
            self._warn(f"{process.name} ended ({process.how_it_ended()}). Restarting.")
            state.restart_at, state.backoff_seconds = max(now, state.started_at + SECONDS_BETWEEN_STARTS), 1
        else:
            self._warn(
                f"{process.name} ended before it was ready ({process.how_it_ended()}). "
                f"Restarting in {state.backoff_seconds:g} s."
            )
            state.restart_at = now + state.backoff_seconds
            state.backoff_seconds = min(2 * state.backoff_seconds, BACKOFF_SECONDS_MAX)

    def _seconds_until_next_update(self) -> float | None:
        """None if only the end of a process or an interrupt needs an update."""
        now = time.monotonic()
        due = [max(0, state.restart_at - now) for state in self._states if state.restart_at is not None]
        due += [CHECK_SECONDS for state in self._states if state.restart_at is None and not state.is_ready]
        return min(due, default=None)

    def _start(self, state: RestartState) -> None:
        state.started_at, state.restart_at, state.is_ready = time.monotonic(), None, False
        state.process.start()
        self._on_start(self.pids)
