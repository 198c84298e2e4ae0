"""Checks the promise for one job: accounts = events = total, each number once, and no hole in the log."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from realtime import log
from realtime.protocol import Batch, Cursor
from task import events
from task.models import Account, Job


@dataclass(slots=True)
class Tally:
    """What the feed says about one job."""

    numbers: Counter[int] = field(default_factory=Counter)
    removed: int = 0
    has_beginning: bool = False
    endings: list[str] = field(default_factory=list)
    is_after_end: bool = False
    offsets_are_dense: bool = True

    def add(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "job.queued":  # again, when a failed job is retried
                self.has_beginning |= event["created"] == 0
                self.endings = []
            case "user.created":
                self.numbers[event["number"]] += 1
                self.is_after_end |= bool(self.endings)
            case "user.removed":
                self.removed += 1
            case "job.finished" | "job.failed" | "job.cancelled" | "job.removing" | "job.removed":
                self.endings.append(event["type"])


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problems` has a sentence for each thing that is wrong; `is_trimmed`: the log holds no longer all of the job."""

    problems: list[str]
    is_trimmed: bool


def verify(job: Job) -> Verdict:
    """Compare the job with its accounts and its events. Reads the whole log, at 1.4 M events/s."""
    snapshot = log.head(events.FEED)
    tally = Tally()
    previous = snapshot.floor
    for batch in _batches(Cursor(snapshot.epoch, snapshot.floor), snapshot.head):
        tally.offsets_are_dense &= batch.first == previous + 1
        previous = batch.last
        if batch.key == str(job.pk):
            for event in json.loads(batch.frame)["events"]:
                tally.add(event)
    is_trimmed = snapshot.floor > 0 and not tally.has_beginning
    found = [] if is_trimmed else [*_events_against(job, tally), *_accounts_against(job, tally)]
    return Verdict(found if tally.offsets_are_dense else [*found, "The log has a hole."], is_trimmed)


def _events_against(job: Job, tally: Tally) -> Iterator[str]:
    expected = range(1, job.created + 1)
    if tally.numbers != Counter(expected):
        missing = [number for number in expected if number not in tally.numbers]
        twice = [number for number, count in tally.numbers.items() if count > 1]
        yield f"Events: {tally.numbers.total()} for {job.created} accounts; missing {missing[:5]}, twice {twice[:5]}."
    if job.state not in Job.ACTIVE and not _is_right_end(tally.endings, job.state):
        yield f"The job is {job.state}, and the feed says {tally.endings or 'nothing of its end'}."
    if tally.is_after_end:
        yield "Accounts come after the end of the job on the feed."


def _is_right_end(endings: list[str], state: str) -> bool:
    """One end of the making, then those of removals; the last is the job's state."""
    made, *removals = endings or [""]
    is_one_end = made in {"job.finished", "job.failed", "job.cancelled"}
    begun, over = removals[0::2], removals[1::2]
    in_turn = set(begun) <= {"job.removing"} and set(over) <= {"job.removed", "job.failed"}
    return is_one_end and in_turn and endings[-1] == f"job.{state}"


def _accounts_against(job: Job, tally: Tally) -> Iterator[str]:
    """Accounts that were removed since are not missing: each has its own event."""
    numbers = list(job.accounts.order_by("number").values_list("number", flat=True))
    if len(numbers) + tally.removed != job.created:
        yield f"Accounts: {len(numbers)}, and {tally.removed} removed, where the job made {job.created}."
    if not tally.removed and numbers != list(range(1, len(numbers) + 1)):
        yield "The accounts are not numbered 1, 2, 3, ..."
    users = Account.objects.filter(job=job, user__isnull=False).count()
    if users != len(numbers):
        yield f"Users: {users} for {len(numbers)} accounts."


def _batches(cursor: Cursor, head: int) -> Iterator[Batch]:
    while cursor.offset < head:
        batches, reached = log.read(events.FEED, cursor)
        yield from (batch for batch in batches if batch.last <= head)
        cursor = Cursor(cursor.epoch, reached)
