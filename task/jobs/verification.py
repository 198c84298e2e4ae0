"""Verifies the promise for one job: accounts = events = total, each number once, and no gap in the log."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from realtime import log, outbox
from realtime.protocol import Batch, Cursor
from task import events
from task.models import Account, Job


@dataclass(slots=True)
class JobEvents:
    """The events of one job, counted in the order of the log."""

    numbers: Counter[int] = field(default_factory=Counter)
    removed: int = 0
    has_beginning: bool = False
    endings: list[str] = field(default_factory=list)
    has_account_after_end: bool = False

    def add(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "job.queued":  # a retry of a failed job sends it again
                self.has_beginning |= event["created"] == 0
                self.endings = []
            case "user.created":
                self.numbers[event["number"]] += 1
                self.has_account_after_end |= bool(self.endings)
            case "user.removed":
                self.removed += 1
            case "job.finished" | "job.failed" | "job.cancelled" | "job.removing" | "job.removed":
                self.endings.append(event["type"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems`: one sentence each. `is_trimmed`: the log no longer has all events of the job."""

    problems: list[str]
    is_trimmed: bool


def verify(job: Job) -> Verdict:
    """Compares the job with its accounts and its events. Reads the whole log, at 1.4 M events/s.

    Of a trimmed job only the log's offsets are checked.
    """
    snapshot = outbox.head(events.FEED)
    job_events, is_dense, previous = JobEvents(), True, snapshot.floor
    for batch in _batches(Cursor(snapshot.epoch, snapshot.floor), snapshot.head):
        is_dense &= batch.first == previous + 1
        previous = batch.last
        if batch.key == str(job.pk):
            for event in json.loads(batch.frame)["events"]:
                job_events.add(event)
    is_trimmed = snapshot.floor > 0 and not job_events.has_beginning
    problems = [] if is_trimmed else [*_event_problems(job, job_events), *_account_problems(job, job_events)]
    return Verdict(problems if is_dense else [*problems, "The log has a gap."], is_trimmed)


def _batches(cursor: Cursor, head: int) -> Iterator[Batch]:
    while cursor.offset < head:
        batches, reached = log.read(events.FEED, cursor)
        yield from (batch for batch in batches if batch.last <= head)
        cursor = Cursor(cursor.epoch, reached)


def _event_problems(job: Job, job_events: JobEvents) -> Iterator[str]:
    expected = range(1, job.created + 1)
    if job_events.numbers != Counter(expected):
        missing = [number for number in expected if number not in job_events.numbers]
        twice = [number for number, count in job_events.numbers.items() if count > 1]
        total = job_events.numbers.total()
        yield f"Events: {total} for {job.created} accounts; missing {missing[:5]}, more than once {twice[:5]}."
    if job.state not in Job.ACTIVE and not _is_right_end(job_events.endings, job.state):
        yield f"The job is {job.state}, but the feed ends it with {job_events.endings or 'nothing'}."
    if job_events.has_account_after_end:
        yield "The feed has accounts after the end of the job."


def _is_right_end(endings: list[str], state: str) -> bool:
    """One end of the generation, then a beginning and an end of each removal. The last one is the job's state."""
    generation, *removals = endings or [""]
    is_one_end = generation in {"job.finished", "job.failed", "job.cancelled"}
    begun, ended = removals[0::2], removals[1::2]
    alternate = set(begun) <= {"job.removing"} and set(ended) <= {"job.removed", "job.failed"}
    return is_one_end and alternate and endings[-1] == f"job.{state}"


def _account_problems(job: Job, job_events: JobEvents) -> Iterator[str]:
    """Each removed account has an event of its own, so it does not count as missing."""
    numbers = list(job.accounts.order_by("number").values_list("number", flat=True))
    if len(numbers) + job_events.removed != job.created:
        yield f"Accounts: {len(numbers)}, and {job_events.removed} removed, but the job made {job.created}."
    if not job_events.removed and numbers != list(range(1, len(numbers) + 1)):
        yield "The accounts are not numbered 1, 2, 3, ..."
    users = Account.objects.filter(job=job, user__isnull=False).count()
    if users != len(numbers):
        yield f"Users: {users} for {len(numbers)} accounts."
