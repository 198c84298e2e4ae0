"""Renderers for a terminal: events scroll, and the last line is redrawn in place."""

import math
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from django.core.management.base import OutputWrapper
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from realtime.printable import printable
from realtime.protocol import Batch
from task.terminal import text
from task.terminal.progress import Making, Rate, Removing
from task.terminal.renderer import Renderer

REDRAWS_PER_SECOND = 8
NARROWEST_BAR = 8
WIDEST_BAR = 40
GAP = "  "
CTRL_C_ECHO = 2  # columns: if the terminal had to wrap the echo, a second copy of the last line would stay
STYLES = {"job.finished": "green", "job.removed": "green", "job.failed": "red", "job.cancelled": "yellow"}


def new_console() -> Console:
    """Never reads names as markup. rich itself honours NO_COLOR and TERM=dumb."""
    return Console(markup=False, highlight=False, emoji=False)


def can_redraw() -> bool:
    return not new_console().is_dumb_terminal


class Screen(Renderer):
    """A Renderer with a last line that is redrawn all the time; all other output appears above it."""

    def __init__(self, out: OutputWrapper, err: OutputWrapper, progress: Making | Removing | None = None) -> None:
        super().__init__(out, err, progress)
        self.console = new_console()

    def __enter__(self) -> Self:
        self._live = Live(
            get_renderable=self.last_line,
            console=self.console,
            refresh_per_second=REDRAWS_PER_SECOND,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    @property
    def width(self) -> int:
        """Columns that the last line may use."""
        return self.console.width - CTRL_C_ECHO

    def last_line(self) -> RenderableType:
        raise NotImplementedError

    def remark(self, sentence: str) -> None:
        self.console.print(printable(sentence))


class JobScreen(Screen):
    """A bar and the figures that fit next to it: the count, then the time left, the rate, the percentage.

    Uses only rich's bar: on a narrow terminal rich's Progress shortens every figure, also the count.
    """

    def take(self, batch: Batch, after: int) -> None:
        self.new_events(batch, after)

    def last_line(self) -> RenderableType:
        progress = self.progress
        assert progress  # noqa: S101 (for mypy: a job's screen has one)
        name = f"Job {progress.job}"
        if progress.waiting:
            return Text(f"{name}{GAP}{progress.waiting}", overflow="ellipsis", no_wrap=True)
        room = self.width - len(name) - 2 * len(GAP) - NARROWEST_BAR
        figures = GAP.join(fitting(figures_of(progress), room))
        bar = min(WIDEST_BAR, NARROWEST_BAR + room - len(figures))
        cells: list[RenderableType] = [Text(name), Text(figures, overflow="ellipsis", no_wrap=True)]
        if bar >= NARROWEST_BAR:
            cells.insert(1, ProgressBar(total=progress.total or 1, completed=progress.done, width=bar))
        grid = Table.grid(padding=(0, len(GAP), 0, 0))
        grid.add_row(*cells)
        return grid


class EventScreen(Screen):
    """Every event; the last line shows their number, their rate and the feed's head."""

    def __init__(self, out: OutputWrapper, err: OutputWrapper) -> None:
        super().__init__(out, err)
        self._count = 0
        self._rate = Rate()

    def take(self, batch: Batch, after: int) -> None:
        events = self.new_events(batch, after)
        self._count += len(events)
        self._rate.note(self._count, time.monotonic())
        self.head = max(self.head, batch.last)
        self.console.print(Lines(events), crop=False)

    def last_line(self) -> RenderableType:
        parts = [
            f"{text.grouped(self._count)} events",
            f"{text.grouped(self._rate.per_second(time.monotonic()))}/s",
            f"newest offset {self.head}",
        ]
        style = "reverse" if self.console.color_system else ""
        fits = GAP.join(fitting(dict(enumerate(parts)), self.width))
        return Text(fits, style=style, overflow="ellipsis", no_wrap=True)


class Lines:
    """Events as unwrapped lines, at 10 us a line: rich would take 100 us to measure and wrap each."""

    def __init__(self, events: Sequence[dict[str, Any]]) -> None:
        self._events = events

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for event in self._events:
            style = STYLES.get(event["type"])
            yield Segment(text.event_line(event), console.get_style(style) if style else None)
            yield Segment.line()


def figures_of(progress: Making | Removing) -> dict[int, str]:
    """The figures by position in the line, most important first. Their widths are fixed, so that nothing jumps."""
    total = text.grouped(progress.total)
    return {
        0: f"{text.grouped(progress.done):>{len(total)}} of {total}",
        3: f"{text.left(progress.seconds_left):<14}",
        2: f"{text.grouped(progress.per_second):>7}/s",
        1: f"{progress.percent:>3} %",
    }


def fitting(parts: dict[int, str], room: float = math.inf) -> list[str]:
    """Returns the first part, and each later part that still fits into the room, in order of position."""
    chosen: list[int] = []
    for position, part in parts.items():
        width = sum(len(parts[one]) + len(GAP) for one in chosen) + len(part)
        if not chosen or width <= room:
            chosen.append(position)
    return [parts[position] for position in sorted(chosen)]
