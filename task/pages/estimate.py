"""How long hashing at full strength takes: one hash is measured, the rest is words.

static/task/js/format/options.js says it the same way while somebody chooses.
"""

import time
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from task.accounts.passwords import ALPHABET, LENGTH
from task.pages.job_text import duration
from task.workers import registry

LEAST_SECONDS = 0.01
LEAST_WAIT_MS = 1_000
TIMES = "\u00d7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """`processes` share the work between them."""

    hash_seconds: float
    processes: int

    @classmethod
    def now(cls) -> "Estimate":
        return cls(hash_seconds=hash_seconds(), processes=registry.count_processes(timezone.now()))

    def words(self, total: int | None) -> str:
        """`500 x 0.2 s on 2 worker processes, about 50 s`; without a total, what one account takes."""
        where = f"on {self.processes} worker process{'' if self.processes == 1 else 'es'}"
        if total is None:
            return f"{self.hash_seconds} s an account, {where}"
        milliseconds = total * self.hash_seconds * 1_000 / self.processes
        return f"{total:,} {TIMES} {self.hash_seconds} s {where}, about {duration(max(milliseconds, LEAST_WAIT_MS))}"


@cache
def hash_seconds() -> float:
    """Of one hash at full strength here, measured at the first call (0.2 s).

    The time of the thread, not of the clock: a machine that is busy just then is not so for ever.
    """
    started_at = time.thread_time()
    make_password(ALPHABET[0] * LENGTH)
    return max(round(time.thread_time() - started_at, 2), LEAST_SECONDS)
