"""The looks for a pipe: JSON, or plain lines."""

import json
import time

from realtime.protocol import Batch, unpack
from task.terminal import text
from task.terminal.follow import Renderer
from task.terminal.progress import line

SECONDS_A_LINE = 1.0


class JsonLines(Renderer):
    """One event a line, as it is on the wire; with a progress, until its end."""

    def take(self, batch: Batch, after: int) -> None:
        texts = unpack(batch)[max(0, after + 1 - batch.first) :]
        if self.progress:
            for text in texts:
                self.progress.take(json.loads(text))
        self.out.write("\n".join(texts))
        self.out.flush()


class EventLines(Renderer):
    """One event a line, in words."""

    def take(self, batch: Batch, after: int) -> None:
        if events := self.new_events(batch, after):
            self.out.write("\n".join(map(text.event_line, events)))
            self.out.flush()


class JobLines(Renderer):
    """A line about once a second, if something has changed; the end is for who called to say."""

    _said = ""
    _said_at = 0.0

    def take(self, batch: Batch, after: int) -> None:
        self.new_events(batch, after)
        self._renew()

    def tick(self) -> None:
        self._renew()

    def _renew(self) -> None:
        assert self.progress  # noqa: S101 (for mypy: a job's lines have one)
        now = time.monotonic()
        state = self.progress.waiting or str(self.progress.done)
        if self.has_ended or state in {self._said, "0"} or now - self._said_at < SECONDS_A_LINE:
            return
        self._said, self._said_at = state, now
        waits = self.progress.waiting and f"Job {self.progress.job}: {self.progress.waiting}"
        self.out.write(waits or line(self.progress))
        self.out.flush()
