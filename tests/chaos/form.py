"""The short form of these tests, for every change, and the long one: ARRIVALS_CHAOS=long, as `make chaos` sets it.

ARRIVALS_CHAOS_SEED makes the choices of a run again, not its timing: it is printed with each test that fails, and above
the table of faults.
"""

import os
from typing import TypeVar
from uuid import uuid4

T = TypeVar("T")
FORM = os.environ.get("ARRIVALS_CHAOS", "short")
if FORM not in {"short", "long"}:
    raise ValueError(f"ARRIVALS_CHAOS is {FORM!r}: write short or long.")
SEED = os.environ.get("ARRIVALS_CHAOS_SEED") or uuid4().hex[:8]
os.environ["ARRIVALS_CHAOS_SEED"] = SEED  # for the processes of a run in parallel


def either(*, short: T, long: T) -> T:
    return long if FORM == "long" else short
