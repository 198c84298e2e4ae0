"""How the state of a job is said on a page; static/task/js/format/job_words.js says it the same way."""

from decimal import ROUND_HALF_UP, Decimal

from task.models import Job

WHOLE, TENTH = Decimal(1), Decimal("0.1")

SIGNS = {
    "queued": "\u25cb",
    "running": "\u25b6",
    "finished": "\u2713",
    "failed": "\u2715",
    "cancelled": "\u25a0",
    "removing": "\u21ba",
    "removed": "\u21ba",
}


def short(job: Job) -> str:
    """For a line of the strip and of the list."""
    if job.state == Job.State.QUEUED:
        return "waiting"
    if job.state == Job.State.RUNNING:
        return f"{percent(job)} %"
    return f"{SIGNS[job.state]} {job.state}"


def sentence(job: Job, *, removed: int, waiting: str) -> str:
    """For the job's own page."""
    place = f"{job.created:,} of {job.total:,}"
    gone = f"{removed:,} of {job.created:,}"
    if job.state == Job.State.FAILED and job.removal_began_at:
        return f"The removal failed at {gone}"
    return {
        "queued": f"Queued: {waiting or 'waiting for a worker'}",
        "running": f"Running: {percent(job)} %",
        "finished": f"Finished: {place}",
        "failed": f"Failed at {place}",
        "cancelled": f"Cancelled at {place}",
        "removing": f"Removing: {gone} removed",
        "removed": f"Removed: {gone}{kept(job.created - removed)}",
    }[job.state]


def percent(job: Job) -> int:
    """Rounded down: 499 of 500 is not yet 100 %."""
    return job.created * 100 // job.total


def kept(number: int) -> str:
    return f", {number:,} kept" if number else ""


def duration(milliseconds: float) -> str:
    """Short, for a figure: with tenths below ten seconds."""
    seconds = milliseconds / 1_000
    if seconds < 99.5:
        return f"{_rounded(seconds, TENTH) if seconds < 9.95 else _rounded(seconds)} s"
    minutes = int(_rounded(seconds / 60))
    return f"{minutes} min" if minutes < 100 else f"{_rounded(minutes / 60):,} h"


def timeline(peak: int | None, span_ms: int) -> str:
    """The chart for those who hear it."""
    if not span_ms:
        return "Accounts a second: none yet."
    most = "" if peak is None else f", {peak:,} at most"
    return f"Accounts a second over {duration(span_ms)}{most}."


def _rounded(number: float, unit: Decimal = WHOLE) -> Decimal:
    """Halves go up, as in JavaScript: Python's own round() takes the even neighbour."""
    return Decimal(number).quantize(unit, ROUND_HALF_UP)
