"""The database fails in every way during work: each step is complete or rolled back, and work resumes by itself.

Meanwhile page, API and command report the failure in one sentence, and a refused request changes nothing.
"""

import asyncio
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.chaos.checks.bound import Bound
from tests.chaos.checks.tracebacks import REDIS_FULL
from tests.chaos.checks.visitor import Visitor
from tests.chaos.faults.disks import LimitedPages, Tmpfs, fillable_disk
from tests.chaos.faults.hits import Strikes
from tests.chaos.faults.postgres_faults import PostgresFaults
from tests.chaos.faults.run import DEADLINE, SMALL, Run
from tests.chaos.faults.strikes import go_on
from tests.chaos.form import either
from tests.support.answer import Answer
from tests.support.services import postgres
from tests.support.services.service import ROOT, Service
from tests.support.waiting import wait_until, wait_until_async

TIMES = either(short=1, long=3)
DOWN_SECONDS = either(short=1, long=20)
FAILURES = either(short=6, long=8)  # a step is repeated four times, so one or two lanes end as well
TOTAL = 10_000
READ_MEANWHILE = either(short=10_000, long=50_000)
PROMISED_SECONDS = 15  # 5 each for this request, the poller's and a reconnecting socket's, one after another
LOG_BYTES_AT_REST = 64 << 20

DOWN, CUT = "PostgreSQL is down for a while", "a connection to PostgreSQL is cut during a step"
DEADLOCK, SERIALIZATION = "PostgreSQL ends a step as the victim of a deadlock", "PostgreSQL cannot serialize a step"
TIMEOUT = "a statement of a step exceeds PostgreSQL's statement timeout"
FROZEN = "a pool child freezes while its transaction on PostgreSQL is open"
IMPATIENT = {"DJANGO_SETTINGS_MODULE": "tests.chaos.faults.settings_impatient", "LOG_LEVEL": "INFO"}
LANES = "SELECT task_id FROM arrivals_lane"
# After a freeze of over 5 s the step is not even repeated.
REPEATED = r"Repeating a step of job (\d+).*Ignored a stale message for job \1\."
LEFT = r"Job \d+ was interrupted and continues later: (?:Operational|Internal)Error"
UNDONE = re.compile(rf"{REPEATED}|{LEFT}", re.DOTALL)
UNLIMITED = {"JOBS_AT_WORK_MAX": "1000"}  # jobs that still find room on a full disk wait
FOLLOWED = 200_000  # still at work when the disk is full
STALLED = re.compile(r"^Job \d+ stands still: (?:the disk of the database has only 0 MB free|.+ log says why)\.$", re.M)
CONTINUES = re.compile(r"^Job \d+ continues\.$", re.M)
FULL, READER = "the disk is full under SQLite", "a reader holds a long transaction on SQLite"

pytestmark = pytest.mark.timeout(6 * DEADLINE)


def is_refused_by_api(answer: Answer) -> bool:
    """Checks the error response. Returns False if the request succeeded."""
    if answer.status < 300:
        return False
    assert answer.problem == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    return True


def is_refused_by_page(status: int, page: str) -> bool:
    if status < 300:
        return False
    assert status == 503
    assert "The database is not available" in page
    return True


def is_refused_by_command(service: Service) -> bool:
    """Checks the one line on stderr. Returns False if the command succeeded."""
    done = service.manage("generate", str(SMALL), check=False)
    if done.returncode == 0:
        return False
    assert done.returncode == 2, done.stderr
    assert re.fullmatch(r"CommandError: The database cannot be used: .+\.\n", done.stderr), done.stderr
    return True


def down(run: Run, visitor: Visitor, url: str, bound: Bound) -> None:
    postgres.stop(url)
    try:
        until = time.monotonic() + DOWN_SECONDS
        assert is_refused_by_api(bound.ask(lambda: run.program.post("/api/jobs", {"total": SMALL})))
        assert is_refused_by_api(bound.ask(lambda: run.program.get("/api/events?after=0&wait=20")))
        assert is_refused_by_page(*bound.ask(lambda: visitor.page("/users/")))
        assert is_refused_by_command(run.service)
        wait_until(lambda: time.monotonic() > until, DOWN_SECONDS + 1)
    finally:
        postgres.start(url)
    assert run.program.get("/api/users").status == 200


async def freeze(run: Run, faults: PostgresFaults) -> bool:
    """Freezes a child until PostgreSQL has ended its session and other lanes have continued.

    After it resumes, it must find its step rolled back, and stop.
    """
    pid = await asyncio.to_thread(faults.freeze_in_a_step, run.service)
    if pid is None:
        return False
    try:
        lanes = set(run.truth.rows(LANES))
        await wait_until_async(lambda: not faults.has_frozen_step(), DEADLINE)
        await wait_until_async(lambda: lanes.isdisjoint(run.truth.rows(LANES)), DEADLINE)
        log_start = len(run.service.stderr)
    finally:
        go_on(pid)
    await wait_until_async(lambda: UNDONE.search(run.service.stderr[log_start:]), DEADLINE)
    return True


