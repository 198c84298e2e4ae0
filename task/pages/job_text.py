"""The words for a job and its state, each written once.

Pages send WORDS to the browser as JSON. static/task/js/format/job_words.js chooses between them in the same way as this
module, and fills in the numbers that events bring.
"""

from typing import Any

from task.models import Job
from task.pages.number_text import duration, grouped

SIGNS = {
    "queued": "\u25cb",
    "running": "\u25b6",
    "finished": "\u2713",
    "failed": "\u2715",
    "cancelled": "\u25a0",
    "removing": "\u21ba",
    "removed": "\u21ba",
}
WORDS: dict[str, Any] = {
    "signs": SIGNS,
    "count": "{done} of {whole}",
    "short": {
        **{state: f"{sign} {state}" for state, sign in SIGNS.items()},
        "queued": "waiting",
        "running": "{percent} %",
        "verified": f"{SIGNS['finished']} verified",  # Only a browser that received every event of the job shows this.
    },
    "sentence": {
        "queued": "Queued: waiting for a worker",
        "queued with a reason": "Queued: {waiting}",
        "running": "Running: {percent} %",
        "finished": "Finished: {created} of {total}",
        "failed": "Failed at {created} of {total}",
        "removal failed": "The removal failed at {removed} of {created}",
        "cancelled": "Cancelled at {created} of {total}",
        "removing": "Removing: {removed} of {created} removed",
        "removed": "Removed: {removed} of {created}",
        "removed in part": "Removed: {removed} of {created}, {kept} kept",
    },
    "timeline": {
        "empty": "Accounts per second: none yet.",
        "span": "Accounts per second over {duration}.",
        "peak": "Accounts per second over {duration}, {peak} at most.",
    },
}


def count(done: int, whole: int) -> str:
    text: str = WORDS["count"]
    return text.format(done=grouped(done), whole=grouped(whole))


def short(job: Job) -> str:
    """The state, for a line of the users page."""
    text: str = WORDS["short"][job.state]
    return text.format(percent=_percent(job))


def sentence(job: Job, *, removed: int, waiting: str) -> str:
    """The state, for the job's own page. `waiting` is the reason why a queued job waits, or empty."""
    key: str = job.state
    if job.state == Job.State.QUEUED and waiting:
        key = "queued with a reason"
    elif job.state == Job.State.FAILED and job.removal_began_at:
        key = "removal failed"
    elif job.state == Job.State.REMOVED and removed < job.created:
        key = "removed in part"
    text: str = WORDS["sentence"][key]
    return text.format(
        waiting=waiting,
        percent=_percent(job),
        created=grouped(job.created),
        total=grouped(job.total),
        removed=grouped(removed),
        kept=grouped(job.created - removed),
    )


def timeline(peak: int | None, span_ms: int) -> str:
    """The chart as a sentence, for screen readers."""
    key = "peak" if peak is not None else "span"
    text: str = WORDS["timeline"][key if span_ms else "empty"]
    return text.format(duration=duration(span_ms), peak=grouped(peak or 0))


def _percent(job: Job) -> int:
    """Rounds down: 499 of 500 is not yet 100 %."""
    return job.created * 100 // job.total
