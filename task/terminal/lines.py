"""Renderers for a pipe: JSON, or plain lines."""

import json
import time

from realtime.protocol import Batch, unpack
from task.terminal import text
from task.terminal.progress import line
from task.terminal.renderer import Renderer

LINE_SECONDS = 1.0


class JsonLines(Renderer):
    """One event a line, as on the wire."""

    def take(self, batch: Batch, after: int) -> None:
        texts = unpack(batch)[max(0, after + 1 - batch.first) :]
        if self.progress:
            for event in texts:
                self.progress.take(json.loads(event))
        self.out.write("\n".join(texts))
        self.out.flush()


class EventLines(Renderer):
    """One event a line, in words."""

    def take(self, batch: Batch, after: int) -> None:
        if events := self.new_events(batch, after):
            self.out.write("\n".join(map(text.event_line, events)))
            self.out.flush()


class JobLines(Renderer):
    """The job's progress, at most one line a second and only after a change. The caller prints the end."""

    _written = ""
    _written_at = 0.0

    def take(self, batch: Batch, after: int) -> None:
        self.new_events(batch, after)
        self.tick()

    def tick(self) -> None:
        assert self.progress  # noqa: S101 (for mypy: a job's lines have one)
        now = time.monotonic()
        state = self.progress.waiting or str(self.progress.done)
        if self.has_ended or state in {self._written, "0"} or now - self._written_at < LINE_SECONDS:
            return
        self._written, self._written_at = state, now
        waits = self.progress.waiting and f"Job {self.progress.job}: {self.progress.waiting}"
        self.out.write(waits or line(self.progress))
        self.out.flush()
