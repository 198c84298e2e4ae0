"""Accounts with full-strength hashes, with 1 and 2 pool processes, on the shipped service.

The comparison is the tutorial's loop.
"""

import re

from tests.benchmarks.first_500 import tutorials_loop
from tests.benchmarks.frame import Figure, service
from tests.chaos.faults.strikes import work_so_far
from tests.support.services.service import Service

TOTAL = 100
START = f"""
from task.jobs.start import start_job
from task.options import FULL, Options
start_job(total={TOTAL}, options=Options(hashing=FULL))
"""
FIGURES = """
from task.models import Job
job = Job.objects.get()
first, last = ((at - job.created_at).total_seconds() for at in (job.started_at, job.finished_at))
print('SECONDS', last, first)
"""
PROCESSES = "from task.models import Worker; print('PROCESSES', *Worker.objects.values_list('processes', flat=True))"


def measure() -> list[Figure]:
    figures = []
    for processes in (1, 2):
        with service("--workers", str(processes)) as running:
            seconds, first = made(running, processes)
            loop = tutorials_loop(running) * TOTAL
        what = f"{TOTAL} accounts, {processes} pool processes and as many lanes"
        figures += [
            Figure(what=what, value=seconds, unit="s", ratio=seconds / loop, compared_to="the tutorial's loop"),
            Figure(what=f"{what}, the first", value=first, unit="s"),
        ]
    return figures


def made(running: Service, processes: int) -> tuple[float, float]:
    running.wait_until(lambda: f"PROCESSES {processes}" in shell(running, PROCESSES), 60)
    shell(running, START)
    running.wait_until(lambda: work_so_far(running, None) == TOTAL, 600)
    printed = running.wait_until(lambda: re.search(r"SECONDS (\S+) (\S+)", shell(running, FIGURES)), 30)
    assert printed
    return float(printed[1]), float(printed[2])


def shell(running: Service, code: str) -> str:
    return running.manage("shell", "-v", "0", "-c", code).stdout
