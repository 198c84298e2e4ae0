"""200 accounts at full strength with 1 and with 2 pool processes, beside the tutorial's loop.

`python -m tests.benchmarks.full_strength` starts the real service for each, on SQLite, and prints a line for each.
"""

import sys

from tests.benchmarks.first_500 import tutorials_loop
from tests.chaos.strikes import work_so_far
from tests.service import Service

TOTAL = 200
START = f"""
from task.generation import start_job
from task.options import FULL, Options
start_job(total={TOTAL}, options=Options(hashing=FULL))
"""
FIGURES = """
from task.models import Job
job = Job.objects.get()
first, last = ((at - job.created_at).total_seconds() for at in (job.started_at, job.finished_at))
print(f'{job.lanes} lane(s), {last:.1f} s, the first account after {first:.2f} s')
"""
PROCESSES = "from task.models import Worker; print('PROCESSES', *Worker.objects.values_list('processes', flat=True))"


def shell(service: Service, code: str) -> str:
    return service.manage("shell", "-v", "0", "-c", code).stdout


def measure(service: Service, processes: int) -> str:
    service.wait_until(lambda: f"PROCESSES {processes}" in shell(service, PROCESSES), 60)
    shell(service, START)
    service.wait_until(lambda: work_so_far(service, None) == TOTAL, 600)
    return shell(service, FIGURES).strip()


def main() -> None:
    for processes in (1, 2):
        with Service(options=["--workers", str(processes)]) as service:
            sys.stdout.write(f"{processes} pool process(es), {TOTAL} accounts: {measure(service, processes)}\n")
            loop = tutorials_loop(service)
            sys.stdout.write(f"  beside it, the tutorial's loop: {loop * TOTAL:.1f} s (scaled)\n")


if __name__ == "__main__":
    main()
