"""The form of a run, set by ARRIVALS_CHAOS: `quick` (the default), `short` (`make test-all`) or `long` (`make chaos`).

Faults strike in the quick form as in the short one. Only models try fewer examples (tests/support/machines.py).

ARRIVALS_CHAOS_SEED repeats the random choices of a run, but not its timing. It is printed with each failed test and
above the table of faults.
"""

import os
from typing import TypeVar
from uuid import uuid4

T = TypeVar("T")
FORM = os.environ.get("ARRIVALS_CHAOS", "quick")
if FORM not in {"quick", "short", "long"}:
    raise ValueError(f"ARRIVALS_CHAOS is {FORM!r}: write quick, short or long.")
SEED = os.environ.get("ARRIVALS_CHAOS_SEED") or uuid4().hex[:8]
os.environ["ARRIVALS_CHAOS_SEED"] = SEED  # for the worker processes of pytest-xdist


def either(*, short: T, long: T) -> T:
    return long if FORM == "long" else short
