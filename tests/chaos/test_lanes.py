"""Full-strength hashes on a real pool: children are killed during their hashes, and each lane makes its share."""

import os
import signal

import pytest

from tests.chaos.checks.tracebacks import CHILD_LOST, raised
from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.run import DEADLINE
from tests.chaos.faults.strikes import database_url_of, work_so_far
from tests.support.services.service import Service

TOTAL = 30
START = """
from task.jobs.start import start_job
from task.options import FULL, Options
start_job(total={total}, options=Options(hashing=FULL, names='realistic', seed=7))
"""
WAITING = "from task.models import Worker; print('PROCESSES', *Worker.objects.values_list('processes', flat=True))"


@pytest.mark.fault("all pool children are killed while they compute full-strength hashes")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_lanes_whose_pool_children_are_killed_make_their_share(database: str, strikes: Strikes) -> None:
    with (
        database_url_of(database) as url,
        Service(environment={"DATABASE_URL": url} if url else {}, may_complain=True) as service,
    ):
        service.wait_until(lambda: "PROCESSES 2" in service.manage("shell", "-c", WAITING).stdout)
        service.manage("shell", "-c", START.format(total=TOTAL))
        for made in (5, 15):
            service.wait_until(lambda made=made: work_so_far(service, url) >= made, 240)  # type: ignore[misc]
            for pid in service.pids().pool:
                os.kill(pid, signal.SIGKILL)
            strikes.hit()
        service.wait_until(lambda: work_so_far(service, url) == TOTAL, DEADLINE)
        assert raised(service.stderr) <= CHILD_LOST
        assert service.manage("verify", "1").stdout.startswith(f"Job 1: {TOTAL} of {TOTAL} accounts, finished")
        assert (
            "LANES 2"
            in service.manage(
                "shell", "-c", "from task.models import Job; print('LANES', Job.objects.get().lane_count)"
            ).stdout
        )
