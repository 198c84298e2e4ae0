"""The cost of each part of making an account: the parts of `prepare` and `step`, in one process."""

from collections import defaultdict
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from tests.benchmarks.frame import Figure, set_up_django, spent

set_up_django()

from django.db import connection  # noqa: E402

from realtime import hints  # noqa: E402
from task.accounts import insert  # noqa: E402
from task.jobs import feed  # noqa: E402
from task.jobs import step as step_module  # noqa: E402
from task.jobs.start import start_job  # noqa: E402
from task.models import Lane  # noqa: E402
from tests.benchmarks.rows import fill  # noqa: E402
from tests.benchmarks.writing import redis  # noqa: E402

BEFORE = 200_000
TOTAL = 50_000
AT_ONCE = 2_500


class Parts:
    """Times functions of the product. The time of a part inside another is subtracted from the outer part."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.processor: dict[str, float] = defaultdict(float)
        self._open: list[str] = []

    def watch(self, owner: Any, attribute: str, part: str) -> None:
        setattr(owner, attribute, self.timed(part, getattr(owner, attribute)))

    def timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def with_clock(*arguments: Any, **named: Any) -> Any:
            self._open.append(part)
            with spent() as found:
                result = work(*arguments, **named)
            self._open.pop()
            self._add(part, found.wall, found.processor)
            if self._open:
                self._add(self._open[-1], -found.wall, -found.processor)
            return result

        return with_clock

    def _add(self, part: str, wall: float, processor: float) -> None:
        self.wall[part] += wall
        self.processor[part] += processor


def measure() -> list[Figure]:
    fill(BEFORE)
    with redis():
        make(AT_ONCE)  # warms up one-time imports, such as redis-py by the first hint
        parts = watched()
        make(TOTAL)
    return [
        Figure(
            what=f"{part} (CPU time {parts.processor[part] / TOTAL * 1e6:.2f})",
            value=wall / TOTAL * 1e6,
            unit="us",
        )
        for part, wall in sorted(parts.wall.items(), key=itemgetter(1), reverse=True)
    ]


def watched() -> Parts:
    parts = Parts()
    parts.watch(insert, "prepare", "prepare: names, passwords, hashes, event texts")
    parts.watch(step_module, "step", "step: the rest, including job and lane")
    parts.watch(insert, "insert", "step: texts of the events")
    parts.watch(insert, "_insert_users", "step: INSERT of the users")
    parts.watch(insert, "_insert_accounts", "step: INSERT of the accounts")
    parts.watch(feed, "append", "step: batches of the log")
    parts.watch(connection, "_commit", "step: COMMIT, with checkpoints")
    parts.watch(hints, "send", "after the step: the hint")
    return parts


def make(total: int) -> None:
    job = start_job(total=total).job
    lane = Lane.objects.select_related("job").get(job=job)
    while not lane.is_done:
        candidates = insert.prepare_candidates(lane, min(AT_ONCE, lane.share - lane.made))
        after = step_module.step(job_id=job.pk, task_id=lane.task_id, candidates=candidates, first=lane.tried)
        assert after
        lane = after