@pytest.mark.fault(DOWN, CUT, DEADLOCK, SERIALIZATION, TIMEOUT, FROZEN)
async def test_failures_of_postgresql_delay_jobs_and_lose_nothing(strikes: Strikes) -> None:
    with (
        postgres.running() as url,
        Service(environment={"DATABASE_URL": url, **IMPATIENT}, may_complain=True) as service,
    ):
        faults = PostgresFaults(url)
        visitor, bound = await asyncio.to_thread(Visitor, service), Bound(PROMISED_SECONDS)
        async with Run(service, strikes, database_url=url) as run:
            await run.cancel_one()  # now, because a fault could mistake the cancel's transaction for a step
            await run.strike(faults.cut_in_a_step, times=TIMES, name=CUT)
            await run.strike(faults.deadlock, times=TIMES, name=DEADLOCK)
            await run.strike(lambda: faults.serialization_failures(FAILURES), times=TIMES, name=SERIALIZATION)
            await run.strike(faults.statement_timeout, times=TIMES, name=TIMEOUT)
            await run.strike(lambda: freeze(run, faults), times=TIMES, name=FROZEN)
            await run.strike(lambda: down(run, visitor, url, bound), times=TIMES, name=DOWN)
        strikes.note(f"without PostgreSQL a page or the API took {bound.longest_seconds:.1f} s at most")


@contextmanager
def following(run: Run) -> Iterator[Callable[[], str]]:
    """Runs `generate --follow` until its job has finished. Yields a function that returns what it wrote to stderr."""
    output, errors = run.service.folder / "followed", run.service.folder / "remarks"
    command = [sys.executable, "manage.py", "generate", str(FOLLOWED), "--follow"]
    with output.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen(command, cwd=ROOT, env=run.service.environment, stdout=out, stderr=err)
    try:
        first = wait_until(lambda: re.search(r"^Job (\d+): [\d,]+ of ", output.read_text(), re.M), DEADLINE)
        assert first
        run.finishing.append(int(first[1]))
        yield errors.read_text
        assert process.wait(DEADLINE) == 0, errors.read_text()
    finally:
        process.kill()
        process.wait()


def fill_disk(run: Run, visitor: Visitor, disk: Tmpfs | LimitedPages) -> None:
    """Follows a job over the full disk: the command says once that the job stands still, why, and that it continues."""
    with following(run) as remarks:
        refuse_requests(run, visitor, disk, until=lambda: bool(STALLED.search(remarks())))
        wait_until(lambda: CONTINUES.search(remarks()), DEADLINE)
    assert len(STALLED.findall(remarks())) == len(CONTINUES.findall(remarks())) == 1, remarks()


def refuse_requests(run: Run, visitor: Visitor, disk: Tmpfs | LimitedPages, *, until: Callable[[], bool]) -> None:
    """Repeats each request until it is refused, because a disk too full for a step may have room for less."""

    def ask() -> Answer:
        asked = run.program.post("/api/jobs", {"total": SMALL})
        run.finishing += [asked.json["id"]] if asked.status == 202 else []
        return asked

    with disk.full(run.service):
        wait_until(lambda: is_refused_by_api(ask()), DEADLINE)
        wait_until(lambda: is_refused_by_page(*visitor.generate(SMALL)), DEADLINE)
        wait_until(lambda: is_refused_by_command(run.service), DEADLINE)
        wait_until(until, DEADLINE)


def log_bytes(file: Path) -> int:
    """Returns the size of the write-ahead log; 0 if the last connection has deleted it."""
    with suppress(FileNotFoundError):
        return file.with_name(f"{file.name}-wal").stat().st_size
    return 0


async def hold_snapshot(run: Run, strikes: Strikes) -> None:
    """Holds one snapshot during a job: the job does not wait for it, and the write-ahead log grows."""
    file = run.service.var_dir / "db.sqlite3"
    reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    seen = reader.execute("SELECT count(*) FROM arrivals_account").fetchone()
    before, began = log_bytes(file), time.monotonic()
    job = await run.ask(READ_MEANWHILE)
    run.finishing.append(job)
    await wait_until_async(lambda: run.truth.jobs()[job].state == "finished", DEADLINE)
    assert reader.execute("SELECT count(*) FROM arrivals_account").fetchone() == seen
    seconds, grown = time.monotonic() - began, log_bytes(file) - before
    reader.close()

    async def is_small_again() -> bool:
        await run.wait_for_progress()
        return log_bytes(file) <= LOG_BYTES_AT_REST

    await wait_until_async(is_small_again, DEADLINE)
    strikes.note(
        f"{READ_MEANWHILE} accounts in {seconds:.1f} s during a long read; SQLite's log grew by {grown:,} bytes"
    )


@pytest.mark.fault(FULL, READER)
async def test_a_full_disk_or_a_long_reader_of_sqlite_loses_nothing(strikes: Strikes) -> None:
    with (
        fillable_disk() as disk,
        Service(
            environment={**UNLIMITED, **disk.environment}, var_dir=disk.folder / "var", may_complain=True
        ) as service,
    ):
        visitor = await asyncio.to_thread(Visitor, service)
        strikes.note(f"the full disk was {disk.name}")
        async with Run(service, strikes, total=TOTAL, raises=REDIS_FULL) as run:
            await run.strike(lambda: fill_disk(run, visitor, disk), times=TIMES, name=FULL)
            await run.strike(lambda: hold_snapshot(run, strikes), times=TIMES, name=READER)
        strikes.note(f"SQLite failed, and there were {len(service.stderr.splitlines())} lines in the log")
