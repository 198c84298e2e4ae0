"""Which of the batches that are due a faulty server sends, fault by fault."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from realtime.protocol import Batch, Subscription

Batches = Sequence[Batch]


@dataclass
class Course:
    """One connection: its subscription and its progress."""

    ask: Subscription
    is_replay: bool
    is_at_work: bool  # events were being made while it connected
    live: int = 0  # number of live batches so far
    heartbeats: int = 0


def stream(fault: str, due: Batches, course: Course) -> Batches:
    return STREAMS[fault](due, course) if fault in STREAMS else due


def _of_replay(batches: slice, due: Batches, course: Course) -> Batches:
    return due[batches] if course.is_replay else due


def _of_resume(batches: slice, due: Batches, course: Course) -> Batches:
    return due[batches] if course.is_replay and course.ask.epoch else due


def _without_live(number: int, due: Batches, course: Course) -> Batches:
    return due if course.is_replay else [batch for index, batch in enumerate(due, course.live) if index != number]


def _with_another_total(batch: Batch) -> Batch:
    return replace(batch, frame=batch.frame.replace('"total": ', '"total": 1'))


def _ends_job(batch: Batch) -> bool:
    return "job.finished" in batch.frame


STREAMS: Mapping[str, Callable[[Batches, Course], Batches]] = {
    "lost beginning": lambda due, course: _without_live(0, due, course),
    "lost batch": lambda due, course: _without_live(1, due, course),
    "lost tail": lambda due, course: [batch for batch in due if course.is_replay or not _ends_job(batch)],
    "repeat": lambda due, _: [same for batch in due for same in (batch, batch)],
    "wrong order": lambda due, _: due[::-1],
    "replay ends twice": lambda due, course: [*due, *due[-1:]] if course.is_replay else due,
    "job ends twice": lambda due, course: due if course.is_replay else [*due, *filter(_ends_job, due)],
    "lost at the seam": lambda due, course: _without_live(0, due, course) if course.is_at_work else due,
    "deaf after a replay": lambda due, course: [] if course.ask.epoch and not course.is_replay else due,
    "deaf after a heartbeat": lambda due, course: [] if course.heartbeats else due,
    "deaf with a filter": lambda due, course: [] if course.ask.key and not course.is_replay else due,
    "other replay": lambda due, course: [_with_another_total(one) for one in due] if course.is_replay else due,
    "partial replay": lambda due, course: _of_replay(slice(len(due) // 2), due, course),
    "short resume": lambda due, course: _of_resume(slice(1, None), due, course),
    "short resume at work": lambda due, course: _of_resume(slice(1 if course.is_at_work else 0, None), due, course),
}
